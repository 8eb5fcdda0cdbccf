# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel's IPVS table as text, and what ipvsadm and ip write about it."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node import ipvs_table
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.facts import (
    Backend,
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
