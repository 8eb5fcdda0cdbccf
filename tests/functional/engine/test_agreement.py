# SPDX-License-Identifier: GPL-3.0-or-later

"""A single odd answer before a change in place loses nothing: a PUT replaces a whole part of the customization."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import (
    ClusterRequest,
    customization_request,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.run import EngineError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.agreement import READINGS
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.customize import customize
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.ensure_cluster import present
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.locate import Address
from ovh_simulator import Fault, Simulator

HELD = {"iptables": {"syncPeriod": "PT30S"}, "ipvs": {"scheduler": "lc", "tcpTimeout": "PT15M"}}
REQUEST = customization_request({"iptables": {"sync_period": "60s"}}, None)


def customized(rig: t.Any, kube_id: str, **how: t.Any) -> t.Any:
    return customize(rig.context(**how), Address(kube_id), REQUEST)


def adopted(rig: t.Any, kube_id: str, **how: t.Any) -> t.Any:
    request = ClusterRequest("prod", "GRA11", mode="iptables", customization=REQUEST)
    return present(rig.context(**how), Address(None, "prod", "GRA11"), request)


def odd_answer(sim: Simulator, kube_id: str, scheduler: str | None = None, **where: t.Any) -> Fault:
    """The cluster as it is shown, with another scheduler or without the section ipvs."""
    held = {**HELD, "ipvs": {**HELD["ipvs"], "scheduler": scheduler}} if scheduler else {"iptables": HELD["iptables"]}
    shown = {**sim.cluster(kube_id).shown(), "customization": {"kubeProxy": held}}
    return Fault(status=200, body=shown, method="GET", path=f"*/kube/{kube_id}", **where)


@pytest.fixture
def held(sim: Simulator) -> str:
    return sim.add_cluster(name="prod", kubeProxyMode="iptables", customization={"kubeProxy": HELD})


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("operation", [customized, adopted])
def test_one_odd_answer_loses_no_field(
    rig: t.Any, sim: Simulator, held: str, operation: t.Callable[..., t.Any], after: int
) -> None:
    sim.inject(odd_answer(sim, held, after=after))
    report = operation(rig, held)
    (sent,) = rig.sent("/customization")
    assert sent.json == {"kubeProxy": {**HELD, "iptables": {"syncPeriod": "PT1M"}}}
    assert report.diff["before"]["kube_proxy"]["ipvs"]["scheduler"] == "lc"
    assert report.diff["after"]["kube_proxy"]["ipvs"]["scheduler"] == "lc"


def test_check_mode_shows_what_the_real_run_would_send(rig: t.Any, sim: Simulator, held: str) -> None:
    sim.inject(odd_answer(sim, held))
    report = customized(rig, held, check_mode=True)
    assert report.diff["after"]["kube_proxy"]["ipvs"]["scheduler"] == "lc"
    assert sim.mutations == []


def test_answers_that_never_agree_change_nothing(rig: t.Any, sim: Simulator, held: str) -> None:
    sim.inject(*(odd_answer(sim, held, scheduler) for scheduler in ("rr", "sh", "wrr", "sed", "nq")))
    with pytest.raises(EngineError, match=r"what the changes replace is read differently each time \(kube_proxy\)"):
        customized(rig, held)
    assert len([request for request in sim.requests if request.method == "GET"]) == READINGS
    assert sim.mutations == []


def test_a_run_with_nothing_to_change_reads_once(rig: t.Any, sim: Simulator, held: str) -> None:
    sim.cluster(held)["customization"]["kubeProxy"]["iptables"]["syncPeriod"] = "PT1M"
    assert customized(rig, held).changed is False
    assert [request.method for request in sim.requests] == ["GET"]
