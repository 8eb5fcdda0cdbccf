# SPDX-License-Identifier: GPL-3.0-or-later

"""Conversations over TCP and UDP, many at a time in one thread: none of them holds up another one."""

from __future__ import annotations

import errno
import os
import selectors
import socket

from ..._domain.kube_proxy.addresses import Endpoint

#: Bytes; what is asked here is answered with less.
_LONGEST_ANSWER = 64 * 1024
_UNDER_WAY = (0, errno.EINPROGRESS)
#: What goes wrong with connections, in words; anything else goes by its name in C, such as EADDRNOTAVAIL.
_KINDS = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.EPIPE: "reset",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.ETIMEDOUT: "timeout",
}


class FailedError(Exception):
    """The conversation is over without having come to its end; ``kind`` is one word."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Conversation:
    """A connection, and what was answered on it. Without a ``request``, standing is all that it has to do.

    ``whole``: the answer is all that comes until the other side closes, and not the first that comes.
    """

    def __init__(self, selector: selectors.BaseSelector, protocol: str, endpoint: Endpoint, request: bytes) -> None:
        self._selector = selector
        self._request = request
        self.whole = False
        self.answer = b""
        family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
        kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
        self._socket = socket.socket(family, kind)
        self._socket.setblocking(False)
        status = self._socket.connect_ex((endpoint.host, endpoint.port))
        if status not in _UNDER_WAY:
            self._socket.close()
            raise _failed(status)
        selector.register(self._socket, selectors.EVENT_WRITE, self)
        self._standing = False

    def advance(self) -> bool:
        """Do what can be done without waiting; whether it has come to its end. Raises FailedError."""
        try:
            return self._advance()
        except BlockingIOError:
            return False
        except OSError as error:
            raise _failed(error.errno or 0) from error

    def say(self, request: bytes) -> None:
        """One more message on the same connection."""
        self._request, self.answer = request, b""
        self._selector.modify(self._socket, selectors.EVENT_WRITE, self)

    def close(self) -> None:
        self._selector.unregister(self._socket)
        self._socket.close()

    def _advance(self) -> bool:
        if not self._standing:
            status = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if status:
                raise _failed(status)
            self._standing = True
            if not self._request:
                return True
        if self._request:
            self._request = self._request[self._socket.send(self._request) :]
            if not self._request:
                self._selector.modify(self._socket, selectors.EVENT_READ, self)
            return False
        data = self._socket.recv(_LONGEST_ANSWER)
        self.answer = (self.answer + data)[:_LONGEST_ANSWER]
        if data or self._socket.type == socket.SOCK_DGRAM:
            return not self.whole
        if self.whole:
            return True
        raise FailedError("closed")


class Sockets:
    """All conversations of one probe."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def begin(self, protocol: str, endpoint: Endpoint, request: bytes = b"") -> Conversation:
        """Raises FailedError where the connection cannot even be begun."""
        try:
            return Conversation(self._selector, protocol, endpoint, request)
        except OSError as error:
            raise _failed(error.errno or 0) from error

    def ready(self, seconds: float) -> list[Conversation]:
        """Those that can advance, as soon as there are some, or none when the time is over."""
        return [key.data for key, _events in self._selector.select(max(0.0, seconds))]

    def close(self) -> None:
        for key in list(self._selector.get_map().values()):
            key.data.close()
        self._selector.close()


def _failed(number: int) -> FailedError:
    return FailedError(_KINDS.get(number) or errno.errorcode.get(number) or os.strerror(number))
