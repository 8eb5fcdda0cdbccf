# SPDX-License-Identifier: GPL-3.0-or-later

"""POST reset (point 15)."""

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


def full_cluster(sim: Simulator, **fields: t.Any) -> str:
    return sim.add_cluster(
        **{
            "name": "full",
            "region": "SBG5",
            "version": "1.33",
            "kubeProxyMode": "iptables",
            "updatePolicy": "NEVER_UPDATE",
            "customization": {"kubeProxy": {"iptables": {"syncPeriod": "PT30S"}}},
            "ipRestrictions": ["192.0.2.0/24"],
            "openIdConnect": {"clientId": "c", "issuerUrl": "https://example.org"},
            "nodepools": [{"name": "one", "desiredNodes": 2}, {"name": "two", "desiredNodes": 1}],
            **NETWORK,
            **fields,
        }
    )


def test_reset_wipes_what_its_body_leaves_out(sim: Simulator, kube: t.Any) -> None:
    kube_id = full_cluster(sim)
    assert kube.post(kube_id, "reset") is None
    assert kube.settle(kube_id) == ["READY", "RESETTING", "RESETTING", "REDEPLOYING", "REDEPLOYING", "READY"]
    shown = kube.get(kube_id)
    assert (shown["id"], shown["name"], shown["region"], shown["version"]) == (kube_id, "full", "SBG5", "1.33.5-0")
    assert (shown["kubeProxyMode"], shown["updatePolicy"]) == ("ipvs", "ALWAYS_UPDATE")
    assert [shown[name] for name in NETWORK] == [None] * 4
    assert list(shown["customization"]) == ["apiServer"]
    assert kube.get(kube_id, "ipRestrictions") == []
    assert kube.get(kube_id, "nodepool") == []
    assert kube.get(kube_id, "node") == []
    with pytest.raises(ovh.exceptions.ResourceNotFoundError):
        kube.get(kube_id, "openIdConnect")


def test_reset_keeps_what_its_body_names(sim: Simulator, kube: t.Any) -> None:
    kube_id = full_cluster(sim)
    nodes = {node["id"]: node["deployedAt"] for node in kube.get(kube_id, "node")}
    body = {
        "name": "renamed",
        "version": "1.34",
        "kubeProxyMode": "ipvs",
        "updatePolicy": "MINIMAL_DOWNTIME",
        "customization": {"kubeProxy": {"ipvs": {"scheduler": "sh"}}},
        "workerNodesPolicy": "reinstall",
        **NETWORK,
    }
    kube.post(kube_id, "reset", **body)
    kube.settle(kube_id)
    shown = kube.get(kube_id)
    assert {name: shown[name] for name in NETWORK} == NETWORK
    assert (shown["name"], shown["version"], shown["kubeProxyMode"]) == ("renamed", "1.34.1-0", "ipvs")
    assert shown["updatePolicy"] == "MINIMAL_DOWNTIME"
    assert shown["customization"]["kubeProxy"] == {"ipvs": {"scheduler": "sh"}}
    after = {node["id"]: node["deployedAt"] for node in kube.get(kube_id, "node")}
    assert after.keys() == nodes.keys()
    assert all(after[node] > nodes[node] for node in nodes)


@pytest.mark.parametrize(
    ("default", "forced", "asked", "shown"),
    [
        ("ipvs", None, None, "ipvs"),
        ("iptables", None, None, "iptables"),
        ("iptables", None, "ipvs", "ipvs"),
        ("iptables", "iptables", "ipvs", "iptables"),
    ],
)
def test_mode_after_a_reset(
    sim: Simulator, kube: t.Any, default: str, forced: str | None, asked: str | None, shown: str
) -> None:
    sim.settings.default_mode_reset = default
    sim.settings.forced_mode_reset = forced
    kube_id = sim.add_cluster(kubeProxyMode="iptables")
    kube.post(kube_id, "reset", **({"kubeProxyMode": asked} if asked else {}))
    kube.settle(kube_id)
    assert kube.get(kube_id)["kubeProxyMode"] == shown


@pytest.mark.parametrize("field", [{"region": "GRA5"}, {"plan": "free"}])
def test_region_and_plan_in_a_reset_body(sim: Simulator, kube: t.Any, field: dict[str, str]) -> None:
    kube_id = sim.add_cluster(region="SBG5")
    with pytest.raises(ovh.exceptions.BadParametersError, match="not described"):
        kube.post(kube_id, "reset", kubeProxyMode="ipvs", **field)
    sim.settings.reset_region = "ignore"
    kube.post(kube_id, "reset", kubeProxyMode="ipvs", **field)
    kube.settle(kube_id)
    assert kube.get(kube_id)["region"] == "SBG5"


@pytest.mark.parametrize(
    ("effect", "modes"),
    [
        ("immediate", ["ipvs", "ipvs", "ipvs", "ipvs"]),
        ("started", ["iptables", "ipvs", "ipvs", "ipvs"]),
        ("ready", ["iptables", "iptables", "iptables", "ipvs"]),
        ("lost", ["iptables", "iptables", "iptables", "iptables"]),
    ],
)
def test_when_a_reset_shows(sim: Simulator, kube: t.Any, effect: str, modes: list[str]) -> None:
    sim.settings.reset_effect = effect
    sim.settings.transient_polls = 1
    kube_id = sim.add_cluster(kubeProxyMode="iptables")
    kube.post(kube_id, "reset", kubeProxyMode="ipvs")
    assert [kube.get(kube_id)["kubeProxyMode"] for _mode in modes] == modes


def test_reset_that_keeps_restrictions(sim: Simulator, kube: t.Any) -> None:
    sim.settings.reset_keeps_ip_restrictions = True
    sim.settings.reset_keeps_open_id_connect = True
    kube_id = full_cluster(sim)
    kube.post(kube_id, "reset")
    kube.settle(kube_id)
    assert kube.get(kube_id, "ipRestrictions") == ["192.0.2.0/24"]
    assert kube.get(kube_id, "openIdConnect")["clientId"] == "c"
