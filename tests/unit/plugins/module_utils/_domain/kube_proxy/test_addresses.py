# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses as Go reads them, and where a kube-proxy answers."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import addresses as networks


@pytest.mark.parametrize("text", ["192.0.2.1", "::", "2001:db8::1", "::ffff:192.0.2.1"])
def test_addresses(text: str) -> None:
    assert networks.address(text) is not None
    assert networks.with_port(text, 80) in (f"{text}:80", f"[{text}]:80")


@pytest.mark.parametrize(
    "text", ["", "fe80::1%eth0", "010.0.0.1", "localhost", " 192.0.2.1", "192.0.2", "[::]", "\u0661.1.1.1"]
)
def test_no_addresses(text: str) -> None:
    assert networks.address(text) is None
    assert networks.with_port(text, 80) == text


@pytest.mark.parametrize("text", ["10.0.0.0/8", "10.1.2.3/8", "0.0.0.0/0", "::/0", "fd00::1/128"])
def test_cidrs(text: str) -> None:
    assert networks.cidr(text) is not None


@pytest.mark.parametrize(
    "text",
    ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/255.0.0.0", "10.0.0.0/08", "fe80::%eth0/64", "/8", "10.0.0.0/", " ::/0"],
)
def test_no_cidrs(text: str) -> None:
    assert networks.cidr(text) is None


@pytest.mark.parametrize(
    ("text", "is_pair"),
    [
        ("10.0.0.0/8,fd00::/48", True),
        ("fd00::/48,10.0.0.0/8", True),
        ("10.0.0.0/8,11.0.0.0/8", False),
        ("10.0.0.0/8,::ffff:11.0.0.0/104", False),
        ("10.0.0.0/8", False),
        ("10.0.0.0/8,fd00::/48,x", False),
        ("10.0.0.0/8, fd00::/48", False),
    ],
)
def test_pairs(text: str, is_pair: bool) -> None:
    assert networks.dual_stack(text) is is_pair


@pytest.mark.parametrize("text", ["192.0.2.1:1", "192.0.2.1:65535", "[::]:80", "[192.0.2.1]:80"])
def test_host_and_port(text: str) -> None:
    assert networks.host_port_problem(text) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("192.0.2.1:0", "not a port"),
        ("192.0.2.1:65536", "not a port"),
        ("192.0.2.1:", "not a port"),
        ("192.0.2.1:http", "not a port"),
        ("localhost:80", "not an IP address"),
        (":80", "not an IP address"),
        ("192.0.2.1", "is not 'IP:port'"),
        ("::1:80", "is not 'IP:port'"),
    ],
)
def test_no_host_and_port(text: str, told: str) -> None:
    assert told in str(networks.host_port_problem(text))


@pytest.mark.parametrize("text", ["80", "80-90", "80+10", "0-0", "65535", "65530+5"])
def test_port_ranges(text: str) -> None:
    assert networks.port_range_problem(text) is None


@pytest.mark.parametrize("text", ["", "abc", "90-80", "65536", "1-65536", "65530+6", "1-2-3", "-1", " 80"])
def test_no_port_ranges(text: str) -> None:
    assert networks.port_range_problem(text) is not None


@pytest.mark.parametrize(
    ("text", "endpoint"),
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
def test_endpoint_of_a_bind_address(text: str, endpoint: tuple[str, int]) -> None:
    assert networks.Endpoint.parse(text, 10249) == endpoint


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
def test_no_endpoints(text: str) -> None:
    with pytest.raises(ValueError, match=r"IP address|between 1 and 65535"):
        networks.Endpoint.parse(text, 10249)


def test_url_of_an_endpoint() -> None:
    assert networks.Endpoint("127.0.0.1", 10249).url("/proxyMode") == "http://127.0.0.1:10249/proxyMode"
    assert networks.Endpoint("::1", 10249).url("/proxyMode") == "http://[::1]:10249/proxyMode"
