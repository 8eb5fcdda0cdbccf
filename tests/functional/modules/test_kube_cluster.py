# SPDX-License-Identifier: GPL-3.0-or-later

"""kube_cluster: bodies, adoption of what is there, and what goes over the wire.

Its cycle of creation, change and deletion is in tests/integration/targets/kube_cluster.
"""

from __future__ import annotations

import typing as t

import pytest

from ovh_simulator import Fault, Simulator

MODULE = "kube_cluster"
NETWORK = {
    "private_network_id": "22222222-3333-4444-5555-666666666666",
    "nodes_subnet_id": "33333333-4444-5555-6666-777777777777",
    "load_balancers_subnet_id": "44444444-5555-6666-7777-888888888888",
    "private_network_configuration": {
        "default_vrack_gateway": "10.4.0.1",
        "private_network_routing_as_default": True,
    },
}
CREATE: dict[str, t.Any] = {
    "name": "prod",
    "region": "GRA11",
    "version": "1.33",
    "kube_proxy_mode": "ipvs",
    "update_policy": "MINIMAL_DOWNTIME",
    "kube_proxy": {"ipvs": {"scheduler": "lc", "sync_period": "60s"}},
    "api_server": {"admission_plugins": {"disabled": ["AlwaysPullImages"]}},
    **NETWORK,
}
CREATION_BODY = {
    "name": "prod",
    "region": "GRA11",
    "version": "1.33",
    "kubeProxyMode": "ipvs",
    "updatePolicy": "MINIMAL_DOWNTIME",
    "customization": {
        "kubeProxy": {"iptables": {}, "ipvs": {"scheduler": "lc", "syncPeriod": "PT1M"}},
        "apiServer": {"admissionPlugins": {"enabled": ["NodeRestriction"], "disabled": ["AlwaysPullImages"]}},
    },
    "privateNetworkId": NETWORK["private_network_id"],
    "nodesSubnetId": NETWORK["nodes_subnet_id"],
    "loadBalancersSubnetId": NETWORK["load_balancers_subnet_id"],
    "privateNetworkConfiguration": {"defaultVrackGateway": "10.4.0.1", "privateNetworkRoutingAsDefault": True},
}
OTHER_SUBNET = "55555555-6666-7777-8888-999999999999"


def made(sim: Simulator) -> list[tuple[str, str, t.Any]]:
    """Mutations as method, last part of the path (a cluster's id is left out) and body."""
    ids = {cluster.id for cluster in sim.clusters}
    return [
        (request.method, "" if (last := request.route.rpartition("/")[2]) in ids else last, request.json)
        for request in sim.mutations
    ]


def test_creation_sends_everything_that_was_requested(run: t.Any, sim: Simulator) -> None:
    predicted = run.done(MODULE, check=True, **CREATE)
    run.done(MODULE, **CREATE)
    assert predicted["planned_body"] == CREATION_BODY
    assert made(sim) == [("POST", "kube", CREATION_BODY)]


def test_every_part_that_differs_is_changed_by_a_request_of_its_own(run: t.Any, sim: Simulator) -> None:
    run.done(MODULE, **CREATE)
    sim.clear_requests()
    modified = {
        **CREATE,
        "update_policy": "NEVER_UPDATE",
        "kube_proxy": {"ipvs": {"scheduler": "rr"}},
        "load_balancers_subnet_id": OTHER_SUBNET,
        "private_network_configuration": {"private_network_routing_as_default": False},
    }
    assert run.done(MODULE, **modified)["action"] == "in_place"
    kube_proxy = {"iptables": {}, "ipvs": {"scheduler": "rr", "syncPeriod": "PT1M"}}
    network = {"defaultVrackGateway": "10.4.0.1", "privateNetworkRoutingAsDefault": False}
    assert {path: body for _method, path, body in made(sim)} == {
        "updatePolicy": {"updatePolicy": "NEVER_UPDATE"},
        "customization": {"kubeProxy": kube_proxy},
        "updateLoadBalancersSubnetId": {"loadBalancersSubnetId": OTHER_SUBNET},
        "privateNetworkConfiguration": network,
    }
    assert len(made(sim)) == 4
    assert run.done(MODULE, **modified)["action"] == "none"


def test_result_is_the_cluster_as_it_was_last_read(run: t.Any, sim: Simulator) -> None:
    outcome = run.done(MODULE, **CREATE)
    [cluster] = sim.clusters
    assert (outcome["kube_id"], outcome["status"], outcome["kube_proxy_mode"]) == (cluster.id, "READY", "ipvs")
    shown = outcome["cluster"]
    assert (shown["id"], shown["version"], shown["update_policy"]) == (cluster.id, "1.33.5-0", "MINIMAL_DOWNTIME")
    assert {key: shown[key] for key in NETWORK} == NETWORK
    assert outcome["customization"]["kube_proxy"] == {"ipvs": {"scheduler": "lc", "sync_period": "PT1M"}}
    assert outcome["customization"] == shown["customization"]


def test_creation_names_only_what_was_requested(run: t.Any, sim: Simulator) -> None:
    outcome = run.done(MODULE, name="prod", region="GRA11", version="", update_policy=None)
    assert made(sim) == [("POST", "kube", {"name": "prod", "region": "GRA11"})]
    assert outcome["kube_proxy_mode"] == sim.settings.default_mode_create


def test_creation_on_the_standard_plan_passes_the_address_allocation_on(run: t.Any, sim: Simulator) -> None:
    allocation = {"pods_ipv4_cidr": "10.100.0.0/16", "services_ipv4_cidr": "10.101.0.0/16"}
    outcome = run.done(MODULE, name="s", region="EU-WEST-PAR", plan="standard", ip_allocation_policy=allocation)
    [(_method, _path, body)] = made(sim)
    assert body["plan"] == "standard"
    assert body["ipAllocationPolicy"] == {"podsIpv4Cidr": "10.100.0.0/16", "servicesIpv4Cidr": "10.101.0.0/16"}
    assert outcome["cluster"]["ip_allocation_policy"] == allocation


def test_cluster_of_the_same_name_in_another_region_is_not_taken_for_it(run: t.Any, sim: Simulator) -> None:
    other = sim.add_cluster(name="prod", region="SBG5", kubeProxyMode="iptables")
    outcome = run.done(MODULE, **CREATE)
    assert outcome["action"] == "create"
    assert outcome["kube_id"] != other
    assert len(sim.clusters) == 2


def test_half_created_cluster_of_an_earlier_run_is_adopted(run: t.Any, sim: Simulator) -> None:
    first = run.done(MODULE, wait=False, **CREATE)
    assert sim.cluster(first["kube_id"]).status == "INSTALLING"
    second = run.done(MODULE, **CREATE)
    assert second["changed"] is False
    assert (second["kube_id"], second["status"]) == (first["kube_id"], "READY")
    assert [request.method for request in sim.mutations] == ["POST"]


def test_run_after_a_timeout_adopts_the_cluster_and_the_failure_reported_its_id(run: t.Any, sim: Simulator) -> None:
    sim.settings.transient_polls = -1
    failed = run(MODULE, **{**CREATE, "wait_timeout": 0.05})
    assert failed.failed
    [cluster] = sim.clusters
    assert failed["kube_id"] == cluster.id
    assert failed["changed"] is True
    assert f"Waited for the creation of cluster {cluster.id}, in all 0 s: its status is INSTALLING" in failed["msg"]
    cluster.set_status("READY")
    adopted = run.done(MODULE, **CREATE)
    assert (adopted["changed"], adopted["kube_id"]) == (False, cluster.id)
    assert len(sim.mutations) == 1


def test_cluster_that_is_not_found_at_first_after_its_creation_is_waited_for(run: t.Any, sim: Simulator) -> None:
    sim.settings.create_404_reads = 3
    outcome = run.done(MODULE, **CREATE)
    assert outcome["status"] == "READY"
    assert len(sim.mutations) == 1
    assert [r.status for r in sim.requests if r.route.endswith(outcome["kube_id"])][:4] == [404, 404, 404, 200]


def test_cluster_that_is_listed_and_not_found_yet_is_not_overlooked(run: t.Any, sim: Simulator) -> None:
    sim.settings.create_404_reads = 3
    first = run.done(MODULE, wait=False, **CREATE)
    second = run.done(MODULE, **CREATE)
    assert (second["changed"], second["kube_id"]) == (False, first["kube_id"])
    assert len(sim.mutations) == 1


def test_creation_whose_answer_is_lost_is_adopted_and_sent_once(run: t.Any, sim: Simulator) -> None:
    sim.inject(Fault.drop_after(method="POST"))
    outcome = run.done(MODULE, **CREATE)
    assert [request.method for request in sim.mutations] == ["POST"]
    [cluster] = sim.clusters
    assert (outcome["changed"], outcome["kube_id"], outcome["status"]) == (True, cluster.id, "READY")


def test_creation_that_was_never_processed_fails_and_is_sent_once(run: t.Any, sim: Simulator) -> None:
    sim.inject(Fault.drop_before(method="POST"))
    outcome = run(MODULE, **CREATE, wait_timeout=0)
    assert outcome.failed
    assert outcome["msg"].startswith(
        "The creation of cluster 'prod' in GRA11 was sent and got no answer, and the project shows no such cluster so "
        "far."
    )
    assert "is adopted, not created twice" in outcome["msg"]
    assert len(sim.mutations) == 1
    assert sim.clusters == []


def test_creation_that_the_api_refuses_is_its_own_message(run: t.Any, sim: Simulator) -> None:
    outcome = run(MODULE, name="prod", region="GRA11", version="1.19")
    assert outcome.failed
    assert outcome["error"]["status"] == 400
    assert "version" in outcome["msg"]
    assert "kube_id" not in outcome.result
    assert len(sim.mutations) == 1


def test_creation_that_ends_in_an_error_reports_the_id(run: t.Any, sim: Simulator) -> None:
    sim.settings.end_status = "USER_QUOTA_ERROR"
    outcome = run(MODULE, **CREATE)
    assert outcome.failed
    [cluster] = sim.clusters
    assert (outcome["kube_id"], outcome["status"]) == (cluster.id, "USER_QUOTA_ERROR")
    assert "the project's quota does not suffice" in outcome["msg"]


def test_version_of_an_existing_cluster_is_a_warning(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod", version="1.33", kubeProxyMode="ipvs")
    outcome = run.done(MODULE, name="prod", region="GRA11", kube_proxy_mode="ipvs", version="1.34")
    assert outcome["changed"] is False
    assert outcome.warnings == [
        f"version: cluster 'prod' ({kube_id}, GRA11) runs 1.33, not 1.34; an existing cluster is neither upgraded nor "
        f"reset for that"
    ]


def test_existing_cluster_keeps_what_is_not_named(run: t.Any, sim: Simulator) -> None:
    sim.add_cluster(
        name="prod",
        kubeProxyMode="ipvs",
        updatePolicy="NEVER_UPDATE",
        customization={"kubeProxy": {"ipvs": {"scheduler": "sh"}}},
        privateNetworkId=NETWORK["private_network_id"],
        nodesSubnetId=NETWORK["nodes_subnet_id"],
    )
    outcome = run.done(MODULE, name="prod", region="GRA11", kube_proxy_mode="ipvs")
    assert outcome["changed"] is False
    assert outcome["diff"]["before"] == outcome["diff"]["after"]
    assert sim.mutations == []


def test_deletion_waits_until_the_api_knows_the_cluster_no_more(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod")
    outcome = run.done(MODULE, kube_id=kube_id, state="absent", confirm="prod")
    reads = [request.status for request in sim.requests if request.method == "GET" and request.route.endswith(kube_id)]
    assert reads[-1] == 404
    assert set(reads[:-1]) == {200}
    assert outcome["diff"] == {"before": {"name": "prod", "region": "GRA11", "kube_id": kube_id}, "after": {}}


def test_deletion_under_way_is_waited_for_and_not_sent_again(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod")
    sim.settings.lag_polls = 0
    assert run.done(MODULE, kube_id=kube_id, state="absent", confirm="prod", wait=False)["changed"] is True
    assert sim.cluster(kube_id).status == "DELETING"
    assert run.done(MODULE, kube_id=kube_id, state="absent")["changed"] is False
    assert sim.clusters == []
    assert [request.method for request in sim.mutations] == ["DELETE"]


@pytest.mark.parametrize("lag", [0, 1, 4])
def test_deletion_whose_answer_is_lost_ends_well(run: t.Any, sim: Simulator, lag: int) -> None:
    kube_id = sim.add_cluster(name="prod")
    sim.settings.lag_polls = lag
    sim.inject(Fault.drop_after(method="DELETE"))
    assert run.done(MODULE, kube_id=kube_id, state="absent", confirm="prod")["changed"] is True
    assert sim.clusters == []


def test_deletion_of_what_is_being_deleted_cannot_become_a_creation(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod", status="DELETING")
    outcome = run.refused(MODULE, **CREATE)
    assert outcome["msg"] == (
        f"cluster 'prod' ({kube_id}, GRA11) is being deleted; wait until it is gone, then run again"
    )


def test_absent_cluster_stays_absent_without_confirm(run: t.Any, sim: Simulator) -> None:
    sim.add_cluster(name="other")
    outcome = run.done(MODULE, name="prod", state="absent")
    assert (outcome["changed"], outcome["diff"]) == (False, {"before": {}, "after": {}})
    assert run.done(MODULE, kube_id="99999999-2222-3333-4444-555555555555", state="absent")["changed"] is False
    assert sim.mutations == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"kube_proxy": {"ipvs": {"scheduler": "lc"}}},
            "Nothing was created. kube_proxy_mode: kube_proxy.ipvs would be set on a new cluster, and the API chooses "
            "the mode where none is named, in which the settings may have no effect. Set kube_proxy_mode to ipvs. Only "
            "a reset changes the mode of a cluster later",
        ),
        (
            {"kube_proxy": {"iptables": {"sync_period": "1m"}}, "kube_proxy_mode": ""},
            "Nothing was created. kube_proxy_mode: kube_proxy.iptables would be set on a new cluster",
        ),
        (
            {"kube_proxy": {"iptables": {"sync_period": "1m"}, "ipvs": {"scheduler": "lc"}}, "strategy": "replace"},
            "Set kube_proxy_mode to iptables or ipvs. Only a reset",
        ),
        (
            {"kube_proxy": {"ipvs": {"scheduler": "lc"}}, "kube_proxy_mode": "iptables"},
            "Nothing was created. kube_proxy_mode: a new cluster would run iptables, in which kube_proxy.ipvs has no "
            "effect. Set kube_proxy_mode to ipvs, or leave kube_proxy.ipvs out. Only a reset",
        ),
    ],
)
def test_a_new_cluster_whose_mode_has_none_of_the_settings_is_refused(
    run: t.Any, sim: Simulator, check: bool, options: dict[str, t.Any], message: str
) -> None:
    outcome = run.refused(MODULE, check=check, name="new", region="GRA11", **options)
    assert message in outcome["msg"]
    # The cluster that exists has a mode, whatever the task names.
    sim.add_cluster(name="new", region="GRA11", kubeProxyMode="ipvs")
    if "ipvs" in options["kube_proxy"] and "kube_proxy_mode" not in options:
        run.done(MODULE, check=check, name="new", region="GRA11", **options)


def test_settings_for_both_modes_are_taken_once_the_mode_is_named(run: t.Any, sim: Simulator) -> None:
    settings = {"iptables": {"sync_period": "1m"}, "ipvs": {"scheduler": "lc"}}
    outcome = run.done(MODULE, name="new", region="GRA11", kube_proxy_mode="ipvs", kube_proxy=settings)
    assert "kube_proxy.iptables has no effect" in outcome.warnings[0]
    assert outcome["kube_proxy_mode"] == "ipvs"


@pytest.mark.parametrize("blank", ["", "  "])
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("options", [{"name": None, "region": "GRA11"}, {"name": "new", "region": None}])
def test_no_cluster_is_created_for_a_blank_name_or_region(
    run: t.Any, sim: Simulator, options: dict[str, t.Any], check: bool, blank: str
) -> None:
    outcome = run.refused(MODULE, check=check, **{name: value or blank for name, value in options.items()})
    missed = next(name for name, value in options.items() if value is None)
    assert f"{missed}: is blank, which counts as not given; give it a value" in outcome["msg"]
    assert [problem["option"] for problem in outcome["problems"]] == [missed]
    assert "changed" not in outcome.result or not outcome["changed"]
    assert sim.requests == []


def test_none_removes_what_blank_would_keep(run: t.Any, sim: Simulator) -> None:
    run.done(MODULE, **CREATE)
    creation = len(made(sim))
    options = {
        **CREATE,
        "load_balancers_subnet_id": "",
        "private_network_configuration": {"default_vrack_gateway": " ", "private_network_routing_as_default": ""},
    }
    assert run.done(MODULE, **options)["changed"] is False
    options["load_balancers_subnet_id"] = "none"
    options["private_network_configuration"] = {"default_vrack_gateway": "none"}
    predicted = run.done(MODULE, check=True, **options)
    real = run.done(MODULE, **options)
    assert predicted["diff"] == real["diff"]
    assert real["diff"]["before"]["load_balancers_subnet_id"] == NETWORK["load_balancers_subnet_id"]
    assert real["diff"]["after"]["load_balancers_subnet_id"] is None
    assert sorted((path, body) for _method, path, body in made(sim)[creation:]) == [
        ("privateNetworkConfiguration", {"defaultVrackGateway": "", "privateNetworkRoutingAsDefault": True}),
        ("updateLoadBalancersSubnetId", {"loadBalancersSubnetId": None}),
    ]
    assert real["cluster"]["load_balancers_subnet_id"] is None
    assert run.done(MODULE, **options)["changed"] is False


def test_network_of_an_existing_cluster_is_not_removed_without_a_reset(run: t.Any, sim: Simulator) -> None:
    run.done(MODULE, **CREATE)
    outcome = run.refused(MODULE, name="prod", region="GRA11", private_network_id="none")
    assert outcome["msg"].startswith("private_network_id, nodes_subnet_id: cluster 'prod'")
    assert "Only a reset" in outcome["msg"]
