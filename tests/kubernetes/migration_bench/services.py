# SPDX-License-Identifier: GPL-3.0-or-later

"""The Services that are measured, and the server behind them, which sends back whatever it gets.

``measured`` has two endpoints, ``unready`` none until the mode is changed. Both have a ClusterIP and a NodePort.
"""

from __future__ import annotations

import contextlib
import socketserver
import threading
import typing as t
from pathlib import Path

import httpx

from kubernetes_bench import kubeconfig, network
from kubernetes_bench.errors import BenchError

_PORT = 8082
_NAMESPACE = "/api/v1/namespaces/default"
_FINE = (200, 201, 404)


class Service(t.NamedTuple):
    name: str
    cluster_ip: str
    node_port: int

    @property
    def address(self) -> str:
        return f"{self.cluster_ip}:80"


MEASURED = Service("migration-measured", "10.96.50.71", 30071)
UNREADY = Service("migration-unready", "10.96.50.72", 30072)


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        # The other end may go at any time.
        with contextlib.suppress(OSError):
            while data := self.request.recv(4096):
                self.request.sendall(data)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256


class Services:
    """Has them, with their server, as long as it is entered."""

    def __init__(self, administrator: Path) -> None:
        self._api: httpx.Client = kubeconfig.client(administrator)
        self._servers: list[_Server] = []

    def __enter__(self) -> Services:
        for address in network.BACKENDS:
            server = _Server((address, _PORT), Echo)
            threading.Thread(target=server.serve_forever, name=f"echo-{address}", daemon=True).start()
            self._servers.append(server)
        for service in (MEASURED, UNREADY):
            self._remove(service)
            self._send("POST", "services", _service(service))
        self.give_endpoints(MEASURED)
        return self

    def __exit__(self, *_exception: object) -> None:
        for service in (MEASURED, UNREADY):
            self._remove(service)
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._api.close()

    def give_endpoints(self, service: Service) -> None:
        ports = [{"name": "echo", "port": _PORT, "protocol": "TCP"}]
        addresses = [{"ip": address} for address in network.BACKENDS]
        body = {"metadata": {"name": service.name}, "subsets": [{"addresses": addresses, "ports": ports}]}
        self._send("POST", "endpoints", body)

    def take_endpoints(self, service: Service) -> None:
        self._send("DELETE", f"endpoints/{service.name}")

    def _remove(self, service: Service) -> None:
        self._send("DELETE", f"services/{service.name}")
        self.take_endpoints(service)

    def _send(self, method: str, path: str, body: t.Any = None) -> None:
        answer = self._api.request(method, f"{_NAMESPACE}/{path}", json=body)
        if answer.status_code not in _FINE:
            raise BenchError(f"The API server refused {method} {path}: {answer.text}")


def _service(service: Service) -> dict[str, t.Any]:
    port = {"name": "echo", "protocol": "TCP", "port": 80, "targetPort": _PORT, "nodePort": service.node_port}
    return {
        "metadata": {"name": service.name},
        "spec": {"type": "NodePort", "clusterIP": service.cluster_ip, "ports": [port]},
    }
