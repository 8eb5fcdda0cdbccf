# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual services of the kernel's IPVS table, removed one by one over generic netlink, without ipvsadm.

Sources: linux/genetlink.h and linux/ip_vs.h; the interface "IPVS", version 1, is the same since Linux 2.6.28.
"""

from __future__ import annotations

import ipaddress
import itertools
import os
import socket
import struct
import typing as t

from ..._domain.node.facts import VirtualService

#: Not in the socket module of every Python.
_GENERIC_NETLINK = 16
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_GENERIC = struct.Struct("=BBH")
_ERROR = 2
_REQUEST_WITH_ANSWER = 0x1 | 0x4
_NESTED = 0x8000

_CONTROL, _GET_FAMILY, _FAMILY_ID, _FAMILY_NAME = 0x10, 3, 1, 2
_NAME, _VERSION = b"IPVS\0", 1
_DELETE_SERVICE, _SERVICE = 3, 1
_AF, _PROTOCOL, _ADDRESS, _PORT = 1, 2, 3, 4
_PROTOCOLS = {"TCP": socket.IPPROTO_TCP, "UDP": socket.IPPROTO_UDP, "SCTP": 132}
#: Bytes of union nf_inet_addr.
_ADDRESS_LENGTH = 16


def delete_services(services: t.Iterable[VirtualService]) -> None:
    """Remove them; one that is gone already counts as removed. Raises OSError."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _GENERIC_NETLINK) as netlink:
        netlink.bind((0, 0))
        family = family_id(netlink, _NAME)
        for number, service in enumerate(services, start=2):
            _ask(netlink, message(family, number, _DELETE_SERVICE, _VERSION, attributes(service)), absent=True)


def family_id(netlink: socket.socket, name: bytes) -> int:
    """The number that the kernel gave to the interface; OSError if it has none of that name."""
    answer = _ask(netlink, message(_CONTROL, 1, _GET_FAMILY, 1, _attribute(_FAMILY_NAME, name)))
    offset = _HEADER.size + _GENERIC.size
    while offset + _ATTRIBUTE.size <= len(answer):
        length, kind = _ATTRIBUTE.unpack_from(answer, offset)
        if kind == _FAMILY_ID:
            return int(struct.unpack_from("=H", answer, offset + _ATTRIBUTE.size)[0])
        offset += _aligned(max(length, _ATTRIBUTE.size))
    raise OSError(f"the kernel did not say the number of the netlink interface {name!r}")


def message(family: int, number: int, command: int, version: int, payload: bytes) -> bytes:
    body = _GENERIC.pack(command, version, 0) + payload
    return _HEADER.pack(_HEADER.size + len(body), family, _REQUEST_WITH_ANSWER, number, 0) + body


def attributes(service: VirtualService) -> bytes:
    """What names the service: family, protocol, address and port, the port in the order of the network."""
    address = ipaddress.ip_address(str(service.address))
    inside = (
        (_AF, struct.pack("=H", socket.AF_INET if address.version == 4 else socket.AF_INET6)),
        (_PROTOCOL, struct.pack("=H", _PROTOCOLS[service.protocol])),
        (_ADDRESS, address.packed.ljust(_ADDRESS_LENGTH, b"\0")),
        (_PORT, struct.pack("!H", service.port)),
    )
    return _attribute(_SERVICE | _NESTED, b"".join(itertools.starmap(_attribute, inside)))


def _attribute(kind: int, value: bytes) -> bytes:
    length = _ATTRIBUTE.size + len(value)
    return (_ATTRIBUTE.pack(length, kind) + value).ljust(_aligned(length), b"\0")


def _aligned(length: int) -> int:
    return (length + 3) & ~3


def _ask(netlink: socket.socket, request: bytes, *, absent: bool = False) -> bytes:
    """The answer; ``absent`` accepts that the thing does not exist. Every request asks for a confirmation."""
    netlink.send(request)
    answer = netlink.recv(65536)
    _length, kind, _flags, _number, _port = _HEADER.unpack_from(answer)
    if kind != _ERROR:
        netlink.recv(65536)
        return answer
    error = -struct.unpack_from("=i", answer, _HEADER.size)[0]
    # ESRCH or ENOENT, by kernel.
    if error and not (absent and error in (2, 3)):
        raise OSError(error, os.strerror(error))
    return answer
