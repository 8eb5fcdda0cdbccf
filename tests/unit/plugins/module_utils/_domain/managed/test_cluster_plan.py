# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for the cluster itself: creation, adoption and what cannot be changed, deletion."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh import convert
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import (
    RefusedError,
    Remedy,
    ValidationError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.cluster_plan import (
    check_deletion_confirmed,
    plan_adoption,
    plan_creation,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.network import IpAllocationPolicy
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import (
    ClusterRequest,
    NetworkRequest,
    customization_request,
)

from .api_objects import cluster, planned

ALLOCATION = {"podsIpv4Cidr": "10.2.0.0/16", "servicesIpv4Cidr": "10.3.0.0/16"}
RANGES = IpAllocationPolicy("10.2.0.0/16", "10.3.0.0/16")


def request(**fields: t.Any) -> ClusterRequest:
    return ClusterRequest(**{"name": "prod", "region": "GRA11", **fields})


def test_a_creation_names_what_was_requested_for_and_nothing_else() -> None:
    assert convert.creation_body(plan_creation(request()).desired) == {"name": "prod", "region": "GRA11"}
    custom = customization_request({"ipvs": {"scheduler": "lc", "sync_period": "1m0s"}}, None)
    network = NetworkRequest(private_network_id="net", private_network_routing_as_default=True)
    requested = request(mode="ipvs", version="1.34", plan="free", customization=custom, network=network)
    assert convert.creation_body(plan_creation(requested).desired) == {
        "name": "prod",
        "region": "GRA11",
        "version": "1.34",
        "plan": "free",
        "kubeProxyMode": "ipvs",
        "customization": {"kubeProxy": {"iptables": {}, "ipvs": {"scheduler": "lc", "syncPeriod": "PT1M"}}},
        "privateNetworkId": "net",
        "privateNetworkConfiguration": {"defaultVrackGateway": "", "privateNetworkRoutingAsDefault": True},
    }


@pytest.mark.parametrize("requested", [{"mode": "ipvs"}, {"customization": customization_request({"ipvs": {}}, None)}])
def test_kube_proxy_on_the_standard_plan_is_refused(requested: dict[str, t.Any]) -> None:
    with pytest.raises(RefusedError, match="plan Standard, where Cilium replaces kube-proxy"):
        plan_creation(request(plan="standard", **requested))


@pytest.mark.parametrize(
    ("network", "option"),
    [
        (NetworkRequest(nodes_subnet_id="s"), "nodes_subnet_id: needs private_network_id"),
        (NetworkRequest(private_network_id="n", load_balancers_subnet_id="s"), "load_balancers_subnet_id: needs"),
        (NetworkRequest(default_vrack_gateway="10.0.0.1"), "private_network_configuration: needs private_network_id"),
    ],
)
def test_networks_the_api_has_no_room_for_are_refused(network: NetworkRequest, option: str) -> None:
    with pytest.raises(ValidationError, match=option):
        plan_creation(request(network=network))


def test_an_existing_cluster_that_is_as_requested_needs_nothing() -> None:
    plan = plan_adoption(cluster(), request(mode="iptables", update_policy="NEVER_UPDATE", plan="free"))
    assert plan.action == "none"
    assert plan.diff()["before"] == plan.diff()["after"]


def test_an_existing_cluster_is_adjusted() -> None:
    custom = customization_request({"iptables": {"sync_period": "60s"}}, None)
    plan = plan_adoption(cluster(), request(customization=custom, update_policy="ALWAYS_UPDATE"))
    assert planned(plan) == [
        ("customization", {"kubeProxy": {"iptables": {"syncPeriod": "PT1M"}, "ipvs": {}}}),
        ("update_policy", {"updatePolicy": "ALWAYS_UPDATE"}),
    ]


@pytest.mark.parametrize(
    ("requested", "message"),
    [
        (request(mode="ipvs"), "kube_proxy_mode: cluster 'prod' .* exists and runs iptables, not ipvs"),
        (request(network=NetworkRequest(private_network_id="net")), "private_network_id: cluster 'prod' .* exists"),
    ],
)
def test_what_only_a_reset_changes_is_refused_and_names_the_remedy(requested: ClusterRequest, message: str) -> None:
    with pytest.raises(RefusedError, match=f"{message}.* Only a reset, which destroys the cluster's data, ") as refused:
        plan_adoption(cluster(), requested)
    assert refused.value.remedy is Remedy.RESET


def test_another_plan_is_refused_and_another_version_is_warned_of() -> None:
    with pytest.raises(RefusedError, match="exists with the plan free, which cannot be changed"):
        plan_adoption(cluster(), request(plan="standard"))
    plan = plan_adoption(cluster(), request(version="1.35"))
    assert not plan.changed
    assert "runs 1.34, not 1.35" in plan.warnings[0].text


@pytest.mark.parametrize("confirm", [None, "", "PROD", "prod "])
def test_a_deletion_takes_the_name(confirm: str | None) -> None:
    with pytest.raises(RefusedError, match=r"Not deleted: .* set confirm to 'prod'"):
        check_deletion_confirmed(cluster(), confirm)
    check_deletion_confirmed(cluster(), "prod")


@pytest.mark.parametrize("option", ["pods_ipv4_cidr", "services_ipv4_cidr"])
@pytest.mark.parametrize("shown", [ALLOCATION, None], ids=["shown", "not shown"])
def test_other_ranges_for_an_existing_cluster_are_refused(option: str, shown: dict[str, str] | None) -> None:
    other = request(ip_allocation_policy=IpAllocationPolicy(**{option: "10.99.0.0/16"}))
    with pytest.raises(RefusedError, match=rf"^ip_allocation_policy: cluster 'prod' .*{option}.* to 10\.99\.0\.0/16"):
        plan_adoption(cluster(ipAllocationPolicy=shown), other)


@pytest.mark.parametrize("requested", [None, IpAllocationPolicy(), RANGES, IpAllocationPolicy("10.2.0.0/16")])
def test_ranges_that_the_cluster_has_are_no_change(requested: IpAllocationPolicy | None) -> None:
    there = cluster(ipAllocationPolicy=ALLOCATION)
    assert not plan_adoption(there, request(ip_allocation_policy=requested)).changed


def test_mode_for_an_existing_cluster_with_cilium_is_refused_without_advice_to_reset_it() -> None:
    there = cluster(plan="standard", kubeProxyMode=None)
    with pytest.raises(RefusedError) as refused:
        plan_adoption(there, request(mode="ipvs"))
    assert str(refused.value) == (
        "kube_proxy_mode: cluster 'prod' (c1, GRA11) exists and has no kube-proxy: its plan is Standard, where Cilium "
        "replaces kube-proxy. Leave kube_proxy_mode out"
    )


def test_creation_names_the_ranges_requested_for() -> None:
    body = convert.creation_body(plan_creation(request(ip_allocation_policy=RANGES)).desired)
    assert body["ipAllocationPolicy"] == ALLOCATION
