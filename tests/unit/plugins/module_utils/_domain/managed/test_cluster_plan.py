# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import (
    RefusedError,
    ValidationError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.cluster import Cluster, Phase
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.cluster_plan import (
    ClusterRequest,
    check_deletion_confirmed,
    plan_adoption,
    plan_creation,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.network import NetworkRequest
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.validation import (
    customization_request,
)


def request(**fields: t.Any) -> ClusterRequest:
    return ClusterRequest(**{"name": "prod", "region": "GRA11", **fields})


def cluster(**fields: t.Any) -> Cluster:
    base = {"id": "c1", "name": "prod", "region": "GRA11", "plan": "free", "status": "READY", "version": "1.34.1-0"}
    return Cluster(
        {**base, "kubeProxyMode": "iptables", "updatePolicy": "ALWAYS_UPDATE", "customization": {}, **fields}
    )


def test_a_creation_names_what_was_asked_for_and_nothing_else() -> None:
    assert plan_creation(request()).create == {"name": "prod", "region": "GRA11"}
    custom = customization_request({"ipvs": {"scheduler": "lc", "sync_period": "1m0s"}}, None)
    network = NetworkRequest(private_network_id="net", private_network_routing_as_default=True)
    asked = request(mode="ipvs", version="1.34", plan="free", customization=custom, network=network)
    assert plan_creation(asked).create == {
        "name": "prod",
        "region": "GRA11",
        "version": "1.34",
        "plan": "free",
        "kubeProxyMode": "ipvs",
        "customization": {"kubeProxy": {"iptables": {}, "ipvs": {"scheduler": "lc", "syncPeriod": "PT1M"}}},
        "privateNetworkId": "net",
        "privateNetworkConfiguration": {"defaultVrackGateway": "", "privateNetworkRoutingAsDefault": True},
    }


@pytest.mark.parametrize("asked", [{"mode": "ipvs"}, {"customization": customization_request({"ipvs": {}}, None)}])
def test_kube_proxy_on_the_standard_plan_is_refused(asked: dict[str, t.Any]) -> None:
    with pytest.raises(RefusedError, match="plan Standard, where Cilium replaces kube-proxy"):
        plan_creation(request(plan="standard", **asked))


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


def test_an_existing_cluster_that_is_as_asked_needs_nothing() -> None:
    plan = plan_adoption(cluster(), request(mode="iptables", update_policy="ALWAYS_UPDATE", plan="free"))
    assert plan.action == "none"
    assert plan.diff()["before"] == plan.diff()["after"]


def test_an_existing_cluster_is_adjusted() -> None:
    custom = customization_request({"iptables": {"sync_period": "60s"}}, None)
    plan = plan_adoption(cluster(), request(customization=custom, update_policy="NEVER_UPDATE"))
    assert [change.as_result() for change in plan.changes] == [
        {"change": "customization", "body": {"kubeProxy": {"iptables": {"syncPeriod": "PT1M"}, "ipvs": {}}}},
        {"change": "update_policy", "body": {"updatePolicy": "NEVER_UPDATE"}},
    ]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (request(mode="ipvs"), "kube_proxy_mode: cluster 'prod' .* exists and runs iptables, not ipvs"),
        (request(network=NetworkRequest(private_network_id="net")), "private_network_id: cluster 'prod' .* exists"),
    ],
)
def test_what_only_a_reset_changes_is_refused_and_names_the_module(asked: ClusterRequest, told: str) -> None:
    with pytest.raises(RefusedError, match=f"{told}.*clusterops.kube_proxy.kube_cluster_reset"):
        plan_adoption(cluster(), asked)


def test_another_plan_is_refused_and_another_version_is_warned_of() -> None:
    with pytest.raises(RefusedError, match="exists with the plan free, which cannot be changed"):
        plan_adoption(cluster(), request(plan="standard"))
    plan = plan_adoption(cluster(), request(version="1.35"))
    assert not plan.changed
    assert "runs 1.34, not 1.35" in plan.warnings[0]


@pytest.mark.parametrize("confirm", [None, "", "PROD", "prod "])
def test_a_deletion_takes_the_name(confirm: str | None) -> None:
    with pytest.raises(RefusedError, match=r"Not deleted: .* set confirm to 'prod'"):
        check_deletion_confirmed(cluster(), confirm)
    check_deletion_confirmed(cluster(), "prod")


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("READY", Phase.READY),
        ("UPDATING", Phase.TRANSIENT),
        ("UNKNOWN", Phase.TRANSIENT),
        ("BREWING", Phase.TRANSIENT),
        (None, Phase.TRANSIENT),
        ("USER_QUOTA_ERROR", Phase.FAILED),
        ("SUSPENDED", Phase.STOPPED),
    ],
)
def test_statuses_never_heard_of_are_transient(status: str | None, phase: Phase) -> None:
    assert cluster(status=status).phase is phase


@pytest.mark.parametrize(("version", "minor"), [("1.34.1-0", "1.34"), ("1.34", "1.34"), (None, None), ("x", None)])
def test_the_minor_version_is_what_creation_and_reset_take(version: str | None, minor: str | None) -> None:
    assert cluster(version=version).minor_version == minor
