# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nobody asked to change, and what no document explains, stays as the API has it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import RefusedError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.cluster import Cluster
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.cluster_plan import (
    ClusterPlan,
    ClusterRequest,
    plan_adoption,
    plan_creation,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.customization_plan import (
    plan_customization,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.ip_restrictions import (
    cidr_blocks,
    normal_block,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.network import NetworkRequest
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.reset_plan import (
    ResetRequest,
    Restore,
    Surroundings,
    plan_reset,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.validation import (
    customization_request,
)

ALLOCATION = {"podsIpv4Cidr": "10.2.0.0/16", "servicesIpv4Cidr": "10.3.0.0/16"}
PLUGINS = "AlwaysPullImages", "NodeRestriction"


def cluster(**fields: t.Any) -> Cluster:
    base = {"id": "c1", "name": "prod", "region": "GRA11", "plan": "free", "status": "READY", "version": "1.34.1-0"}
    return Cluster({**base, "kubeProxyMode": "iptables", "updatePolicy": "NEVER_UPDATE", "customization": {}, **fields})


def adopt(there: Cluster, **request: t.Any) -> ClusterPlan:
    return plan_adoption(there, ClusterRequest("prod", "GRA11", **request))


# --- address ranges of pods and services ------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ALLOCATION)
@pytest.mark.parametrize("shown", [ALLOCATION, None], ids=["shown", "not shown"])
def test_other_ranges_for_an_existing_cluster_are_refused(key: str, shown: dict[str, str] | None) -> None:
    with pytest.raises(RefusedError, match=rf"^ip_allocation_policy: cluster 'prod' .*{key}.* to 10\.99\.0\.0/16"):
        adopt(cluster(ipAllocationPolicy=shown), ip_allocation_policy={key: "10.99.0.0/16"})


@pytest.mark.parametrize("asked", [None, {}, ALLOCATION, {"podsIpv4Cidr": "10.2.0.0/16"}])
def test_ranges_that_the_cluster_has_are_no_change(asked: dict[str, str] | None) -> None:
    assert not adopt(cluster(ipAllocationPolicy=ALLOCATION), ip_allocation_policy=asked).changed


# --- admission plugins ------------------------------------------------------------------------------------------------


def with_plugins(enabled: t.Sequence[str], disabled: t.Sequence[str]) -> Cluster:
    lists = {"enabled": list(enabled), "disabled": list(disabled)}
    return cluster(customization={"apiServer": {"admissionPlugins": lists}})


@pytest.mark.parametrize("named", PLUGINS)
@pytest.mark.parametrize("list_name", ["enabled", "disabled"])
def test_plugin_in_neither_list_is_shown_and_sent_as_neither(named: str, list_name: str) -> None:
    there = with_plugins(**{"enabled": [], "disabled": [], list_name: [named]})
    [other] = set(PLUGINS) - {named}
    body = plan_reset(there, ResetRequest("ipvs"), Surroundings()).body
    assert body is not None
    assert body["customization"]["apiServer"] == there.raw["customization"]["apiServer"]
    assert other not in str(there.as_result()["customization"]["api_server"])


@pytest.mark.parametrize("list_name", ["enabled", "disabled"])
def test_plugin_in_neither_list_is_changed_when_it_is_asked_for_and_only_then(list_name: str) -> None:
    there = with_plugins(["NodeRestriction"], [])
    kept = customization_request(None, {"admission_plugins": {"enabled": ["NodeRestriction"]}})
    assert not plan_customization(there, kept).changed
    request = customization_request(None, {"admission_plugins": {list_name: ["AlwaysPullImages"]}})
    plan = plan_customization(there, request)
    expected: dict[str, list[str]] = {"enabled": ["NodeRestriction"], "disabled": []}
    expected[list_name] = sorted([*expected[list_name], "AlwaysPullImages"])
    assert plan.body == {"apiServer": {"admissionPlugins": expected}}
    assert not plan_customization(cluster(customization=plan.body), request).changed


@pytest.mark.parametrize("empty", [None, {}, {"admissionPlugins": None}, {"admissionPlugins": {}}])
def test_plugins_of_a_cluster_that_names_none_are_at_their_default(empty: t.Any) -> None:
    request = customization_request(None, {"admission_plugins": {"enabled": list(PLUGINS)}})
    assert not plan_customization(cluster(customization={"apiServer": empty}), request).changed


# --- network ----------------------------------------------------------------------------------------------------------

ON_NETWORK = {"privateNetworkId": "net", "nodesSubnetId": "subnet"}
NULLS = {"defaultVrackGateway": None, "privateNetworkRoutingAsDefault": None}


@pytest.mark.parametrize("shown", [None, {}], ids=["null", "empty"])
@pytest.mark.parametrize(
    "requested",
    [
        NetworkRequest(default_vrack_gateway=""),
        NetworkRequest(private_network_routing_as_default=False),
        NetworkRequest(default_vrack_gateway="", private_network_routing_as_default=False),
    ],
    ids=["gateway", "routing", "both"],
)
def test_network_configuration_that_is_the_default_is_no_change(shown: t.Any, requested: NetworkRequest) -> None:
    there = cluster(**ON_NETWORK, privateNetworkConfiguration=shown)
    assert not adopt(there, network=requested).changed
    assert not plan_reset(there, ResetRequest("iptables", network=requested), Surroundings()).changed


@pytest.mark.parametrize(
    ("shown", "requested"),
    [
        (NULLS, NetworkRequest(default_vrack_gateway="")),
        (NULLS, NetworkRequest(private_network_routing_as_default=False)),
        ({"defaultVrackGateway": "10.0.0.1"}, NetworkRequest(private_network_routing_as_default=False)),
        ({**NULLS, "defaultVrackGateway": "10.0.0.1"}, NetworkRequest(default_vrack_gateway="10.0.0.1")),
    ],
)
def test_null_members_of_a_network_configuration_are_the_default(shown: t.Any, requested: NetworkRequest) -> None:
    assert not adopt(cluster(**ON_NETWORK, privateNetworkConfiguration=shown), network=requested).changed


def test_network_configuration_that_differs_is_sent_whole() -> None:
    plan = adopt(cluster(**ON_NETWORK), network=NetworkRequest(default_vrack_gateway="10.0.0.1"))
    assert [change.body for change in plan.changes] == [
        {"defaultVrackGateway": "10.0.0.1", "privateNetworkRoutingAsDefault": False}
    ]


# --- IP restrictions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spelling", "normal"),
    [
        ("192.0.2.1", "192.0.2.1/32"),
        ("192.0.2.0/255.255.255.0", "192.0.2.0/24"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("2001:DB8:0:0::/32", "2001:db8::/32"),
        ("2001:db8::1", "2001:db8::1/128"),
        ("anywhere", "anywhere"),
    ],
)
def test_address_is_the_same_in_every_spelling(spelling: str, normal: str) -> None:
    assert normal_block(spelling) == normal
    assert normal_block(normal) == normal


def test_address_asked_for_is_compared_in_the_form_in_which_it_is_read() -> None:
    wanted = cidr_blocks("ip_restrictions", ["192.0.2.1", "2001:DB8::/32"])
    around = Surroundings(tuple(sorted(normal_block(block) for block in ("2001:db8:0::/32", "192.0.2.1"))))
    plan = plan_reset(cluster(), ResetRequest("iptables", ip_restrictions=wanted), around)
    assert not plan.changed


def test_restrictions_survive_unless_none_are_asked_for() -> None:
    around, kept = Surroundings(("192.0.2.0/24",)), Restore(("198.51.100.0/24",))
    assert plan_reset(cluster(), ResetRequest("ipvs"), around, kept).restore.ip_restrictions == ("192.0.2.0/24",)
    assert plan_reset(cluster(), ResetRequest("ipvs"), Surroundings(), kept).restore.ip_restrictions == (
        "198.51.100.0/24",
    )
    # Opened on purpose: nothing that an earlier reset kept comes back against that.
    asked = ResetRequest("iptables", ip_restrictions=())
    assert not plan_reset(cluster(), asked, Surroundings(), kept).changed
    plan = plan_reset(cluster(), asked, around, kept)
    assert [change.body for change in plan.changes] == [{"ips": []}]


# --- clusters with and without kube-proxy -----------------------------------------------------------------------------


def test_mode_for_an_existing_cluster_with_cilium_is_refused_without_advice_to_reset_it() -> None:
    there = cluster(plan="standard", kubeProxyMode=None)
    with pytest.raises(RefusedError) as refused:
        adopt(there, mode="ipvs")
    assert str(refused.value) == (
        "kube_proxy_mode: cluster 'prod' (c1, GRA11) exists and has no kube-proxy: its plan is Standard, where Cilium "
        "replaces kube-proxy. Leave kube_proxy_mode out"
    )


@pytest.mark.parametrize("cilium", [None, {}])
def test_free_plan_has_kube_proxy_though_the_api_names_neither_mode_nor_cilium(cilium: dict[str, int] | None) -> None:
    there = cluster(kubeProxyMode=None, customization={"cilium": cilium})
    assert there.without_kube_proxy() is None
    assert plan_customization(there, customization_request({"iptables": {"sync_period": "1m"}}, None)).changed
    assert plan_reset(there, ResetRequest("ipvs"), Surroundings()).resets


@pytest.mark.parametrize("plan", [None, "unheard-of"])
def test_missing_mode_tells_that_there_is_no_kube_proxy_where_the_plan_does_not(plan: str | None) -> None:
    there = cluster(plan=plan, kubeProxyMode=None)
    assert there.without_kube_proxy() == "the API names no kube-proxy mode for it"
    assert cluster(plan=plan).without_kube_proxy() is None


@pytest.mark.parametrize("plan", ["free", None, "unheard-of"])
def test_cilium_customization_tells_that_there_is_no_kube_proxy(plan: str | None) -> None:
    there = cluster(plan=plan, customization={"cilium": {"clusterId": 1}})
    assert there.without_kube_proxy() == "it has a cilium customization: Cilium replaces kube-proxy there"


# --- what destroys least ----------------------------------------------------------------------------------------------


def test_reset_keeps_the_nodes_unless_their_deletion_is_asked_for() -> None:
    plan = plan_reset(cluster(), ResetRequest("ipvs"), Surroundings())
    assert plan.body is not None
    assert plan.body["workerNodesPolicy"] == "reinstall"
    assert "the nodes are kept, their operating system is installed anew" in plan.destroyed()


def test_creation_names_the_ranges_asked_for() -> None:
    body = plan_creation(ClusterRequest("prod", "GRA11", ip_allocation_policy=ALLOCATION)).create
    assert body is not None
    assert body["ipAllocationPolicy"] == ALLOCATION
