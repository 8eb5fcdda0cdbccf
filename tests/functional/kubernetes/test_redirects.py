# SPDX-License-Identifier: GPL-3.0-or-later

"""An answer that redirects does not take the token, or the task, to another server."""

from __future__ import annotations

import socket
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes.connection import connect
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes.kubernetes_api import (
    KubernetesApi,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes.server_errors import (
    KubernetesError,
)

from .played_server import PlayedServer

REQUESTS: dict[str, t.Callable[[KubernetesApi], t.Any]] = {
    "read": lambda api: api.config_map("kube-system", "kube-proxy"),
    "write": lambda api: api.replace_config_map({"metadata": {"namespace": "a", "name": "b"}}, dry_run=False),
    "command": lambda api: api.execute("kube-system", "pod", "container", ["true"]),
    "port": lambda api: api.http_get("kube-system", "pod", 10249, "/proxyMode"),
}


@pytest.mark.parametrize("status", ["301 Moved Permanently", "307 Temporary Redirect"])
@pytest.mark.parametrize("kind", REQUESTS)
def test_a_redirect_is_not_followed(kind: str, status: str) -> None:
    visited: list[bytes] = []

    def elsewhere(connection: socket.socket) -> None:
        visited.append(connection.recv(65536))

    with PlayedServer(elsewhere) as other:

        def redirecting(connection: socket.socket) -> None:
            connection.recv(65536)
            target = f"{'ws' if kind in ('command', 'port') else 'http'}://127.0.0.1:{other.port}/"
            connection.sendall(f"HTTP/1.1 {status}\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())

        with (
            PlayedServer(redirecting) as server,
            connect({"host": f"http://127.0.0.1:{server.port}", "api_key": "hunter2"}, {}) as client,
            pytest.raises(KubernetesError) as caught,
        ):
            REQUESTS[kind](KubernetesApi(client, 5.0))
    assert visited == []
    assert status[:3] in str(caught.value)
