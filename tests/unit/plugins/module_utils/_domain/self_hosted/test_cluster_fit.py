# SPDX-License-Identifier: GPL-3.0-or-later

"""Warnings about a configuration that fits one node, or a family of addresses, and not the cluster."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.cluster_fit import fit_warnings
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.program import Program

PROGRAM = Program("kube-proxy", "kube-proxy:v1.34.1", "kube-proxy")
KUBEADM = Program("kube-proxy", "kube-proxy:v1.34.1", "kube-proxy", names_its_node=True)


@pytest.mark.parametrize(("program", "nodes", "warned"), [(PROGRAM, 3, True), (PROGRAM, 1, False), (KUBEADM, 3, False)])
def test_one_name_for_all_nodes(program: Program, nodes: int, warned: bool) -> None:
    texts = fit_warnings({"hostnameOverride": "node1"}, program, nodes)
    assert [text.startswith("hostnameOverride: 3 nodes read this") for text in texts] == [True] * warned


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"clusterCIDR": "10.0.0.0/16", "bindAddress": "::1"}, ["bindAddress: ::1 is IPv6, and clusterCIDR has IPv4"]),
        ({"clusterCIDR": "fd00::/48", "nodePortAddresses": ["192.0.2.0/24", "fd01::/64"]}, ["nodePortAddresses: 192."]),
        ({"clusterCIDR": "10.0.0.0/16,fd00::/48", "bindAddress": "::1", "nodePortAddresses": ["192.0.2.0/24"]}, []),
        ({"clusterCIDR": "10.0.0.0/16", "bindAddress": "::", "nodePortAddresses": ["primary"]}, []),
        ({"bindAddress": "::1"}, []),
        ({"clusterCIDR": None, "nodePortAddresses": None}, []),
    ],
)
def test_families_that_do_not_match(config: dict[str, t.Any], expected: list[str]) -> None:
    texts = fit_warnings(config, KUBEADM, 3)
    assert len(texts) == len(expected)
    assert all(text.startswith(start) for text, start in zip(texts, expected, strict=True))
