# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of kube_proxy_node_rules."""

from __future__ import annotations

import math
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.rules_request import (
    lifetimes,
    rules_request,
)

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
        ({"state": "frozen", "former_mode": "ipvs", "lifetime": 60, "drain_timeout": 60.0}, ["lifetime"]),
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


@pytest.mark.parametrize(
    "options",
    [
        {"state": "frozen", "former_mode": "ipvs", "lifetime": 61},
        # No connection goes through IPVS there, and a copy that is removed has no lifetime.
        {"state": "frozen", "former_mode": "iptables", "lifetime": 60},
        {"state": "clean", "lifetime": 60},
    ],
)
def test_only_the_copy_of_ipvs_has_to_live_while_connections_end(options: dict[str, t.Any]) -> None:
    assert rules_request({**GIVEN, **options, "drain_timeout": 60.0}).drain_timeout == 60


@pytest.mark.parametrize(("drain", "of_ipvs"), [(0.0, 600), (0.5, 601), (60.0, 660), (-1.0, 600), (math.nan, 600)])
def test_a_copy_of_ipvs_lives_while_connections_end(drain: float, of_ipvs: int) -> None:
    assert lifetimes(600, drain) == {"iptables": 600, "ipvs": of_ipvs, "nftables": 600}


def test_more_time_than_any_copy_has_is_no_error_here() -> None:
    assert lifetimes(600, math.inf)["ipvs"] > 3600
