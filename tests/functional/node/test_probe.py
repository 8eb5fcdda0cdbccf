# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking kube-proxy, played by a server on the loopback that answers what the facts say of its versions."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.node.probe import Address, kube_proxy

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
def server(answers: dict[str, tuple[int, str]]) -> t.Iterator[Address]:
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
        yield Address("127.0.0.1", running.server_port)
        running.shutdown()
        thread.join()


def test_mode_configuration_and_health(server: Address) -> None:
    assert kube_proxy(server, server) == {
        "mode": "ipvs",
        "url": f"http://127.0.0.1:{server.port}/proxyMode",
        "config": CONFIG,
        "healthy": True,
        "healthz": {"status": 200, "answer": {"lastUpdated": "2026-11-21T06:00:00Z"}},
        "error": None,
    }


def test_proxy_of_the_environment_is_not_asked(server: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert kube_proxy(server, server)["mode"] == "ipvs"


def test_unhealthy(server: Address, answers: dict[str, tuple[int, str]]) -> None:
    answers["/healthz"] = (503, "no JSON")
    found = kube_proxy(server, server)
    assert (found["healthy"], found["healthz"]) == (False, {"status": 503, "answer": None})


@pytest.mark.parametrize("answer", [(200, "<html>"), (404, "ipvs"), (200, "")])
def test_something_else_on_the_port(
    server: Address, answers: dict[str, tuple[int, str]], answer: tuple[int, str]
) -> None:
    answers["/proxyMode"] = answer
    found = kube_proxy(server, server)
    assert (found["mode"], found["config"]) == (None, None)
    assert "is not kube-proxy" in found["error"]


@pytest.mark.parametrize(
    "answer", [(404, "not found"), (200, "{}"), (200, "[]"), (200, '{"kubeproxy.config.k8s.io": 1}')]
)
def test_configuration_that_is_not_told(
    server: Address, answers: dict[str, tuple[int, str]], answer: tuple[int, str]
) -> None:
    answers["/configz"] = answer
    found = kube_proxy(server, server)
    assert (found["mode"], found["config"]) == ("ipvs", None)
    assert "/configz" in found["error"]


def test_nobody_answers() -> None:
    with socket.socket() as taken:
        # Bound and not listening: refused, and nobody else can get it.
        taken.bind(("127.0.0.1", 0))
        nobody = Address("127.0.0.1", taken.getsockname()[1])
        found = kube_proxy(nobody, nobody)
    assert (found["mode"], found["config"], found["healthy"], found["healthz"]) == (None, None, None, None)
    assert found["error"].count("does not answer") == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:10249", ("127.0.0.1", 10249)),
        ("127.0.0.1", ("127.0.0.1", 10249)),
        ("0.0.0.0:1234", ("127.0.0.1", 1234)),
        ("0.0.0.0", ("127.0.0.1", 10249)),  # noqa: S104 - nothing is bound
        ("[::]:1234", ("::1", 1234)),
        ("::", ("::1", 10249)),
        ("[::1]:10249", ("::1", 10249)),
        ("[fd00::1]", ("fd00::1", 10249)),
        ("192.168.1.5:80", ("192.168.1.5", 80)),
    ],
)
def test_addresses_as_in_the_configuration_of_kube_proxy(text: str, expected: tuple[str, int]) -> None:
    assert Address.parse(text, 10249) == expected


@pytest.mark.parametrize(
    "text",
    [
        "localhost:10249",
        "127.0.0.1:0",
        "127.0.0.1:65536",
        "127.0.0.1:x",
        "[::1",
        "[::1]:",
        "127.0.0.1:",
        "1.2.3:4",
        ":1",
    ],
)
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"IP address|between 1 and 65535"):
        Address.parse(text, 10249)


def test_address_of_ipv6_in_a_url() -> None:
    assert Address("::1", 10249).url("/proxyMode") == "http://[::1]:10249/proxyMode"


def test_mode_in_effect_counts_when_none_is_asked_for(node: t.Any, server: Address) -> None:
    node.kernel("6.1.0-28-amd64")
    asked = {"probe": True, "metrics_address": f"127.0.0.1:{server.port}", "healthz_address": f"0.0.0.0:{server.port}"}
    result = node.survey(scheduler="lc", kube_proxy_version="1.31", **asked)
    assert (result["required"]["mode"], result["kube_proxy"]["error"]) == ("ipvs", None)
    assert result["required"]["load"] == ["ip_vs", "ip_vs_lc", "nf_conntrack"]
    assert (result["leftovers"], result["drift"]) == ([], [])
    other = node.survey(mode="iptables", **asked)
    assert (other["required"]["mode"], other["kube_proxy"]["mode"]) == ("iptables", "ipvs")
    assert other["drift"] == ["kube-proxy runs in mode ipvs instead of iptables"]
