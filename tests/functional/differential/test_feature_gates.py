# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of feature gates against a real kube-proxy: which it knows, which are locked, which need others."""

from __future__ import annotations

import random
import typing as t

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import (
    feature_gate_table,
    feature_gates,
)

from .cases import HEAD

if t.TYPE_CHECKING:
    from .real_kube_proxy import KubeProxy

#: Of the gates that a version does not have, so many are asked for: a kube-proxy names only one in a text.
SAMPLE = 40


def text(gates: t.Mapping[str, bool]) -> str:
    return HEAD + "".join(["featureGates:\n", *(f"  {name}: {str(value).lower()}\n" for name, value in gates.items())])


def ours(gates: t.Mapping[str, bool], minor: int) -> list[str]:
    found = [feature_gates.objection(name, value, minor) for name, value in gates.items()]
    return [message for message in (*found, feature_gates.combination_problem(gates, minor)) if message]


def agree(kube_proxy: KubeProxy, sets: t.Sequence[t.Mapping[str, bool]]) -> None:
    minor = kube_proxy.version.minor
    verdicts = kube_proxy.judge([text(gates) for gates in sets])
    wrong = [
        (gates, mine, verdict.output[-300:])
        for gates, mine, verdict in zip(sets, (ours(gates, minor) for gates in sets), verdicts, strict=True)
        if bool(mine) is verdict.accepted
    ]
    assert wrong == []


def stages(minor: int) -> dict[str, feature_gates.Stage]:
    found = {name: feature_gates.stage(name, minor) for name in feature_gates.gates()}
    return {name: stage for name, stage in found.items() if stage is not None}


def test_every_gate_of_the_version_is_taken(kube_proxy: KubeProxy) -> None:
    known = stages(kube_proxy.version.minor)
    defaults = {name: stage.default for name, stage in known.items()}
    assert ours(defaults, kube_proxy.version.minor) == []
    agree(kube_proxy, [defaults, *({**defaults, **switched(known, value)} for value in (True, False))])


def switched(known: t.Mapping[str, feature_gates.Stage], value: bool) -> dict[str, bool]:
    return {name: value for name, stage in known.items() if not stage.locked}


def test_locked_gates_are_refused_with_the_other_value(kube_proxy: KubeProxy) -> None:
    known = stages(kube_proxy.version.minor)
    agree(kube_proxy, [{name: not stage.default} for name, stage in known.items() if stage.locked])


def test_gates_of_other_versions_are_refused(kube_proxy: KubeProxy) -> None:
    others = sorted(set(feature_gates.gates()) - set(stages(kube_proxy.version.minor)))
    agree(kube_proxy, [{name: True} for name in random.Random(20_26).sample(others, min(SAMPLE, len(others)))])


def test_gates_that_need_others(kube_proxy: KubeProxy) -> None:
    known = stages(kube_proxy.version.minor)
    words = {word for line in feature_gate_table.NEEDS.split("\n") for word in line.split()}
    needing = [name for name in sorted(words & set(known)) if not known[name].locked]
    agree(kube_proxy, [{name: not known[name].default} for name in needing])
