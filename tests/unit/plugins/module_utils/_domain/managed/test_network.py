# SPDX-License-Identifier: GPL-3.0-or-later

"""The network: its defaults are no change, and a change is sent whole."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.cluster import Cluster
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.cluster_plan import plan_adoption
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.plan import Plan
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import (
    ClusterRequest,
    NetworkRequest,
    ResetRequest,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.reset_plan import (
    CurrentCluster,
    plan_reset,
)

from .api_objects import bodies, cluster

ON_NETWORK = {"privateNetworkId": "net", "nodesSubnetId": "subnet"}
NULLS = {"defaultVrackGateway": None, "privateNetworkRoutingAsDefault": None}


def adopt(there: Cluster, **request: t.Any) -> Plan:
    return plan_adoption(there, ClusterRequest("prod", "GRA11", **request))


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
    assert not plan_reset(CurrentCluster(there), ResetRequest("iptables", network=requested)).changed


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
    assert bodies(plan) == [{"defaultVrackGateway": "10.0.0.1", "privateNetworkRoutingAsDefault": False}]


def test_removal_of_a_subnet_that_does_not_happen_is_drift() -> None:
    there = cluster(**ON_NETWORK, loadBalancersSubnetId="balancers")
    removal = NetworkRequest(load_balancers_subnet_id="")
    in_place = adopt(there, network=removal)
    assert bodies(in_place) == [{"loadBalancersSubnetId": None}]
    assert in_place.drift(there) == "load_balancers_subnet_id is balancers instead of none"
    assert in_place.drift(cluster(**ON_NETWORK)) is None
    by_reset = plan_reset(CurrentCluster(there), ResetRequest("ipvs", network=removal))
    assert "load_balancers_subnet_id is balancers instead of none" in str(by_reset.drift(there))
    # What nobody removed is left to the API, which may fill it in.
    assert adopt(cluster(**ON_NETWORK), network=removal).drift(there) is None
