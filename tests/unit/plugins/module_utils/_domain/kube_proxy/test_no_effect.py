# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings that kube-proxy accepts and does nothing with."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import no_effect


@pytest.mark.parametrize(
    ("path", "value", "default"),
    [
        (("iptables", "syncPeriod"), "0s", "30s"),
        (("ipvs", "syncPeriod"), "0s", "30s"),
        (("nftables", "minSyncPeriod"), "0s", "1s"),
        (("clientConnection", "burst"), 0, "10"),
    ],
)
def test_zero_in_place_of_a_default(path: tuple[str, ...], value: t.Any, default: str) -> None:
    message = no_effect.zero(path, value, "the.option")
    assert message == f"the.option: zero has no effect, kube-proxy uses its default of {default} instead"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("iptables", "syncPeriod"), "1s"),
        # No default takes the place of these: zero is what is used.
        (("ipvs", "minSyncPeriod"), "0s"),
        (("ipvs", "tcpTimeout"), "0s"),
        # A pointer: kube-proxy tells zero from not set.
        (("iptables", "masqueradeBit"), 0),
        (("conntrack", "maxPerCore"), 0),
        (("bindAddress",), ""),
    ],
)
def test_values_that_count(path: tuple[str, ...], value: t.Any) -> None:
    assert no_effect.zero(path, value, "the.option") is None


@pytest.mark.parametrize(
    ("mode", "given", "idle"),
    [
        ("ipvs", {"ipvs": ["scheduler"]}, {}),
        ("ipvs", {"iptables": ["sync_period", "masquerade_all"]}, {"iptables": ["sync_period"]}),
        ("ipvs", {"iptables": ["masquerade_bit"]}, {}),
        ("iptables", {"ipvs": ["scheduler"], "iptables": ["sync_period"]}, {"ipvs": ["scheduler"]}),
        ("nftables", {"iptables": ["masquerade_all"], "ipvs": ["strict_arp"]},
         {"iptables": ["masquerade_all"], "ipvs": ["strict_arp"]}),
        ("userspace", {"iptables": ["sync_period"]}, {}),
        ("nftables", {"conntrack": ["min"]}, {}),
    ],
)  # fmt: skip
def test_sections_of_other_modes(mode: str, given: dict[str, list[str]], idle: dict[str, list[str]]) -> None:
    assert no_effect.inactive_sections(mode, given) == idle
