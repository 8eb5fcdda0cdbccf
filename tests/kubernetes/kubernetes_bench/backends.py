# SPDX-License-Identifier: GPL-3.0-or-later

"""The two web servers behind the Service "web": ClusterIP 10.96.50.50, port 80."""

from __future__ import annotations

import http.server
import threading
import typing as t

import httpx

from . import network
from .errors import BenchError

CLUSTER_IP = "10.96.50.50"
_PORT = 8081
_NAMESPACE = "/api/v1/namespaces/default"


class Backend(http.server.BaseHTTPRequestHandler):
    """Answers with its own address, so that one can see which backend a request reached."""

    def do_GET(self) -> None:
        body = f"backend {self.connection.getsockname()[0]} client {self.client_address[0]}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: t.Any) -> None:
        """Nobody reads it."""


def serve() -> None:
    """Until the process ends."""
    for address in network.BACKENDS:
        server = http.server.ThreadingHTTPServer((address, _PORT), Backend)
        threading.Thread(target=server.serve_forever, name=f"backend-{address}", daemon=True).start()


def publish(api: httpx.Client) -> None:
    """The Service, and Endpoints of its own since no pods stand behind it."""
    metadata = {"name": "web"}
    ports = {"name": "http", "protocol": "TCP"}
    for path, body in (
        (
            "services",
            {
                "metadata": metadata,
                "spec": {"clusterIP": CLUSTER_IP, "ports": [{**ports, "port": 80, "targetPort": _PORT}]},
            },
        ),
        (
            "endpoints",
            {
                "metadata": metadata,
                "subsets": [
                    {"addresses": [{"ip": ip} for ip in network.BACKENDS], "ports": [{**ports, "port": _PORT}]}
                ],
            },
        ),
    ):
        answer = api.post(f"{_NAMESPACE}/{path}", json=body)
        if answer.status_code not in (201, 409):
            raise BenchError(f"The API server refused the {path} of the Service web: {answer.text}")
