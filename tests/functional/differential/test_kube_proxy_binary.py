# SPDX-License-Identifier: GPL-3.0-or-later

"""The domain of kube-proxy's configuration against a real kube-proxy, of whichever version is at hand.

It is the one in KUBEBUILDER_ASSETS or in the bench's cache. Whatever it refuses we refuse; whatever we accept it
accepts, without falling back to its lenient decoder, and it takes effect as ``effective`` says. Where we are stricter,
the case says why.

Each text is judged twice: as one that is requested, and as one that is in the ConfigMap already while something else is
edited. Of the latter we leave alone what other versions and other components left there; the second judgement proves
that this does no harm. It cannot for a feature gate that no Kubernetes of that version has: with one in the ConfigMap
kube-proxy does not start whatever is edited, and that is all it is allowed to refuse there.
"""

from __future__ import annotations

import os
import random
import re
import typing as t

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.duration import Duration
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import (
    Problem,
    ValidationError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import feature_gates, settings
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted import (
    config_plan,
    config_rules,
    config_text,
    decoding,
    effective,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_request import (
    ConfigRequest,
)

from .cases import CASES, NASTY_TEXTS, random_document, random_slip
from .real_kube_proxy import KubeProxy, Verdict


class Ours(t.NamedTuple):
    values: config_text.Values | None
    problems: tuple[Problem, ...]


def ours(text: str, version: KubeProxyVersion) -> Ours:
    try:
        values = config_text.parse(text, "config.conf").values
    except ValidationError as error:
        return Ours(None, error.problems)
    return Ours(values, tuple(config_rules.problems(values, version)))


_DORMANT_TIMEOUTS = tuple(f"ipvs.{name}_timeout" for name in ("tcp", "tcp_fin", "udp"))


def stricter_by_rule(problem: Problem, values: config_text.Values, version: KubeProxyVersion) -> bool:
    """Whether this refusal is stricter than kube-proxy on purpose (see the docstring of ``config_rules``)."""
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
    if path == "config.detectLocalMode":
        return not version.at_least(24)
    return path == "config.portRange" and version.at_least(26)


def disagreement(text: str, verdict: Verdict, version: KubeProxyVersion, stricter: str = "") -> str | None:
    """How kube-proxy and we differ over a text; None where we agree, or are stricter on purpose."""
    mine = ours(text, version)
    refusal = "; ".join(map(str, mine.problems))
    if mine.problems:
        if stricter or not verdict.accepted or verdict.lenient:
            return None
        if mine.values is not None and all(stricter_by_rule(each, mine.values, version) for each in mine.problems):
            return None
        return f"refused here, but not by kube-proxy: {refusal}"
    if stricter:
        return f"accepted here, although it should be refused: {stricter}"
    if not verdict.accepted or verdict.lenient:
        return f"accepted here, but not by kube-proxy: {verdict.output}"
    assert mine.values is not None
    return difference(effective.effective(mine.values, version), verdict.written, version)


def planned(text: str, version: KubeProxyVersion) -> config_plan.ConfigPlan | ValidationError:
    """What becomes of a text that is there before an edit, of which the rest does not matter here."""
    try:
        return config_plan.plan_config(text, "config.conf", ConfigRequest(), version)
    except ValidationError as error:
        return error


def disagreement_where_present(text: str, verdict: Verdict, version: KubeProxyVersion) -> str | None:
    """How kube-proxy and we differ over a text that is there before an edit; None where we agree.

    kube-proxy may fall back to its lenient decoder, but only for what is refused where it is requested, and with the
    same effect. It may not start for one reason alone: a gate that no Kubernetes has, but perhaps a distribution.
    """
    requested = ours(text, version)
    made = planned(text, version)
    if isinstance(made, ValidationError):
        return None if set(made.problems) <= set(requested.problems) else f"refused only where it is present: {made}"
    assert requested.values is not None
    foreign = [name for name in requested.values.get("featureGates") or {} if not feature_gates.is_known(name)]
    refused_paths = {problem.path for problem in requested.problems}
    if {f"config.featureGates.{name}" for name in foreign} - refused_paths:
        return "accepted although requested: gates that no Kubernetes has"
    if not verdict.accepted:
        refused = any(re.search(rf"feature gate:? {re.escape(name)}\b", verdict.output) for name in foreign)
        return None if refused else f"left alone here, but not accepted by kube-proxy: {verdict.output}"
    unknown = {settings.option_path(path) for path in decoding.unknown_keys(requested.values, version)}
    if not unknown <= refused_paths or verdict.lenient is not bool(unknown):
        return f"kube-proxy and we do not know the same keys: {unknown}, {verdict.output}"
    return difference(made.effective, verdict.written, version)


def difference(mine: config_text.Values, written: str, version: KubeProxyVersion) -> str | None:
    """The fields whose effective value is not what we say."""
    theirs = config_text.parse(written, "what kube-proxy wrote").values
    unknown = [problem for problem in config_rules.problems(theirs, version) if "no key" in problem.message]
    if unknown:
        return f"kube-proxy knows more than the table: {unknown}"
    found = []
    for field in settings.FIELDS:
        if not field.in_version(version.minor) or _not_written(field, mine, version):
            continue
        written_value, ours_value = effective.lookup(theirs, field.path), effective.lookup(mine, field.path)
        if field.path not in _OMITTED_WHEN_ZERO and not _has(theirs, field.path):
            found.append(f"{field.path}: kube-proxy does not know it")
        elif _comparable(field, written_value, version) != _comparable(field, ours_value, version):
            found.append(f"{field.path}: {ours_value!r} here, {written_value!r} to kube-proxy")
    return "; ".join(found) or None


#: What kube-proxy does not write when it is zero (``omitempty`` in its types).
_OMITTED_WHEN_ZERO = (
    ("featureGates",),
    ("logging", "vmodule"),
    ("logging", "options", "text", "splitStream"),
    ("logging", "options", "json", "splitStream"),
    ("windowsRunAsService",),
)


def _has(values: config_text.Values, path: settings.Path) -> bool:
    parent = effective.lookup(values, path[:-1])
    return isinstance(parent, dict) and path[-1] in parent


def _not_written(field: settings.Field, mine: config_text.Values, version: KubeProxyVersion) -> bool:
    """From 1.31 on kube-proxy keeps only one set of periods, and writes zeros for the sections not in use."""
    shared = field.api in ("syncPeriod", "minSyncPeriod", "masqueradeAll")
    return version.at_least(31) and shared and field.path[0] != mine["mode"]


def _comparable(field: settings.Field, value: t.Any, version: KubeProxyVersion) -> t.Any:
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


#: Made by chance: each costs a start of the program, so that the gate has few and ``make differential`` more.
DOCUMENTS = int(os.environ.get("KUBE_PROXY_DOCUMENTS", "50"))


def test_table_of_cases(kube_proxy: KubeProxy) -> None:
    verdicts = kube_proxy.judge([case.text for case in CASES])
    wrong = {}
    for case, verdict in zip(CASES, verdicts, strict=True):
        found = [
            disagreement(case.text, verdict, kube_proxy.version, case.stricter),
            disagreement_where_present(case.text, verdict, kube_proxy.version),
        ]
        if any(found):
            wrong[case.name] = found
    assert wrong == {}


def test_what_was_left_there_is_left_alone(kube_proxy: KubeProxy) -> None:
    """The second judgement judges something in every version: cases that are refused only where requested."""
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
    texts = [random_document(chance) for _number in range(2 * DOCUMENTS)]
    verdicts = kube_proxy.judge(texts)
    found = [
        disagreement(text, verdict, kube_proxy.version) or disagreement_where_present(text, verdict, kube_proxy.version)
        for text, verdict in zip(texts, verdicts, strict=True)
    ]
    assert {text: each for text, each in zip(texts, found, strict=True) if each} == {}
    clean = sum(verdict.accepted and not verdict.lenient for verdict in verdicts)
    assert DOCUMENTS / 5 < clean < DOCUMENTS * 9 / 5, "the documents should be of both kinds"


def test_slips_of_the_pen(kube_proxy: KubeProxy) -> None:
    """YAML is read as kube-proxy reads it; it does not look at a second document."""
    chance = random.Random(20_26)
    texts = [random_slip(chance) for _number in range(DOCUMENTS)]
    verdicts = kube_proxy.judge(texts)
    found = {
        text: difference
        for text, verdict in zip(texts, verdicts, strict=True)
        if (difference := disagreement(text, verdict, kube_proxy.version))
        and not ("several YAML documents" in difference and re.search(r"(?m)^(---|\.\.\.)", text))
    }
    assert found == {}
    assert DOCUMENTS / 5 < sum(verdict.accepted for verdict in verdicts) < DOCUMENTS * 4 / 5


def test_texts_that_we_write_are_read_as_such(kube_proxy: KubeProxy) -> None:
    head = {"apiVersion": settings.API_VERSION, "kind": settings.KIND}
    texts = [config_text.render_values({**head, "hostnameOverride": text}) for text in NASTY_TEXTS]
    read = [config_text.parse(verdict.written, "out").values["hostnameOverride"] for verdict in kube_proxy.judge(texts)]
    assert read == list(NASTY_TEXTS)
