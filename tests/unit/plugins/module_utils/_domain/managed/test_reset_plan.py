# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import (
    RefusedError,
    ValidationError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.changes import ChangeKind
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.cluster import Cluster
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.customization import (
    Customization,
    CustomizationRequest,
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

from .strategies import clusters, requests_

modes = st.sampled_from(["iptables", "ipvs"])


def after_reset(cluster: Cluster, body: dict[str, t.Any]) -> Cluster:
    """A reset as the facts have it: what the body does not name is at its default, whichever that is."""
    kept = {key: cluster.raw[key] for key in ("id", "region", "plan", "status")}
    defaults = {"kubeProxyMode": "?", "updatePolicy": "ALWAYS_UPDATE", "version": "1.99", "customization": {}}
    return Cluster({**kept, **defaults, **body})


@given(clusters(), modes, requests_)
def test_applying_a_plan_yields_an_empty_plan(cluster: Cluster, mode: str, custom: CustomizationRequest) -> None:
    request = ResetRequest(mode, custom)
    try:
        plan = plan_reset(cluster, request, Surroundings())
    except ValidationError:
        assume(False)
    if plan.body is not None:
        cluster = after_reset(cluster, plan.body)
    for change in plan.changes:
        assert change.kind is ChangeKind.CUSTOMIZATION
        cluster = Cluster({**cluster.raw, "customization": {**cluster.raw["customization"], **change.body}})
    again = plan_reset(cluster, request, Surroundings())
    assert (again.body, again.changes) == (None, ())


@given(clusters(), requests_)
def test_everything_not_asked_to_change_survives(cluster: Cluster, custom: CustomizationRequest) -> None:
    mode = "ipvs" if cluster.mode == "iptables" else "iptables"
    try:
        plan = plan_reset(cluster, ResetRequest(mode, custom), Surroundings())
    except ValidationError:
        assume(False)
    assert plan.body is not None
    there = after_reset(cluster, plan.body)
    assert there.customization == custom.applied_to(cluster.customization)
    assert (there.mode, there.name, there.raw["version"]) == (mode, "prod", "1.34")
    assert there.raw["updatePolicy"] == "NEVER_UPDATE"


NETWORK = {
    "privateNetworkId": "net",
    "nodesSubnetId": "subnet",
    "loadBalancersSubnetId": "lb",
    "privateNetworkConfiguration": {"defaultVrackGateway": "10.0.0.1", "privateNetworkRoutingAsDefault": True},
}


def cluster(**fields: t.Any) -> Cluster:
    return Cluster(
        {
            "id": "c1",
            "name": "prod",
            "region": "GRA11",
            "plan": "free",
            "status": "READY",
            "version": "1.34.1-0",
            "kubeProxyMode": "iptables",
            "updatePolicy": "NEVER_UPDATE",
            "customization": {},
            **fields,
        }
    )


def test_the_body_names_all_that_a_reset_would_put_back_to_a_default() -> None:
    there = cluster(
        **NETWORK,
        ipAllocationPolicy={"podsIpv4Cidr": "10.2.0.0/16"},
        customization={
            "apiServer": {"admissionPlugins": {"enabled": ["NodeRestriction"], "disabled": ["AlwaysPullImages"]}},
            "kubeProxy": {"iptables": {"syncPeriod": "PT60S"}},
        },
    )
    plan = plan_reset(there, ResetRequest("ipvs", worker_nodes_policy="reinstall"), Surroundings())
    assert plan.body == {
        "name": "prod",
        "version": "1.34",
        "updatePolicy": "NEVER_UPDATE",
        "kubeProxyMode": "ipvs",
        "customization": {
            "apiServer": {"admissionPlugins": {"enabled": ["NodeRestriction"], "disabled": ["AlwaysPullImages"]}},
            "kubeProxy": {"iptables": {"syncPeriod": "PT1M"}, "ipvs": {}},
        },
        "ipAllocationPolicy": {"podsIpv4Cidr": "10.2.0.0/16"},
        "workerNodesPolicy": "reinstall",
        **NETWORK,
    }
    assert plan.reasons == ("kube_proxy_mode is iptables and shall be ipvs",)


def test_a_customization_alone_is_reached_without_a_reset() -> None:
    request = ResetRequest("iptables", customization_request({"iptables": {"sync_period": "60s"}}, None))
    plan = plan_reset(cluster(), request, Surroundings())
    assert plan.action == "in_place"
    assert [change.as_result() for change in plan.changes] == [
        {"change": "customization", "body": {"kubeProxy": {"iptables": {"syncPeriod": "PT1M"}, "ipvs": {}}}}
    ]
    plan.check_confirmation(None)


def test_network_parts_with_a_route_of_their_own_are_reached_without_a_reset() -> None:
    network = NetworkRequest(load_balancers_subnet_id="other", default_vrack_gateway="10.0.0.2")
    plan = plan_reset(cluster(**NETWORK), ResetRequest("iptables", network=network), Surroundings())
    assert [change.as_result() for change in plan.changes] == [
        {
            "change": "private_network_configuration",
            "body": {"defaultVrackGateway": "10.0.0.2", "privateNetworkRoutingAsDefault": True},
        },
        {"change": "load_balancers_subnet_id", "body": {"loadBalancersSubnetId": "other"}},
    ]


def test_another_private_network_takes_a_reset() -> None:
    request = ResetRequest("iptables", network=NetworkRequest(private_network_id="other"))
    plan = plan_reset(cluster(**NETWORK), request, Surroundings())
    assert plan.reasons == ("private_network_id is net and shall be other",)
    assert plan.body is not None
    assert plan.body["nodesSubnetId"] == "subnet"


def test_force_resets_what_is_right_already() -> None:
    plan = plan_reset(cluster(), ResetRequest("iptables", force=True), Surroundings())
    assert plan.reasons == ("force is set",)


def test_another_version_alone_warns_and_does_nothing() -> None:
    plan = plan_reset(cluster(), ResetRequest("iptables", version="1.35"), Surroundings())
    assert not plan.changed
    assert "that alone does not reset it" in plan.warnings[0]
    plan = plan_reset(cluster(), ResetRequest("ipvs", version="1.35"), Surroundings())
    assert plan.body is not None
    assert plan.body["version"] == "1.35"
    assert plan.warnings == ()


AROUND = Surroundings(
    ip_restrictions=("192.0.2.0/24",),
    node_pools=({"name": "workers", "flavor": "b3-8", "currentNodes": 2, "desiredNodes": 3},),
    nodes=({"name": "node-1", "version": "1.34.1-0", "status": "READY"},),
)


@pytest.mark.parametrize(
    ("confirm", "given"), [(None, "confirm is not set"), ("", "confirm is not set"), ("Prod", "'Prod'")]
)
def test_without_confirmation_it_says_what_would_be_destroyed(confirm: str | None, given: str) -> None:
    plan = plan_reset(cluster(), ResetRequest("ipvs", worker_nodes_policy="delete"), AROUND)
    with pytest.raises(RefusedError) as caught:
        plan.check_confirmation(confirm)
    message = str(caught.value)
    for part in (
        given,
        "kube_proxy_mode is iptables and shall be ipvs",
        "All data in the cluster is lost",
        "1.34.1-0 is installed again as 1.34",
        "workers (2 nodes, b3-8)",
        "node-1 (1.34.1-0)",
        "the nodes are deleted",
        "set confirm to 'prod'",
    ):
        assert part in message
    plan.check_confirmation("prod")


def test_a_cluster_without_a_name_cannot_be_confirmed_with_nothing() -> None:
    plan = plan_reset(cluster(name=""), ResetRequest("ipvs"), AROUND)
    for confirm in ("", None):
        with pytest.raises(RefusedError, match="Not reset"):
            plan.check_confirmation(confirm)


def test_restrictions_of_an_unfinished_reset_are_put_back() -> None:
    kept = Restore(("192.0.2.0/24",), {"clientId": "kube"})
    plan = plan_reset(cluster(kubeProxyMode="ipvs"), ResetRequest("ipvs"), Surroundings(), kept)
    assert [change.as_result() for change in plan.changes] == [
        {"change": "ip_restrictions", "body": {"ips": ["192.0.2.0/24"]}},
        {"change": "open_id_connect", "body": {"clientId": "kube"}},
    ]


def test_what_is_there_now_goes_before_what_an_unfinished_reset_kept() -> None:
    now = dataclasses.replace(AROUND, ip_restrictions=("203.0.113.0/24",))
    plan = plan_reset(cluster(kubeProxyMode="ipvs"), ResetRequest("ipvs"), now, Restore(("192.0.2.0/24",)))
    assert not plan.changed


@pytest.mark.parametrize("mode", ["iptables", "ipvs"])
def test_restrictions_that_are_asked_for_win(mode: str) -> None:
    plan = plan_reset(cluster(), ResetRequest(mode, ip_restrictions=("198.51.100.0/24",)), AROUND)
    assert plan.restore.ip_restrictions == ("198.51.100.0/24",)
    assert plan.after["ip_restrictions"] == ["198.51.100.0/24"]
    assert plan.before["ip_restrictions"] == ["192.0.2.0/24"]


def test_periods_are_judged_before_anything_is_destroyed() -> None:
    request = ResetRequest("ipvs", customization_request({"ipvs": {"min_sync_period": "60s"}}, None))
    with pytest.raises(ValidationError, match="exceeds sync_period"):
        plan_reset(cluster(), request, Surroundings())


def test_warnings_are_about_the_mode_to_come() -> None:
    request = ResetRequest("ipvs", customization_request({"iptables": {"sync_period": "60s"}}, None))
    (warning,) = plan_reset(cluster(), request, Surroundings()).warnings
    assert "kube_proxy.iptables has no effect while the cluster's kube-proxy mode is ipvs" in warning.text


def test_a_cluster_without_kube_proxy_is_refused() -> None:
    with pytest.raises(RefusedError, match="no kube-proxy whose mode could be changed: its plan is Standard"):
        plan_reset(cluster(plan="standard"), ResetRequest("ipvs"), Surroundings())


def test_what_else_is_customized_is_sent_back() -> None:
    other = Customization.from_api({"newThing": {"a": 1}, "cilium": None})
    assert other.to_api()["newThing"] == {"a": 1}
    assert "cilium" not in other.to_api()
