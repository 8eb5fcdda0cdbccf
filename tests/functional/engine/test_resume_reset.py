# SPDX-License-Identifier: GPL-3.0-or-later

"""A reset that an earlier run did not see to its end: the record tells the next one what was sent and what lacks."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.local.journal import Journal
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import RefusedError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import ResetRequest
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.run import (
    DriftError,
    EngineError,
    WaitTimeoutError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.locate import Address
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.reset import reset
from ovh_simulator import Fault, Simulator

from .resets import FORCED, REQUEST, RESTRICTIONS, ran

CLUSTER = {"ipRestrictions": RESTRICTIONS}


@pytest.fixture
def broken_off(rig: t.Any, kube_id: str, journal: Journal, killed: t.Any) -> t.Callable[..., None]:
    """Begins a reset and is killed in its n-th sleep."""

    def begin(sleep: int, request: ResetRequest = REQUEST) -> None:
        context = rig.context()
        rig.kill_at(sleep)
        with pytest.raises(killed):
            reset(context, Address(kube_id), request, "prod", journal)

    return begin


@pytest.mark.parametrize("requested", [REQUEST, FORCED], ids=["plain", "forced"])
@pytest.mark.parametrize("sleep", [1, 3, 5])
@pytest.mark.parametrize("conflicts", ["all", "never"])
@pytest.mark.parametrize("lag", [1, 4])
def test_reset_that_was_sent_is_not_sent_again(
    rig: t.Any,
    sim: Simulator,
    kube_id: str,
    journal: Journal,
    broken_off: t.Any,
    lag: int,
    sleep: int,
    requested: ResetRequest,
    conflicts: str,
) -> None:
    sim.settings.update({"lag_polls": lag, "conflict_when_not_ready": conflicts})
    broken_off(sleep, requested)
    ran(rig, kube_id, journal, requested)
    assert [requested.status for requested in rig.sent("/reset")] == [200]
    assert sim.cluster(kube_id)["kubeProxyMode"] == "ipvs"
    assert sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS
    assert journal.load(kube_id) is None


def test_force_resets_again_once_the_earlier_reset_is_finished(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, broken_off: t.Any
) -> None:
    broken_off(3, FORCED)
    ran(rig, kube_id, journal, FORCED)
    assert any("is not reset again" in warning for warning in rig.warnings)
    ran(rig, kube_id, journal, FORCED)
    assert len(rig.sent("/reset")) == 2


def test_time_in_which_the_api_server_was_open_counts_from_the_earlier_run(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, broken_off: t.Any
) -> None:
    broken_off(2)
    rig.now += 600
    report = ran(rig, kube_id, journal)
    assert report.facts["api_server_open_seconds"] > 600
    assert sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS


def test_record_of_a_reset_that_never_begins_keeps_the_next_one_back(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    sim.inject(Fault(status=200, body="", method="POST", path="*/reset"))
    for _run in range(2):
        with pytest.raises(WaitTimeoutError):
            ran(rig, kube_id, journal, timeout=300)
    assert len(rig.sent("/reset")) == 1
    assert any("Remove that file" in warning for warning in rig.warnings)


def test_reset_that_was_accepted_and_brought_another_mode_is_not_followed_by_another(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, broken_off: t.Any
) -> None:
    sim.settings.forced_mode_reset = "iptables"
    broken_off(3)
    with pytest.raises(DriftError, match="was accepted, and still kube_proxy_mode is iptables") as other:
        ran(rig, kube_id, journal)
    assert str(journal.path(kube_id)) in str(other.value)
    assert len(rig.sent("/reset")) == 1
    assert sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS


def test_unfinished_reset_is_not_finished_without_waiting(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, broken_off: t.Any
) -> None:
    broken_off(3)
    with pytest.raises(EngineError, match="is not finished, and a run that does not wait cannot"):
        ran(rig, kube_id, journal, wait=False)
    assert journal.load(kube_id) is not None


def test_failure_says_while_the_api_server_is_open(rig: t.Any, sim: Simulator, kube_id: str, journal: Journal) -> None:
    sim.settings.transient_polls = -1
    with pytest.raises(WaitTimeoutError):
        ran(rig, kube_id, journal, timeout=60)
    assert any("API server is open to every address" in warning for warning in rig.warnings)
    assert rig.last.facts["api_server_open_seconds"] is None


def test_ip_restrictions_that_are_not_accepted_in_between_do_not_end_the_run(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    sim.inject(Fault(status=400, code="Client::BadRequest", method="PUT", path="*/ipRestrictions", times=3))
    ran(rig, kube_id, journal)
    assert sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS
    assert journal.load(kube_id) is None


def test_another_mode_may_be_requested_once_the_earlier_reset_is_over(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    sim.settings.update({"lag_polls": 0, "transient_polls": 3})
    with pytest.raises(WaitTimeoutError):
        ran(rig, kube_id, journal, timeout=5)
    report = ran(rig, kube_id, journal, dataclasses.replace(REQUEST, mode="iptables"))
    assert report.facts["action"] == "reset"
    assert [request.json["kubeProxyMode"] for request in rig.sent("/reset")] == ["ipvs", "iptables"]
    assert sim.cluster(kube_id)["kubeProxyMode"] == "iptables"
    assert sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS
    assert journal.load(kube_id) is None


@pytest.mark.parametrize("lacking", [True, False], ids=["with something to put back", "with all in place"])
def test_reset_that_is_finished_by_the_next_run_is_told_with_its_new_kubeconfig(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, broken_off: t.Any, lacking: bool
) -> None:
    sim.settings.reset_keeps_ip_restrictions = not lacking
    broken_off(3)
    begun = (journal.load(kube_id) or {})["begun"]
    check = ran(rig, kube_id, journal, check_mode=True)
    report = ran(rig, kube_id, journal)
    assert report.changed
    assert check.changed
    assert report.facts["finished_reset"] == check.facts["finished_reset"] == begun
    assert any(
        f"the reset of {begun}, which an earlier run began, is finished. The cluster has a new kubeconfig" in warning
        for warning in rig.warnings
    )
    again = ran(rig, kube_id, journal)
    assert (again.changed, "finished_reset" in again.facts) == (False, False)
    assert rig.warnings == []


def test_ip_restrictions_are_back_although_the_next_run_is_refused(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, broken_off: t.Any
) -> None:
    broken_off(3)
    with pytest.raises(RefusedError, match="confirm is"):
        reset(rig.context(), Address(kube_id), ResetRequest("iptables"), "other", journal)
    assert sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS
    assert not any("is open to every address" in warning for warning in rig.warnings)
