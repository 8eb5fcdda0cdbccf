# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading kube-proxy over HTTP, played by a server on the loopback that answers like its versions."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.node import probe
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.node.probe import kube_proxy
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.addresses import Endpoint
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.facts import Healthz, KubeProxyState
from hostile_server import HostileServer

CONFIG = {"Mode": "ipvs", "IPVS": {"Scheduler": "lc"}}


@pytest.fixture
def answers() -> dict[str, tuple[int, str]]:
    """Path -> status and body."""
    return {
        "/proxyMode": (200, "ipvs\n"),
        "/configz": (200, json.dumps({"kubeproxy.config.k8s.io": CONFIG})),
        "/healthz": (200, '{"lastUpdated": "2026-11-21T06:00:00Z"}'),
    }


@pytest.fixture
def server(answers: dict[str, tuple[int, str]]) -> t.Iterator[Endpoint]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers.get(self.path, (404, "404 page not found"))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_arguments: t.Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Endpoint("127.0.0.1", running.server_port)
        running.shutdown()
        thread.join()


def test_mode_configuration_and_health(server: Endpoint) -> None:
    found = kube_proxy(server, server)
    assert found == KubeProxyState(
        mode="ipvs",
        url=f"http://127.0.0.1:{server.port}/proxyMode",
        config=CONFIG,
        healthz=Healthz(200, {"lastUpdated": "2026-11-21T06:00:00Z"}),
    )
    assert found.healthy is True


def test_proxy_of_the_environment_is_not_asked(server: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert kube_proxy(server, server).mode == "ipvs"


def test_unhealthy(server: Endpoint, answers: dict[str, tuple[int, str]]) -> None:
    answers["/healthz"] = (503, "no JSON")
    found = kube_proxy(server, server)
    assert (found.healthy, found.healthz) == (False, Healthz(503))


@pytest.mark.parametrize("answer", [(200, "<html>"), (404, "ipvs"), (200, "")])
def test_something_else_on_the_port(
    server: Endpoint, answers: dict[str, tuple[int, str]], answer: tuple[int, str]
) -> None:
    answers["/proxyMode"] = answer
    found = kube_proxy(server, server)
    assert (found.mode, found.config) == (None, None)
    assert "is not kube-proxy" in str(found.error)


@pytest.mark.parametrize(
    "answer", [(404, "not found"), (200, "{}"), (200, "[]"), (200, '{"kubeproxy.config.k8s.io": 1}')]
)
def test_configuration_that_is_not_reported(
    server: Endpoint, answers: dict[str, tuple[int, str]], answer: tuple[int, str]
) -> None:
    answers["/configz"] = answer
    found = kube_proxy(server, server)
    assert (found.mode, found.config) == ("ipvs", None)
    assert "/configz" in str(found.error)


def test_nobody_answers() -> None:
    with socket.socket() as taken:
        # Bound and not listening: refused, and nobody else can get it.
        taken.bind(("127.0.0.1", 0))
        nobody = Endpoint("127.0.0.1", taken.getsockname()[1])
        found = kube_proxy(nobody, nobody)
    assert (found.mode, found.config, found.healthy, found.healthz) == (None, None, None, None)
    assert str(found.error).count("does not answer") == 2


def test_mode_in_effect_counts_when_none_is_requested(node: t.Any, server: Endpoint) -> None:
    node.kernel("6.1.0-28-amd64")
    probed = {"probe": True, "metrics_address": f"127.0.0.1:{server.port}", "healthz_address": f"0.0.0.0:{server.port}"}
    result = node.survey(scheduler="lc", kube_proxy_version="1.31", **probed)
    assert (result["required"]["mode"], result["kube_proxy"]["error"]) == ("ipvs", None)
    assert result["required"]["load"] == ["ip_vs", "ip_vs_lc", "nf_conntrack"]
    assert (result["leftovers"], result["drift"]) == ([], [])
    other = node.survey(mode="iptables", **probed)
    assert (other["required"]["mode"], other["kube_proxy"]["mode"]) == ("iptables", "ipvs")
    assert other["drift"] == ["kube-proxy runs in mode ipvs instead of iptables"]


def test_a_node_that_differs_is_read_again_until_it_does_not(
    node: t.Any, server: Endpoint, answers: dict[str, tuple[int, str]]
) -> None:
    node.kernel("6.1.0-28-amd64")
    probed = {"probe": True, "metrics_address": f"127.0.0.1:{server.port}", "healthz_address": f"0.0.0.0:{server.port}"}
    late = node.survey(mode="iptables", wait_timeout=20.0, wait_sleep=4.0, **probed)
    assert late["drift"] == ["kube-proxy runs in mode ipvs instead of iptables"]
    assert node.now == 20

    def two_reads_later() -> None:
        if node.now >= 28:
            answers["/proxyMode"] = (200, "iptables")

    node.meanwhile = two_reads_later
    assert node.survey(mode="iptables", wait_timeout=20.0, wait_sleep=4.0, **probed)["drift"] == []
    assert node.now == 28


@pytest.mark.parametrize(
    "body",
    ["[" * 100_000, '{"kubeproxy.config.k8s.io": NaN}', '{"a": "\\ud800"}', "\x00", '{"kubeproxy.config.k8s.io": []}'],
    ids=lambda body: repr(body[:20]),
)
def test_an_odd_configuration_is_none(server: Endpoint, answers: dict[str, tuple[int, str]], body: str) -> None:
    answers["/configz"] = answers["/healthz"] = (200, body)
    found = kube_proxy(server, server)
    assert (found.mode, found.config) == ("ipvs", None)
    assert "answered 200 without a configuration" in str(found.error)
    assert json.dumps(found.healthz and found.healthz.answer)


def test_an_answer_byte_after_byte_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "TIMEOUT", 0.2)
    monkeypatch.setattr(probe, "_SLACK", 0.1)
    with HostileServer(lambda _connection, _request: None) as slow:
        slow.play = slow.drip(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 5000, 0.05)
        endpoint = Endpoint("127.0.0.1", slow.port)
        found = kube_proxy(endpoint, endpoint)
    assert "/proxyMode does not answer within 0.2 s" in str(found.error)


@pytest.mark.parametrize(
    "raw", [b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", b"\x1b[31m\r\n\r\n", b"HTTP/1.1 \xff\r\n\r\n", b""]
)
def test_what_is_no_proper_http_is_no_answer(raw: bytes) -> None:
    with HostileServer(lambda connection, _request: connection.sendall(raw)) as odd:
        endpoint = Endpoint("127.0.0.1", odd.port)
        assert kube_proxy(endpoint, endpoint).mode is None
