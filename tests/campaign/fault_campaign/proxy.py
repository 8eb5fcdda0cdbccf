# SPDX-License-Identifier: GPL-3.0-or-later

"""An HTTP proxy in front of an API that spoils chosen exchanges, and keeps what went through it.

It works on sockets and knows nothing of either side: what a fault does to the connection is what the client sees.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import socket
import struct
import threading
import time
import typing as t

#: Most seconds a fault keeps a connection without an end.
HANG = 30.0


@dataclasses.dataclass
class Answer:
    """What the API answered, or what a fault makes of it."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def but(self, *, status: int | None = None, body: bytes | None = None, **headers: str) -> Answer:
        """A copy with these parts; a header with an underscore for each hyphen."""
        new = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        kept = [(name, value) for name, value in self.headers if name.lower() not in new]
        return Answer(
            self.status if status is None else status,
            [*kept, *new.items()],
            self.body if body is None else body,
        )


@dataclasses.dataclass
class Exchange:
    """One request, what the API really answered (None: it was not asked) and what the client was given."""

    number: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    real: Answer | None = None
    given: Answer | None = None
    spoiled: bool = False

    @property
    def processed(self) -> bool:
        """Whether the API carried it out."""
        return self.real is not None and self.real.status < 300

    @property
    def query_id(self) -> str | None:
        """What the client was given to name the request to the support."""
        return self.given.header("x-ovh-queryid") if self.given else None


class Spoiler(t.Protocol):
    """A fault, applied to one exchange by a proxy."""

    #: Whether the API gets the request.
    forwarded: bool

    def spoil(self, exchange: Exchange, earlier: t.Sequence[Exchange]) -> Answer:
        """What to give the client in place of ``exchange.real``; that is None when the request is not forwarded."""

    def deliver(self, connection: socket.socket, answer: Answer) -> bool:
        """Send it, or do worse; False closes the connection."""


Choice = t.Callable[[Exchange], "Spoiler | None"]


class Proxy:
    """Listens on a loopback port; ``choose`` decides for each request which fault hits it, called with it."""

    def __init__(self, upstream: tuple[str, int]) -> None:
        self._upstream = upstream
        self._lock = threading.Lock()
        self.choose: Choice = lambda exchange: None
        self.exchanges: list[Exchange] = []
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def begin(self, choose: Choice) -> None:
        """Forget what went through, and whoever is still connected."""
        with self._lock:
            connections = list(self._open)
            self.exchanges = []
            self.choose = choose
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.begin(lambda exchange: None)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = self._listener.accept()[0]
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._open.add(connection)
                threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        upstream = http.client.HTTPConnection(*self._upstream, timeout=HANG)
        stream = connection.makefile("rb")
        try:
            with contextlib.suppress(OSError, ValueError):
                while self._one(connection, stream, upstream):
                    pass
        finally:
            with self._lock:
                self._open.discard(connection)
            upstream.close()
            with contextlib.suppress(OSError):
                stream.close()
                connection.close()

    def _one(self, connection: socket.socket, stream: t.BinaryIO, upstream: http.client.HTTPConnection) -> bool:
        line = stream.readline(65536).decode("latin-1")
        if not line.strip():
            return False
        method, path, _version = line.split()
        headers = {}
        while (header := stream.readline(65536).decode("latin-1").strip()) != "":
            name, _colon, value = header.partition(":")
            headers[name.strip().lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
        with self._lock:
            exchanges = self.exchanges
            exchange = Exchange(len(exchanges) + 1, method, path, headers, body)
            exchanges.append(exchange)
            choose = self.choose
        # May hold the request for as long as it likes.
        fault = choose(exchange)
        if fault is None or fault.forwarded:
            exchange.real = _ask(upstream, exchange)
        if fault is None:
            assert exchange.real is not None
            exchange.given = exchange.real
            send(connection, exchange.real)
            return True
        exchange.spoiled = True
        exchange.given = fault.spoil(exchange, exchanges[: exchange.number - 1])
        return fault.deliver(connection, exchange.given)


def _ask(upstream: http.client.HTTPConnection, exchange: Exchange) -> Answer:
    upstream.request(exchange.method, exchange.path, exchange.body or None, exchange.headers)
    response = upstream.getresponse()
    body = response.read()
    kept = ("connection", "transfer-encoding", "content-length", "date")
    return Answer(response.status, [pair for pair in response.getheaders() if pair[0].lower() not in kept], body)


# --- ways to deliver an answer ------------------------------------------------------------------------------------


def head(answer: Answer, length: int | None) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {http.client.responses.get(answer.status, 'Odd')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if length is not None:
        lines.append(f"content-length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def send(connection: socket.socket, answer: Answer) -> bool:
    if answer.status == 204:
        connection.sendall(head(answer, None))
    else:
        connection.sendall(head(answer, len(answer.body)) + answer.body)
    return True


def reset(connection: socket.socket, _answer: Answer) -> bool:
    """RST, as when a machine on the way forgets the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def hang_up(_connection: socket.socket, _answer: Answer) -> bool:
    """The end of the connection in place of an answer."""
    return False


def hang(connection: socket.socket, _answer: Answer) -> bool:
    """Nothing, until the client gives up."""
    connection.settimeout(HANG)
    with contextlib.suppress(OSError):
        while connection.recv(65536):
            pass
    return False


def drip(connection: socket.socket, answer: Answer) -> bool:
    """A byte of the body now and then, so that no single read takes long."""
    connection.sendall(head(answer, len(answer.body) + 10000))
    end = time.monotonic() + HANG
    with contextlib.suppress(OSError):
        for index in range(10000):
            connection.sendall(answer.body[index : index + 1] or b" ")
            time.sleep(0.1)
            if time.monotonic() > end:
                break
    return False


def cut(connection: socket.socket, answer: Answer) -> bool:
    """Half of the body, and the end of the connection."""
    connection.sendall(head(answer, len(answer.body) + 7) + answer.body[: len(answer.body) // 2])
    return False


def raw(data: bytes) -> t.Callable[[socket.socket, Answer], bool]:
    """These bytes in place of an answer."""

    def deliver(connection: socket.socket, _answer: Answer) -> bool:
        connection.sendall(data)
        return False

    return deliver


def long_winded(size: int) -> t.Callable[[socket.socket, Answer], bool]:
    """A body of so many bytes, sent piece by piece."""

    def deliver(connection: socket.socket, answer: Answer) -> bool:
        connection.sendall(head(answer, size))
        piece = b" " * 65536
        with contextlib.suppress(OSError):
            for _index in range(size // len(piece)):
                connection.sendall(piece)
        return False

    return deliver
