# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a customization to be in force: the lag, every status, faults while polling, interrupted runs."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.api_errors import (
    AuthenticationError,
    ConflictError,
    NotFoundError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import (
    CustomizationRequest,
    customization_request,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.run import (
    ClusterStateError,
    DriftError,
    WaitTimeoutError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.customize import customize
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.locate import Address
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.wait import GRACE
from ovh_simulator import Fault, Simulator

REQUEST = customization_request({"iptables": {"sync_period": "60s"}}, None)
IN_FORCE = {"iptables": {"syncPeriod": "PT1M"}}


def shown(sim: Simulator, kube_id: str) -> t.Any:
    return sim.cluster(kube_id).shown_customization().get("kubeProxy")


def customized(rig: t.Any, kube_id: str, request: CustomizationRequest = REQUEST, **how: t.Any) -> t.Any:
    return customize(rig.context(**how), Address(kube_id), request)


@pytest.mark.parametrize("effect", ["immediate", "started", "ready"])
@pytest.mark.parametrize("lag", [0, 1, 3, 20])
def test_lag_before_the_status_flips_is_survived(
    rig: t.Any, sim: Simulator, kube_id: str, lag: int, effect: str
) -> None:
    sim.settings.update({"lag_polls": lag, "customization_effect": effect})
    report = customized(rig, kube_id)
    assert report.changed
    assert report.facts["status"] == "READY"
    assert shown(sim, kube_id) == IN_FORCE
    assert len(rig.sent()) == 1
    # It is over when the operation is: a shorter lag than the grace period is never taken for the end.
    assert sim.cluster(kube_id).busy is (effect == "immediate" and lag * 5 > GRACE)


@pytest.mark.parametrize(
    "statuses", [("UPDATING",), ("REDEPLOYING",), ("MAINTENANCE", "UNKNOWN"), ("REOPENING", "RECALIBRATING"), ()]
)
def test_every_status_on_the_way_is_waited_out_also_one_never_heard_of(
    rig: t.Any, sim: Simulator, kube_id: str, statuses: tuple[str, ...]
) -> None:
    sim.settings.operations = {"customization": {"transient": statuses, "transient_polls": 4}}
    assert customized(rig, kube_id).facts["status"] == "READY"
    assert shown(sim, kube_id) == IN_FORCE
    assert not sim.cluster(kube_id).busy


def test_ready_that_stands_on_unseen_work_counts_only_after_the_grace_period(
    rig: t.Any, sim: Simulator, kube_id: str
) -> None:
    sim.settings.operations = {"customization": {"transient": (), "lag_polls": 0}}
    begin = rig.now
    customized(rig, kube_id)
    assert rig.now - begin >= GRACE


def test_ready_has_to_be_seen_twice_in_a_row(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.settings.lag_polls = 0
    context = rig.context()
    # UPDATING is read twice and READY once, then an operation of OVHcloud's own follows.
    followed = []
    rig.at(3, lambda: followed.append(sim.cluster(kube_id).begin("restart")))
    customize(context, Address(kube_id), REQUEST)
    assert followed
    assert not sim.cluster(kube_id).busy


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (
            "ERROR",
            "look at the cluster in the OVHcloud control panel and ask OVHcloud's support, with the cluster's id",
        ),
        (
            "USER_ERROR",
            "the customer's own configuration stops OVHcloud's operation; see the control panel for what it is",
        ),
        ("USER_QUOTA_ERROR", "the project's quota does not suffice; raise it in the control panel, then run again"),
        (
            "USER_WEBHOOK_PREVENTING_OPERATIONS_ERROR",
            "an admission webhook of yours blocks OVHcloud in kube-system; exclude that namespace from the webhook, "
            "then run again",
        ),
        ("SUSPENDED", "the project is suspended; settle that in the OVHcloud control panel, then run again"),
        ("DELETED", "the cluster is gone"),
    ],
)
def test_end_state_stops_the_wait_with_advice(
    rig: t.Any, sim: Simulator, kube_id: str, status: str, advice: str
) -> None:
    sim.settings.end_status = status
    with pytest.raises(ClusterStateError) as stopped:
        customized(rig, kube_id)
    assert str(stopped.value) == (
        f"cluster 'prod' ({kube_id}, GRA11) has the status {status}, which ends the change of the customization. "
        f"What to do: {advice}"
    )
    assert rig.last.facts["status"] == status
    # The next run sees it before it sends anything, and check mode as well.
    sim.clear_requests()
    for check_mode in (True, False):
        with pytest.raises(ClusterStateError) as refused:
            customized(rig, kube_id, customization_request({"ipvs": {"scheduler": "rr"}}, None), check_mode=check_mode)
        assert str(refused.value) == (
            f"cluster 'prod' ({kube_id}, GRA11) takes no change while its status is {status}; nothing was sent. What "
            f"to do: {advice}"
        )
    assert sim.mutations == []


def test_timeout_says_what_it_waited_for_and_where_it_stands(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.settings.transient_polls = -1
    begin = rig.now
    with pytest.raises(WaitTimeoutError) as late:
        customized(rig, kube_id, timeout=600)
    assert str(late.value) == (
        f"Waited for the change of the customization of cluster {kube_id}, in all 600 s: its status is UPDATING. The "
        f"API goes on with its work: run again to wait on, or set a longer wait_timeout. Usual time: minutes; OVHcloud "
        f"publishes no figure"
    )
    assert 590 <= rig.now - begin <= 600
    assert rig.last.facts == {"changed": True, "kube_id": kube_id, "status": "UPDATING"}


def test_all_waiting_of_a_run_shares_one_deadline(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.settings.update({"lag_polls": 0, "transient_polls": 8})
    sim.cluster(kube_id).begin("restart")
    begin = rig.now
    with pytest.raises(WaitTimeoutError, match=r"the change of the customization of cluster .*, in all 60 s"):
        customized(rig, kube_id, timeout=60)
    assert len(rig.sent()) == 1
    assert rig.now - begin <= 60


def test_timeout_in_a_status_never_heard_of_names_it(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.settings.end_status = "CONTEMPLATING"
    with pytest.raises(WaitTimeoutError, match="its status is CONTEMPLATING"):
        customized(rig, kube_id, timeout=600)


def test_timeout_shorter_than_one_pause_still_looks_once(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    with pytest.raises(WaitTimeoutError, match=r", in all 1 s: .* the change has not been seen to start"):
        customized(rig, kube_id, timeout=1)
    assert shown(sim, kube_id) == IN_FORCE


def test_customization_that_gets_lost_is_not_a_success(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.settings.customization_effect = "lost"
    with pytest.raises(DriftError) as lost:
        customized(rig, kube_id)
    assert str(lost.value) == (
        f"cluster 'prod' ({kube_id}, GRA11) is READY again after the change of the customization, but is not what was "
        f"asked for: kube_proxy is {{}} instead of {{'iptables': {{'sync_period': 'PT1M'}}}}. The API accepted the "
        f"request and did something else; report it to OVHcloud's support"
    )
    assert len(rig.sent()) == 1


def test_read_back_that_is_late_is_waited_for(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.settings.update({"customization_effect": "lost", "lag_polls": 0})
    context = rig.context()
    # UPDATING twice, then READY with the old content for a while.
    rig.at(5, lambda: sim.cluster(kube_id).customize({"kubeProxy": {"iptables": {"syncPeriod": "PT60S"}}}))
    report = customize(context, Address(kube_id), REQUEST)
    assert report.changed
    assert rig.slept == 5


FAULTS = {
    "500": Fault.server_error,
    "503 HTML": Fault.unavailable,
    "408 HTML": Fault.front_end_timeout,
    "429": Fault.too_many_requests,
    "dropped": Fault.drop_before,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_while_polling_are_survived_beyond_the_repetitions_of_one_request(
    rig: t.Any, sim: Simulator, kube_id: str, fault: str
) -> None:
    # The first two reads are the plan's.
    sim.inject(FAULTS[fault](method="GET", after=2, times=12))
    assert customized(rig, kube_id).facts["status"] == "READY"
    assert shown(sim, kube_id) == IN_FORCE
    assert len(rig.sent()) == 1


def test_timeout_with_the_api_out_of_order_says_so(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.inject(Fault.unavailable(method="GET", after=2, times=-1))
    with pytest.raises(WaitTimeoutError, match=r"the last read failed \(GET .* \(HTTP 503\)"):
        customized(rig, kube_id, timeout=200)


def test_refusal_while_polling_is_reported_at_once(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.inject(Fault(status=403, code="NOT_GRANTED_CALL", shape="gateway", method="GET", after=3, times=-1))
    with pytest.raises(AuthenticationError, match="NOT_GRANTED_CALL"):
        customized(rig, kube_id)
    assert rig.slept == 1


def test_cluster_that_goes_away_while_waiting_is_an_error(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    context = rig.context()
    rig.at(2, lambda: sim.remove_cluster(kube_id))
    with pytest.raises(NotFoundError):
        customize(context, Address(kube_id), REQUEST)


@pytest.mark.parametrize("lag", [2, 4])
def test_conflict_with_an_operation_under_way_is_waited_out(rig: t.Any, sim: Simulator, kube_id: str, lag: int) -> None:
    sim.settings.lag_polls = lag
    sim.cluster(kube_id).begin("restart")
    assert customized(rig, kube_id).changed
    answers = [request.status for request in rig.sent("/customization")]
    assert (answers[0], answers[-1], answers.count(200)) == (409, 200, 1)
    assert shown(sim, kube_id) == IN_FORCE
    assert not sim.cluster(kube_id).busy


def test_conflict_that_no_waiting_ends_is_reported(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.inject(Fault(status=409, code="Client::Conflict", message="never", method="PUT", times=-1))
    with pytest.raises(ConflictError, match="never"):
        customized(rig, kube_id)
    assert rig.now <= 2 * GRACE


def test_conflict_without_waiting_is_reported_at_once(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.cluster(kube_id).begin("restart")
    with pytest.raises(ConflictError):
        customized(rig, kube_id, wait=False)
    assert (len(rig.sent()), rig.slept) == (1, 0)


@pytest.mark.parametrize("conflicts", ["all", "never"])
@pytest.mark.parametrize("effect", ["immediate", "started", "ready"])
def test_answer_of_the_put_is_lost_and_the_run_ends_well_all_the_same(
    rig: t.Any, sim: Simulator, kube_id: str, effect: str, conflicts: str
) -> None:
    sim.settings.update({"customization_effect": effect, "conflict_when_not_ready": conflicts, "lag_polls": 2})
    sim.inject(Fault.drop_after(method="PUT"))
    assert customized(rig, kube_id).changed
    assert shown(sim, kube_id) == IN_FORCE
    if conflicts == "all":
        # The lost one alone took effect: another would have restarted kube-proxy on every node once more.
        assert {request.status for request in rig.sent()[1:]} == {409}
    assert not sim.cluster(kube_id).busy
    assert not customized(rig, kube_id).changed


def test_work_of_a_lost_put_that_was_seen_to_end_is_not_waited_for_once_more(
    rig: t.Any, sim: Simulator, kube_id: str
) -> None:
    sim.settings.lag_polls = 0
    sim.inject(Fault.drop_after(method="PUT"))
    begin = rig.now
    customized(rig, kube_id)
    assert rig.now - begin < GRACE
    assert not sim.cluster(kube_id).busy


@pytest.mark.parametrize("effect", ["immediate", "started", "ready"])
@pytest.mark.parametrize("sleep", [1, 2, 3])
def test_run_killed_while_it_waits_is_finished_by_the_next(
    rig: t.Any, sim: Simulator, kube_id: str, killed: t.Any, sleep: int, effect: str
) -> None:
    sim.settings.update({"customization_effect": effect, "transient_polls": 4})
    context = rig.context()
    rig.kill_at(sleep)
    with pytest.raises(killed):
        customize(context, Address(kube_id), REQUEST)
    customized(rig, kube_id)
    assert shown(sim, kube_id) == IN_FORCE
    assert [request.status for request in rig.sent()].count(200) == 1


def test_operation_of_an_earlier_run_is_waited_for_before_anything_is_compared(
    rig: t.Any, sim: Simulator, kube_id: str
) -> None:
    sim.settings.update({"customization_effect": "ready", "lag_polls": 0})
    assert customized(rig, kube_id, wait=False).changed
    assert shown(sim, kube_id) is None
    report = customized(rig, kube_id)
    assert not report.changed
    assert report.facts["status"] == "READY"
    assert len(rig.sent()) == 1


def test_somebody_elses_change_under_way_is_merged_with(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.settings.update({"customization_effect": "ready", "lag_polls": 0})
    customized(rig, kube_id, customization_request({"ipvs": {"scheduler": "rr"}}, None), wait=False)
    customized(rig, kube_id)
    assert rig.sent()[-1].json == {"kubeProxy": {**IN_FORCE, "ipvs": {"scheduler": "rr"}}}
