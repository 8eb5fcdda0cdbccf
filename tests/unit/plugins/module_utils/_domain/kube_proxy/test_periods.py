# SPDX-License-Identifier: GPL-3.0-or-later

"""The minimum period must not exceed the period, both as kube-proxy uses them."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.duration import Duration
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import periods
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion


def duration(text: str | None) -> Duration | None:
    return None if text is None else Duration.parse(text)


@pytest.mark.parametrize("section", periods.SECTIONS)
@pytest.mark.parametrize("given", [None, "0s"])
def test_a_period_that_is_not_set_is_thirty_seconds(section: str, given: str | None) -> None:
    assert periods.effective(section, "sync_period", duration(given)) == (Duration.parse("30s"), True)


@pytest.mark.parametrize(("section", "minimum"), [("iptables", "1s"), ("nftables", "1s"), ("ipvs", "0s")])
def test_a_minimum_that_is_not_set_hangs_on_the_section(section: str, minimum: str) -> None:
    assert periods.effective(section, "min_sync_period", None) == (Duration.parse(minimum), True)


def test_zero_stays_zero_where_there_is_no_default() -> None:
    assert periods.effective("ipvs", "min_sync_period", Duration(0)) == (Duration(0), False)


@pytest.mark.parametrize(
    ("section", "least", "period"),
    [
        ("iptables", None, None),
        ("iptables", "30s", None),
        ("iptables", "1m", "60s"),
        ("iptables", "0s", "1s"),
        ("ipvs", None, "500ms"),
        ("ipvs", "30s", "0s"),
    ],
)
def test_pairs_that_kube_proxy_starts_with(section: str, least: str | None, period: str | None) -> None:
    assert periods.conflict(section, duration(least), duration(period), Duration.go) is None


@pytest.mark.parametrize(
    ("section", "least", "period", "said"),
    [
        ("iptables", None, "500ms", "1s (kube-proxy's default) exceeds sync_period 500ms,"),
        ("iptables", "31s", None, "31s exceeds sync_period 30s (kube-proxy's default),"),
        ("nftables", "2m", "1m", "2m0s exceeds sync_period 1m0s,"),
        ("ipvs", "1ns", "0s", None),
        ("ipvs", "30.000000001s", "0s", "30.000000001s exceeds sync_period 30s (kube-proxy's default),"),
    ],
)
def test_pairs_that_it_does_not_start_with(
    section: str, least: str | None, period: str | None, said: str | None
) -> None:
    message = periods.conflict(section, duration(least), duration(period), Duration.go)
    assert message is None if said is None else (message or "").startswith(said)


def test_durations_are_spelled_as_the_world_spells_them() -> None:
    message = periods.conflict("ipvs", duration("90s"), None, Duration.iso)
    assert message is not None
    assert message.startswith(
        "PT1M30S exceeds sync_period PT30S (kube-proxy's default), with which kube-proxy does not"
    )


@pytest.mark.parametrize(
    ("section", "minor", "said"),
    [
        # Up to 1.30 it checks this section in every mode.
        ("iptables", 20, "kube-proxy 1.20 does not start, whatever its mode;"),
        ("iptables", 30, "kube-proxy 1.30 does not start, whatever its mode;"),
        ("iptables", 31, "kube-proxy does not start in mode iptables;"),
        ("ipvs", 30, "kube-proxy does not start in mode ipvs;"),
        ("nftables", 30, "kube-proxy does not start in mode nftables;"),
        ("nftables", 34, "kube-proxy does not start in mode nftables;"),
        # Where the version is not known, what is true of every version.
        ("iptables", None, "kube-proxy does not start in mode iptables;"),
    ],
)
def test_it_is_said_in_which_mode_it_does_not_start(section: str, minor: int | None, said: str) -> None:
    version = None if minor is None else KubeProxyVersion(1, minor)
    assert f"with which {said}" in (periods.conflict(section, duration("60s"), None, Duration.go, version) or "")
