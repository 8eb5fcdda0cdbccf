# SPDX-License-Identifier: GPL-3.0-or-later

"""Which taints keep a DaemonSet's pods from starting again on a node."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.json_types import Json
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.daemon_set import DaemonSet
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.taints import (
    closed_nodes,
    keeping_out,
    would_be_lost,
)

from . import proxy_objects as objects

GPU: Json = {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}


def daemon_set(*tolerations: Json, **spec: t.Any) -> DaemonSet:
    raw = objects.daemon_set()
    raw["spec"]["template"]["spec"].update(tolerations=list(tolerations), **spec)
    return DaemonSet(raw)


def node(name: str, *taints: Json) -> Json:
    return {"metadata": {"name": name}, "spec": {"taints": list(taints)}}


@pytest.mark.parametrize(
    ("toleration", "kept_out"),
    [
        ({"operator": "Exists"}, False),
        ({"key": "dedicated", "operator": "Exists"}, False),
        ({"key": "dedicated", "value": "gpu"}, False),
        ({"key": "dedicated", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}, False),
        ({"key": "dedicated", "value": "cpu"}, True),
        ({"key": "dedicated", "operator": "Exists", "effect": "NoExecute"}, True),
        ({"key": "other", "operator": "Exists"}, True),
        ({"key": "", "operator": "Equal"}, True),
        # Of an operator from later on the API server knows more.
        ({"key": "dedicated", "operator": "Gt", "value": "5"}, False),
    ],
    ids=str,
)
def test_what_a_toleration_lets_in(toleration: Json, kept_out: bool) -> None:
    assert bool(keeping_out(node("a", GPU), daemon_set(toleration))) is kept_out


@pytest.mark.parametrize(
    ("taint", "text"),
    [
        (GPU, "dedicated=gpu:NoSchedule"),
        ({"key": "drained", "effect": "NoExecute"}, "drained:NoExecute"),
        ({**GPU, "effect": "PreferNoSchedule"}, None),
        # What the controller lets every pod of a DaemonSet tolerate: a node that is cordoned keeps its kube-proxy.
        ({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}, None),
        ({"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}, None),
        (
            {"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"},
            "node.kubernetes.io/unreachable:NoSchedule",
        ),
    ],
)
def test_which_taints_count(taint: Json, text: str | None) -> None:
    assert keeping_out(node("a", taint), daemon_set()) == ([text] if text else [])


@pytest.mark.parametrize("host_network", [True, False])
def test_a_node_without_a_network_takes_pods_that_have_the_hosts(host_network: bool) -> None:
    taint = {"key": "node.kubernetes.io/network-unavailable", "effect": "NoSchedule"}
    assert bool(keeping_out(node("a", taint), daemon_set(hostNetwork=host_network))) is not host_network


def test_the_nodes_and_what_is_said_of_them() -> None:
    nodes = [node("a", GPU), {"metadata": {"name": "b"}}, node("c", GPU, {"key": "x", "effect": "NoExecute"})]
    found = closed_nodes(nodes, daemon_set())
    assert found == {"a": "taint dedicated=gpu:NoSchedule", "c": "taints dedicated=gpu:NoSchedule, x:NoExecute"}
    assert would_be_lost(found, daemon_set()).startswith(
        "DaemonSet kube-system/kube-proxy does not tolerate taints of the nodes a (taint dedicated=gpu:NoSchedule), c ("
    )
