# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that answers what a faithful simulator never would: raw bytes, slowly, for ever, or nothing at all."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import socket
import threading
import typing as t

QUERY_ID = "EU.ext-4.hostile"


@dataclasses.dataclass
class Request:
    method: str
    path: str
    #: the head as it came, with all headers
    head: str


Play = t.Callable[[socket.socket, Request], None]


class HostileServer:
    """Hands every request to ``play`` and then closes the connection, as long as the ``with`` block lasts."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.requests: list[Request] = []
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> HostileServer:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._over.set()
        # close() alone would leave the thread in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def silent(self, _connection: socket.socket, _request: Request) -> None:
        """Answers nothing."""
        self._over.wait(60)

    def drip(self, content: bytes, pause: float) -> Play:
        """Sends byte after byte, and the last one again and again."""

        def play(connection: socket.socket, _request: Request) -> None:
            sent = 0
            while not self._over.wait(pause):
                connection.sendall(content[min(sent, len(content) - 1) :][:1])
                sent += 1

        return play

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = self._listener.accept()[0]
                threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            received = b""
            while b"\r\n\r\n" not in received:
                chunk = connection.recv(65536)
                if not chunk:
                    return
                received += chunk
            head, _separator, rest = received.partition(b"\r\n\r\n")
            text = head.decode("latin-1")
            lengths = [int(line.split(":")[1]) for line in text.lower().split("\r\n") if line.startswith("content-len")]
            while lengths and len(rest) < lengths[0]:
                rest += connection.recv(65536)
            request = Request(*text.split(" ", 2)[:2], text)
            self.requests.append(request)
            self.play(connection, request)


def answer(body: bytes | str | dict[str, t.Any] | list[t.Any], status: int = 200, **headers: str) -> bytes:
    """The bytes of an answer with OVHcloud's query id; ``_`` in names of headers stands for ``-``."""
    content = json.dumps(body) if isinstance(body, (dict, list)) else body
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    lines = [
        f"HTTP/1.1 {status} Said",
        f"X-OVH-QUERYID: {QUERY_ID}",
        f"Content-Length: {len(raw)}",
        "Connection: close",
    ]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + raw


def saying(*answers: bytes) -> Play:
    """Answers one after the other, the last of them for ever."""
    left = list(answers)

    def play(connection: socket.socket, _request: Request) -> None:
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return play
