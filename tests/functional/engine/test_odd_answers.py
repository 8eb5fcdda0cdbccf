# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that are about something else, or about nothing: nothing is built on one of them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.local.journal import Journal
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.api_errors import (
    ApiError,
    NotFoundError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import (
    ClusterRequest,
    ResetRequest,
    customization_request,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.run import EngineError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.customize import customize
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.ensure_cluster import (
    absent,
    present,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.list_clusters import clusters
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.locate import Address
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.reset import reset
from ovh_simulator import Fault, Simulator

from .resets import NETWORK, OPEN_ID_CONNECT, RESTRICTIONS, SUBNET, ran

NAMED = Address(name="prod", region="GRA11")
ONE_MINUTE = customization_request({"iptables": {"sync_period": "1m"}}, None)
NEW = ClusterRequest("new", "GRA11", mode="ipvs")
CLUSTER: dict[str, t.Any] = {
    "ipRestrictions": RESTRICTIONS,
    "openIdConnect": OPEN_ID_CONNECT,
    "privateNetworkId": NETWORK,
    "nodesSubnetId": SUBNET,
    "updatePolicy": "NEVER_UPDATE",
    "customization": {"kubeProxy": {"iptables": {"minSyncPeriod": "PT2S"}, "ipvs": {"scheduler": "sh"}}},
}

# --- about another cluster --------------------------------------------------------------------------------------------


OPERATIONS: dict[str, t.Callable[[t.Any, Address, Journal], t.Any]] = {
    "customize": lambda ctx, where, _journal: customize(ctx, where, ONE_MINUTE),
    "present": lambda ctx, where, _journal: present(
        ctx, where, ClusterRequest("prod", "GRA11", update_policy="ALWAYS_UPDATE")
    ),
    "absent": lambda ctx, where, _journal: absent(ctx, where, "prod"),
    "reset": lambda ctx, where, journal: reset(ctx, where, ResetRequest("ipvs"), "prod", journal),
    "list": lambda ctx, where, _journal: clusters(ctx, where),
}


def about(sim: Simulator, asked: str, shown: str, **when: t.Any) -> None:
    """Answer for a cluster with another one."""
    sim.inject(Fault(status=200, body=sim.cluster(shown).shown(), method="GET", path=f"*/kube/{asked}", **when))


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("by_name", [True, False])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_answer_about_another_cluster_is_refused(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, operation: str, by_name: bool, check_mode: bool
) -> None:
    # The same name and region: nothing but the id tells them apart.
    other = sim.add_cluster(name="prod", kubeProxyMode="iptables")
    about(sim, kube_id, other, times=-1)
    sim.clusters[1]["name"] = "other"
    with pytest.raises(ApiError, match=f"the answer is about cluster {other}, not the one asked for") as odd:
        OPERATIONS[operation](rig.context(check_mode=check_mode), NAMED if by_name else Address(kube_id), journal)
    assert odd.value.query_id is not None
    assert odd.value.query_id in str(odd.value)
    assert (odd.value.status, odd.value.method) == (200, "GET")
    assert sim.mutations == []


@pytest.mark.parametrize("shown", [None, 7, "", {"id": "x"}])
def test_answer_without_an_id_is_refused(rig: t.Any, sim: Simulator, kube_id: str, shown: t.Any) -> None:
    sim.inject(Fault(status=200, body={**sim.cluster(kube_id).shown(), "id": shown}, method="GET", times=-1))
    with pytest.raises(ApiError, match=r"\bid\b.*query id"):
        customize(rig.context(), Address(kube_id), ONE_MINUTE)
    assert sim.mutations == []


def test_spelling_of_an_id_is_no_other_cluster(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    about(sim, kube_id.upper(), kube_id, times=-1)
    assert clusters(rig.context(), Address(kube_id.upper()))[0]["id"] == kube_id


@pytest.mark.parametrize("operation", ["customize", "reset"])
def test_single_answer_about_another_cluster_while_waiting_is_read_again(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, operation: str
) -> None:
    other = sim.add_cluster(name="prod", kubeProxyMode="ipvs", status="ERROR")
    about(sim, kube_id, other, after=3, times=2)
    OPERATIONS[operation](rig.context(), Address(kube_id), journal)
    assert rig.last.facts["kube_id"] == kube_id
    assert {request.route.split("/")[5] for request in sim.mutations} == {kube_id}


def test_answers_about_another_cluster_that_do_not_end_are_a_failure_of_a_changed_cluster(
    rig: t.Any, sim: Simulator, kube_id: str
) -> None:
    other = sim.add_cluster(name="prod", kubeProxyMode="ipvs")
    about(sim, kube_id, other, after=2, times=-1)
    with pytest.raises(ApiError, match=f"the answer is about cluster {other}"):
        customize(rig.context(), Address(kube_id), ONE_MINUTE)
    assert rig.last.facts["changed"] is True
    assert rig.now <= 60


@pytest.mark.parametrize("times", [1, -1])
def test_404_while_waiting_counts_once_it_stays(rig: t.Any, sim: Simulator, kube_id: str, times: int) -> None:
    sim.inject(Fault(status=404, code="Client::NotFound", method="GET", path="*/kube/*", after=2, times=times))
    if times == 1:
        assert customize(rig.context(), Address(kube_id), ONE_MINUTE).changed
        return
    with pytest.raises(NotFoundError):
        customize(rig.context(), Address(kube_id), ONE_MINUTE)
    assert rig.last.facts["changed"] is True


def test_single_404_is_not_the_end_of_a_cluster_that_is_being_deleted(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.settings.transient_polls = 5
    sim.inject(Fault(status=404, code="Client::NotFound", method="GET", path="*/kube/*", after=2, times=1))
    assert absent(rig.context(), Address(kube_id), "prod").changed
    assert sim.clusters == []


# --- a creation that names no cluster ---------------------------------------------------------------------------------


UNUSABLE: dict[str, dict[str, t.Any]] = {
    "null": {"body": "null"},
    "list": {"body": "[]"},
    "empty": {"body": ""},
    "204": {"status": 204, "body": ""},
    "no id": {"body": {"name": "new", "status": "INSTALLING"}},
    "id null": {"body": {"id": None, "name": "new"}},
    "text": {"body": '"accepted"'},
}


@pytest.mark.parametrize("missing", [0, 3])
@pytest.mark.parametrize("answer", UNUSABLE)
def test_creation_whose_answer_names_no_cluster_is_looked_up(
    rig: t.Any, sim: Simulator, answer: str, missing: int
) -> None:
    sim.add_cluster(name="other")
    sim.settings.create_404_reads = missing
    sim.inject(Fault(**{"status": 200, **UNUSABLE[answer]}, method="POST", processed=True))
    report = present(rig.context(), Address(name="new", region="GRA11"), NEW)
    assert report.changed
    assert (report.facts["kube_id"], report.facts["status"]) == (sim.clusters[1].id, "READY")
    assert len(sim.mutations) == 1


def test_creation_answered_with_a_cluster_that_was_there_is_looked_up(rig: t.Any, sim: Simulator) -> None:
    other = sim.add_cluster(name="other")
    sim.inject(Fault(status=200, body=sim.cluster(other).shown(), method="POST", processed=True))
    report = present(rig.context(), Address(name="new", region="GRA11"), NEW)
    assert report.facts["kube_id"] == sim.clusters[1].id
    assert sim.cluster(other)["name"] == "other"


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("answer", UNUSABLE)
def test_creation_that_was_accepted_and_is_not_found_says_that_it_may_cost_money(
    rig: t.Any, sim: Simulator, answer: str, wait: bool
) -> None:
    sim.inject(Fault(**{"status": 200, **UNUSABLE[answer]}, method="POST"))
    with pytest.raises(EngineError) as lost:
        present(rig.context(wait=wait), Address(name="new", region="GRA11"), NEW)
    assert str(lost.value).startswith(
        "The creation of cluster 'new' in GRA11 was accepted with an answer that names no new cluster, and the project "
        "shows no such cluster so far. A cluster that costs money may exist all the same. Look for it in the OVHcloud "
        "control panel, under Public Cloud, Managed Kubernetes Service"
    )
    assert rig.last.facts["changed"] is True
    assert len(sim.mutations) == 1


def test_creation_that_is_listed_and_never_shown_is_named_by_its_id(rig: t.Any, sim: Simulator) -> None:
    sim.settings.create_404_reads = 100
    sim.inject(Fault(status=200, body="null", method="POST", processed=True))
    with pytest.raises(EngineError) as lost:
        present(rig.context(), Address(name="new", region="GRA11"), NEW)
    assert f"the project shows {sim.clusters[0].id} only by its id" in str(lost.value)


# --- one odd read before what cannot be undone ------------------------------------------------------------------------


def everything_kept(sim: Simulator, kube_id: str) -> dict[str, t.Any]:
    cluster = sim.cluster(kube_id)
    members = ("ipRestrictions", "openIdConnect", "privateNetworkId", "nodesSubnetId", "updatePolicy", "name")
    return {**{member: cluster[member] for member in members}, "customization": cluster.shown_customization()}


NOTHING: dict[str, dict[str, t.Any]] = {
    "null": {"body": "null"},
    "empty": {"body": ""},
    "object": {"body": {}},
    "nulls": {"body": {"clientId": None, "issuerUrl": None}},
    "404": {"status": 404, "code": "Client::NotFound"},
}


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("answer", NOTHING)
def test_single_read_without_open_id_connect_does_not_lose_it(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, answer: str, after: int
) -> None:
    before = everything_kept(sim, kube_id)
    sim.inject(Fault(**{"status": 200, **NOTHING[answer]}, method="GET", path="*/openIdConnect", after=after))
    ran(rig, kube_id, journal)
    assert everything_kept(sim, kube_id) == before
    assert len(rig.sent("/reset")) == 1


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("shown", [[], ["198.51.100.0/24"]])
def test_single_odd_read_of_ip_restrictions_does_not_open_the_api_server(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, shown: list[str], after: int
) -> None:
    before = everything_kept(sim, kube_id)
    sim.inject(Fault(status=200, body=shown, method="GET", path="*/ipRestrictions", after=after))
    ran(rig, kube_id, journal)
    assert everything_kept(sim, kube_id) == before


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize(
    "odd",
    [
        {"privateNetworkId": None, "nodesSubnetId": None},
        {"updatePolicy": None},
        {"updatePolicy": "ALWAYS_UPDATE"},
        {"name": ""},
        {"version": None},
        {"customization": {"apiServer": {}}},
    ],
    ids=lambda odd: next(iter(odd)),
)
def test_single_odd_read_of_the_cluster_does_not_lose_what_it_leaves_out(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, odd: dict[str, t.Any], after: int
) -> None:
    before, version = everything_kept(sim, kube_id), sim.cluster(kube_id)["version"]
    shown = {**sim.cluster(kube_id).shown(), **odd}
    sim.inject(Fault(status=200, body=shown, method="GET", path=f"*/kube/{kube_id}", after=after))
    ran(rig, kube_id, journal)
    assert everything_kept(sim, kube_id) == before
    assert sim.cluster(kube_id)["version"] == version


@pytest.mark.parametrize("shown", [{}, None, {"apiServer": None, "kubeProxy": None}], ids=repr)
@pytest.mark.parametrize("own", [{"body": {}}, {"status": 404, "code": "Client::NotFound"}], ids=["empty", "404"])
def test_single_odd_read_of_the_customization_does_not_unset_other_settings(
    rig: t.Any, sim: Simulator, kube_id: str, shown: t.Any, own: dict[str, t.Any]
) -> None:
    whole = {**sim.cluster(kube_id).shown(), "customization": shown}
    sim.inject(
        Fault(status=200, body=whole, method="GET", path=f"*/kube/{kube_id}"),
        Fault(**{"status": 200, **own}, method="GET", path="*/customization"),
    )
    report = customize(rig.context(), Address(kube_id), ONE_MINUTE)
    assert sim.cluster(kube_id).shown_customization()["kubeProxy"] == {
        "iptables": {"minSyncPeriod": "PT2S", "syncPeriod": "PT1M"},
        "ipvs": {"scheduler": "sh"},
    }
    assert report.diff["before"]["kube_proxy"]["ipvs"] == {"scheduler": "sh"}


@pytest.mark.parametrize("check_mode", [True, False])
def test_reads_that_never_agree_are_refused_before_a_reset(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, check_mode: bool
) -> None:
    sim.inject(Fault(status=200, body=[], method="GET", path="*/ipRestrictions"))
    context = rig.context(check_mode=check_mode)
    for sleep in range(1, 10):
        blocks = [f"198.51.100.{sleep}/32"]
        rig.at(sleep, lambda blocks=blocks: sim.cluster(kube_id).data.update(ipRestrictions=blocks))
    with pytest.raises(EngineError, match=r"is read differently each time \(ip_restrictions\).* No reset was sent"):
        reset(context, Address(kube_id), ResetRequest("ipvs"), "prod", journal)
    assert (sim.mutations, journal.load(kube_id)) == ([], None)
