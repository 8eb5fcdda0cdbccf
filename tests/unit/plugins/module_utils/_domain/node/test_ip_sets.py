# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets of kube-proxy as ipset saves them."""

from __future__ import annotations

import typing as t

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node import ip_sets

SAVED = """\
create KUBE-NODE-PORT-TCP bitmap:port range 0-65535
add KUBE-NODE-PORT-TCP 30080
create KUBE-NODE-PORT-SCTP-HASH hash:ip,port family inet hashsize 1024 maxelem 65536
add KUBE-NODE-PORT-SCTP-HASH 192.0.2.1,sctp:30081
create KUBE-NODE-PORT-LOCAL-UDP bitmap:port range 0-65535
add KUBE-NODE-PORT-LOCAL-UDP 30053
create KUBE-SRC-ABCDEFGHIJKLMNOP hash:ip family inet
add KUBE-SRC-ABCDEFGHIJKLMNOP 192.0.2.7
create KUBE-6-LOAD-BALANCER-SOURCE-CID hash:ip,port,net family inet6
add KUBE-6-LOAD-BALANCER-SOURCE-CID fd00:96::1,tcp:80,2001:db8::/64
create KUBE-6-CLUSTER-IP hash:ip,port family inet6
add KUBE-6-CLUSTER-IP fd00:96::1,tcp:80
"""


def test_only_sets_of_kube_proxy_are_read() -> None:
    found = ip_sets.read_sets(SAVED)
    assert found["KUBE-NODE-PORT-TCP"] == ["30080"]
    assert "KUBE-SRC-ABCDEFGHIJKLMNOP" not in found


def test_node_ports() -> None:
    found = ip_sets.read_sets(SAVED)
    assert ip_sets.node_ports(found) == {("TCP", 30080), ("SCTP", 30081)}
    assert ip_sets.node_ports(found, local=True) == {("UDP", 30053)}


def test_destinations_and_their_sources() -> None:
    found = ip_sets.read_sets(SAVED)
    destination = ("TCP", "fd00:96::1", 80)
    assert ip_sets.destinations(found, "KUBE-CLUSTER-IP", "ip6") == {destination}
    assert ip_sets.destinations(found, "KUBE-CLUSTER-IP", "ip") == frozenset()
    assert ip_sets.sources(found, "KUBE-LOAD-BALANCER-SOURCE-CIDR", "ip6") == {destination: ["2001:db8::/64"]}


def test_recorded_sets(recorded: t.Callable[[str, str], str]) -> None:
    found = ip_sets.read_sets(recorded("ipvs-after-iptables", "ipset"))
    assert len(found) == 34
    assert ip_sets.node_ports(found) == {("TCP", 30080)}
