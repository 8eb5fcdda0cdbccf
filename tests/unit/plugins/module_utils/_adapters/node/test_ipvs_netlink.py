# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes over netlink to remove a virtual service, byte by byte."""

from __future__ import annotations

import socket
import sys

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.node import ipvs_netlink
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.facts import VirtualService

pytestmark = pytest.mark.skipif(sys.byteorder != "little", reason="netlink has the byte order of the machine")

IPV4 = VirtualService("TCP", "rr", address="10.96.0.1", port=443)
IPV6 = VirtualService("SCTP", "rr", address="fd00:96::1", port=53)


def test_a_service_is_named_by_family_protocol_address_and_port() -> None:
    """linux/ip_vs.h: IPVS_CMD_ATTR_SERVICE is 1, in it AF 1, PROTOCOL 2, ADDR 3 (16 bytes), PORT 4 (big-endian)."""
    assert ipvs_netlink.attributes(IPV4).hex(" ", 2) == (
        "3000 0180 "
        "0600 0100 0200 0000 "
        "0600 0200 0600 0000 "
        "1400 0300 0a60 0001 0000 0000 0000 0000 0000 0000 "
        "0600 0400 01bb 0000"
    )
    assert ipvs_netlink.attributes(IPV6).hex(" ", 2) == (
        "3000 0180 "
        "0600 0100 0a00 0000 "
        "0600 0200 8400 0000 "
        "1400 0300 fd00 0096 0000 0000 0000 0000 0000 0001 "
        "0600 0400 0035 0000"
    )


def test_a_request_asks_for_a_confirmation() -> None:
    message = ipvs_netlink.message(family=0x1B, number=7, command=3, version=1, payload=b"\x00" * 4)
    assert message.hex(" ", 2) == "1800 0000 1b00 0500 0700 0000 0000 0000 0301 0000 0000 0000"


@pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="no netlink on this machine")
def test_the_kernel_knows_its_interfaces() -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16) as netlink:
        netlink.bind((0, 0))
        # The interface that answers this very question is always number 16.
        assert ipvs_netlink.family_id(netlink, b"nlctrl\0") == 16
        with pytest.raises(FileNotFoundError):
            ipvs_netlink.family_id(netlink, b"no-such-one\0")
        # Nothing of an earlier answer is left in the socket.
        assert ipvs_netlink.family_id(netlink, b"nlctrl\0") == 16
