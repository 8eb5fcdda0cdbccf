# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run reports is what the API shows: success only for what was read back, and no state that is yet to come."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.local.journal import Journal
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh import connection as configuration
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.api_errors import (
    NotFoundError,
    TransportError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.client import OvhClient
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.kube_api import KubeApi
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.ip_restrictions import cidr_blocks
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
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.locate import Address
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.reset import reset
from ovh_simulator import Fault, Simulator

from .resets import NETWORK, RESTRICTIONS, SUBNET, ran

OTHER_SUBNET = "33333333-3333-3333-3333-333333333333"
ONE_MINUTE = customization_request({"iptables": {"sync_period": "1m"}}, None)


CLUSTER = {
    "privateNetworkId": NETWORK,
    "nodesSubnetId": SUBNET,
    "loadBalancersSubnetId": SUBNET,
    "ipRestrictions": RESTRICTIONS,
}


def adjust(rig: t.Any, kube_id: str, how: dict[str, t.Any] | None = None, **request: t.Any) -> t.Any:
    return present(rig.context(**how or {}), Address(kube_id), ClusterRequest("prod", "GRA11", **request))


def taken_and_ignored(sim: Simulator, path: str, method: str = "PUT") -> None:
    sim.inject(Fault(status=200, body={}, method=method, path=path, times=-1))


# --- changes without a reset ------------------------------------------------------------------------------------------

IN_PLACE = pytest.mark.parametrize(
    ("kind", "requested", "message"),
    [
        (
            "updateLoadBalancersSubnetId",
            {"network": NetworkRequest(load_balancers_subnet_id=OTHER_SUBNET)},
            f"load_balancers_subnet_id is {SUBNET} instead of {OTHER_SUBNET}",
        ),
        (
            "privateNetworkConfiguration",
            {"network": NetworkRequest(default_vrack_gateway="10.0.0.1")},
            "instead of {'default_vrack_gateway': '10.0.0.1', 'private_network_routing_as_default': False}",
        ),
        ("updatePolicy", {"update_policy": "NEVER_UPDATE"}, "update_policy is ALWAYS_UPDATE instead of NEVER_UPDATE"),
    ],
    ids=["load balancers' subnet", "network configuration", "update policy"],
)


@IN_PLACE
def test_change_that_the_api_takes_and_ignores_is_no_success(
    rig: t.Any, sim: Simulator, kube_id: str, kind: str, requested: dict[str, t.Any], message: str
) -> None:
    taken_and_ignored(sim, f"*/{kind}")
    with pytest.raises(EngineError) as ignored:
        adjust(rig, kube_id, {"timeout": 300}, **requested)
    assert message in str(ignored.value)
    assert rig.last.facts["changed"] is True


@IN_PLACE
def test_change_is_shown_in_the_result_as_the_api_shows_it(
    rig: t.Any, sim: Simulator, kube_id: str, kind: str, requested: dict[str, t.Any], message: str
) -> None:
    report = adjust(rig, kube_id, **requested)
    assert len(rig.sent(f"/{kind}")) == 1
    shown = report.facts["cluster"]
    for option in ("load_balancers_subnet_id", "private_network_configuration", "update_policy"):
        assert shown[option] == {**shown, **report.diff["after"]}[option]
    assert not adjust(rig, kube_id, **requested).changed
    assert len(sim.mutations) == 1


def test_default_network_configuration_may_be_shown_as_none(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    configured = {"defaultVrackGateway": "10.0.0.1", "privateNetworkRoutingAsDefault": False}
    sim.cluster(kube_id)["privateNetworkConfiguration"] = configured
    context = rig.context()
    rig.at(2, lambda: sim.cluster(kube_id).data.update(privateNetworkConfiguration=None))
    request = ClusterRequest("prod", "GRA11", network=NetworkRequest(default_vrack_gateway=""))
    assert present(context, Address(kube_id), request).changed
    assert [request.json for request in sim.mutations] == [{**configured, "defaultVrackGateway": ""}]
    assert not present(rig.context(), Address(kube_id), request).changed


def test_ip_restrictions_that_are_taken_and_ignored_are_no_success(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    taken_and_ignored(sim, "*/ipRestrictions")
    request = ResetRequest("iptables", ip_restrictions=("10.0.0.0/8",))
    with pytest.raises(DriftError, match=r"does not keep them; in force are 192\.0\.2\.0/24"):
        ran(rig, kube_id, journal, request)
    assert sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS
    assert rig.sent("/reset") == []


def test_network_that_a_creation_ignores_is_no_success(rig: t.Any, sim: Simulator) -> None:
    request = ClusterRequest(
        "prod", "GRA11", network=NetworkRequest(private_network_id=NETWORK, nodes_subnet_id=SUBNET)
    )
    context = rig.context()
    # The API accepts the creation, and the cluster comes up on the public network.
    rig.at(1, lambda: sim.clusters[0].data.update(privateNetworkId=None, nodesSubnetId=None))
    with pytest.raises(DriftError, match=f"private_network_id is None instead of {NETWORK}"):
        present(context, Address(name="prod", region="GRA11"), request)
    assert rig.last.facts["kube_id"] == sim.clusters[0].id


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("updatePolicy", "ALWAYS_UPDATE", "update_policy is ALWAYS_UPDATE instead of MINIMAL_DOWNTIME"),
        ("loadBalancersSubnetId", None, f"load_balancers_subnet_id is None instead of {SUBNET}"),
        ("nodesSubnetId", OTHER_SUBNET, f"nodes_subnet_id is {OTHER_SUBNET} instead of {SUBNET}"),
        ("version", "1.32.0-0", "version is 1.32 instead of 1.34"),
        ("name", "other", "name is other instead of prod"),
    ],
)
def test_reset_that_does_not_keep_what_its_body_names_is_no_success(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, member: str, value: t.Any, message: str
) -> None:
    sim.cluster(kube_id)["updatePolicy"] = "MINIMAL_DOWNTIME"
    context = rig.context()
    rig.at(3, lambda: sim.cluster(kube_id).data.update({member: value}))
    with pytest.raises(DriftError, match=message):
        reset(context, Address(kube_id), ResetRequest("ipvs"), "prod", journal)
    assert len(rig.sent("/reset")) == 1
    assert sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS


@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize("mode", ["iptables", "ipvs"], ids=["without a reset", "by a reset"])
def test_no_restrictions_at_all_are_carried_out_when_requested(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, mode: str, keeps: bool
) -> None:
    sim.settings.reset_keeps_ip_restrictions = keeps
    report = ran(rig, kube_id, journal, ResetRequest(mode, ip_restrictions=()))
    assert report.changed
    assert report.diff["after"]["ip_restrictions"] == []
    assert sim.cluster(kube_id)["ipRestrictions"] == []
    assert not ran(rig, kube_id, journal, ResetRequest(mode, ip_restrictions=())).changed


@pytest.mark.parametrize(
    ("shown", "requested"),
    [("192.0.2.1", "192.0.2.1"), ("192.0.2.1/32", "192.0.2.1"), ("2001:DB8:0::/32", "2001:db8::/32")],
)
def test_spelling_of_an_address_is_no_difference(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal, shown: str, requested: str
) -> None:
    sim.cluster(kube_id)["ipRestrictions"] = [shown]
    blocks = cidr_blocks("ip_restrictions", [requested])
    assert not ran(rig, kube_id, journal, ResetRequest("iptables", ip_restrictions=blocks)).changed
    assert sim.mutations == []
    # Neither is it one when the API spells what came back after a reset in its own way.
    context = rig.context()
    rig.at(6, lambda: sim.cluster(kube_id).data.update(ipRestrictions=[shown]))
    assert reset(context, Address(kube_id), ResetRequest("ipvs"), "prod", journal).changed
    assert len(rig.sent("/reset")) == 1


# --- requests that never arrived --------------------------------------------------------------------------------------


def test_status_from_before_is_no_sign_of_a_deletion(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.settings.update({"lag_polls": 0, "transient_polls": -1, "conflict_when_not_ready": "never"})
    sim.cluster(kube_id).begin("update")
    rig.context().api.get(kube_id)
    sim.inject(Fault.drop_before(method="DELETE", times=-1))
    begin = rig.now
    with pytest.raises(TransportError, match="It is unknown whether the API processed it"):
        absent(rig.context(), Address(kube_id), "prod")
    assert rig.now - begin < rig.last.waiting.timeout
    assert "changed" not in rig.last.facts


def test_status_from_before_is_no_sign_of_a_change(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.settings.update({"lag_polls": 0, "transient_polls": -1, "conflict_when_not_ready": "never"})
    sim.cluster(kube_id).begin("restart")
    rig.context().api.get(kube_id)
    sim.inject(Fault.drop_before(method="PUT", times=-1))
    with pytest.raises(TransportError, match="It is unknown whether the API processed it"):
        customize(rig.context(wait=False), Address(kube_id), ONE_MINUTE)
    assert "kubeProxy" not in sim.cluster(kube_id).shown_customization()


def test_deletion_that_the_api_takes_and_ignores_is_no_success(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    taken_and_ignored(sim, "*", "DELETE")
    with pytest.raises(EngineError, match="READY"):
        absent(rig.context(timeout=300), Address(kube_id), "prod")
    assert sim.cluster(kube_id).status == "READY"


def test_lost_answer_of_a_change_is_not_taken_for_its_end(rig: t.Any, sim: Simulator, kube_id: str) -> None:
    sim.settings.lag_polls = 4
    sim.inject(Fault.drop_after(method="PUT", path="*/customization"))
    assert customize(rig.context(), Address(kube_id), ONE_MINUTE).changed
    assert not sim.cluster(kube_id).busy
    assert [request.status for request in rig.sent("/customization")].count(200) == 0


# --- somebody else, somewhere else ------------------------------------------------------------------------------------


def test_deletion_in_a_mistyped_project_does_not_call_the_cluster_gone(
    rig: t.Any, sim: Simulator, kube_id: str
) -> None:
    connection = configuration.resolve(
        {"endpoint": sim.url, "access_token": sim.credentials.access_token}, {}, lambda path: None
    )
    context = rig.context()
    with OvhClient(connection) as client:
        context.api = KubeApi(client, "f" * 32)
        with pytest.raises(NotFoundError):
            absent(context, Address(kube_id), "prod")
    assert sim.cluster(kube_id).status == "READY"


@pytest.mark.parametrize("effect", ["started", "ready"])
@pytest.mark.parametrize("lag", [1, 3])
def test_somebody_elses_change_at_the_same_time_is_merged_and_no_failure(
    rig: t.Any, sim: Simulator, kube_id: str, effect: str, lag: int
) -> None:
    sim.settings.update({"customization_effect": effect, "lag_polls": lag})
    rig.context().api.put_customization(kube_id, {"kubeProxy": {"iptables": {}, "ipvs": {"scheduler": "rr"}}})
    report = customize(rig.context(), Address(kube_id), ONE_MINUTE)
    both = {"iptables": {"syncPeriod": "PT1M"}, "ipvs": {"scheduler": "rr"}}
    assert [request.json for request in rig.sent("/customization") if request.status == 200][-1] == {"kubeProxy": both}
    assert sim.cluster(kube_id).shown_customization()["kubeProxy"] == both
    assert report.facts["customization"]["kube_proxy"] == {
        "iptables": {"sync_period": "PT1M"},
        "ipvs": {"scheduler": "rr"},
    }


def test_refusal_after_a_part_was_changed_does_not_say_that_nothing_was(
    rig: t.Any, sim: Simulator, kube_id: str
) -> None:
    # Somebody else's minimum, not visible yet, exceeds the period that is requested here.
    sim.settings.update({"customization_effect": "ready", "lag_polls": 3, "conflict_when_not_ready": "async"})
    theirs = {"minSyncPeriod": "PT50S", "syncPeriod": "PT90S"}
    rig.context().api.put_customization(kube_id, {"kubeProxy": {"iptables": theirs, "ipvs": {}}})
    ours = customization_request({"iptables": {"sync_period": "40s"}}, None)
    with pytest.raises(EngineError, match=r"was changed in part, then somebody else changed it: .*min_sync_period"):
        adjust(rig, kube_id, update_policy="NEVER_UPDATE", customization=ours)
    assert rig.last.facts["changed"] is True
    assert sim.cluster(kube_id)["updatePolicy"] == "NEVER_UPDATE"


# --- without waiting --------------------------------------------------------------------------------------------------


def test_two_changes_that_have_to_wait_for_each_other_are_refused_without_waiting(
    rig: t.Any, sim: Simulator, kube_id: str
) -> None:
    network = NetworkRequest(load_balancers_subnet_id=OTHER_SUBNET)
    with pytest.raises(EngineError, match=r"wait: customization, load_balancers_subnet_id differ.*; nothing was sent"):
        adjust(rig, kube_id, {"wait": False}, network=network, customization=ONE_MINUTE, update_policy="NEVER_UPDATE")
    assert sim.mutations == []


def test_result_without_waiting_is_what_the_cluster_shows_and_not_what_it_will(
    rig: t.Any, sim: Simulator, kube_id: str, journal: Journal
) -> None:
    sim.settings.update({"reset_effect": "ready", "customization_effect": "ready"})
    report = customize(rig.context(wait=False), Address(kube_id), ONE_MINUTE)
    assert report.changed
    assert report.facts["customization"]["kube_proxy"] == {}
    while sim.cluster(kube_id).busy:
        rig.last.api.get(kube_id)
    request = ResetRequest("ipvs", customization_request({"iptables": {"sync_period": "2m"}}, None))
    report = ran(rig, kube_id, journal, request, wait=False)
    assert (report.changed, report.facts["kube_proxy_mode"]) == (True, "iptables")
    assert report.facts["customization"]["kube_proxy"] == {"iptables": {"sync_period": "PT1M"}}
    assert report.diff["after"]["kube_proxy_mode"] == "ipvs"
    check = ran(rig, kube_id, journal, request, check_mode=True)
    assert check.facts["kube_proxy_mode"] == "ipvs"
