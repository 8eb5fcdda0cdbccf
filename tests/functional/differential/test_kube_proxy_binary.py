# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The domain of kube-proxy's configuration against a real kube-proxy, of whichever version is at hand.

It is the one in KUBEBUILDER_ASSETS or in the bench's cache. Whatever it refuses we refuse; whatever we
accept it accepts, without falling back to its lenient decoder, and it takes effect as ``effective`` says. Where we are
stricter, the case says why.

Each text is judged twice: as one that is asked for, and as one that is in the ConfigMap already while something else is
edited. Of the latter we leave alone what other versions and other components left there; that it does no harm is
what the second judgement proves. It cannot of a feature gate that no Kubernetes of that version has: with one in the
ConfigMap kube-proxy does not start whatever is edited, and that is all it is allowed to refuse there.
"""

from __future__ import annotations

import random
import re
import subprocess
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.duration import Duration
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import (
    Problem,
    ValidationError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import feature_gates as gates
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import settings as schema
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted import config_plan as plan
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted import config_rules as rules
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted import config_text as document
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted import decoding, effective
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_request import (
    ConfigRequest,
)
from kubernetes_bench import MissingProgramsError, programs

from .cases import CASES, NASTY_TEXTS, random_document


class Verdict(t.NamedTuple):
    """What kube-proxy made of one text."""

    accepted: bool
    lenient: bool
    written: str
    output: str


class KubeProxy:
    """A real kube-proxy that only judges: it writes the completed configuration to a file and exits."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program, self._folder = program, folder
        self.version = KubeProxyVersion.parse(self._run("--version").stdout)

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self._program), *arguments],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=120,
        )

    def judge(self, texts: t.Sequence[str]) -> list[Verdict]:
        with ThreadPoolExecutor(max_workers=4) as pool:
            return list(pool.map(self._judge, range(len(texts)), texts))

    def _judge(self, number: int, text: str) -> Verdict:
        source, target = self._folder / f"{number}.in", self._folder / f"{number}.out"
        source.write_text(text, encoding="utf-8")
        target.unlink(missing_ok=True)
        done = self._run("--config", str(source), "--write-config-to", str(target))
        written = target.read_text(encoding="utf-8") if target.exists() else ""
        return Verdict(done.returncode == 0, "lenient decoding" in done.stderr, written, done.stderr)


@pytest.fixture(scope="module")
def kube_proxy(tmp_path_factory: pytest.TempPathFactory) -> KubeProxy:
    try:
        program = programs.find(["kube-proxy"]).path("kube-proxy")
    except MissingProgramsError as error:
        pytest.skip(str(error))
    return KubeProxy(program, tmp_path_factory.mktemp("kube-proxy"))


class Ours(t.NamedTuple):
    values: document.Values | None
    problems: tuple[Problem, ...]


def ours(text: str, version: KubeProxyVersion) -> Ours:
    try:
        values = document.parse(text, "config.conf").values
    except ValidationError as error:
        return Ours(None, error.problems)
    return Ours(values, tuple(rules.problems(values, version)))


_DORMANT_TIMEOUTS = tuple(f"ipvs.{name}_timeout" for name in ("tcp", "tcp_fin", "udp"))


def stricter_by_rule(problem: Problem, values: document.Values, version: KubeProxyVersion) -> bool:
    """Whether this refusal is one that is meant to go beyond kube-proxy's own (see the docstring of ``rules``)."""
    path, message = problem.path, problem.message
    mode = effective.effective_mode(values, version)
    section = path.split(".")[0]
    if section in ("ipvs", "nftables") and section != mode:
        return True
    if section == "iptables" and mode != "iptables" and version.at_least(31) and "masquerade_bit" not in path:
        return True
    if path in _DORMANT_TIMEOUTS and ("whole number of seconds" in message or "kernel's limit" in message):
        return True
    if path == "ipvs.scheduler" and version.at_least(27):
        return True
    if path.startswith("config.featureGates."):
        return path.rpartition(".")[2] not in gates.GATES
    if path == "config.detectLocalMode":
        return not version.at_least(24)
    return path == "config.portRange" and version.at_least(26)


def disagreement(text: str, verdict: Verdict, version: KubeProxyVersion, stricter: str = "") -> str | None:
    """How kube-proxy and we differ over a text; None where we agree, or are stricter on purpose."""
    mine = ours(text, version)
    told = "; ".join(map(str, mine.problems))
    if mine.problems:
        if stricter or not verdict.accepted or verdict.lenient:
            return None
        if mine.values is not None and all(stricter_by_rule(each, mine.values, version) for each in mine.problems):
            return None
        return f"refused here, but not by kube-proxy: {told}"
    if stricter:
        return f"accepted here, although it should be refused: {stricter}"
    if not verdict.accepted or verdict.lenient:
        return f"accepted here, but not by kube-proxy: {verdict.output}"
    assert mine.values is not None
    return difference(effective.effective(mine.values, version), verdict.written, version)


def planned(text: str, version: KubeProxyVersion) -> plan.ConfigPlan | ValidationError:
    """What becomes of a text that is there before an edit, of which the rest does not matter here."""
    try:
        return plan.plan_config(text, "config.conf", ConfigRequest(), version)
    except ValidationError as error:
        return error


def disagreement_where_present(text: str, verdict: Verdict, version: KubeProxyVersion) -> str | None:
    """How kube-proxy and we differ over a text that is there before an edit; None where we agree.

    kube-proxy may fall back to its lenient decoder, but only for what is refused where it is asked for, and with the
    same effect. It may not start for one reason alone: a gate outside of our table, of which only kube-proxy knows
    whether it has it.
    """
    asked = ours(text, version)
    made = planned(text, version)
    if isinstance(made, ValidationError):
        return None if set(made.problems) <= set(asked.problems) else f"refused only where it is present: {made}"
    assert asked.values is not None
    foreign = [name for name in asked.values.get("featureGates") or {} if not gates.is_known(name)]
    told = {problem.path for problem in asked.problems}
    if {f"config.featureGates.{name}" for name in foreign} - told:
        return "accepted although asked for: gates that the table does not have"
    if not verdict.accepted:
        refused = any(re.search(rf"feature gate:? {re.escape(name)}\b", verdict.output) for name in foreign)
        return None if refused else f"left alone here, but not accepted by kube-proxy: {verdict.output}"
    unknown = {schema.option_path(path) for path in decoding.unknown_keys(asked.values, version)}
    if not unknown <= told or verdict.lenient is not bool(unknown):
        return f"kube-proxy and we do not know the same keys: {unknown}, {verdict.output}"
    return difference(made.effective, verdict.written, version)


def difference(mine: document.Values, written: str, version: KubeProxyVersion) -> str | None:
    """The fields that take effect otherwise than we say."""
    theirs = document.parse(written, "what kube-proxy wrote").values
    unknown = [problem for problem in rules.problems(theirs, version) if "no key" in problem.message]
    if unknown:
        return f"kube-proxy knows more than the table: {unknown}"
    found = []
    for field in schema.FIELDS:
        if not field.in_version(version.minor) or _not_written(field, mine, version):
            continue
        right, told = effective.lookup(theirs, field.path), effective.lookup(mine, field.path)
        if field.path not in (("featureGates",), ("logging", "vmodule")) and not _has(theirs, field.path):
            found.append(f"{field.path}: kube-proxy does not know it")
        elif _comparable(field, right, version) != _comparable(field, told, version):
            found.append(f"{field.path}: {told!r} here, {right!r} to kube-proxy")
    return "; ".join(found) or None


def _has(values: document.Values, path: schema.Path) -> bool:
    parent = effective.lookup(values, path[:-1])
    return isinstance(parent, dict) and path[-1] in parent


def _not_written(field: schema.Field, mine: document.Values, version: KubeProxyVersion) -> bool:
    """From 1.31 on kube-proxy keeps only one set of periods, and writes zeros for the sections not in use."""
    shared = field.api in ("syncPeriod", "minSyncPeriod", "masqueradeAll")
    return version.at_least(31) and shared and field.path[0] != mine["mode"]


def _comparable(field: schema.Field, value: t.Any, version: KubeProxyVersion) -> t.Any:
    if field.path == ("mode",):
        return value or effective.default_mode(version)
    if field.path == ("detectLocalMode",):
        return value or "ClusterCIDR"
    if value is None:
        return field.zero
    if field.kind == "duration":
        return Duration.parse(value).nanoseconds
    if field.kind == "flush":
        return Duration.parse(value).nanoseconds if isinstance(value, str) else value
    return value


def test_table_of_cases(kube_proxy: KubeProxy) -> None:
    verdicts = kube_proxy.judge([case.text for case in CASES])
    wrong = {}
    for case, verdict in zip(CASES, verdicts, strict=True):
        asked = disagreement(case.text, verdict, kube_proxy.version, case.stricter)
        told = [asked, disagreement_where_present(case.text, verdict, kube_proxy.version)]
        if any(told):
            wrong[case.name] = told
    assert wrong == {}


def test_what_was_left_there_is_left_alone(kube_proxy: KubeProxy) -> None:
    """The second judgement judges something, whichever version is at hand: cases that are refused only where asked."""
    version = kube_proxy.version
    left = [
        case.name
        for case in CASES
        if ours(case.text, version).problems and not isinstance(planned(case.text, version), ValidationError)
    ]
    assert any("featureGates" in name for name in left)
    assert any("featureGates" not in name for name in left)


def test_random_documents(kube_proxy: KubeProxy) -> None:
    chance = random.Random(20_26)
    texts = [random_document(chance) for _number in range(300)]
    verdicts = kube_proxy.judge(texts)
    told = [
        disagreement(text, verdict, kube_proxy.version) or disagreement_where_present(text, verdict, kube_proxy.version)
        for text, verdict in zip(texts, verdicts, strict=True)
    ]
    assert {text: each for text, each in zip(texts, told, strict=True) if each} == {}
    clean = sum(verdict.accepted and not verdict.lenient for verdict in verdicts)
    assert 30 < clean < 270, "the documents should be of both kinds"


def test_texts_that_we_write_are_read_as_such(kube_proxy: KubeProxy) -> None:
    head = {"apiVersion": schema.API_VERSION, "kind": schema.KIND}
    texts = [document.render_values({**head, "hostnameOverride": text}) for text in NASTY_TEXTS]
    read = [document.parse(verdict.written, "out").values["hostnameOverride"] for verdict in kube_proxy.judge(texts)]
    assert read == list(NASTY_TEXTS)
