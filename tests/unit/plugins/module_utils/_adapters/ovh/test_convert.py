# SPDX-License-Identifier: GPL-3.0-or-later

"""The converter: every field has one place, and what it does not know is tolerated, or kept where it is sent back."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh import convert
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.duration import SECOND, Duration
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.reading import MalformedError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.changes import (
    CustomizationChange,
    IpRestrictionsChange,
    LoadBalancersSubnetChange,
    NetworkConfigurationChange,
    OpenIdConnectChange,
    UpdatePolicyChange,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.cluster import Cluster
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.customization import (
    AdmissionPlugins,
    KubeProxySettings,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.desired import Desired
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.network import (
    IpAllocationPolicy,
    Network,
    NetworkConfiguration,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.reset_plan import Node, NodePool

MODULE_UTILS = Path(convert.__file__).parents[2]
#: What a cluster cannot be without.
WHICH = {"id": "c1", "name": "prod", "region": "GRA11"}
CUSTOMIZATION = {
    "apiServer": {"admissionPlugins": {"enabled": ["NodeRestriction"], "disabled": ["AlwaysPullImages"]}, "audit": 1},
    "kubeProxy": {
        "iptables": {"syncPeriod": "PT1M", "minSyncPeriod": "PT1S"},
        "ipvs": {
            "scheduler": "rr",
            "syncPeriod": "PT1M",
            "minSyncPeriod": "PT0S",
            "tcpTimeout": "PT15M",
            "tcpFinTimeout": "PT2M",
            "udpTimeout": "PT5M",
            "strictArp": True,
        },
        "nftables": {"syncPeriod": "PT30S"},
    },
    "cilium": {"clusterId": 1},
}
SHOWN = {
    "id": "c1",
    "name": "prod",
    "region": "GRA11",
    "status": "READY",
    "version": "1.34.1-0",
    "plan": "free",
    "kubeProxyMode": "ipvs",
    "updatePolicy": "NEVER_UPDATE",
    "privateNetworkId": "net",
    "nodesSubnetId": "nodes",
    "loadBalancersSubnetId": "balancers",
    "privateNetworkConfiguration": {"defaultVrackGateway": "", "privateNetworkRoutingAsDefault": True},
    "ipAllocationPolicy": {"podsIpv4Cidr": "10.2.0.0/16", "servicesIpv4Cidr": "10.3.0.0/16"},
    "customization": CUSTOMIZATION,
    "nextUpgradeVersions": ["1.35"],
    "isUpToDate": True,
    "controlPlaneIsUpToDate": False,
    "url": "c1.example.net",
    "nodesUrl": "c1.nodes.example.net",
    "createdAt": "2026-01-01T00:00:00Z",
    "updatedAt": "2026-11-01T00:00:00Z",
}


def test_cluster_is_read_field_by_field() -> None:
    cluster = convert.cluster({**SHOWN, "inventedLater": {"a": 1}})
    assert cluster == Cluster(
        id="c1",
        name="prod",
        region="GRA11",
        status="READY",
        version="1.34.1-0",
        plan="free",
        mode="ipvs",
        update_policy="NEVER_UPDATE",
        network=Network("net", "nodes", "balancers", NetworkConfiguration("", True)),
        ip_allocation_policy=IpAllocationPolicy("10.2.0.0/16", "10.3.0.0/16"),
        customization=cluster.customization,
        next_upgrade_versions=["1.35"],
        is_up_to_date=True,
        control_plane_is_up_to_date=False,
        url="c1.example.net",
        nodes_url="c1.nodes.example.net",
        created_at="2026-01-01T00:00:00Z",
        updated_at="2026-11-01T00:00:00Z",
    )


@pytest.mark.parametrize("others", [{}, dict.fromkeys(SHOWN)], ids=["absent", "null"])
def test_absent_and_null_are_the_same(others: dict[str, t.Any]) -> None:
    assert convert.cluster({**others, **WHICH}) == Cluster("c1", "prod", "GRA11")


@pytest.mark.parametrize("name", WHICH)
@pytest.mark.parametrize("value", [None, 1, ["c1"], {"id": "c1"}, True])
def test_nobody_could_tell_which_cluster_it_is(name: str, value: t.Any) -> None:
    with pytest.raises(MalformedError, match=rf"{name}\b"):
        convert.cluster({**SHOWN, name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name, right in SHOWN.items()
        for value in (17, {"a": 1}, ["a"], "text", True)
        if type(value) is not type(right)
    ],
)
def test_a_member_of_another_type_is_named(name: str, value: t.Any) -> None:
    with pytest.raises(MalformedError, match=f"{name} of the answer is .* where .* is expected"):
        convert.cluster({**SHOWN, name: value})


def test_settings_are_read_by_option_and_unknown_ones_keep_the_name_of_the_api() -> None:
    settings = convert.customization(CUSTOMIZATION).kube_proxy
    assert settings.get("ipvs", "tcp_fin_timeout") == Duration(120 * SECOND)
    assert settings.get("ipvs", "scheduler") == "rr"
    assert settings.values["ipvs", "strictArp"] is True
    assert settings.values["nftables", "syncPeriod"] == "PT30S"
    assert settings.as_result()["iptables"] == {"sync_period": "PT1M", "min_sync_period": "PT1S"}


@pytest.mark.parametrize(
    "shown",
    [
        CUSTOMIZATION,
        {**CUSTOMIZATION, "kubeProxy": {"iptables": {}, "ipvs": {"syncPeriod": "soon"}, "newOption": 1}},
    ],
)
def test_customization_that_is_sent_back_is_the_same(shown: dict[str, t.Any]) -> None:
    assert convert.customization_body(convert.customization(shown)) == shown


def test_nothing_that_is_sent_holds_null() -> None:
    shown = {
        "kubeProxy": {"ipvs": {"scheduler": None}, "iptables": None, "other": None},
        "apiServer": None,
        "new": None,
    }
    plugins = {"enabled": ["AlwaysPullImages", "NodeRestriction"], "disabled": []}
    assert convert.customization_body(convert.customization(shown)) == {"apiServer": {"admissionPlugins": plugins}}
    network = convert.network({"privateNetworkId": "net", "privateNetworkConfiguration": {"defaultVrackGateway": None}})
    assert convert.creation_body(Desired(convert.customization(None), (), network)) == {"privateNetworkId": "net"}


def test_members_of_a_network_that_are_unknown_are_sent_back() -> None:
    shown = {**SHOWN["privateNetworkConfiguration"], "newMember": 1}  # type: ignore[dict-item]
    network = convert.network({"privateNetworkId": "net", "privateNetworkConfiguration": shown})
    assert convert.reset_body(Desired(convert.customization(None), network=network), "delete") == {
        "customization": convert.customization_body(convert.customization(None)),
        "workerNodesPolicy": "delete",
        "privateNetworkId": "net",
        "privateNetworkConfiguration": shown,
    }


@pytest.mark.parametrize(
    ("change", "body"),
    [
        (
            CustomizationChange(KubeProxySettings({("ipvs", "sync_period"): Duration(90 * SECOND)}), None),
            {"kubeProxy": {"iptables": {}, "ipvs": {"syncPeriod": "PT1M30S"}}},
        ),
        (
            CustomizationChange(None, AdmissionPlugins({"NodeRestriction": True}, {"audit": 1})),
            {"apiServer": {"audit": 1, "admissionPlugins": {"enabled": ["NodeRestriction"], "disabled": []}}},
        ),
        (
            NetworkConfigurationChange(NetworkConfiguration("10.0.0.1", False)),
            {"defaultVrackGateway": "10.0.0.1", "privateNetworkRoutingAsDefault": False},
        ),
        (LoadBalancersSubnetChange("balancers"), {"loadBalancersSubnetId": "balancers"}),
        (IpRestrictionsChange(("192.0.2.0/24",)), {"ips": ["192.0.2.0/24"]}),
        (OpenIdConnectChange({"clientId": "kube"}), {"clientId": "kube"}),
        (UpdatePolicyChange("NEVER_UPDATE"), {"updatePolicy": "NEVER_UPDATE"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_change_has_the_body_of_its_route(change: t.Any, body: dict[str, t.Any]) -> None:
    assert convert.change_body(change) == body


def test_pools_and_nodes_are_read() -> None:
    pool = {"name": "workers", "flavor": "b3-8", "currentNodes": 2, "desiredNodes": 3, "minNodes": 0}
    assert convert.node_pool(pool) == NodePool("workers", "b3-8", 2, 3)
    assert convert.node({"name": "n1", "version": "1.34", "status": "READY"}) == Node("n1", "1.34", "READY")


def test_no_other_room_knows_a_field_of_the_api() -> None:
    """The settings table has kube-proxy's own names, some of which the API shares; it is not about the API."""
    fields = {*SHOWN, "podsIpv4Cidr", "defaultVrackGateway", "currentNodes", "workerNodesPolicy", "admissionPlugins"}
    names = [name for name in fields if re.search("[a-z][A-Z]", name)]
    pattern = re.compile("|".join(rf"[\"']{name}[\"']" for name in names))
    for room in ("_domain/managed", "_engine/managed", "_shell"):
        for path in (MODULE_UTILS / room).glob("*.py"):
            assert not pattern.search(path.read_text()), path
