# SPDX-License-Identifier: GPL-3.0-or-later

"""A further requirement of the node beside what a pod template asks for already, and taking it out again."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.node_affinity import (
    restricted,
    unrestricted,
)

OURS = {"key": "ours", "operator": "DoesNotExist"}
LINUX = {"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}
ARM = {"key": "kubernetes.io/arch", "operator": "In", "values": ["arm64"]}
NAMED = {"key": "metadata.name", "operator": "In", "values": ["node1"]}
PREFERRED = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {}}]}


def required(*terms: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [*terms]}, **more}}


CASES = [
    (None, required({"matchExpressions": [OURS]})),
    ({"podAffinity": {"x": 1}}, {"podAffinity": {"x": 1}, **required({"matchExpressions": [OURS]})}),
    ({"nodeAffinity": PREFERRED}, required({"matchExpressions": [OURS]}, **PREFERRED)),
    # The terms are alternatives: a node that fits any of them would slip through one without ours.
    (
        required({"matchExpressions": [LINUX]}, {"matchExpressions": [ARM]}),
        required({"matchExpressions": [LINUX, OURS]}, {"matchExpressions": [ARM, OURS]}),
    ),
    (required({"matchFields": [NAMED]}), required({"matchFields": [NAMED], "matchExpressions": [OURS]})),
    # A term without anything matches no node at all.
    (required({}, {"matchExpressions": [ARM]}), required({}, {"matchExpressions": [ARM, OURS]})),
]


@pytest.mark.parametrize(("affinity", "expected"), CASES)
def test_every_term_gets_the_requirement_and_loses_it_again(
    affinity: dict[str, t.Any] | None, expected: dict[str, t.Any]
) -> None:
    before = copy.deepcopy(affinity)
    assert restricted(affinity, OURS) == expected
    assert affinity == before
    assert unrestricted(expected, OURS) == affinity


@pytest.mark.parametrize("affinity", [None, {}, {"nodeAffinity": {}}, required({"matchExpressions": [LINUX]})])
def test_without_the_requirement_nothing_is_taken_out(affinity: dict[str, t.Any] | None) -> None:
    assert unrestricted(affinity, OURS) == affinity
