# SPDX-License-Identifier: GPL-3.0-or-later

"""Input that does not fit the cluster or the project: read, refused, nothing changed."""

from __future__ import annotations

import typing as t

import pytest

from ovh_simulator import Simulator

CUSTOMIZATION = "kube_proxy_customization"
REQUEST = {"kube_proxy": {"iptables": {"sync_period": "60s"}}}


PERIODS: dict[str, tuple[dict[str, t.Any], dict[str, t.Any], str]] = {
    "minimum above the given period": (
        {},
        {"iptables": {"min_sync_period": "2m", "sync_period": "1m"}},
        "kube_proxy.iptables.min_sync_period: PT2M exceeds sync_period PT1M, with which kube-proxy does not start in "
        "mode iptables; set sync_period to at least the minimum",
    ),
    "minimum above the default period": (
        {},
        {"ipvs": {"min_sync_period": "31s"}},
        "kube_proxy.ipvs.min_sync_period: PT31S exceeds sync_period PT30S (kube-proxy's default), with which "
        "kube-proxy does not start in mode ipvs; set sync_period to at least the minimum",
    ),
    "minimum above a period of zero": (
        {},
        {"ipvs": {"min_sync_period": "40s", "sync_period": "0s"}},
        "kube_proxy.ipvs.min_sync_period: PT40S exceeds sync_period PT30S (kube-proxy's default), with which "
        "kube-proxy does not start in mode ipvs; set sync_period to at least the minimum",
    ),
    "minimum above the period the cluster has": (
        {"kubeProxy": {"iptables": {"syncPeriod": "PT10S"}}},
        {"iptables": {"min_sync_period": "20s"}},
        "kube_proxy.iptables.min_sync_period: PT20S exceeds sync_period PT10S, with which kube-proxy does not start in "
        "mode iptables; set sync_period to at least the minimum",
    ),
}


@pytest.mark.parametrize("kind", PERIODS)
@pytest.mark.parametrize("check", [True, False])
def test_minimum_period_above_the_period_is_refused_after_defaulting(
    run: t.Any, sim: Simulator, wire: t.Any, kind: str, check: bool
) -> None:
    held, request, message = PERIODS[kind]
    kube_id = sim.add_cluster(customization=held)
    outcome = run.refused(CUSTOMIZATION, check=check, kube_id=kube_id, kube_proxy=request)
    assert outcome["msg"] == f"Refused, nothing was changed: {message}"
    assert wire() == [("GET", f"/{kube_id}")]


def test_minimum_period_above_the_period_is_refused_in_creations_and_resets(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod")
    request = {"ipvs": {"min_sync_period": "31s"}}
    for module, options in (
        ("kube_cluster", {"name": "new", "region": "GRA11", "kube_proxy_mode": "ipvs"}),
        ("kube_cluster_reset", {"kube_id": kube_id, "kube_proxy_mode": "ipvs", "confirm": "prod"}),
    ):
        outcome = run.refused(module, kube_proxy=request, **options)
        assert "kube_proxy.ipvs.min_sync_period: PT31S exceeds sync_period PT30S" in outcome["msg"]


WITHOUT_KUBE_PROXY: dict[str, tuple[dict[str, t.Any], dict[str, t.Any], str]] = {
    "Standard plan": ({"plan": "standard"}, {}, "its plan is Standard, where Cilium replaces kube-proxy"),
    "Cilium on a plan the API does not name": (
        {"plan": "standard"},
        {"show_plan": False},
        "it has a cilium customization: Cilium replaces kube-proxy there",
    ),
    "neither plan nor mode": (
        {"kubeProxyMode": None},
        {"show_plan": False, "nullable_fields": "missing"},
        "the API names no kube-proxy mode for it",
    ),
}


@pytest.mark.parametrize("kind", WITHOUT_KUBE_PROXY)
@pytest.mark.parametrize("check", [True, False])
def test_cluster_without_kube_proxy_is_refused_after_one_get(
    run: t.Any, sim: Simulator, wire: t.Any, kind: str, check: bool
) -> None:
    fields, knobs, reason = WITHOUT_KUBE_PROXY[kind]
    sim.settings.update(knobs)
    kube_id = sim.add_cluster(name="prod", **fields)
    for options in (REQUEST, {"state": "absent"}):
        sim.clear_requests()
        outcome = run.refused(CUSTOMIZATION, check=check, kube_id=kube_id, **options)
        assert outcome["msg"] == (
            f"cluster 'prod' ({kube_id}, GRA11) has no kube-proxy to customize: {reason}. Leave kube_proxy out for "
            f"this cluster"
        )
        assert outcome["kube_id"] == kube_id
        assert wire() == [("GET", f"/{kube_id}")]


def test_reset_of_a_cluster_without_kube_proxy_is_refused(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod", plan="standard")
    outcome = run.refused("kube_cluster_reset", kube_id=kube_id, kube_proxy_mode="ipvs", confirm="prod")
    assert outcome["msg"] == (
        f"cluster 'prod' ({kube_id}, GRA11) has no kube-proxy whose mode could be changed: its plan is Standard, where "
        f"Cilium replaces kube-proxy"
    )


def test_kube_proxy_of_a_creation_with_the_standard_plan_is_refused(run: t.Any, sim: Simulator) -> None:
    for options in (REQUEST, {"kube_proxy_mode": "ipvs"}):
        outcome = run.refused("kube_cluster", name="new", region="EU-WEST-PAR", plan="standard", **options)
        assert outcome["msg"] == (
            "cluster 'new' is requested with the plan Standard, where Cilium replaces kube-proxy: leave "
            "kube_proxy and kube_proxy_mode out, or choose the plan free"
        )


NEEDS_A_CLUSTER: dict[str, dict[str, t.Any]] = {
    CUSTOMIZATION: REQUEST,
    "kube_cluster_reset": {"kube_proxy_mode": "ipvs", "confirm": "prod"},
    "kube_cluster_info": {},
    "kube_cluster_kubeconfig": {},
}


@pytest.mark.parametrize("module", [*NEEDS_A_CLUSTER, "kube_cluster"])
def test_ambiguous_name_lists_the_candidates(run: t.Any, sim: Simulator, module: str) -> None:
    first = sim.add_cluster(name="prod", region="GRA11")
    second = sim.add_cluster(name="prod", region="SBG5", status="UPDATING")
    sim.add_cluster(name="other")
    options = {"state": "absent", "confirm": "prod"} if module == "kube_cluster" else NEEDS_A_CLUSTER[module]
    outcome = run.refused(module, name="prod", **options)
    assert outcome["msg"] == (
        f"name: 2 clusters are called 'prod': {first} (GRA11, READY), {second} (SBG5, UPDATING). Give kube_id instead, "
        f"or region as well"
    )


def test_name_that_is_ambiguous_in_its_region_asks_for_the_id(run: t.Any, sim: Simulator) -> None:
    ids = [sim.add_cluster(name="prod", region="GRA11") for _each in range(2)]
    outcome = run.refused("kube_cluster", name="prod", region="GRA11", kube_proxy_mode="iptables")
    assert outcome["msg"] == (
        f"name: 2 clusters are called 'prod': {ids[0]} (GRA11, READY), {ids[1]} (GRA11, READY). Give kube_id instead"
    )


@pytest.mark.parametrize("module", NEEDS_A_CLUSTER)
def test_unknown_name_lists_what_is_there(run: t.Any, sim: Simulator, module: str) -> None:
    first = sim.add_cluster(name="prod", region="GRA11")
    second = sim.add_cluster(name="staging", region="SBG5")
    options = NEEDS_A_CLUSTER[module]
    outcome = run.refused(module, name="prod", region="SBG5", **options)
    assert outcome["msg"] == (
        f"name: the project has no cluster 'prod' in SBG5; it has 'prod' ({first}, GRA11), 'staging' ({second}, SBG5). "
        f"Check name, region and service_name"
    )


def test_unknown_name_in_an_empty_project_says_so(run: t.Any) -> None:
    outcome = run.refused(CUSTOMIZATION, name="prod", **REQUEST)
    assert "the project has no cluster 'prod'; it has no cluster." in outcome["msg"]


@pytest.mark.parametrize("module", NEEDS_A_CLUSTER)
def test_unknown_id_is_the_404_of_the_api_with_its_query_id(run: t.Any, sim: Simulator, module: str) -> None:
    unknown = "99999999-2222-3333-4444-555555555555"
    outcome = run.refused(module, kube_id=unknown, **NEEDS_A_CLUSTER[module])
    assert outcome["error"]["status"] == 404
    assert outcome["error"]["query_id"] == sim.requests[-1].query_id
    assert sim.requests[-1].query_id in outcome["msg"]
    assert unknown in outcome["msg"]


@pytest.mark.parametrize("module", NEEDS_A_CLUSTER)
def test_id_of_a_cluster_with_another_name_is_refused(run: t.Any, sim: Simulator, module: str) -> None:
    kube_id = sim.add_cluster(name="prod")
    outcome = run.refused(module, kube_id=kube_id, name="staging", **NEEDS_A_CLUSTER[module])
    assert outcome["msg"] == (
        f"name: cluster 'prod' ({kube_id}, GRA11) was addressed by kube_id, but its name is not 'staging'. Correct one "
        f"of the two"
    )


@pytest.mark.parametrize(
    ("confirm", "given"),
    [
        (None, "confirm is not set"),
        ("", "confirm is not set"),
        ("Prod", "confirm is 'Prod', which is not the cluster's name"),
    ],
)
def test_deletion_without_confirm_is_refused(run: t.Any, sim: Simulator, confirm: str | None, given: str) -> None:
    kube_id = sim.add_cluster(name="prod")
    outcome = run.refused("kube_cluster", kube_id=kube_id, state="absent", confirm=confirm)
    assert outcome["msg"] == (
        f"Not deleted: {given}. Deleting cluster 'prod' ({kube_id}, GRA11) destroys the cluster, its node pools and "
        f"all data in it. To go ahead, set confirm to 'prod'"
    )


@pytest.mark.parametrize(
    ("confirm", "given"),
    [(None, "confirm is not set"), ("yes", "confirm is 'yes', which is not the cluster's name")],
)
def test_reset_without_confirm_says_what_would_be_destroyed(
    run: t.Any, sim: Simulator, recovery: t.Any, confirm: str | None, given: str
) -> None:
    pools = [
        {"name": "workers", "desiredNodes": 2, "flavorName": "b3-8"},
        {"name": "big", "desiredNodes": 1, "flavorName": "b3-16"},
    ]
    kube_id = sim.add_cluster(name="prod", kubeProxyMode="iptables", version="1.34", nodepools=pools)
    options = {"kube_id": kube_id, "kube_proxy_mode": "ipvs", "worker_nodes_policy": "delete"}
    outcome = run.refused("kube_cluster_reset", confirm=confirm, **options)
    assert outcome["msg"] == (
        f"Not reset: {given}. Resetting cluster 'prod' ({kube_id}, GRA11) is needed because kube_proxy_mode is "
        f"iptables and should be ipvs. All data in the cluster is lost (workloads, secrets, volumes, load balancers, "
        f"certificates, kubeconfig); Kubernetes 1.34.1-0 is installed again as 1.34; node pools: workers (2 nodes, "
        f"b3-8), big (1 node, b3-16); nodes: workers-node-1 (1.34.1-0), workers-node-2 (1.34.1-0), big-node-1 "
        f"(1.34.1-0); the nodes are deleted. To go ahead, set confirm to 'prod'"
    )
    assert [pool["name"] for pool in outcome["consequences"]["node_pools"]] == ["workers", "big"]
    assert outcome["planned_body"]["kubeProxyMode"] == "ipvs"
    assert not recovery.exists()
    # Check mode says the same and needs no confirm.
    predicted = run.done("kube_cluster_reset", check=True, **options)
    for fact in ("consequences", "planned_body", "reasons", "action"):
        assert predicted[fact] == outcome[fact]


@pytest.mark.parametrize("check", [True, False])
def test_existing_cluster_in_another_mode_names_the_module_that_changes_it(
    run: t.Any, sim: Simulator, check: bool
) -> None:
    kube_id = sim.add_cluster(name="prod", kubeProxyMode="iptables")
    outcome = run.refused("kube_cluster", check=check, name="prod", region="GRA11", kube_proxy_mode="ipvs")
    assert outcome["msg"] == (
        f"kube_proxy_mode: cluster 'prod' ({kube_id}, GRA11) exists and runs iptables, not ipvs. Only a reset, which "
        f"destroys the cluster's data, changes the mode: use clusterops.kube_proxy.kube_cluster_reset or "
        "the playbook clusterops.kube_proxy.managed_reset"
    )
    assert outcome["kube_id"] == kube_id


def test_existing_cluster_on_another_network_or_plan_is_refused(run: t.Any, sim: Simulator) -> None:
    network = "22222222-3333-4444-5555-666666666666"
    kube_id = sim.add_cluster(name="prod", kubeProxyMode="iptables")
    there = {"name": "prod", "region": "GRA11"}
    outcome = run.refused("kube_cluster", **there, private_network_id=network)
    assert outcome["msg"] == (
        f"private_network_id: cluster 'prod' ({kube_id}, GRA11) exists with another value. Only a reset, which "
        f"destroys the cluster's data, changes it: use clusterops.kube_proxy.kube_cluster_reset or "
        "the playbook clusterops.kube_proxy.managed_reset"
    )
    outcome = run.refused("kube_cluster", **there, plan="standard")
    assert (
        outcome["msg"] == f"plan: cluster 'prod' ({kube_id}, GRA11) exists with the plan free, which cannot be changed"
    )


def test_several_changes_that_keep_the_cluster_busy_are_not_sent_without_waiting(run: t.Any, sim: Simulator) -> None:
    sim.add_cluster(
        name="prod",
        kubeProxyMode="ipvs",
        privateNetworkId="22222222-3333-4444-5555-666666666666",
        nodesSubnetId="33333333-4444-5555-6666-777777777777",
    )
    request = {
        "name": "prod",
        "region": "GRA11",
        "kube_proxy_mode": "ipvs",
        "kube_proxy": {"ipvs": {"scheduler": "rr"}},
        "load_balancers_subnet_id": "44444444-5555-6666-7777-888888888888",
    }
    for module in ("kube_cluster", "kube_cluster_reset"):
        outcome = run.refused(module, wait=False, **request)
        assert outcome["msg"] == (
            "wait: customization, load_balancers_subnet_id differ, and the API takes the next of them only when it is "
            "done with the one before. Set wait to true; nothing was sent"
        )
        assert not outcome.result.get("changed")
    assert run.done("kube_cluster", **request)["changed"] is True


def test_cluster_that_does_not_exist_cannot_be_made_with_an_id(run: t.Any, sim: Simulator) -> None:
    unknown = "99999999-2222-3333-4444-555555555555"
    outcome = run.refused("kube_cluster", kube_id=unknown, name="prod", region="GRA11")
    assert outcome["msg"] == (
        f"kube_id: the project has no cluster {unknown}, and a cluster cannot be created with a given id. Leave "
        f"kube_id out"
    )


def test_of_many_clusters_the_nearest_are_named(run: t.Any, sim: Simulator) -> None:
    for number in range(40):
        sim.add_cluster(name=f"cluster-{number:02}", region="GRA11")
    near = sim.add_cluster(name="production", region="SBG5")
    outcome = run.refused("kube_cluster_info", name="Produktion", region="SBG5")
    assert outcome["msg"].startswith(
        f"name: the project has no cluster 'Produktion' in SBG5; it has 'production' ({near}, SBG5), "
    )
    assert outcome["msg"].endswith(" and 31 more. Check name, region and service_name")
    assert len(outcome.text) < 2000
