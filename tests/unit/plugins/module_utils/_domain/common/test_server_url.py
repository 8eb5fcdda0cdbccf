# SPDX-License-Identifier: GPL-3.0-or-later

"""Which URLs credentials may be sent to, and how messages name where a URL leads."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.server_url import (
    fault_of,
    host_and_port,
    secrets_of_url,
)


@pytest.mark.parametrize(
    "url",
    [
        "https://192.0.2.1:6443",
        "HTTPS://API.example/k8s/clusters/c-1",
        "https://[2001:db8::1]:6443",
        "http://127.0.0.1:8001",
        "http://127.1.2.3",
        "http://LOCALHOST:8080",
        "http://[::1]:8080",
    ],
)
def test_urls_that_may_be_used(url: str) -> None:
    assert fault_of(url) is None


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://192.0.2.2:6450", "in clear"),
        ("HTTP://192.0.2.2:6450", "in clear"),
        ("http://0.0.0.0:8080", "in clear"),
        ("http://[2001:db8::1]", "in clear"),
        ("http://127.0.0.1.example", "in clear"),
        ("http://localhost.example", "in clear"),
        ("http://2130706433", "in clear"),
        ("http://127.0.0.1@192.0.2.2", "user name"),
        ("https://user:hunter2@192.0.2.2", "user name"),
        ("https://192.0.2.2?token=hunter2", "query"),
        ("ftp://192.0.2.2", "not an http"),
        ("192.0.2.2:6450", "not an http"),
        ("https://", "not an http"),
        ("https://host:port", "not an http"),
        ("https://host\nforged", "not an http"),
    ],
)
def test_urls_that_may_not(url: str, fault: str) -> None:
    said = fault_of(url) or ""
    assert fault in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://eu.api.ovh.com/1.0", "eu.api.ovh.com:443"),
        ("http://127.0.0.1/1.0", "127.0.0.1:80"),
        ("https://127.0.0.1:6443", "127.0.0.1:6443"),
        ("https://[::1]:6443/x", "[::1]:6443"),
    ],
)
def test_the_port_is_always_named(url: str, place: str) -> None:
    assert host_and_port(url) == place


def test_what_is_secret_in_a_url() -> None:
    assert secrets_of_url("https://me:p%40ss@host") == {"https://me:p%40ss@host", "me:p%40ss", "p%40ss", "p@ss"}
    assert secrets_of_url("me:pass@host:80") == {"me:pass@host:80", "me:pass", "pass"}
    assert secrets_of_url("https://host/1.0?token=x") == {"https://host/1.0?token=x", "token=x"}
    assert secrets_of_url("https://host/1.0") == secrets_of_url(None) == set()
