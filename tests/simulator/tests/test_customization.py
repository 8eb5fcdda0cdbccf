# SPDX-License-Identifier: GPL-3.0-or-later

"""The customization of a cluster (points 11 to 14)."""

from __future__ import annotations

import typing as t

import ovh.exceptions
import pytest

from ovh_simulator import Simulator
from ovh_simulator.durations import canonical, to_seconds

BOTH = {
    "iptables": {"minSyncPeriod": "PT1S", "syncPeriod": "PT30S"},
    "ipvs": {"scheduler": "rr", "tcpTimeout": "PT15M"},
}


def put(kube: t.Any, kube_id: str, **body: t.Any) -> dict[str, t.Any]:
    """Writes, waits, reads back."""
    answer = kube.put(kube_id, "customization", **body)
    assert list(answer) == ["message"]
    kube.settle(kube_id)
    shown: dict[str, t.Any] = kube.get(kube_id, "customization")
    assert kube.get(kube_id)["customization"] == shown
    return shown


@pytest.mark.parametrize(("shape", "expected"), [("missing", "absent"), ("null", None), ("empty", {})])
def test_uncustomized_cluster(sim: Simulator, kube: t.Any, shape: str, expected: t.Any) -> None:
    sim.settings.empty_kube_proxy = shape
    shown = kube.get(sim.add_cluster(), "customization")
    assert shown["apiServer"]["admissionPlugins"] == {
        "enabled": ["AlwaysPullImages", "NodeRestriction"],
        "disabled": [],
    }
    assert shown.get("kubeProxy", "absent") == ({"iptables": {}, "ipvs": {}} if expected == {} else expected)


def test_a_section_is_replaced_whole_and_an_absent_one_kept(sim: Simulator, kube: t.Any) -> None:
    plugins = {"admissionPlugins": {"enabled": [], "disabled": ["AlwaysPullImages"]}}
    kube_id = sim.add_cluster(customization={"kubeProxy": BOTH})
    assert put(kube, kube_id, apiServer=plugins)["kubeProxy"] == BOTH
    shown = put(kube, kube_id, kubeProxy={"iptables": {"syncPeriod": "PT2M"}})
    assert shown["kubeProxy"] == {"iptables": {"syncPeriod": "PT2M"}}
    assert shown["apiServer"]["admissionPlugins"] == {"enabled": ["NodeRestriction"], "disabled": ["AlwaysPullImages"]}


@pytest.mark.parametrize("empty", [{}, {"iptables": {}, "ipvs": {}}, {"iptables": None}, {"ipvs": {"scheduler": None}}])
def test_clearing(sim: Simulator, kube: t.Any, empty: dict[str, t.Any]) -> None:
    kube_id = sim.add_cluster(customization={"kubeProxy": BOTH})
    assert "kubeProxy" not in put(kube, kube_id, kubeProxy=empty)


@pytest.mark.parametrize(("effect", "kept"), [("clear", False), ("keep", True)])
def test_null_kube_proxy(sim: Simulator, kube: t.Any, effect: str, kept: bool) -> None:
    sim.settings.null_kube_proxy = effect
    kube_id = sim.add_cluster(customization={"kubeProxy": BOTH})
    assert put(kube, kube_id, kubeProxy=None).get("kubeProxy") == (BOTH if kept else None)


def test_the_mode_cannot_be_put(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster()
    for reaction in ("refuse", "ignore"):
        sim.settings.unknown_fields = reaction
        with pytest.raises(ovh.exceptions.BadParametersError, match="kubeProxyMode"):
            kube.put(kube_id, "customization", kubeProxyMode="ipvs", kubeProxy={})


def test_the_same_customization_again_is_an_operation_too(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster(customization={"kubeProxy": BOTH})
    kube.put(kube_id, "customization", kubeProxy=BOTH)
    assert "UPDATING" in kube.settle(kube_id)


@pytest.mark.parametrize(
    ("effect", "schedulers"),
    [
        ("immediate", ["rr", "rr", "rr", "rr"]),
        ("started", [None, "rr", "rr", "rr"]),
        ("ready", [None, None, None, "rr"]),
        ("lost", [None, None, None, None]),
    ],
)
def test_when_a_customization_shows(sim: Simulator, kube: t.Any, effect: str, schedulers: list[str | None]) -> None:
    sim.settings.customization_effect = effect
    kube_id = sim.add_cluster()
    kube.put(kube_id, "customization", kubeProxy={"ipvs": {"scheduler": "rr"}})
    seen = []
    for _scheduler in schedulers:
        kube_proxy = kube.get(kube_id)["customization"].get("kubeProxy") or {}
        seen.append(kube_proxy.get("ipvs", {}).get("scheduler"))
    assert seen == schedulers
    assert sim.cluster(kube_id).status == "READY"


@pytest.mark.parametrize(
    ("kube_proxy", "parameter"),
    [
        ({"ipvs": {"scheduler": "wrr"}}, "kubeProxy.ipvs.scheduler"),
        ({"ipvs": {"scheduler": ""}}, "kubeProxy.ipvs.scheduler"),
        ({"ipvs": {"tcpTimeout": "PT1S"}}, "kubeProxy.ipvs.tcpTimeout"),
        ({"ipvs": {"tcpTimeout": "PT4S"}}, "kubeProxy.ipvs.tcpTimeout"),
        ({"iptables": {"syncPeriod": ""}}, "kubeProxy.iptables.syncPeriod"),
        ({"iptables": {"syncPeriod": "30s"}}, "kubeProxy.iptables.syncPeriod"),
        ({"iptables": {"syncPeriod": 30}}, "kubeProxy.iptables.syncPeriod"),
        ({"iptables": {"minSyncPeriod": "PT"}}, "kubeProxy.iptables.minSyncPeriod"),
        ({"iptables": {"minSyncPeriod": "-PT1S"}}, "kubeProxy.iptables.minSyncPeriod"),
        ({"iptables": {"minSyncPeriod": "PT0.5S"}}, "kubeProxy.iptables.minSyncPeriod"),
        ({"iptables": []}, "kubeProxy.iptables"),
        ("ipvs", "kubeProxy"),
    ],
)
def test_values_are_validated(sim: Simulator, kube: t.Any, kube_proxy: t.Any, parameter: str) -> None:
    kube_id = sim.add_cluster()
    with pytest.raises(ovh.exceptions.BadParametersError) as caught:
        kube.put(kube_id, "customization", kubeProxy=kube_proxy)
    assert f"Body parameter {parameter} isn't formated correctly" in str(caught.value)
    assert sim.cluster(kube_id).get("customization") == {}
    assert not sim.cluster(kube_id).busy


@pytest.mark.parametrize("timeout", ["PT0S", "PT5S", "PT1H"])
def test_tcp_timeouts_that_are_taken(sim: Simulator, kube: t.Any, timeout: str) -> None:
    kube.put(sim.add_cluster(), "customization", kubeProxy={"ipvs": {"tcpTimeout": timeout}})


def test_node_restriction_stays(sim: Simulator, kube: t.Any) -> None:
    with pytest.raises(ovh.exceptions.BadParametersError, match="NodeRestriction"):
        kube.put(sim.add_cluster(), "customization", apiServer={"admissionPlugins": {"disabled": ["NodeRestriction"]}})


@pytest.mark.parametrize("section", ["iptables", "ipvs"])
def test_zero_sync_period(sim: Simulator, kube: t.Any, section: str) -> None:
    kube_id = sim.add_cluster()
    assert put(kube, kube_id, kubeProxy={section: {"syncPeriod": "PT0S"}})["kubeProxy"] == {
        section: {"syncPeriod": "P0D"}
    }
    sim.settings.zero_sync_period = "refuse"
    with pytest.raises(ovh.exceptions.BadParametersError, match="syncPeriod"):
        kube.put(kube_id, "customization", kubeProxy={section: {"syncPeriod": "P0D"}})


def test_unknown_members(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster()
    body = {"kubeProxy": {"ipvs": {"scheduler": "rr", "strictARP": True}}}
    with pytest.raises(ovh.exceptions.BadParametersError, match=r"kubeProxy\.ipvs\.strictARP"):
        kube.put(kube_id, "customization", **body)
    sim.settings.unknown_fields = "ignore"
    assert put(kube, kube_id, **body)["kubeProxy"] == {"ipvs": {"scheduler": "rr"}}


def test_unset_members_can_be_null(sim: Simulator, kube: t.Any) -> None:
    sim.settings.unset_members = "null"
    kube_id = sim.add_cluster(customization={"kubeProxy": {"iptables": {"syncPeriod": "PT30S"}}})
    shown = kube.get(kube_id, "customization")["kubeProxy"]
    assert shown == {"iptables": {"minSyncPeriod": None, "syncPeriod": "PT30S"}, "ipvs": None}


@pytest.mark.parametrize(
    ("written", "canonical_text"),
    [
        ("PT0S", "P0D"),
        ("PT60S", "PT1M"),
        ("PT90S", "PT1M30S"),
        ("PT24H", "P1D"),
        ("P1W", "P7D"),
        ("PT3661S", "PT1H1M1S"),
    ],
)
@pytest.mark.parametrize("rewrite", [True, False])
def test_durations_are_rewritten(sim: Simulator, kube: t.Any, written: str, canonical_text: str, rewrite: bool) -> None:
    sim.settings.canonical_durations = rewrite
    shown = put(kube, sim.add_cluster(), kubeProxy={"ipvs": {"udpTimeout": written}})
    zero = written == "PT0S"
    assert shown["kubeProxy"]["ipvs"]["udpTimeout"] == (canonical_text if rewrite or zero else written)


def test_canonical_form_keeps_the_value() -> None:
    for seconds in [*range(200), 3599, 3600, 86399, 86400, 90061, 10**9]:
        assert to_seconds(canonical(seconds)) == seconds
