# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of kube_proxy_node_rules."""

from __future__ import annotations

import math
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.rules_request import rules_request

GIVEN: dict[str, t.Any] = {
    "state": "clean",
    "mode": "ipvs",
    "former_mode": None,
    "lifetime": 300,
    "drain_timeout": 0.0,
    "kubelet_version": None,
    "metrics_address": "127.0.0.1:10249",
}


def refused(**options: t.Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        rules_request({**GIVEN, **options})
    return [problem.path for problem in caught.value.problems]


def test_what_is_given() -> None:
    request = rules_request({**GIVEN, "kubelet_version": "v1.28.3", "metrics_address": "[::]"})
    assert (request.state, request.mode, request.metrics.host) == ("clean", "ipvs", "::1")
    assert request.kubelet_since_1_28


@pytest.mark.parametrize("version", [None, "", "1.27.9"])
def test_kubelet_that_may_own_more_chains(version: str | None) -> None:
    assert not rules_request({**GIVEN, "kubelet_version": version}).kubelet_since_1_28


@pytest.mark.parametrize(
    ("options", "paths"),
    [
        ({"mode": None}, ["mode"]),
        ({"mode": " "}, ["mode"]),
        ({"state": "frozen"}, ["former_mode"]),
        ({"state": "frozen", "former_mode": "ipvs", "lifetime": 9}, ["lifetime"]),
        ({"lifetime": 3601}, ["lifetime"]),
        ({"drain_timeout": -1.0}, ["drain_timeout"]),
        ({"drain_timeout": math.nan}, ["drain_timeout"]),
        ({"drain_timeout": math.inf}, ["drain_timeout"]),
        ({"kubelet_version": "latest", "metrics_address": "localhost:1"}, ["kubelet_version", "metrics_address"]),
        ({"mode": None, "lifetime": 0, "kubelet_version": "x"}, ["mode", "lifetime", "kubelet_version"]),
    ],
)
def test_what_is_refused(options: dict[str, t.Any], paths: list[str]) -> None:
    assert refused(**options) == paths


def test_no_mode_is_needed_to_remove_a_copy() -> None:
    assert rules_request({**GIVEN, "state": "absent", "mode": None}).state == "absent"
