# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that speaks just enough of the WebSocket protocol (RFC 6455) to play exec, port-forward and their faults.

The played nodes of the fast tier run no containers, so its real API server has nobody to connect such a stream to.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import threading
import typing as t

_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
STDOUT, STDERR, ERROR = 1, 2, 3
CLOSE = b"\x88\x02\x03\xe8"

Play = t.Callable[[socket.socket], None]


class PlayedServer:
    """Hands every connection to ``play`` and then closes it, for as long as the ``with`` block lasts."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> PlayedServer:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        # close() alone would leave the thread in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = self._listener.accept()[0]
                threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self._play(connection)


def silent(seconds: float) -> Play:
    """Takes what comes and never answers, so long that only a time-out of the client's own ends it earlier."""

    def play(connection: socket.socket) -> None:
        connection.settimeout(seconds)
        while connection.recv(65536):
            pass

    return play


def refusing(status: int, phrase: str, body: bytes) -> Play:
    """Answers the handshake as an API server does that does not let it through."""
    head = f"HTTP/1.1 {status} {phrase}\r\nAudit-Id: 4711\r\nContent-Length: {len(body)}\r\n\r\n"

    def play(connection: socket.socket) -> None:
        _request(connection)
        connection.sendall(head.encode() + body)

    return play


def streaming(*frames: bytes, then: Play | None = None) -> Play:
    """Opens a web socket, sends these frames and goes on with ``then``."""

    def play(connection: socket.socket) -> None:
        headers = dict(line.split(": ", 1) for line in _request(connection).split("\r\n")[1:] if line)
        key = headers["Sec-WebSocket-Key"]
        accept = base64.b64encode(hashlib.sha1((key + _MAGIC).encode()).digest()).decode()
        connection.sendall(
            f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n".encode()
        )
        connection.sendall(b"".join(frames))
        if then is not None:
            then(connection)

    return play


def frame(channel: int, content: bytes | str | dict[str, t.Any]) -> bytes:
    """One binary message of a channel; a dict goes as JSON."""
    text = json.dumps(content) if isinstance(content, dict) else content
    payload = bytes([channel]) + (text.encode() if isinstance(text, str) else text)
    size = bytes([len(payload)]) if len(payload) < 126 else b"\x7e" + len(payload).to_bytes(2, "big")
    return b"\x82" + size + payload


def _request(connection: socket.socket) -> str:
    received = b""
    while not received.endswith(b"\r\n\r\n"):
        received += connection.recv(1)
    return received.decode()
