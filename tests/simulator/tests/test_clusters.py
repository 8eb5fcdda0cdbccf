# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters and the progress of operations (points 8 to 10 and 16 to 18)."""

from __future__ import annotations

import typing as t
import uuid

import ovh.exceptions
import pytest

from ovh_simulator import Simulator

NETWORK = {
    "privateNetworkId": "pn-1083678_0",
    "nodesSubnetId": str(uuid.UUID(int=1)),
    "loadBalancersSubnetId": str(uuid.UUID(int=2)),
    "privateNetworkConfiguration": {"defaultVrackGateway": "10.4.0.1", "privateNetworkRoutingAsDefault": True},
}


def test_list_answers_ids_only_and_names_may_repeat(sim: Simulator, kube: t.Any) -> None:
    ids = [sim.add_cluster(name="twin"), sim.add_cluster(name="twin")]
    assert kube.get() == ids
    assert [kube.get(kube_id)["name"] for kube_id in ids] == ["twin", "twin"]


def test_unknown_cluster_and_project(sim: Simulator, kube: t.Any) -> None:
    with pytest.raises(ovh.exceptions.ResourceNotFoundError) as caught:
        kube.get(str(uuid.uuid4()))
    assert caught.value.response.json()["class"] == "Client::NotFound"
    with pytest.raises(ovh.exceptions.ResourceNotFoundError, match="service does not exist"):
        kube.client.get(f"/cloud/project/{'0' * 32}/kube")


@pytest.mark.parametrize("refused", [0, 3])
def test_create(sim: Simulator, kube: t.Any, refused: int) -> None:
    sim.settings.create_404_reads = refused
    made = kube.post(region="GRA11", name="new", version="1.33", kubeProxyMode="ipvs", updatePolicy="NEVER_UPDATE")
    assert made["status"] == "INSTALLING"
    kube_id = made["id"]
    for _number in range(refused):
        with pytest.raises(ovh.exceptions.ResourceNotFoundError):
            kube.get(kube_id)
    assert kube.settle(kube_id) == ["INSTALLING", "INSTALLING", "READY"]
    shown = kube.get(kube_id)
    wanted = {"name": "new", "region": "GRA11", "kubeProxyMode": "ipvs", "updatePolicy": "NEVER_UPDATE", "plan": "free"}
    assert {name: shown[name] for name in wanted} == wanted
    assert (shown["version"], shown["nextUpgradeVersions"]) == ("1.33.5-0", ["1.34"])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"name": "x"}, "region"),
        ({"region": "GRA11", "kubeProxyMode": "nftables"}, "kubeProxyMode isn't formated correctly"),
        ({"region": "GRA11", "version": ""}, "version isn't formated correctly"),
        ({"region": "GRA11", "updatePolicy": "NEVER"}, "updatePolicy isn't formated correctly"),
        ({"region": "GRA11", "nodesSubnetId": str(uuid.UUID(int=1))}, "requires privateNetworkId"),
        ({"region": "GRA11", **NETWORK, "nodesSubnetId": None}, "requires privateNetworkId and nodesSubnetId"),
        ({"region": "GRA11", "mode": "ipvs"}, r"not described parameters: \(mode\)"),
        ({"region": "GRA11", "customization": {"kubeProxy": {"ipvs": {"scheduler": "wrr"}}}}, "scheduler"),
    ],
)
def test_create_is_validated(sim: Simulator, kube: t.Any, body: dict[str, t.Any], message: str) -> None:
    with pytest.raises(ovh.exceptions.BadParametersError, match=message):
        kube.post(**body)
    assert kube.get() == []


@pytest.mark.parametrize(("forced", "shown"), [(None, "iptables"), ("ipvs", "ipvs")])
def test_create_that_does_not_honour_the_mode(sim: Simulator, kube: t.Any, forced: str | None, shown: str) -> None:
    sim.settings.forced_mode_create = forced
    kube_id = kube.post(region="GRA11", kubeProxyMode="iptables")["id"]
    kube.settle(kube_id)
    assert kube.get(kube_id)["kubeProxyMode"] == shown


@pytest.mark.parametrize("mode", ["iptables", "ipvs"])
def test_default_mode_of_a_creation(sim: Simulator, kube: t.Any, mode: str) -> None:
    sim.settings.default_mode_create = mode
    assert kube.post(region="GRA11")["kubeProxyMode"] == mode


@pytest.mark.parametrize(
    ("lag", "transient", "polls", "expected"),
    [
        (1, ["UPDATING"], 2, ["READY", "UPDATING", "UPDATING", "READY"]),
        (0, ["REDEPLOYING"], 1, ["REDEPLOYING", "READY", "READY", "READY"]),
        (3, ["UPDATING"], 1, ["READY", "READY", "READY", "UPDATING"]),
        (0, ["UPDATING"], -1, ["UPDATING", "UPDATING", "UPDATING", "UPDATING"]),
        (0, ["UPDATING", "REDEPLOYING"], 1, ["UPDATING", "REDEPLOYING", "READY", "READY"]),
        (2, [], 1, ["READY", "READY", "READY", "READY"]),
    ],
)
def test_progress_of_a_customization(
    sim: Simulator, kube: t.Any, lag: int, transient: list[str], polls: int, expected: list[str]
) -> None:
    own = {"lag_polls": lag, "transient": transient, "transient_polls": polls}
    sim.settings.operations = {"customization": own}
    kube_id = sim.add_cluster()
    kube.put(kube_id, "customization", kubeProxy={"ipvs": {"scheduler": "rr"}})
    assert [kube.status(kube_id) for _number in range(4)] == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda kube, kube_id: kube.post(kube_id, "reset"), ["RESETTING", "REDEPLOYING", "READY"]),
        (lambda kube, kube_id: kube.post(kube_id, "restart", force=True), ["UPDATING", "READY"]),
        (lambda kube, kube_id: kube.post(kube_id, "update", strategy="LATEST_PATCH"), ["UPDATING", "READY"]),
        (lambda kube, kube_id: kube.post(kube_id, "kubeconfig", "reset"), ["REDEPLOYING", "READY"]),
        (
            lambda kube, kube_id: kube.put(kube_id, "updateLoadBalancersSubnetId", loadBalancersSubnetId=None),
            ["REDEPLOYING", "READY"],
        ),
        (
            lambda kube, kube_id: kube.put(
                kube_id, "privateNetworkConfiguration", **NETWORK["privateNetworkConfiguration"]
            ),
            ["REDEPLOYING", "READY"],
        ),
        (lambda kube, kube_id: kube.put(kube_id, "ipRestrictions", ips=[]), ["REDEPLOYING", "READY"]),
        (
            lambda kube, kube_id: kube.post(kube_id, "openIdConnect", clientId="c", issuerUrl="https://example.org"),
            ["UPDATING", "READY"],
        ),
    ],
)
def test_every_asynchronous_call_moves_the_status(
    sim: Simulator, kube: t.Any, call: t.Callable[..., t.Any], expected: list[str]
) -> None:
    sim.settings.lag_polls = 0
    sim.settings.transient_polls = 1
    kube_id = sim.add_cluster(**NETWORK)
    before = kube.get(kube_id)["updatedAt"]
    call(kube, kube_id)
    assert [kube.status(kube_id) for _status in expected] == expected
    assert kube.get(kube_id)["updatedAt"] > before


def test_delete(sim: Simulator, kube: t.Any) -> None:
    sim.settings.lag_polls = 1
    kube_id = sim.add_cluster()
    assert kube.delete(kube_id) is None
    assert [kube.status(kube_id) for _number in range(3)] == ["READY", "DELETING", "DELETING"]
    assert kube.get() == [kube_id]
    with pytest.raises(ovh.exceptions.ResourceNotFoundError):
        kube.get(kube_id)
    assert kube.get() == []
    with pytest.raises(KeyError):
        sim.cluster(kube_id)


@pytest.mark.parametrize(
    "status", ["ERROR", "USER_QUOTA_ERROR", "SUSPENDED", "MAINTENANCE", "UNKNOWN", "BREWING", "USER_ERROR"]
)
def test_end_statuses(sim: Simulator, kube: t.Any, status: str) -> None:
    sim.settings.end_status = status
    kube_id = sim.add_cluster()
    kube.put(kube_id, "customization", kubeProxy={})
    assert kube.settle(kube_id, status)[-2:] == ["UPDATING", status]
    assert kube.status(kube_id) == status
    with pytest.raises(ovh.exceptions.ResourceConflictError):
        kube.put(kube_id, "customization", kubeProxy={})
    kube.post(kube_id, "reset", kubeProxyMode="ipvs")


def test_a_status_can_be_set_at_any_point(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster()
    kube.put(kube_id, "customization", kubeProxy={})
    sim.cluster(kube_id).set_status("SUSPENDED")
    assert [kube.status(kube_id) for _number in range(4)] == ["SUSPENDED"] * 4


def test_progress_by_time(make_sim: t.Any, kube_of: t.Any) -> None:
    clock = [1000.0]
    settings = {"progress": "seconds", "seconds_per_poll": 10, "lag_polls": 1, "transient_polls": 2}
    sim = make_sim(settings, clock=lambda: clock[0])
    kube = kube_of(sim)
    kube_id = sim.add_cluster()
    kube.put(kube_id, "customization", kubeProxy={})
    seen = {}
    # Many reads make no difference; the operation starts at 1000 s, moves at 1010 s, ends at 1030 s.
    for clock[0] in (1000.0, 1009.0, 1009.5, 1010.0, 1020.0, 1029.0, 1030.0):
        seen[clock[0]] = kube.status(kube_id)
    expected = ["READY", "READY", "READY", "UPDATING", "UPDATING", "UPDATING", "READY"]
    assert list(seen.values()) == expected
    assert not sim.cluster(kube_id).busy


@pytest.mark.parametrize(
    ("policy", "customization", "rename"), [("all", 409, 409), ("async", 409, 200), ("never", 200, 200)]
)
def test_conflict_while_not_ready(sim: Simulator, bearer: t.Any, policy: str, customization: int, rename: int) -> None:
    sim.settings.conflict_when_not_ready = policy
    for fields in ({"status": "UPDATING"}, {}):
        kube_id = sim.add_cluster(**fields)
        if not fields:  # under way, though the status does not show it yet
            assert bearer("PUT", f"/{kube_id}/customization", json={}).status_code == 200
            assert sim.cluster(kube_id).status == "READY"
        answer = bearer("PUT", f"/{kube_id}/customization", json={"kubeProxy": {}})
        assert answer.status_code == customization
        if customization == 409:
            assert answer.json()["class"] == "Client::Conflict"
        assert bearer("PUT", f"/{kube_id}", json={"name": "x"}).status_code == rename
        assert bearer("PUT", f"/{kube_id}/updatePolicy", json={"updatePolicy": "NEVER_UPDATE"}).status_code == rename


def test_update(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster(version="1.33", updatePolicy="NEVER_UPDATE")
    with pytest.raises(ovh.exceptions.ResourceConflictError, match="NEVER_UPDATE"):
        kube.post(kube_id, "update", strategy="NEXT_MINOR")
    kube.put(kube_id, "updatePolicy", updatePolicy="ALWAYS_UPDATE")
    kube.post(kube_id, "update", strategy="NEXT_MINOR")
    kube.settle(kube_id)
    assert kube.get(kube_id)["version"] == "1.34.1-0"


def test_synchronous_edits(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster(name="before")
    before = kube.get(kube_id)["updatedAt"]
    assert kube.put(kube_id, name="after", updatePolicy="MINIMAL_DOWNTIME") is None
    shown = kube.get(kube_id)
    assert (shown["name"], shown["updatePolicy"], shown["status"]) == ("after", "MINIMAL_DOWNTIME", "READY")
    assert shown["updatedAt"] > before
    kube.put(kube_id, "updatePolicy", updatePolicy="NEVER_UPDATE")
    assert kube.get(kube_id)["updatePolicy"] == "NEVER_UPDATE"
    with pytest.raises(ovh.exceptions.BadParametersError):
        kube.put(kube_id, "updatePolicy")


def test_network_configuration(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster(**NETWORK)
    wanted = {"defaultVrackGateway": "", "privateNetworkRoutingAsDefault": False}
    assert list(kube.put(kube_id, "privateNetworkConfiguration", **wanted)) == ["message"]
    kube.settle(kube_id)
    assert kube.get(kube_id, "privateNetworkConfiguration") == wanted
    kube.put(kube_id, "updateLoadBalancersSubnetId", loadBalancersSubnetId=str(uuid.UUID(int=9)))
    kube.settle(kube_id)
    assert kube.get(kube_id)["loadBalancersSubnetId"] == str(uuid.UUID(int=9))
    public_id = sim.add_cluster()
    with pytest.raises(ovh.exceptions.BadParametersError):
        kube.put(public_id, "privateNetworkConfiguration", **wanted)


@pytest.mark.parametrize(
    ("reaction", "status", "shown"),
    [("refuse", 400, None), ("refuse", 409, None), ("ignore", 200, None), ("accept", 200, {"scheduler": "rr"})],
)
def test_kube_proxy_on_a_standard_cluster(
    sim: Simulator, bearer: t.Any, reaction: str, status: int, shown: t.Any
) -> None:
    sim.settings.cilium_kube_proxy = reaction
    sim.settings.cilium_kube_proxy_status = status if status != 200 else 400
    kube_id = sim.add_cluster(plan="standard", region="EU-WEST-PAR")
    before = bearer("GET", f"/{kube_id}").json()
    assert before["kubeProxyMode"] is None
    assert before["plan"] == "standard"
    assert "hubble" in before["customization"]["cilium"]
    assert before["ipAllocationPolicy"]["podsIpv4Cidr"] == "10.240.0.0/13"
    body = {"kubeProxy": {"ipvs": {"scheduler": "rr"}}}
    assert bearer("PUT", f"/{kube_id}/customization", json=body).status_code == status
    kube_proxy = bearer("GET", f"/{kube_id}/customization").json().get("kubeProxy")
    assert (kube_proxy or {}).get("ipvs") == shown


def test_standard_cluster_refuses_a_mode(sim: Simulator, kube: t.Any) -> None:
    with pytest.raises(ovh.exceptions.BadParametersError, match="kubeProxyMode"):
        kube.post(region="EU-WEST-PAR", plan="standard", kubeProxyMode="ipvs")
    kube_id = sim.add_cluster(plan="standard")
    with pytest.raises(ovh.exceptions.BadParametersError, match="kubeProxyMode"):
        kube.post(kube_id, "reset", kubeProxyMode="ipvs")
    kube.post(kube_id, "reset")
    kube.settle(kube_id)
    assert kube.get(kube_id)["kubeProxyMode"] is None


def test_free_cluster_refuses_cilium(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster()
    with pytest.raises(ovh.exceptions.BadParametersError, match="standard plan"):
        kube.put(kube_id, "customization", cilium={"clusterId": 1})
    standard_id = sim.add_cluster(plan="standard")
    kube.put(standard_id, "customization", cilium={"clusterId": 1})
    assert kube.get(standard_id, "customization")["cilium"]["clusterId"] == 1


def test_shapes_of_the_cluster_object(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster(version="1.35")
    shown = kube.get(kube_id)
    assert shown["version"] == "1.35.0-0"
    assert shown["simulatedExtraField"] == {"beta": True}
    assert shown["privateNetworkId"] is None
    sim.settings.nullable_fields = "missing"
    sim.settings.show_plan = False
    sim.settings.extra_fields = {}
    missing = set(shown) - set(kube.get(kube_id))
    assert missing >= {"privateNetworkId", "nodesSubnetId", "ipAllocationPolicy", "plan", "simulatedExtraField"}
    sim.settings.version_suffix = ""
    assert kube.get(sim.add_cluster())["version"] == "1.34.1"
