# SPDX-License-Identifier: GPL-3.0-or-later

"""A reset in which something goes wrong: never a second one, and what it took away is restored."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.local.journal import Journal
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.api_errors import (
    ApiError,
    ConflictError,
    TransportError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.run import (
    ClusterStateError,
    DriftError,
    EngineError,
    WaitTimeoutError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.locate import Address
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.reset import reset
from ovh_simulator import Fault, Simulator

from .resets import OPEN_ID_CONNECT, REQUEST, ran

RESTRICTIONS = ["192.0.2.0/24", "198.51.100.7/32"]
#: The record of a reset that the API took.
UNFINISHED = {
    "begun": "2026-11-01T08:00:00Z",
    "begun_at": 1793520000.0,
    "status": "READY",
    "updated_at": "2026-11-01T07:00:00.000000Z",
    "body": {"kubeProxyMode": "ipvs"},
    "sent": True,
    "ip_restrictions": RESTRICTIONS,
    "open_id_connect": OPEN_ID_CONNECT,
}


CLUSTER = {"ipRestrictions": RESTRICTIONS, "openIdConnect": OPEN_ID_CONNECT}


def accepted_resets(rig: t.Any) -> int:
    """A dropped connection leaves no status, but the reset took place."""
    return sum(request.status in (200, None) for request in rig.sent("/reset"))


def assert_all_is_back(sim: Simulator, kube_id: str, journal: Journal) -> None:
    cluster = sim.cluster(kube_id)
    assert cluster["ipRestrictions"] == RESTRICTIONS
    assert cluster["openIdConnect"] == OPEN_ID_CONNECT
    assert not cluster.busy
    assert journal.load(kube_id) is None


@pytest.mark.parametrize(
    ("accepted_in", "answers", "seconds"),
    [
        (["RESETTING"], [200], 5.0),
        (["REDEPLOYING"], [409, 409, 200], 15.0),
        ([], [409, 409, 409, 409, 200], 25.0),
    ],
    ids=["from the start", "half-way", "nothing but READY"],
)
def test_ip_restrictions_are_back_as_soon_as_the_api_takes_them(
    rig: t.Any,
    sim: Simulator,
    kube_id: str,
    journal: Journal,
    accepted_in: list[str],
    answers: list[int],
    seconds: float,
) -> None:
    sim.settings.ip_restrictions_accepted_in = accepted_in
    report = ran(rig, kube_id, journal)
    assert [request.status for request in rig.sent("/ipRestrictions")] == answers
    assert {str(request.json) for request in rig.sent("/ipRestrictions")} == {str({"ips": RESTRICTIONS})}
    assert report.facts["api_server_open_seconds"] == seconds
    assert accepted_resets(rig) == 1
    assert_all_is_back(sim, kube_id, journal)


@pytest.mark.parametrize("effect", ["immediate", "started", "ready"])
@pytest.mark.parametrize("lag", [0, 2])
def test_ip_restrictions_that_the_reset_wipes_after_they_came_back_are_sent_again(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, effect: str, lag: int
) -> None:
    sim.settings.update({"conflict_when_not_ready": "never", "reset_effect": effect, "lag_polls": lag})
    report = ran(rig, kube_id, journal)
    assert sim.cluster(kube_id)["kubeProxyMode"] == "ipvs"
    assert report.facts["api_server_open_seconds"] is not None
    assert_all_is_back(sim, kube_id, journal)


def test_ip_restrictions_that_never_show_are_an_error(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    answer = Fault(status=200, body=[], method="PUT", path="*/ipRestrictions", times=-1)
    sim.inject(answer)
    with pytest.raises(DriftError) as unprotected:
        ran(rig, kube_id, journal)
    assert str(unprotected.value) == (
        f"cluster 'prod' ({kube_id}, GRA11): the API took the IP restrictions 192.0.2.0/24, 198.51.100.7/32 of the API "
        f"server and does not keep them; in force are none, so that every address reaches it. Set them in the OVHcloud "
        f"control panel"
    )
    # The record is kept: another run can still put them back.
    sim.clear_faults()
    ran(rig, kube_id, journal)
    assert accepted_resets(rig) == 1
    assert_all_is_back(sim, kube_id, journal)


def test_mode_that_is_not_honoured_fails_with_everything_back_and_no_second_reset(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    sim.settings.forced_mode_reset = "iptables"
    with pytest.raises(DriftError) as other:
        ran(rig, kube_id, journal)
    assert str(other.value) == (
        f"cluster 'prod' ({kube_id}, GRA11) is READY again after the reset, but is not what was asked for: "
        f"kube_proxy_mode is iptables instead of ipvs. The API accepted the request and did something else; report it "
        f"to OVHcloud's support"
    )
    assert len(rig.sent("/reset")) == 1
    # Not before they were needed, but before it was certain that the mode stays another.
    assert rig.last.facts["api_server_open_seconds"] == 25.0
    assert rig.last.facts["changed"] is True
    assert_all_is_back(sim, kube_id, journal)


def test_what_a_reset_keeps_by_itself_is_not_taken_for_lost(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    sim.settings.update({"reset_keeps_ip_restrictions": True, "reset_keeps_open_id_connect": True})
    ran(rig, kube_id, journal)
    assert rig.sent("/openIdConnect") == []
    assert_all_is_back(sim, kube_id, journal)


@pytest.mark.parametrize("sleep", range(1, 14))
def test_run_killed_at_any_time_is_finished_by_the_next(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, killed: t.Any, sleep: int
) -> None:
    context = rig.context()
    rig.kill_at(sleep)
    with pytest.raises(killed):
        reset(context, Address(kube_id), REQUEST, "prod", journal)
    record = journal.load(kube_id)
    assert record is not None
    assert record["ip_restrictions"] == RESTRICTIONS
    ran(rig, kube_id, journal)
    assert sim.cluster(kube_id)["kubeProxyMode"] == "ipvs"
    assert accepted_resets(rig) == 1
    assert_all_is_back(sim, kube_id, journal)
    assert not ran(rig, kube_id, journal).changed


def test_run_killed_before_the_status_flips_loses_nothing(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, killed: t.Any
) -> None:
    sim.settings.lag_polls = 4
    context = rig.context()
    rig.kill_at(1)
    with pytest.raises(killed):
        reset(context, Address(kube_id), REQUEST, "prod", journal)
    # The cluster still looks as before, as if the reset were yet to be sent.
    ran(rig, kube_id, journal)
    assert accepted_resets(rig) == 1
    assert_all_is_back(sim, kube_id, journal)


def test_record_of_an_earlier_reset_survives_the_refusal_of_the_next(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    sim.cluster(kube_id).data.update(ipRestrictions=[], openIdConnect=None)
    untouched = {"sent": False, "status": "READY", "updated_at": sim.cluster(kube_id)["updatedAt"]}
    journal.keep(kube_id, {**UNFINISHED, **untouched})
    sim.inject(Fault(status=403, code="FORBIDDEN", shape="gateway", method="POST", path="*/reset"))
    with pytest.raises(ApiError):
        ran(rig, kube_id, journal)
    record = journal.load(kube_id)
    assert record is not None
    assert record["ip_restrictions"] == RESTRICTIONS
    ran(rig, kube_id, journal)
    assert_all_is_back(sim, kube_id, journal)


@pytest.mark.parametrize("wait", [True, False])
def test_conflict_that_does_not_end_removes_the_record_of_a_reset_that_never_began(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, wait: bool
) -> None:
    sim.inject(Fault(status=409, code="Client::Conflict", message="never", method="POST", path="*/reset", times=-1))
    with pytest.raises(ConflictError, match="never"):
        ran(rig, kube_id, journal, wait=wait)
    assert len(rig.sent("/reset")) == (2 if wait else 1)
    assert journal.load(kube_id) is None
    assert sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS


def test_other_operation_under_way_is_waited_out_before_the_reset(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    sim.cluster(kube_id).begin("restart")
    ran(rig, kube_id, journal)
    # Seen before the reset is sent, since everything is read twice before.
    assert [request.status for request in rig.sent("/reset")] == [200]
    assert sim.cluster(kube_id)["kubeProxyMode"] == "ipvs"
    assert_all_is_back(sim, kube_id, journal)


@pytest.mark.parametrize("lag", [0, 1, 5])
@pytest.mark.parametrize(
    "fault",
    [
        Fault.drop_after,
        lambda **where: Fault.unavailable(processed=True, **where),
        lambda **where: Fault.front_end_timeout(processed=True, **where),
    ],
    ids=["dropped", "503", "408"],
)
def test_reset_whose_answer_is_lost_is_sent_once_and_ends_well(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, lag: int, fault: t.Any
) -> None:
    sim.settings.lag_polls = lag
    sim.inject(fault(method="POST", path="*/reset"))
    report = ran(rig, kube_id, journal)
    assert report.changed
    assert len(rig.sent("/reset")) == 1
    assert sim.cluster(kube_id)["kubeProxyMode"] == "ipvs"
    assert_all_is_back(sim, kube_id, journal)


def test_reset_that_was_never_processed_fails_without_a_second_one(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    sim.inject(Fault.drop_before(method="POST", path="*/reset"))
    with pytest.raises(EngineError) as lost:
        ran(rig, kube_id, journal)
    assert str(lost.value).startswith(
        f"The reset of cluster 'prod' ({kube_id}, GRA11) was sent and got no answer; 30 s later the cluster shows no "
        f"sign of it. Look at it before running again: "
    )
    assert len(rig.sent("/reset")) == 1
    assert sim.cluster(kube_id)["kubeProxyMode"] == "iptables"
    # It may still arrive, hence the record stays until a run ends well.
    assert journal.load(kube_id) is not None
    ran(rig, kube_id, journal)
    assert sim.cluster(kube_id)["kubeProxyMode"] == "ipvs"
    assert_all_is_back(sim, kube_id, journal)


@pytest.mark.parametrize("fault", [Fault.server_error, Fault.drop_before, Fault.too_many_requests])
def test_faults_while_the_reset_runs_are_survived(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, fault: t.Any
) -> None:
    sim.inject(
        fault(method="GET", path=f"*/kube/{kube_id}", after=3, times=6),
        fault(method="PUT", path="*/ipRestrictions", times=6),
    )
    ran(rig, kube_id, journal)
    assert accepted_resets(rig) == 1
    assert_all_is_back(sim, kube_id, journal)


def test_lost_answer_of_the_restrictions_return_ends_well(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    sim.settings.ip_restrictions_accepted_in = ["RESETTING"]
    sim.inject(Fault.drop_after(method="PUT", path="*/ipRestrictions", after=1))
    report = ran(rig, kube_id, journal)
    assert report.facts["api_server_open_seconds"] is not None
    assert_all_is_back(sim, kube_id, journal)


@pytest.mark.parametrize("lag", [0, 1, 5])
def test_lost_answer_of_open_id_connects_return_ends_well(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, lag: int
) -> None:
    sim.settings.lag_polls = lag
    sim.inject(Fault.drop_after(method="POST", path="*/openIdConnect"))
    ran(rig, kube_id, journal)
    assert len(rig.sent("/openIdConnect")) == 1
    assert_all_is_back(sim, kube_id, journal)


def test_open_id_connect_whose_return_never_arrived_comes_back_with_the_next_run(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    sim.inject(Fault.drop_before(method="POST", path="*/openIdConnect"))
    with pytest.raises(TransportError):
        ran(rig, kube_id, journal)
    assert journal.load(kube_id) is not None
    ran(rig, kube_id, journal)
    assert accepted_resets(rig) == 1
    assert_all_is_back(sim, kube_id, journal)


def test_reset_that_ends_in_an_error_keeps_its_record_for_the_next_run(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    sim.settings.operations = {"reset": {"end_status": "USER_QUOTA_ERROR"}}
    with pytest.raises(ClusterStateError, match=r"USER_QUOTA_ERROR, which ends the reset\..* the project's quota"):
        ran(rig, kube_id, journal)
    assert journal.load(kube_id) is not None
    sim.cluster(kube_id).set_status("READY")
    assert ran(rig, kube_id, journal).changed
    assert accepted_resets(rig) == 1
    assert_all_is_back(sim, kube_id, journal)


def test_reset_that_takes_too_long_is_finished_by_the_next_run(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    sim.settings.operations = {"reset": {"transient_polls": 20}}
    with pytest.raises(
        WaitTimeoutError, match=r"the reset of cluster .*, in all 60 s: .* Usual time: minutes; OVHcloud"
    ):
        ran(rig, kube_id, journal, timeout=60)
    assert rig.last.facts["kube_id"] == kube_id
    ran(rig, kube_id, journal)
    assert accepted_resets(rig) == 1
    assert_all_is_back(sim, kube_id, journal)


def test_check_mode_reads_the_record_and_leaves_it(rig: t.Any, sim: Simulator, kube_id: str, journal: Journal) -> None:
    sim.cluster(kube_id).data.update(kubeProxyMode="ipvs", ipRestrictions=[])
    journal.keep(kube_id, UNFINISHED)
    report = ran(rig, kube_id, journal, check_mode=True)
    assert report.changed
    assert [change["change"] for change in report.facts["planned_changes"]] == ["ip_restrictions"]
    assert (journal.load(kube_id), sim.mutations) == (UNFINISHED, [])
    assert "2026-11-01T08:00:00Z" in rig.warnings[0]
