# SPDX-License-Identifier: GPL-3.0-or-later

"""What destroys data or costs money happens once, and what it takes away is never forgotten."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.local.journal import Journal
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import (
    ClusterRequest,
    ResetRequest,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.run import (
    EngineError,
    WaitTimeoutError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.ensure_cluster import (
    absent,
    present,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.locate import Address
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.reset import reset
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.wait import GRACE
from ovh_simulator import Fault, Simulator

from .resets import FORCED, OPEN_ID_CONNECT, REQUEST, RESTRICTIONS, ran

#: Nothing but the data that is lost tells that it took place.
FORCED_IN_THE_SAME_MODE = ResetRequest("iptables", force=True)
REQUESTS = pytest.mark.parametrize(
    "requested", [REQUEST, FORCED, FORCED_IN_THE_SAME_MODE], ids=["plain", "forced", "forced, same mode"]
)
#: Reads, 5 s apart, that show the old status for much longer than a change takes to be seen.
LONG_LAG = 20
NAMED = Address(name="prod", region="GRA11")


class BrittleJournal(Journal):
    """The run is killed once the answer of the reset is there and before that is noted."""

    def __init__(self, directory: Path, killed: type[BaseException]) -> None:
        super().__init__(directory)
        self._killed = killed

    def keep(self, kube_id: str, entry: dict[str, t.Any]) -> None:
        if entry["sent"]:
            raise self._killed
        super().keep(kube_id, entry)


CLUSTER = {"ipRestrictions": RESTRICTIONS, "openIdConnect": OPEN_ID_CONNECT}


def killed_in_its_first_pause(rig: t.Any, kube_id: str, journal: Journal, request: ResetRequest, killed: t.Any) -> None:
    context = rig.context()
    rig.kill_at(1)
    with pytest.raises(killed):
        reset(context, Address(kube_id), request, "prod", journal)


def let_it_finish(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    api = rig.context().api
    while sim.cluster(kube_id).busy:
        api.get(kube_id)


def assert_reset_once_and_all_is_back(rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, mode: str) -> None:
    cluster = sim.cluster(kube_id)
    assert [request.status for request in rig.sent("/reset")] == [200]
    assert not cluster.busy
    assert cluster["kubeProxyMode"] == mode
    assert cluster["ipRestrictions"] == RESTRICTIONS
    assert cluster["openIdConnect"] == OPEN_ID_CONNECT
    assert journal.load(kube_id) is None


# --- a reset that was sent --------------------------------------------------------------------------------------------


@REQUESTS
@pytest.mark.parametrize("lag", [2, LONG_LAG])
def test_reset_is_not_sent_on_top_of_one_that_has_not_begun(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, killed: t.Any, requested: ResetRequest, lag: int
) -> None:
    # The API is no help here: it would take a second one.
    sim.settings.update({"operations": {"reset": {"lag_polls": lag}}, "conflict_when_not_ready": "never"})
    killed_in_its_first_pause(rig, kube_id, journal, requested, killed)
    ran(rig, kube_id, journal, requested)
    assert_reset_once_and_all_is_back(rig, sim, kube_id, journal, requested.mode)


@REQUESTS
def test_run_killed_before_it_could_note_the_answer_is_not_followed_by_a_second_reset(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, killed: t.Any, requested: ResetRequest
) -> None:
    sim.settings.update({"lag_polls": 3, "conflict_when_not_ready": "never"})
    with pytest.raises(killed):
        reset(rig.context(), Address(kube_id), requested, "prod", BrittleJournal(journal.directory, killed))
    ran(rig, kube_id, journal, requested)
    assert_reset_once_and_all_is_back(rig, sim, kube_id, journal, requested.mode)


@REQUESTS
def test_reset_that_outlasted_the_first_run_is_waited_for_by_the_second(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, requested: ResetRequest
) -> None:
    sim.settings.operations = {"reset": {"transient_polls": 20}}
    with pytest.raises(WaitTimeoutError, match="run again to wait on"):
        ran(rig, kube_id, journal, requested, timeout=60)
    ran(rig, kube_id, journal, requested)
    assert_reset_once_and_all_is_back(rig, sim, kube_id, journal, requested.mode)


@REQUESTS
@pytest.mark.parametrize("conflicts", ["all", "never"])
@pytest.mark.parametrize("polls", [0, 1, 3])
def test_two_runs_that_do_not_wait_reset_once(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, requested: ResetRequest, conflicts: str, polls: int
) -> None:
    sim.settings.update({"lag_polls": 2, "reset_effect": "ready", "conflict_when_not_ready": conflicts})
    ran(rig, kube_id, journal, requested, wait=False)
    for _poll in range(polls):
        rig.last.api.get(kube_id)
    with pytest.raises(EngineError, match="a run that does not wait cannot finish it"):
        ran(rig, kube_id, journal, requested, wait=False)
    ran(rig, kube_id, journal, requested)
    assert_reset_once_and_all_is_back(rig, sim, kube_id, journal, requested.mode)


@REQUESTS
def test_reset_is_not_sent_to_a_cluster_on_which_something_else_is_under_way(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, requested: ResetRequest
) -> None:
    sim.settings.update({"lag_polls": 0, "conflict_when_not_ready": "never"})
    sim.cluster(kube_id).begin("restart")
    with pytest.raises(EngineError, match="a reset is not sent on top of an operation under way"):
        ran(rig, kube_id, journal, requested, wait=False)
    assert (sim.mutations, journal.load(kube_id)) == ([], None)
    let_it_finish(rig, sim, kube_id)
    ran(rig, kube_id, journal, requested)
    assert_reset_once_and_all_is_back(rig, sim, kube_id, journal, requested.mode)


# --- what a reset takes away ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["there", "lost"])
def test_forced_reset_that_begins_late_is_not_taken_for_done(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, answer: str
) -> None:
    sim.settings.operations = {"reset": {"lag_polls": LONG_LAG}}
    if answer == "lost":
        sim.inject(Fault.drop_after(method="POST", path="*/reset"))
    report = ran(rig, kube_id, journal, FORCED_IN_THE_SAME_MODE)
    assert rig.now > GRACE
    assert report.facts["api_server_open_seconds"] is not None
    assert len(rig.sent("/reset")) == 1
    assert not sim.cluster(kube_id).busy
    assert sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS
    assert sim.cluster(kube_id)["openIdConnect"] == OPEN_ID_CONNECT
    assert journal.load(kube_id) is None


def test_forced_reset_that_does_not_begin_in_time_is_remembered(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    sim.settings.operations = {"reset": {"lag_polls": LONG_LAG}}
    with pytest.raises(WaitTimeoutError, match="the change has not been seen to start"):
        ran(rig, kube_id, journal, FORCED_IN_THE_SAME_MODE, timeout=60)
    record = journal.load(kube_id)
    assert record is not None
    assert record["sent"] is True
    assert (record["ip_restrictions"], record["open_id_connect"]) == (RESTRICTIONS, OPEN_ID_CONNECT)


@pytest.mark.parametrize("polls", [0, 1, 2, 3])
@pytest.mark.parametrize("requested", [REQUEST, FORCED], ids=["plain", "forced"])
def test_run_without_waiting_leaves_the_record_of_a_reset_under_way(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, requested: ResetRequest, polls: int
) -> None:
    # The mode shows at once, the restrictions go only later.
    sim.settings.update({"lag_polls": 1, "reset_effect": "ready"})
    ran(rig, kube_id, journal, wait=False)
    sim.cluster(kube_id)["kubeProxyMode"] = "ipvs"
    for _poll in range(polls):
        rig.last.api.get(kube_id)
    with pytest.raises(EngineError):
        ran(rig, kube_id, journal, requested, wait=False)
    record = journal.load(kube_id)
    assert record is not None
    assert record["ip_restrictions"] == RESTRICTIONS
    ran(rig, kube_id, journal)
    assert_reset_once_and_all_is_back(rig, sim, kube_id, journal, "ipvs")


@pytest.mark.parametrize(
    "nothing",
    [{"body": {}}, {"body": {"clientId": None, "issuerUrl": None}}, {"status": 404, "code": "Client::NotFound"}],
    ids=["empty object", "nulls", "404"],
)
def test_open_id_connect_comes_back_however_the_api_says_that_there_is_none(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, nothing: dict[str, t.Any]
) -> None:
    # Read once for the record, and once after the reset.
    sim.inject(Fault(**{"status": 200, **nothing}, method="GET", path="*/openIdConnect", after=1, times=1))
    ran(rig, kube_id, journal)
    assert [request.json for request in rig.sent("/openIdConnect")] == [OPEN_ID_CONNECT]
    assert_reset_once_and_all_is_back(rig, sim, kube_id, journal, "ipvs")


def test_null_members_of_open_id_connect_are_not_sent_back(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    shown = {**OPEN_ID_CONNECT, "caContent": None, "groupsClaim": None}
    sim.inject(Fault(status=200, body=shown, method="GET", path="*/openIdConnect"))
    ran(rig, kube_id, journal)
    assert [request.json for request in rig.sent("/openIdConnect")] == [OPEN_ID_CONNECT]


# --- a cluster that is paid for ---------------------------------------------------------------------------------------


def create(rig: t.Any, **how: t.Any) -> t.Any:
    return present(rig.context(**how), NAMED, ClusterRequest("prod", "GRA11", mode="ipvs"))


def test_cluster_that_stays_hidden_after_its_creation_is_not_paid_for_twice(rig: t.Any, sim: Simulator) -> None:
    sim.settings.create_404_reads = 40
    create(rig, wait=False)
    [cluster] = sim.clusters
    for how in ({"wait": False}, {"check_mode": True}, {}):
        with pytest.raises(EngineError, match=f"The project lists {cluster.id}, which the API does not show"):
            create(rig, **how)
    with pytest.raises(EngineError, match="which the API does not show"):
        absent(rig.context(), NAMED, "prod")
    assert len(sim.mutations) == 1
    cluster.reads_refused = 0
    report = create(rig)
    assert (report.facts["action"], report.facts["kube_id"]) == ("none", cluster.id)
    assert len(sim.mutations) == 1


def test_cluster_that_is_being_hidden_does_not_hold_up_the_one_that_is_shown(rig: t.Any, sim: Simulator) -> None:
    sim.add_cluster(name="other")
    kube_id = sim.add_cluster(name="prod", kubeProxyMode="ipvs")
    sim.clusters[0].reads_refused = 40
    assert create(rig).facts["kube_id"] == kube_id
    assert sim.mutations == []


def without_customization(sim: Simulator, kube_id: str, after: int = 0, **members: t.Any) -> None:
    """The API shows a null customization with the cluster, and has none to show on the route of its own."""
    shown = {**sim.cluster(kube_id).shown(), "customization": None, **members}
    sim.inject(
        Fault(status=404, code="Client::NotFound", method="GET", path=f"*/{kube_id}/customization", times=-1),
        Fault(status=200, body=shown, method="GET", path=f"*/kube/{kube_id}", after=after, times=-1),
    )


def test_cluster_without_a_customization_to_show_is_there_all_the_same(
    rig: t.Any, sim: Simulator, kube_id: str
) -> None:
    without_customization(sim, kube_id)
    report = present(rig.context(), NAMED, ClusterRequest("prod", "GRA11", mode="iptables"))
    assert (report.changed, report.facts["kube_id"]) == (False, kube_id)
    assert sim.mutations == []


def test_reset_that_never_arrived_is_not_taken_for_begun_because_a_customization_is_missing(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    without_customization(sim, kube_id)
    sim.inject(Fault.drop_before(method="POST", path="*/reset"))
    with pytest.raises(EngineError, match="30 s later the cluster shows no sign of it"):
        ran(rig, kube_id, journal)


def test_cluster_that_is_being_deleted_is_waited_for_although_its_customization_is_gone(
    rig: t.Any, sim: Simulator, kube_id: str
) -> None:
    without_customization(sim, kube_id, after=1, status="DELETING")
    with pytest.raises(WaitTimeoutError, match="its status is DELETING"):
        absent(rig.context(timeout=60), Address(kube_id), "prod")
