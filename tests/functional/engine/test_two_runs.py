# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs, or a run and a person, change one cluster or create one name at the same time."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.local.journal import Journal
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.api_errors import ConflictError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import (
    ClusterRequest,
    NetworkRequest,
    ResetRequest,
    customization_request,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.run import DriftError, EngineError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.customize import customize
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.ensure_cluster import (
    absent,
    present,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.locate import (
    Address,
    AmbiguousNameError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.reset import reset
from ovh_simulator import Fault, Simulator

from .resets import NETWORK, OPEN_ID_CONNECT, RESTRICTIONS, SUBNET

NAMED = Address(name="new", region="GRA11")
NEW = ClusterRequest("new", "GRA11", mode="ipvs")
ONE_MINUTE = customization_request({"iptables": {"sync_period": "1m"}}, None)
OTHER_SUBNET = "33333333-3333-3333-3333-333333333333"
CLUSTER = {
    "privateNetworkId": NETWORK,
    "nodesSubnetId": SUBNET,
    "loadBalancersSubnetId": SUBNET,
    "ipRestrictions": RESTRICTIONS,
}
OURS = {"iptables": {"syncPeriod": "PT1M"}}


def once_listed(sim: Simulator, before: t.Callable[[], t.Any]) -> None:
    """Let it happen after the run has looked for the cluster and before its POST."""
    sim.inject(Fault.meanwhile(before, method="POST"))


# --- one name ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wait", [True, False])
def test_second_creator_of_a_name_is_told_both_ids_and_which_to_delete(rig: t.Any, sim: Simulator, wait: bool) -> None:
    theirs: list[str] = []
    once_listed(sim, lambda: theirs.append(sim.add_cluster(name="new", kubeProxyMode="ipvs")))
    with pytest.raises(EngineError) as twins:
        present(rig.context(wait=wait), NAMED, NEW)
    ours = sim.clusters[1].id
    assert str(twins.value) == (
        f"name: 2 clusters are called 'new' in GRA11, since somebody else created one at the same time: {theirs[0]} "
        f"(created at {sim.clusters[0]['createdAt']}), {ours} (created at {sim.clusters[1]['createdAt']}, by this run)."
        f" Each of them costs money. Delete {ours}, by kube_id, and keep {theirs[0]}, the oldest; the next run then "
        f"adopts that one"
    )
    assert rig.last.facts == {"changed": True, "kube_id": ours, "status": "INSTALLING"}
    # Until then no run creates a third, and afterwards all is well.
    with pytest.raises(AmbiguousNameError, match=f"{theirs[0]}.*{ours}"):
        present(rig.context(), NAMED, NEW)
    absent(rig.context(), Address(ours), "new")
    report = present(rig.context(), NAMED, NEW)
    assert (report.changed, report.facts["kube_id"]) == (False, theirs[0])


def test_first_creator_of_a_name_is_told_the_same(rig: t.Any, sim: Simulator) -> None:
    context = rig.context()
    rig.at(1, lambda: sim.add_cluster(name="new", kubeProxyMode="ipvs"))
    with pytest.raises(EngineError) as twins:
        present(context, NAMED, NEW)
    ours, theirs = (cluster.id for cluster in sim.clusters)
    assert f"Delete {theirs}, by kube_id, and keep {ours}, the oldest" in str(twins.value)
    assert rig.last.facts["changed"] is True


@pytest.mark.parametrize("fault", [Fault.drop_after, lambda **where: Fault(status=200, body="null", **where)])
def test_twins_are_told_although_the_answer_of_the_creation_is_lost(rig: t.Any, sim: Simulator, fault: t.Any) -> None:
    once_listed(sim, lambda: sim.add_cluster(name="new", kubeProxyMode="ipvs"))
    sim.inject(fault(method="POST", processed=True))
    with pytest.raises(EngineError, match="2 clusters are called 'new'") as twins:
        present(rig.context(), NAMED, NEW)
    assert f"Delete {sim.clusters[1].id}, by kube_id" in str(twins.value)


@pytest.mark.parametrize("region", ["SBG5", "GRA11"])
def test_other_clusters_that_come_meanwhile_are_no_twins(rig: t.Any, sim: Simulator, region: str) -> None:
    once_listed(sim, lambda: sim.add_cluster(name="new" if region == "SBG5" else "another", region=region))
    assert present(rig.context(), NAMED, NEW).facts["kube_id"] == sim.clusters[1].id
    assert rig.warnings == []


@pytest.mark.parametrize("wait", [True, False])
def test_cluster_that_comes_meanwhile_and_is_not_shown_is_a_warning(rig: t.Any, sim: Simulator, wait: bool) -> None:
    def hidden() -> None:
        sim.cluster(sim.add_cluster(name="new")).reads_refused = 100

    once_listed(sim, hidden)
    assert present(rig.context(wait=wait), NAMED, NEW).changed
    [warning] = rig.warnings
    assert f"the project got {sim.clusters[0].id} as well, which the API does not show" in warning


def test_list_that_cannot_be_read_after_a_creation_is_no_failure(rig: t.Any, sim: Simulator) -> None:
    sim.inject(Fault.server_error(method="GET", path="*/kube", after=2, times=-1))
    assert present(rig.context(), NAMED, NEW).changed
    assert "Whether another run created cluster 'new' in GRA11 at the same time could not be read" in rig.warnings[0]


# --- one cluster ------------------------------------------------------------------------------------------------------


def theirs(sim: Simulator, kube_id: str, kube_proxy: dict[str, t.Any], **members: t.Any) -> t.Callable[[], None]:
    """What another run puts there whole, as the API's PUT does."""

    def change() -> None:
        sim.cluster(kube_id).customize({"kubeProxy": kube_proxy})
        sim.cluster(kube_id).data.update(members)

    return change


@pytest.mark.parametrize("sleep", [1, 2, 3])
def test_other_fields_that_somebody_else_sets_meanwhile_are_no_failure(
    rig: t.Any, sim: Simulator, kube_id: str, sleep: int
) -> None:
    context = rig.context()
    rig.at(sleep, theirs(sim, kube_id, {**OURS, "ipvs": {"scheduler": "rr"}}))
    report = customize(context, Address(kube_id), ONE_MINUTE)
    assert report.changed
    assert report.facts["customization"]["kube_proxy"]["ipvs"] == {"scheduler": "rr"}


def test_other_options_that_somebody_else_changes_meanwhile_are_no_failure(
    rig: t.Any, sim: Simulator, kube_id: str
) -> None:
    context = rig.context()
    request = ClusterRequest(
        "prod", "GRA11", customization=ONE_MINUTE, network=NetworkRequest(default_vrack_gateway="10.0.0.1")
    )
    routed = {"defaultVrackGateway": "10.0.0.1", "privateNetworkRoutingAsDefault": True}
    plugins = {"admissionPlugins": {"enabled": ["NodeRestriction"], "disabled": ["AlwaysPullImages"]}}
    change = theirs(
        sim,
        kube_id,
        OURS,
        loadBalancersSubnetId=OTHER_SUBNET,
        updatePolicy="NEVER_UPDATE",
        privateNetworkConfiguration=routed,
    )
    # In the last pauses, when all was sent.
    for sleep in range(6, 12):
        rig.at(sleep, lambda: (change(), sim.cluster(kube_id).customize({"apiServer": plugins})))
    assert present(context, Address(kube_id), request).changed


def test_plugins_that_somebody_else_sets_meanwhile_are_no_failure(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    context = rig.context()
    request = customization_request(None, {"admission_plugins": {"enabled": ["NodeRestriction"]}})
    sim.cluster(kube_id).customize(
        {"apiServer": {"admissionPlugins": {"enabled": [], "disabled": ["NodeRestriction"]}}}
    )
    changed = {"admissionPlugins": {"enabled": ["NodeRestriction"], "disabled": ["AlwaysPullImages"]}}
    rig.at(2, lambda: sim.cluster(kube_id).customize({"apiServer": changed}))
    assert customize(context, Address(kube_id), request).changed


@pytest.mark.parametrize("sleep", [1, 2, 3])
def test_same_field_that_somebody_else_changes_meanwhile_is_told_and_not_reported_to_support(
    rig: t.Any, sim: Simulator, kube_id: str, sleep: int
) -> None:
    sim.settings.lag_polls = 0
    context = rig.context()
    rig.at(sleep, theirs(sim, kube_id, {"iptables": {"syncPeriod": "PT2M"}}))
    with pytest.raises(DriftError, match=r"'PT2M'.* changed by somebody else meanwhile") as other:
        customize(context, Address(kube_id), ONE_MINUTE)
    assert "support" not in str(other.value)
    assert rig.last.facts["changed"] is True


def test_replacement_by_somebody_else_that_drops_our_field_is_told(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    context = rig.context()
    rig.at(1, theirs(sim, kube_id, {}))
    with pytest.raises(DriftError, match="It was as requested, and was changed by somebody else meanwhile"):
        customize(context, Address(kube_id), ONE_MINUTE)


def under_way(sim: Simulator, kube_id: str, body: dict[str, t.Any], rig: t.Any) -> None:
    """Another run's change, which the API took and does not show yet."""
    sim.settings.update({"customization_effect": "ready", "lag_polls": 2})
    rig.context().api.put_customization(kube_id, body)


def test_diff_is_made_anew_after_a_conflict(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    under_way(sim, kube_id, {"kubeProxy": {"iptables": {"syncPeriod": "PT2M"}, "ipvs": {"scheduler": "rr"}}}, rig)
    report = customize(rig.context(), Address(kube_id), ONE_MINUTE)
    assert 409 in [request.status for request in rig.sent("/customization")]
    both = {"ipvs": {"scheduler": "rr"}}
    assert report.diff == {
        "before": {"kube_proxy": {"iptables": {"sync_period": "PT2M"}, **both}},
        "after": {"kube_proxy": {"iptables": {"sync_period": "PT1M"}, **both}},
    }
    [warning] = rig.warnings
    assert warning == (
        f"cluster 'prod' ({kube_id}, GRA11) was changed by somebody else meanwhile (kube_proxy); what this run changes "
        f"was planned anew"
    )


def test_change_that_somebody_else_made_meanwhile_is_not_ours(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    under_way(sim, kube_id, {"kubeProxy": {"iptables": {"syncPeriod": "PT60S"}, "ipvs": {}}}, rig)
    report = customize(rig.context(), Address(kube_id), ONE_MINUTE)
    assert not report.changed
    assert report.diff["before"] == report.diff["after"]
    assert [request.status for request in rig.sent("/customization")].count(200) == 1
    assert "was changed by somebody else meanwhile" in rig.warnings[0]


def test_diff_of_several_changes_keeps_what_this_run_changed_before_a_conflict(
    rig: t.Any, sim: Simulator, kube_id: str
) -> None:
    sim.settings.conflict_when_not_ready = "async"
    under_way(sim, kube_id, {"kubeProxy": {"iptables": {"syncPeriod": "PT2M"}, "ipvs": {}}}, rig)
    request = ClusterRequest("prod", "GRA11", customization=ONE_MINUTE, update_policy="NEVER_UPDATE")
    report = present(rig.context(), Address(kube_id), request)
    assert (report.diff["before"]["update_policy"], report.diff["after"]["update_policy"]) == (
        "ALWAYS_UPDATE",
        "NEVER_UPDATE",
    )
    assert report.diff["before"]["kube_proxy"] == {"iptables": {"sync_period": "PT2M"}}


# --- a reset ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("polls", [(), ("RESETTING",)], ids=["not seen", "seen"])
@pytest.mark.parametrize("accepted_in", [[], ["RESETTING"]])
@pytest.mark.parametrize("forced", [None, "iptables"])
def test_reset_that_ends_otherwise_puts_ip_restrictions_back_first(
    rig: t.Any,
    sim: Simulator,
    kube_id: str,
    journal: Journal,
    polls: tuple[str, ...],
    accepted_in: list[str],
    forced: str | None,
) -> None:
    sim.settings.update(
        {
            "operations": {
                "reset": {"transient": polls, "transient_polls": 1, "lag_polls": 0},
                # Done with its answer.
                "ip_restrictions": {"transient": (), "lag_polls": 0},
            },
            "forced_mode_reset": forced,
            "ip_restrictions_accepted_in": accepted_in,
        }
    )
    sim.cluster(kube_id).customize({"kubeProxy": {"iptables": {"syncPeriod": "PT1M"}}})
    context = rig.context()
    closed: list[float] = []
    for sleep in range(1, 100):
        rig.at(
            sleep,
            lambda: (
                theirs(sim, kube_id, {"ipvs": {"scheduler": "rr"}})(),
                sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS and closed.append(rig.now),
            ),
        )
    with pytest.raises(DriftError) as other:
        reset(context, Address(kube_id), ResetRequest("ipvs"), "prod", journal)
    assert "somebody else meanwhile" in str(other.value)
    assert "support" not in str(other.value)
    assert closed[0] <= 20
    assert rig.now < 120
    assert sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS
    assert rig.last.facts["changed"] is True
    assert journal.load(kube_id) is None


def test_settings_that_somebody_else_adds_beside_a_reset_are_no_failure(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    sim.cluster(kube_id).customize({"kubeProxy": OURS})
    context = rig.context()
    rig.at(6, theirs(sim, kube_id, {**OURS, "ipvs": {"scheduler": "rr"}}))
    assert reset(context, Address(kube_id), ResetRequest("ipvs"), "prod", journal).changed


def test_reset_that_another_run_made_while_everything_was_read_is_not_sent_again(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    def done() -> None:
        sim.cluster(kube_id).data.update(kubeProxyMode="ipvs", updatedAt="2026-11-21T09:00:00Z")

    # The nodes are the last but the cluster itself in each reading, and the second one would have been enough.
    sim.inject(Fault.meanwhile(done, method="GET", path="*/node", after=1))
    report = reset(rig.context(), Address(kube_id), ResetRequest("ipvs"), "prod", journal)
    assert (report.changed, rig.sent("/reset")) == (False, [])


def test_open_id_connect_that_somebody_else_sets_up_after_a_reset_is_no_failure(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    sim.cluster(kube_id)["openIdConnect"] = OPEN_ID_CONNECT
    theirs_now = {"clientId": "theirs", "issuerUrl": "https://other.example.net"}
    sim.inject(
        Fault.meanwhile(
            lambda: sim.cluster(kube_id).data.update(openIdConnect=theirs_now), method="POST", path="*/openIdConnect"
        )
    )
    assert reset(rig.context(), Address(kube_id), ResetRequest("ipvs"), "prod", journal).changed
    assert sim.cluster(kube_id)["openIdConnect"] == theirs_now
    assert any("changed by somebody else meanwhile (clientId, issuerUrl); they stay" in text for text in rig.warnings)
    assert journal.load(kube_id) is None


# --- a deletion -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["READY", "ERROR"])
def test_deletion_waits_for_what_is_under_way(rig: t.Any, sim: Simulator, kube_id: str, end: str) -> None:
    sim.settings.operations = {"restart": {"end_status": end}}
    sim.cluster(kube_id).begin("restart")
    assert absent(rig.context(), Address(kube_id), "prod").changed
    assert [request.status for request in rig.sent()] == [409, 200]
    assert sim.clusters == []


def test_deletion_that_somebody_else_sent_meanwhile_is_not_ours(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.inject(Fault.meanwhile(lambda: sim.cluster(kube_id).begin("delete"), method="DELETE"))
    assert not absent(rig.context(), Address(kube_id), "prod").changed
    assert rig.warnings == [f"cluster 'prod' ({kube_id}, GRA11) is being deleted by somebody else"]
    assert sim.clusters == []


def test_deletion_without_waiting_reports_a_conflict_at_once(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.cluster(kube_id).begin("restart")
    with pytest.raises(ConflictError):
        absent(rig.context(wait=False), Address(kube_id), "prod")
    assert rig.slept == 0
