# SPDX-License-Identifier: GPL-3.0-or-later

"""The routes of Managed Kubernetes, and answers that are not what a route promises."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.failures import ConfigurationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.api_errors import (
    ApiError,
    NotFoundError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.kube_api import KubeApi
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.network import NetworkConfiguration
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.reset_plan import NodePool
from ovh_simulator import Fault, Simulator


@pytest.fixture
def api(connect: t.Any, sim: Simulator) -> KubeApi:
    sim.settings.update({"lag_polls": 0, "transient_polls": 0})
    return KubeApi(connect().client, sim.service_name)


@pytest.mark.parametrize("service_name", [None, ""])
def test_project_is_demanded_before_any_request(connect: t.Any, sim: Simulator, service_name: str | None) -> None:
    with pytest.raises(ConfigurationError, match="OVH_CLOUD_PROJECT_SERVICE") as caught:
        KubeApi(connect().client, service_name)
    assert caught.value.option == "service_name"
    assert sim.requests == []


def test_life_of_a_cluster(api: KubeApi, sim: Simulator) -> None:
    assert api.list_ids() == []
    kube_id = api.create({"region": "GRA11", "name": "one", "kubeProxyMode": "ipvs"}).id
    assert api.list_ids() == [kube_id]
    assert api.get(kube_id).status == "READY"
    api.set_update_policy(kube_id, "NEVER_UPDATE")
    api.put_customization(kube_id, {"kubeProxy": {"ipvs": {"scheduler": "rr"}}})
    assert api.customization(kube_id).kube_proxy.as_result() == {"ipvs": {"scheduler": "rr"}}
    assert api.get(kube_id).update_policy == "NEVER_UPDATE"
    before = api.kubeconfig(kube_id)
    assert "certificate-authority-data" in before
    api.reset(kube_id, {"kubeProxyMode": "iptables"})
    assert api.get(kube_id).mode == "iptables"
    assert api.kubeconfig(kube_id) != before
    api.delete(kube_id)
    with pytest.raises(NotFoundError, match="cluster id"):
        api.get(kube_id)


def test_rest_of_a_cluster(api: KubeApi, sim: Simulator) -> None:
    kube_id = sim.add_cluster(
        privateNetworkId="11111111-2222-3333-4444-555555555555",
        privateNetworkConfiguration={"defaultVrackGateway": "", "privateNetworkRoutingAsDefault": False},
        nodepools=[{"name": "pool", "desiredNodes": 2, "flavorName": "b2-7"}],
    )
    assert [pool.name for pool in api.node_pools(kube_id)] == ["pool"]
    assert len(api.nodes(kube_id)) == 2
    assert api.ip_restrictions(kube_id) == []
    api.replace_ip_restrictions(kube_id, ("192.0.2.0/24",))
    api.get(kube_id)
    assert api.ip_restrictions(kube_id) == ["192.0.2.0/24"]
    desired = {"defaultVrackGateway": "10.0.0.1", "privateNetworkRoutingAsDefault": True}
    api.put_private_network_configuration(kube_id, desired)
    assert api.get(kube_id).network.configuration == NetworkConfiguration("10.0.0.1", True)
    assert api.open_id_connect(kube_id) is None
    api.create_open_id_connect(kube_id, {"clientId": "kube", "issuerUrl": "https://issuer.example"})
    api.get(kube_id)
    assert (api.open_id_connect(kube_id) or {})["clientId"] == "kube"


@pytest.mark.parametrize("subnet", ["aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", None])
def test_subnet_of_load_balancers(api: KubeApi, sim: Simulator, subnet: str | None) -> None:
    kube_id = sim.add_cluster(
        privateNetworkId="11111111-2222-3333-4444-555555555555",
        nodesSubnetId="66666666-2222-3333-4444-555555555555",
        loadBalancersSubnetId="77777777-2222-3333-4444-555555555555",
    )
    api.set_load_balancers_subnet(kube_id, subnet)
    assert sim.mutations[-1].json == {"loadBalancersSubnetId": subnet}
    assert api.get(kube_id).network.load_balancers_subnet_id == subnet


def test_kubeconfig_is_asked_for_again_after_a_lost_connection(api: KubeApi, sim: Simulator) -> None:
    kube_id = sim.add_cluster()
    sim.inject(Fault.drop_before(path="*/kubeconfig"))
    assert "certificate-authority-data" in api.kubeconfig(kube_id)


ROUTES: dict[str, tuple[str, t.Callable[[KubeApi], t.Any]]] = {
    "object": ("GET /cloud/project/{}/kube/x", lambda api: api.get("x")),
    "creation": ("POST /cloud/project/{}/kube", lambda api: api.create({})),
    "strings": ("GET /cloud/project/{}/kube", lambda api: api.list_ids()),
    "objects": ("GET /cloud/project/{}/kube/x/nodepool", lambda api: api.node_pools("x")),
    "kubeconfig": ("POST /cloud/project/{}/kube/x/kubeconfig", lambda api: api.kubeconfig("x")),
}
OF_EACH_KIND: list[t.Any] = [17, True, "text", ["text"], [{}], [None], {}, {"content": 1}]
#: What fits, and what is read of it.
FITTING: dict[str, tuple[t.Any, t.Any]] = {
    "strings": (["text"], ["text"]),
    "objects": ([{}], (NodePool(None, None, None, None),)),
}


@pytest.mark.parametrize("answer", OF_EACH_KIND, ids=repr)
@pytest.mark.parametrize("route", ROUTES)
def test_answer_of_another_kind_names_the_route(api: KubeApi, sim: Simulator, route: str, answer: t.Any) -> None:
    sim.inject(Fault(path="/cloud/*", status=200, body=f'"{answer}"' if isinstance(answer, str) else answer))
    name, call = ROUTES[route]
    fit, value = FITTING.get(route, (None, None))
    if answer == fit and type(answer) is type(fit):
        assert call(api) == value
        return
    with pytest.raises(ApiError) as caught:
        call(api)
    assert name.format(sim.service_name) in str(caught.value)
    assert f"query id {sim.requests[-1].query_id}" in str(caught.value)
    assert caught.value.query_id == sim.requests[-1].query_id
    assert caught.value.maybe_processed is (route == "creation")
