# SPDX-License-Identifier: GPL-3.0-or-later

"""What a probe may measure, and what it is refused for."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.addresses import Endpoint
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.probe_request import (
    DNS_QUESTION,
    ProbeRequest,
    pace,
    probe_request,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.node_probe_module import (
    KUBE_PROXY_NODE_PROBE,
)

DEFAULTS: dict[str, t.Any] = {
    name: option.get("default") for name, option in KUBE_PROXY_NODE_PROBE.argument_spec.items()
}


def request(**options: t.Any) -> ProbeRequest:
    return probe_request({**DEFAULTS, "targets": [{"address": "10.96.0.1:443"}], **options})


def problems(**options: t.Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as refused:
        request(**options)
    return {problem.path: problem.message for problem in refused.value.problems}


def test_the_least_that_can_be_asked() -> None:
    found = request()
    [target] = found.targets
    assert (target.endpoint, target.protocol, target.hold) == (Endpoint("10.96.0.1", 443), "tcp", False)
    assert (found.duration, found.interval, found.timeout) == (10.0, 0.05, 0.4)
    assert found.metrics == Endpoint("127.0.0.1", 10249)
    assert (found.name, found.directory) == ("kube-proxy", "/run/clusterops.kube_proxy")


def test_in_the_background_the_default_is_longer() -> None:
    assert request(state="started").duration == 600.0
    assert request(state="started", duration=30.0).duration == 30.0


def test_what_is_blank_is_not_given() -> None:
    blank = {"address": "[2001:db8::1]:80", "protocol": "", "label": " ", "send": "", "hold": None}
    found = request(name=" ", directory="", metrics_address="", mark="  ", targets=[blank])
    assert found == request(targets=[{"address": "[2001:db8::1]:80"}])
    assert found.targets[0].address == "[2001:db8::1]:80"


def test_what_is_sent_on_a_new_connection() -> None:
    of = {
        protocol: request(targets=[{"address": "10.96.0.10:53", "protocol": protocol}]).targets[0].request
        for protocol in ("tcp", "udp", "dns")
    }
    assert of == {"tcp": b"", "udp": b"probe\n", "dns": DNS_QUESTION}
    assert request(targets=[{"address": "10.96.0.10:7", "protocol": "udp", "send": "é"}]).targets[0].request == (
        b"\xc3\xa9"
    )


def test_the_same_settings_are_the_same_probe() -> None:
    assert request(state="started").settings() == request(state="started", directory="/run/x", mark="m").settings()
    changed: t.Sequence[dict[str, t.Any]] = (
        {"interval": 0.1},
        {"duration": 20.0},
        {"timeout": 1.0},
        {"watch_mode": False},
        {"targets": [{"address": "10.96.0.1:443", "hold": True}]},
    )
    for other in changed:
        assert request(state="started", **other).settings() != request(state="started").settings()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("web:80", "not an IP address"),
        ("10.96.0.1", "not 'IP:port'"),
        ("10.96.0.1:0", "not a port"),
        ("10.96.0.1:65536", "not a port"),
        ("", "not 'IP:port'"),
    ],
)
def test_an_address_that_is_none(address: str, words: str) -> None:
    found = problems(targets=[{"address": "10.96.0.1:443"}, {"address": address}])
    assert list(found) == ["targets[1].address"]
    assert words in found["targets[1].address"]


def test_every_problem_is_told() -> None:
    target = {"address": "x", "protocol": "udp", "hold": True, "label": "l" * 61, "send": "s" * 1201}
    found = problems(
        name="../etc",
        targets=[target],
        interval=0.001,
        timeout=31.0,
        duration=-1.0,
        metrics_address="localhost",
        mark="m" * 61,
        directory="relative",
    )
    assert set(found) == {
        "name",
        *(f"targets[0].{member}" for member in ("address", "hold", "label", "send")),
        "interval",
        "timeout",
        "duration",
        "metrics_address",
        "mark",
        "directory",
    }
    assert "seconds, 0.01 to 60" in found["interval"]
    assert "seconds, more than 0" in found["duration"]


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
@pytest.mark.parametrize("option", ["interval", "timeout", "duration"])
def test_seconds_that_are_none(option: str, value: float) -> None:
    assert list(problems(**{option: value})) == [option]


def test_what_would_never_be_sent_is_refused() -> None:
    for protocol in ("tcp", "dns"):
        found = problems(targets=[{"address": "10.96.0.1:53", "protocol": protocol, "send": "GET"}])
        assert "would not be sent" in found["targets[0].send"]
    assert request(targets=[{"address": "10.96.0.1:80", "hold": True, "send": "GET"}]).targets[0].send == "GET"


def test_a_probe_that_would_be_a_load_is_refused() -> None:
    assert "499999" not in str(request(duration=25_000.0))
    assert "are 500200 connections, more than 500000" in problems(duration=25_010.0)["duration"]
    assert "more than 500 connections at a time" in problems(timeout=30.0, interval=0.05)["timeout"]
    # What only looks at a record has no duration of its own.
    assert request(state="stopped", targets=None).targets == ()


@pytest.mark.parametrize("state", ["measured", "started"])
def test_nothing_to_measure(state: str) -> None:
    assert list(problems(state=state, targets=[])) == ["targets"]


@pytest.mark.parametrize(("targets", "duration"), [(1, 60.0), (2, 25_010.0), (7, 90_000.0), (60, 60.0), (400, 1380.0)])
def test_the_pace_of_a_probe_that_has_to_last_is_never_refused(targets: int, duration: float) -> None:
    interval = pace(targets, duration)
    assert request(targets=[{"address": "10.96.0.1:443"}] * targets, duration=duration, interval=interval)
    assert interval == 0.05 or problems(
        targets=[{"address": "10.96.0.1:443"}] * targets, duration=duration, interval=interval - 0.02
    )
