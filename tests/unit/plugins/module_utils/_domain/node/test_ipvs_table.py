# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel's IPVS table as text, and what ipvsadm and ip write about it."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node import ipvs_table
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.facts import (
    Backend,
    Interface,
    Timeouts,
    VirtualService,
)

# Linux 6.1, shortened.
TABLE = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  0A600001:01BB lc \n\
  -> C0A80A02:192B      Masq    1      3          2         \n\
UDP  [fd00:0010:0096:0000:0000:0000:0000:000a]:0035 rr ops
TCP  0A60000A:0050 sh persistent 2700000 FFFFFFFF
  -> [fd00:0010:0244:0000:0000:0000:0000:0005]:1F90      Masq    0      0          1
FWM  00000010 wlc \n\
"""


def test_services_and_their_backends() -> None:
    assert ipvs_table.virtual_services(TABLE) == (
        VirtualService(
            "TCP", "lc", address="10.96.0.1", port=443, backends=(Backend("192.168.10.2", 6443, "Masq", 1, 3, 2),)
        ),
        VirtualService("UDP", "rr", address="fd00:10:96::a", port=53),
        VirtualService(
            "TCP",
            "sh",
            persistent_seconds=10800,
            address="10.96.0.10",
            port=80,
            backends=(Backend("fd00:10:244::5", 8080, "Masq", 0, 0, 1),),
        ),
        VirtualService("FWM", "wlc", mark=16),
    )


def test_table_without_services() -> None:
    assert ipvs_table.virtual_services("".join(TABLE.splitlines(keepends=True)[:3])) == ()


@pytest.mark.parametrize(
    "line", ["TCP nonsense rr", "TCP 0A600001:01BB", "-> 0A600001:01BB Masq 1 0 0", "TCP 0A600001:01BB rr persistent"]
)
def test_line_that_is_not_of_the_table(line: str) -> None:
    with pytest.raises(ValueError, match=f"^'{line}'$"):
        ipvs_table.virtual_services("\n".join([*TABLE.splitlines()[:3], f"  {line} "]))


def test_timeouts() -> None:
    assert ipvs_table.timeouts("Timeout (tcp tcpfin udp): 900 120 300\n") == Timeouts(900, 120, 300)
    assert ipvs_table.timeouts("Can't initialize ipvs") is None


def test_addresses_of_the_interface() -> None:
    output = (
        "7: kube-ipvs0    inet 10.96.0.1/32 scope global kube-ipvs0\\       valid_lft forever preferred_lft forever\n"
        "7: kube-ipvs0    inet6 fd00:10:96::a/128 scope global \\       valid_lft forever preferred_lft forever\n"
    )
    assert ipvs_table.interface_addresses(output) == ("10.96.0.1", "fd00:10:96::a")


@pytest.mark.parametrize(("ticks", "seconds"), [(100, 27000), (250, 10800), (1000, 2700)])
def test_time_of_persistence_is_in_ticks_of_the_kernel(ticks: int, seconds: int) -> None:
    """Seen with 250 on Debian 12: ``ipvsadm -A ... -p 600`` shows as ``persistent 150000``."""
    assert [service.persistent_seconds for service in ipvs_table.virtual_services(TABLE, ticks)].count(seconds) == 1


# Linux 6.1, shortened; 192.0.2.99 is only the end of a network that is routed to the node as a whole.
LOCAL_ADDRESSES = """\
Local:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
        |-- 192.0.2.7
           /32 host LOCAL
        |-- 192.0.2.99
           /32 link BROADCAST
"""
LOCAL_IPV6 = "20010db8000000000000000000000007 02 40 00 80     eth0\n"


def test_addresses_of_the_node() -> None:
    assert ipvs_table.node_addresses(LOCAL_ADDRESSES, LOCAL_IPV6) == ("127.0.0.1", "192.0.2.7", "2001:db8::7")
    assert ipvs_table.node_addresses(LOCAL_ADDRESSES, None) == ("127.0.0.1", "192.0.2.7")
    assert ipvs_table.node_addresses(None, LOCAL_IPV6) is None


KUBE_IPVS0 = Interface("kube-ipvs0", True, ("10.96.0.1", "10.96.0.2"))
NODE_PORTS = {("TCP", 30099)}


def service(address: str, port: int, *forwards: str) -> VirtualService:
    backends = tuple(Backend("10.244.0.5", 80, forward, 1, 0, 0) for forward in forwards)
    return VirtualService("TCP", "rr", address=address, port=port, backends=backends)


@pytest.mark.parametrize(
    ("candidate", "own"),
    [
        (service("10.96.0.1", 443, "Masq", "Masq"), True),
        # A Service without endpoints.
        (service("10.96.0.2", 80), True),
        (service("10.96.0.3", 80, "Masq"), False),
        (service("192.0.2.7", 30099, "Masq"), True),
        (service("2001:db8::7", 30099), True),
        (service("192.0.2.7", 30098, "Masq"), False),
        # keepalived's: its address is not here now, or it forwards in a way that kube-proxy never does.
        (service("192.0.2.100", 30099, "Masq"), False),
        (service("192.0.2.7", 30099, "Route"), False),
        (service("192.0.2.7", 30099, "Masq", "Tunnel"), False),
        (service("10.96.0.1", 443, "Route"), False),
        (service("10.96.0.1", 443, "Local"), False),
        (VirtualService("FWM", "rr", mark=1), False),
    ],
)
def test_which_virtual_services_are_kube_proxys(candidate: VirtualService, own: bool) -> None:
    found = ipvs_table.of_kube_proxy([candidate], KUBE_IPVS0, NODE_PORTS, ("192.0.2.7", "2001:db8::7"))
    assert found == ([candidate] if own else [])


def test_where_something_is_not_known_it_proves_nothing() -> None:
    on_a_node_port, other = service("192.0.2.100", 30099, "Masq"), service("192.0.2.100", 30098, "Masq")
    routed = service("192.0.2.100", 30099, "Route")
    both = [on_a_node_port, other, routed]
    assert ipvs_table.of_kube_proxy(both, KUBE_IPVS0, NODE_PORTS, None) == [on_a_node_port]
    assert ipvs_table.of_kube_proxy(both, KUBE_IPVS0, None, None) == [on_a_node_port, other]
    assert ipvs_table.of_kube_proxy(both, KUBE_IPVS0, None, ("192.0.2.7",)) == []
    without_addresses = Interface("kube-ipvs0", True, None)
    assert ipvs_table.of_kube_proxy(both, without_addresses, (), ("192.0.2.7",)) == [on_a_node_port, other]


def test_without_the_interface_nothing_is_kube_proxys() -> None:
    gone = Interface("kube-ipvs0", False, ())
    assert ipvs_table.of_kube_proxy([service("192.0.2.7", 30099, "Masq")], gone, NODE_PORTS, None) == []
