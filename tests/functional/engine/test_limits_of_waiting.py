# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting ends when it was said to, whatever the API does, and says what is still open then."""

from __future__ import annotations

import math
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.local.journal import Journal
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.api_errors import (
    ApiError,
    ConflictError,
    TransportError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import (
    ClusterRequest,
    NetworkRequest,
    ResetRequest,
    customization_request,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.run import (
    ClusterStateError,
    EngineError,
    WaitTimeoutError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.customize import customize
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.ensure_cluster import (
    absent,
    present,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.locate import (
    Address,
    HiddenClusterError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.reset import reset
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.options import waiting
from ovh_simulator import Fault, Simulator

from .resets import NETWORK, OPEN_ID_CONNECT, RESTRICTIONS, SUBNET, ran

ONE_MINUTE = customization_request({"iptables": {"sync_period": "1m"}}, None)


CLUSTER = {
    "ipRestrictions": RESTRICTIONS,
    "openIdConnect": OPEN_ID_CONNECT,
    "privateNetworkId": NETWORK,
    "nodesSubnetId": SUBNET,
}


# --- one deadline -----------------------------------------------------------------------------------------------------


def test_cluster_that_never_settles_does_not_hold_a_run_beyond_its_time(
    rig: t.Any, sim: Simulator, kube_id: str
) -> None:
    sim.inject(Fault(status=409, code="Client::Conflict", method="PUT", times=-1))
    context = rig.context(timeout=300)
    begin = rig.now
    for sleep in range(1, 500, 5):
        rig.at(sleep, lambda: sim.cluster(kube_id).begin("restart"))
    with pytest.raises((WaitTimeoutError, ConflictError)):
        customize(context, Address(kube_id), ONE_MINUTE)
    assert rig.now - begin <= 300
    assert "changed" not in rig.last.facts


@pytest.mark.parametrize("timeout", [100, 200, 400])
def test_changes_one_after_the_other_share_the_time(rig: t.Any, sim: Simulator, kube_id: str, timeout: float) -> None:
    sim.settings.update({"lag_polls": 0, "transient_polls": 50})
    network = NetworkRequest(load_balancers_subnet_id=SUBNET, default_vrack_gateway="10.0.0.1")
    request = ClusterRequest("prod", "GRA11", customization=ONE_MINUTE, network=network)
    begin = rig.now
    with pytest.raises(WaitTimeoutError, match=f", in all {timeout} s: "):
        present(rig.context(timeout=timeout), Address(kube_id), request)
    assert rig.now - begin <= timeout


@pytest.mark.parametrize("timeout", [150, 400, 700])
def test_steps_of_a_reset_share_the_time(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, timeout: float
) -> None:
    # An operation before it, the reset, the restrictions and OpenID Connect: 250 s each, or 500 s.
    sim.settings.update({"lag_polls": 0, "transient_polls": 50})
    sim.cluster(kube_id).begin("restart")
    rig.context().api.get(kube_id)
    begin = rig.now
    with pytest.raises(WaitTimeoutError):
        ran(rig, kube_id, journal, timeout=timeout)
    assert rig.now - begin <= timeout
    while sim.cluster(kube_id).busy:
        rig.last.api.get(kube_id)
    ran(rig, kube_id, journal)
    assert len([request for request in rig.sent("/reset") if request.status == 200]) == 1
    assert sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS
    assert sim.cluster(kube_id)["openIdConnect"] == OPEN_ID_CONNECT


@pytest.mark.parametrize("seconds", [10, 45])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_pauses_that_the_api_demands_end_with_the_time_of_the_run(
    rig: t.Any, sim: Simulator, kube_id: str, method: str, seconds: float
) -> None:
    """10 seconds took 243."""
    sim.inject(Fault(status=429, headers={"Retry-After": "60"}, method=method, path="/cloud/*", times=-1))
    begin = rig.now
    with pytest.raises(ApiError, match="429"):
        customize(rig.context(timeout=seconds), Address(kube_id), ONE_MINUTE)
    assert rig.now - begin <= seconds


def test_a_lost_creation_is_looked_for_as_long_as_the_run_has(rig: t.Any, sim: Simulator) -> None:
    sim.inject(Fault.drop_before(method="POST"))
    begin = rig.now
    with pytest.raises(EngineError, match="may exist all the same"):
        present(rig.context(timeout=12), Address(None, "new", "GRA11"), ClusterRequest("new", "GRA11"))
    assert rig.now - begin <= 12


def test_a_lost_deletion_is_looked_for_as_long_as_the_run_has(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.inject(Fault.drop_before(method="DELETE"))
    begin = rig.now
    with pytest.raises(TransportError):
        absent(rig.context(timeout=12), Address(kube_id), "prod")
    assert rig.now - begin <= 12


def test_a_hidden_cluster_is_looked_for_as_long_as_the_run_has(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.inject(Fault(status=404, path=f"*/{kube_id}", times=-1))
    begin = rig.now
    with pytest.raises(HiddenClusterError):
        absent(rig.context(timeout=7), Address(None, "prod"), "prod")
    assert rig.now - begin <= 7


#: As a module gets them.
TIMES = {"timeout": 30.0, "wait": True, "wait_timeout": 60.0, "wait_sleep": 5.0}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1.0])
@pytest.mark.parametrize("option", ["wait_timeout", "wait_sleep"])
def test_time_that_cannot_be_waited_is_refused(option: str, value: float) -> None:
    with pytest.raises(ValidationError, match=f"{option}: {value} is not a number of seconds"):
        waiting({**TIMES, option: value})


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_limit_of_an_answer_is_a_number(value: float) -> None:
    with pytest.raises(ValidationError, match=f"timeout: {value} is not a number of seconds to wait"):
        waiting({"timeout": value})


@pytest.mark.parametrize("value", [-1.0, 0.0])
def test_a_single_answer_needs_time(value: float) -> None:
    with pytest.raises(ValidationError, match=f"timeout: {value} seconds leave no time for an answer"):
        waiting({"timeout": value})


def test_reads_without_a_pause_do_not_flood_the_api() -> None:
    patience = waiting({**TIMES, "wait_sleep": 0.0})
    assert patience.sleep > 0
    assert patience.timeout == 60.0


# --- the API server stands open ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 403, 404, 422, 500])
@pytest.mark.parametrize("times", [1, 3])
def test_no_refusal_while_the_reset_runs_keeps_the_restrictions_from_coming_back(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, status: int, times: int
) -> None:
    sim.inject(Fault(status=status, code="Client::Unexpected", method="PUT", path="*/ipRestrictions", times=times))
    report = ran(rig, kube_id, journal)
    assert rig.sent("/ipRestrictions")[0].status == status
    assert report.facts["api_server_open_seconds"] is not None
    assert sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS
    assert journal.load(kube_id) is None


def begun_and_killed(rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, killed: t.Any) -> None:
    """A reset of about 10 minutes, of which the first run sees the beginning and cannot put anything back."""
    sim.settings.operations = {"reset": {"transient_polls": 50}}
    context = rig.context()
    rig.kill_at(3)
    with pytest.raises(killed):
        reset(context, Address(kube_id), ResetRequest("ipvs"), "prod", journal)
    assert sim.cluster(kube_id)["ipRestrictions"] == []


@pytest.mark.parametrize("accepted_in", [["RESETTING", "REDEPLOYING"], ["REDEPLOYING"], []])
def test_run_that_finishes_a_reset_closes_the_api_server_as_early_as_it_can(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, killed: t.Any, accepted_in: list[str]
) -> None:
    begun_and_killed(rig, sim, kube_id, journal, killed)
    begin = rig.now
    sim.settings.ip_restrictions_accepted_in = accepted_in
    closed_at: list[str] = []
    context = rig.context()
    for sleep in range(1, 150):
        rig.at(sleep, lambda: sim.cluster(kube_id)["ipRestrictions"] and closed_at.append(sim.cluster(kube_id).status))
    report = reset(context, Address(kube_id), ResetRequest("ipvs"), "prod", journal)
    assert closed_at[0] == (accepted_in or ["READY"])[0]
    # From the reset on, not from this run.
    assert report.facts["api_server_open_seconds"] >= begin - 5
    assert report.changed
    assert len(rig.sent("/reset")) == 1
    assert sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS


def assert_said_to_be_open(rig: t.Any, kube_id: str, journal: Journal) -> None:
    [said] = [warning for warning in rig.warnings if "API server is open to every address" in warning]
    assert str(journal.path(kube_id)) in said
    assert rig.last.facts["api_server_open_seconds"] is None
    record = journal.load(kube_id)
    assert record is not None
    assert record["ip_restrictions"] == RESTRICTIONS


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"transient_polls": -1}, WaitTimeoutError),
        ({"end_status": "USER_QUOTA_ERROR"}, ClusterStateError),
        ({"end_status": "SUSPENDED"}, ClusterStateError),
    ],
    ids=["takes too long", "quota", "suspended"],
)
def test_reset_that_ends_badly_says_that_the_api_server_is_open(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, how: dict[str, t.Any], error: type[EngineError]
) -> None:
    sim.settings.operations = {"reset": how}
    # The API does not take them in an end state either.
    sim.inject(Fault(status=409, code="Client::Conflict", method="PUT", path="*/ipRestrictions", times=-1))
    with pytest.raises(error):
        ran(rig, kube_id, journal, timeout=120)
    assert_said_to_be_open(rig, kube_id, journal)


def test_run_that_finishes_a_reset_and_ends_badly_says_that_the_api_server_is_open(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, killed: t.Any
) -> None:
    begun_and_killed(rig, sim, kube_id, journal, killed)
    with pytest.raises(WaitTimeoutError):
        ran(rig, kube_id, journal, timeout=60)
    assert_said_to_be_open(rig, kube_id, journal)


def test_nothing_is_said_to_be_open_that_never_was_closed(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    sim.cluster(kube_id)["ipRestrictions"] = []
    sim.settings.operations = {"reset": {"transient_polls": -1}}
    with pytest.raises(WaitTimeoutError):
        ran(rig, kube_id, journal, timeout=120)
    assert not [warning for warning in rig.warnings if "is open to every address" in warning]


def test_record_that_cannot_be_removed_does_not_fail_a_reset_that_went_well(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    def put_a_directory_in_its_place() -> None:
        journal.path(kube_id).unlink()
        journal.path(kube_id).mkdir()

    context = rig.context()
    rig.at(2, put_a_directory_in_its_place)
    report = reset(context, Address(kube_id), ResetRequest("ipvs"), "prod", journal)
    assert report.changed
    assert sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS
    [said] = [warning for warning in rig.warnings if "its record cannot be removed" in warning]
    assert said.startswith(str(journal.path(kube_id)))
