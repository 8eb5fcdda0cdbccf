# SPDX-License-Identifier: GPL-3.0-or-later

"""A task prints nothing while it waits: its result says how long that usually takes, and a limit that was reached too.

The rollout's is in tests/functional/kubernetes.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ovh_simulator import Fault, Simulator

CREATION = "3 to 7 minutes, according to OVHcloud's guide"
DELETION = "30 seconds to 2 minutes, according to OVHcloud's guide"
CHANGE = "minutes; OVHcloud publishes no figure"
CLUSTER = {"name": "prod", "region": "GRA11", "kube_proxy_mode": "ipvs"}
ONE_MINUTE = {"ipvs": {"sync_period": "1m"}}


def usual_times(run: t.Any, module: str, **options: t.Any) -> list[str | None]:
    """Of a run in check mode, a real one, and both once more, when nothing is left to do."""
    outcomes = [run.done(module, check=check, **options) for check in (True, False, True, False)]
    assert [outcome["changed"] for outcome in outcomes] == [True, True, False, False]
    return [outcome.result.get("usual_time") for outcome in outcomes]


@pytest.fixture
def kube_id(sim: Simulator) -> str:
    return sim.add_cluster(name="prod", region="GRA11", kubeProxyMode="ipvs", ipRestrictions=["192.0.2.0/24"])


def test_creation(run: t.Any, sim: Simulator) -> None:
    assert usual_times(run, "kube_cluster", **CLUSTER) == [CREATION, CREATION, None, None]
    assert len(sim.mutations) == 1


def test_deletion(run: t.Any, kube_id: str) -> None:
    options = {"kube_id": kube_id, "state": "absent", "confirm": "prod"}
    assert usual_times(run, "kube_cluster", **options) == [DELETION, DELETION, None, None]


def test_adjustment_of_a_cluster_that_exists(run: t.Any, kube_id: str) -> None:
    options = {**CLUSTER, "kube_id": kube_id, "kube_proxy": ONE_MINUTE}
    assert usual_times(run, "kube_cluster", **options) == [CHANGE, CHANGE, None, None]


def test_change_that_the_api_is_done_with_at_once_has_none(run: t.Any, kube_id: str) -> None:
    options = {**CLUSTER, "kube_id": kube_id, "update_policy": "MINIMAL_DOWNTIME"}
    assert usual_times(run, "kube_cluster", **options) == [None] * 4


def test_customization(run: t.Any, kube_id: str) -> None:
    options = {"kube_id": kube_id, "kube_proxy": ONE_MINUTE}
    assert usual_times(run, "kube_proxy_customization", **options) == [CHANGE, CHANGE, None, None]


@pytest.mark.parametrize(
    "differing", [{"kube_proxy_mode": "iptables"}, {"kube_proxy": ONE_MINUTE}, {"ip_restrictions": []}]
)
def test_reset_and_change_without_one(run: t.Any, kube_id: str, differing: dict[str, t.Any]) -> None:
    options = {"kube_id": kube_id, "kube_proxy_mode": "ipvs", "confirm": "prod", **differing}
    assert usual_times(run, "kube_cluster_reset", **options) == [CHANGE, CHANGE, None, None]


def test_reset_of_an_earlier_run_is_waited_for_as_well(run: t.Any, kube_id: str, recovery: Path) -> None:
    options = {"kube_id": kube_id, "kube_proxy_mode": "iptables", "confirm": "prod"}
    run.done("kube_cluster_reset", wait=False, **options)
    assert list(recovery.iterdir())
    outcomes = [run.done("kube_cluster_reset", check=check, **options) for check in (True, False, True)]
    assert [outcome.result.get("usual_time") for outcome in outcomes] == [CHANGE, CHANGE, None]


def test_without_waiting_it_is_the_same(run: t.Any, kube_id: str) -> None:
    outcome = run.done("kube_proxy_customization", kube_id=kube_id, kube_proxy=ONE_MINUTE, wait=False)
    assert outcome["usual_time"] == CHANGE


def test_what_somebody_else_did_meanwhile_is_not_waited_for(run: t.Any, sim: Simulator, kube_id: str) -> None:
    def customize() -> None:
        sim.cluster(kube_id).begin("restart")
        sim.cluster(kube_id).customize({"kubeProxy": {"ipvs": {"syncPeriod": "PT60S"}}})

    for module, more in (("kube_proxy_customization", {}), ("kube_cluster", CLUSTER)):
        sim.cluster(kube_id).customize({"kubeProxy": {"ipvs": {}}})
        sim.inject(Fault.meanwhile(customize, method="PUT"))
        outcome = run.done(module, kube_id=kube_id, kube_proxy=ONE_MINUTE, **more)
        assert outcome["changed"] is False
        assert "usual_time" not in outcome.result
