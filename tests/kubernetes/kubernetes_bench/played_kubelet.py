# SPDX-License-Identifier: GPL-3.0-or-later

"""The one thing of a kubelet that the API server asks for on behalf of clients: the logs of a container."""

from __future__ import annotations

import http.server
import ssl
import threading
import typing as t
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from .played_pods import PlayedPod


class PlayedKubelet:
    """Serves the logs of all played nodes on one loopback port, with the API server's own certificate."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self.host = "127.0.0.1"
        #: (namespace, pod) -> its node and what it plays
        self.logs: dict[tuple[str, str], tuple[str, PlayedPod]] = {}
        self.down: frozenset[str] = frozenset()
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trust.load_cert_chain(certificate, key)
        self._server = http.server.ThreadingHTTPServer((self.host, 0), self._handler())
        self._server.daemon_threads = True
        self._server.socket = trust.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, name="played-kubelet", daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        kubelet = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, text = kubelet._answer(self.path)
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: t.Any) -> None:
                """Requests stand in the audit log."""

        return Handler

    def _answer(self, target: str) -> tuple[int, str]:
        url = urlsplit(target)
        query = parse_qs(url.query)
        match url.path.strip("/").split("/"):
            case ["containerLogs", namespace, name, _container] if (namespace, name) in self.logs:
                node, pod = self.logs[namespace, name]
                if node in self.down:
                    return 503, "the played node is down"
                # While a container waits for its next start, the one that ended last is the present one.
                lines = (pod.previous_log or None) if query.get("previous") == ["true"] else pod.log
                if lines is None:
                    return 400, "previous terminated container not found"
                count = query.get("tailLines")
                lines = lines if count is None else lines[len(lines) - min(len(lines), int(count[0])) :]
                return 200, "".join(f"{line}\n" for line in lines)
        return 404, "no such container"
