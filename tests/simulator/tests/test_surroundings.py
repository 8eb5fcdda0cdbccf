# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubeconfig, IP restrictions, OpenID Connect, nodes, capabilities (points 19 and 20)."""

from __future__ import annotations

import base64
import re
import typing as t
import uuid

import ovh.exceptions
import pytest
import yaml

from ovh_simulator import Simulator


def test_kubeconfig(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster(name="prod")
    content = kube.post(kube_id, "kubeconfig")["content"]
    parsed = yaml.safe_load(content)
    cluster, user = parsed["clusters"][0]["cluster"], parsed["users"][0]["user"]
    assert parsed["current-context"] == parsed["contexts"][0]["name"]
    assert cluster["server"] == f"https://{kube.get(kube_id)['url']}"
    for data, label in [
        (cluster["certificate-authority-data"], b"CERTIFICATE"),
        (user["client-certificate-data"], b"CERTIFICATE"),
        (user["client-key-data"], b"RSA PRIVATE KEY"),
    ]:
        assert base64.b64decode(data).startswith(b"-----BEGIN " + label)
    assert [user["client-certificate-data"], user["client-key-data"]] == sim.cluster(kube_id).kubeconfig_secrets()
    assert kube.post(kube_id, "kubeconfig")["content"] == content


def test_kubeconfig_that_a_test_gives(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster()
    sim.settings.kubeconfig = "kind: Config"
    assert kube.post(kube_id, "kubeconfig")["content"] == "kind: Config"


@pytest.mark.parametrize("parts", [("kubeconfig", "reset"), ("reset",)])
def test_kubeconfig_changes_with_a_reset(sim: Simulator, kube: t.Any, parts: tuple[str, ...]) -> None:
    kube_id = sim.add_cluster()
    before = kube.post(kube_id, "kubeconfig")["content"]
    kube.post(kube_id, *parts)
    kube.settle(kube_id)
    after = kube.post(kube_id, "kubeconfig")["content"]
    for key in ("certificate-authority-data", "client-certificate-data", "client-key-data"):
        found = re.compile(f"{key}: (.+)")
        assert found.findall(before) != found.findall(after)


def test_kubeconfig_of_a_cluster_that_is_not_ready(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster(status="INSTALLING")
    assert kube.post(kube_id, "kubeconfig")["content"]
    sim.settings.kubeconfig_requires_ready = True
    with pytest.raises(ovh.exceptions.ResourceConflictError):
        kube.post(kube_id, "kubeconfig")


def test_ip_restrictions(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster(ipRestrictions=["192.0.2.0/24"])
    assert kube.post(kube_id, "ipRestrictions", ips=["10.0.0.1", "192.0.2.0/24"]) == ["192.0.2.0/24", "10.0.0.1/32"]
    assert kube.settle(kube_id) == ["READY", "REDEPLOYING", "REDEPLOYING", "READY"]
    assert kube.put(kube_id, "ipRestrictions", ips=["198.51.100.0/24", "203.0.113.0/24"]) == [
        "198.51.100.0/24",
        "203.0.113.0/24",
    ]
    kube.settle(kube_id)
    kube.delete(kube_id, "ipRestrictions", "198.51.100.0/24")
    kube.settle(kube_id)
    assert kube.get(kube_id, "ipRestrictions") == ["203.0.113.0/24"]
    with pytest.raises(ovh.exceptions.ResourceNotFoundError):
        kube.delete(kube_id, "ipRestrictions", "198.51.100.0/24")
    kube.put(kube_id, "ipRestrictions", ips=[])
    kube.settle(kube_id)
    assert kube.get(kube_id, "ipRestrictions") == []


@pytest.mark.parametrize("ips", [["10.0.0.0/33"], ["host.example.org"], [""], "10.0.0.0/8", None])
def test_ip_restrictions_are_validated(sim: Simulator, kube: t.Any, ips: t.Any) -> None:
    with pytest.raises(ovh.exceptions.BadParametersError):
        kube.put(sim.add_cluster(), "ipRestrictions", ips=ips)


def test_ip_restrictions_during_a_reset(sim: Simulator, kube: t.Any) -> None:
    sim.settings.transient_polls = 1
    kube_id = sim.add_cluster(ipRestrictions=["192.0.2.0/24"])
    for accepted_in, accepted_at in [([], None), (["REDEPLOYING"], "REDEPLOYING")]:
        sim.settings.ip_restrictions_accepted_in = accepted_in
        kube.post(kube_id, "reset", kubeProxyMode="ipvs")
        taken = None
        for expected in ("READY", "RESETTING", "REDEPLOYING"):
            assert kube.status(kube_id) == expected
            try:
                kube.put(kube_id, "ipRestrictions", ips=["192.0.2.0/24"])
            except ovh.exceptions.ResourceConflictError:
                continue
            taken = expected
        assert taken == accepted_at
        after = [kube.status(kube_id) for _number in range(2)]
        assert after == (["READY", "READY"] if taken is None else ["REDEPLOYING", "READY"])
        assert kube.get(kube_id, "ipRestrictions") == ([] if taken is None else ["192.0.2.0/24"])


def test_open_id_connect(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster()
    wanted = {"clientId": "c", "issuerUrl": "https://example.org", "groupsClaim": ["groups"]}
    for call in (
        lambda: kube.get(kube_id, "openIdConnect"),
        lambda: kube.put(kube_id, "openIdConnect", **wanted),
        lambda: kube.delete(kube_id, "openIdConnect"),
    ):
        with pytest.raises(ovh.exceptions.ResourceNotFoundError):
            call()
    kube.post(kube_id, "openIdConnect", **wanted)
    kube.settle(kube_id)
    assert kube.get(kube_id, "openIdConnect") == wanted
    with pytest.raises(ovh.exceptions.ResourceConflictError):
        kube.post(kube_id, "openIdConnect", **wanted)
    kube.put(kube_id, "openIdConnect", **{**wanted, "clientId": "d"})
    kube.settle(kube_id)
    assert kube.get(kube_id, "openIdConnect")["clientId"] == "d"
    kube.delete(kube_id, "openIdConnect")
    kube.settle(kube_id)
    with pytest.raises(ovh.exceptions.ResourceNotFoundError):
        kube.get(kube_id, "openIdConnect")


def test_node_pools(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster(nodepools=[{"name": "one", "desiredNodes": 2, "flavorName": "b3-16"}])
    (pool,) = kube.get(kube_id, "nodepool")
    assert (pool["name"], pool["flavor"], pool["currentNodes"]) == ("one", "b3-16", 2)
    assert "nodes" not in pool
    made = kube.post(kube_id, "nodepool", name="two", flavorName="b3-8", desiredNodes=1)
    assert kube.get(kube_id, "nodepool", made["id"]) == made
    nodes = kube.get(kube_id, "node")
    assert [node["nodePoolId"] for node in nodes] == [pool["id"], pool["id"], made["id"]]
    assert kube.get(kube_id, "nodepool", pool["id"], "nodes") == nodes[:2]
    assert kube.get(kube_id, "node", nodes[2]["id"]) == nodes[2]
    kube.put(kube_id, "nodepool", made["id"], desiredNodes=3)
    assert len(kube.get(kube_id, "nodepool", made["id"], "nodes")) == 3
    kube.delete(kube_id, "node", nodes[0]["id"])
    assert [node["id"] for node in kube.get(kube_id, "nodepool", pool["id"], "nodes")] == [nodes[1]["id"]]
    kube.delete(kube_id, "nodepool", made["id"])
    assert [left["id"] for left in kube.get(kube_id, "nodepool")] == [pool["id"]]
    for missing in (("nodepool", str(uuid.uuid4())), ("node", str(uuid.uuid4()))):
        with pytest.raises(ovh.exceptions.ResourceNotFoundError):
            kube.get(kube_id, *missing)


def test_capabilities_and_metrics(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster()
    assert set(kube.get(kube_id, "metrics", "etcdUsage")) == {"quota", "usage"}
    assert {flavor["name"] for flavor in kube.get(kube_id, "flavors")} >= {"b3-8"}
    root = f"/cloud/project/{sim.service_name}/capabilities/kube"
    assert "GRA11" in kube.client.get(f"{root}/regions")
    assert kube.client.get(f"{root}/flavors") == kube.get(kube_id, "flavors")
    assert {plugin["name"] for plugin in kube.client.get(f"{root}/admissionplugins")} == {
        "AlwaysPullImages",
        "NodeRestriction",
    }
