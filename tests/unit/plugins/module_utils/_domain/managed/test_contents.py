# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster contains: what becomes of each volume, whose addresses are lost, and how much of it is shown."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.contents import (
    SHOWN,
    Contents,
    LoadBalancer,
    Volume,
    load_balancers,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import ResetRequest
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.reset_plan import (
    CurrentCluster,
    plan_reset,
)

from .api_objects import cluster

CINDER = {"csi": {"driver": "cinder.csi.openstack.org"}}
KEEP = "loadbalancer.openstack.org/keep-floatingip"


def volume(phase: str | None = "Bound", policy: str | None = "Delete", **spec: t.Any) -> Volume:
    claim = {"claimRef": {"namespace": "shop", "name": "data"}} if phase == "Bound" else {}
    status = {} if phase is None else {"status": {"phase": phase}}
    return Volume.of(
        {
            "metadata": {"name": "pv-1"},
            "spec": {"persistentVolumeReclaimPolicy": policy, **claim, **(spec or CINDER)},
            **status,
        }
    )


@pytest.mark.parametrize(
    ("found", "fate"),
    [
        (volume(), "deleted"),
        # In-tree, before Kubernetes 1.26.
        (volume(cinder={"volumeID": "x"}), "deleted"),
        (volume(policy="Retain"), "unclear"),
        (volume(policy=None), "unclear"),
        (volume(phase="Released"), "unclear"),
        (volume(phase=None), "unclear"),
        (volume(hostPath={"path": "/x"}), "node"),
        (volume(local={"path": "/x"}), "node"),
        (volume(nfs={"server": "192.0.2.1"}), "elsewhere"),
        (volume(csi={"driver": "ceph"}), "elsewhere"),
        (volume(csi={}), "elsewhere"),
    ],
)
def test_what_becomes_of_a_volume(found: Volume, fate: str) -> None:
    assert found.fate == fate


def service(name: str, **more: t.Any) -> dict[str, t.Any]:
    return {"metadata": {"namespace": "shop", "name": name}, "spec": {"type": "LoadBalancer"}, **more}


def test_load_balancers_and_their_addresses() -> None:
    found = load_balancers(
        [
            service("new"),
            service("null", status={"loadBalancer": None}),
            service("two", status={"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}, {"hostname": "x"}, {}]}}),
            service("ports", spec={"type": "NodePort"}),
            service("plain", spec={}),
        ]
    )
    assert found == (
        LoadBalancer("shop/new", (), False),
        LoadBalancer("shop/null", (), False),
        LoadBalancer("shop/two", ("192.0.2.1", "x"), False),
    )


@pytest.mark.parametrize(("value", "keeps"), [("true", True), (" True ", True), ("false", False), ("", False)])
def test_an_address_that_is_to_be_kept(value: str, keeps: bool) -> None:
    metadata = {"namespace": "shop", "name": "web", "annotations": {KEEP: value}}
    assert LoadBalancer.of(service("web", metadata=metadata)).keep_address is keeps


def test_an_empty_cluster_says_so() -> None:
    contents = Contents((), (), {"Deployment": 0, "DaemonSet": 1})
    assert contents.summary() == "0 volumes, 0 load balancers, 0 Deployments, 1 DaemonSet"
    assert contents.described() == (
        "It has no volumes. It has no load balancers. Outside kube-system it has 0 Deployments, 1 DaemonSet."
    )


def test_what_is_not_known_is_neither_none_nor_nothing() -> None:
    contents = Contents(load_balancers=())
    assert contents.summary() == "0 load balancers and an unknown number of volumes, workloads"
    assert contents.described() == "It has no load balancers. Not known are its volumes, workloads."
    result = contents.as_result()
    assert (result["volumes"], result["workloads"]) == (None, None)
    assert result["load_balancers"] == {"total": 0, "first": []}


def test_each_fate_is_said_with_how_sure_it_is() -> None:
    contents = Contents(
        (volume(), volume(phase="Available"), volume(hostPath={"path": "/x"})),
        (LoadBalancer("shop/web", ("192.0.2.1",), False), LoadBalancer("shop/mail", (), True)),
        {},
    )
    text = contents.described()
    for words in (
        "Volumes: shop/data (size unknown); a reset deletes them with their data, according to OVHcloud's guide.",
        "Volumes: pv-1 (size unknown); no document says",
        "Volumes: shop/data (size unknown); their data is on the disks of nodes",
        "Load balancers: shop/web (192.0.2.1); they are deleted, and new ones get other addresses.",
        "Load balancers that ask to keep their address: shop/mail (no address); they are deleted, and no document",
    ):
        assert words in text


def test_of_thousands_the_numbers_and_the_first() -> None:
    many = tuple(dataclasses.replace(volume(), claim=f"shop/{number:04}") for number in range(5000))
    balancers = tuple(LoadBalancer(f"shop/{number:04}", (f"192.0.2.{number}",), False) for number in range(5000))
    contents = Contents(many, balancers, {})
    assert contents.summary() == "5000 volumes, 5000 load balancers"
    result = contents.as_result()
    for kind in ("volumes", "load_balancers"):
        assert (result[kind]["total"], len(result[kind]["first"])) == (5000, SHOWN)
    assert "shop/0009 (size unknown) and 4990 more;" in contents.described()
    assert len(contents.described()) < 1500


def test_names_forge_no_line() -> None:
    forged = "x\nFAKE TASK\x1b[31m"
    found = Volume.of(
        {
            "metadata": {"name": forged},
            "spec": {"storageClassName": forged, "capacity": {"storage": forged}, "claimRef": {"name": forged}},
        }
    )
    [balancer] = load_balancers([service(forged, status={"loadBalancer": {"ingress": [{"hostname": forged}]}})])
    assert all(text is None or text.isprintable() for text in dataclasses.astuple(found))
    assert str(balancer).isprintable()


def test_a_plan_tells_the_contents_with_what_it_destroys() -> None:
    plan = plan_reset(CurrentCluster(cluster()), ResetRequest("ipvs"))
    assert plan.consequences()["contents"] is None
    assert "volumes:" not in plan.destroyed()
    known = dataclasses.replace(plan, contents=Contents((volume(),), (), {"Deployment": 2}))
    assert known.consequences()["contents"]["summary"] == "1 volume, 0 load balancers, 2 Deployments"
    assert "Volumes: shop/data (size unknown); a reset deletes them" in known.destroyed()
