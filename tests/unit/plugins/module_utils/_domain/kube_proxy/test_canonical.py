# SPDX-License-Identifier: GPL-3.0-or-later

"""Which configurations are equal by value, and which are not."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.canonical import canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"ipvs": {"syncPeriod": "60s"}}, {"ipvs": {"syncPeriod": "1m0s", "minSyncPeriod": "0s"}}),
        ({"mode": ""}, {"nodePortAddresses": [], "iptables": {"masqueradeAll": False}, "featureGates": {}}),
        ({"clientConnection": {"qps": 5}}, {"clientConnection": {"qps": 5.0, "burst": 0}}),
        ({"ipvs": None}, {"conntrack": {"min": None}}),
        ({"logging": {"flushFrequency": 0}}, {"logging": {"options": {"json": {"infoBufferSize": "0"}}}}),
    ],
)
def test_equal_by_value(one: dict[str, t.Any], other: dict[str, t.Any]) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"conntrack": {"min": 0}}),
        ({}, {"iptables": {"localhostNodePorts": False}}),
        ({}, {"conntrack": {"tcpEstablishedTimeout": "0s"}}),
        ({}, {"madeUp": None}),
        ({}, {"madeUp": 0}),
        ({"mode": ""}, {"mode": "iptables"}),
        ({"featureGates": {}}, {"featureGates": {"A": False}}),
        ({"ipvs": {"syncPeriod": "0s"}}, {"ipvs": {"syncPeriod": None}}),
        ({"ipvs": {"strictARP": False}}, {"ipvs": {"strictARP": 0}}),
        ({"ipvs": {"strictARP": False}}, {"ipvs": {"strictARP": "false"}}),
    ],
)
def test_different_by_value(one: dict[str, t.Any], other: dict[str, t.Any]) -> None:
    assert canonical(one) != canonical(other)
