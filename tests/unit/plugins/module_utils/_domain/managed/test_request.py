# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading options: what is wrong whatever state the cluster is in is refused with path and remedy."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.duration import Duration
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.customization import (
    KubeProxySettings,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import customization_request


def problems(kube_proxy: t.Any = None, api_server: t.Any = None) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        customization_request(kube_proxy, api_server)
    return {problem.path: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("sync_period", "PT1.5S", "not a whole number of seconds"),
        ("sync_period", "500ms", "not a whole number of seconds"),
        ("sync_period", "-5s", "is negative"),
        ("sync_period", "P1M", "years or months"),
        ("sync_period", "60", "write it as ISO 8601"),
        ("tcp_timeout", "PT1S", "between 0 and 5 s, which the OVHcloud API refuses; write PT0S to keep"),
        ("tcp_timeout", "4s", "between 0 and 5 s"),
        ("udp_timeout", "PT2147484S", "longer than the kernel's limit"),
        ("scheduler", "wrr", "no scheduler 'wrr'; choose one of dh, lc, nq, rr, sed, sh"),
    ],
)
def test_refuses_with_the_path_and_what_is_allowed(option: str, value: str, message: str) -> None:
    found = problems({"ipvs": {option: value}})
    assert list(found) == [f"kube_proxy.ipvs.{option}"]
    assert message in found[f"kube_proxy.ipvs.{option}"]


def test_tells_every_problem_at_once() -> None:
    found = problems({"iptables": {"sync_period": "x"}, "ipvs": {"scheduler": "x", "tcp_timeout": "2s"}})
    assert list(found) == [
        "kube_proxy.iptables.sync_period",
        "kube_proxy.ipvs.scheduler",
        "kube_proxy.ipvs.tcp_timeout",
    ]


@pytest.mark.parametrize("value", ["PT0S", "0s", "5s", "PT5S", "15m"])
def test_takes_the_timeouts_the_api_takes(value: str) -> None:
    request = customization_request({"ipvs": {"tcp_timeout": value}}, None)
    assert request.kube_proxy is not None
    assert request.kube_proxy.get("ipvs", "tcp_timeout") == Duration.parse(value)


def test_empty_text_counts_as_not_set() -> None:
    request = customization_request({"ipvs": {"scheduler": "", "sync_period": ""}, "iptables": None}, None)
    assert request.kube_proxy == KubeProxySettings()


@pytest.mark.parametrize(
    ("lists", "path", "message"),
    [
        ({"disabled": ["NodeRestriction"]}, ".disabled", "NodeRestriction must stay enabled"),
        (
            {"enabled": ["AlwaysPullImages"], "disabled": ["AlwaysPullImages"]},
            "",
            "both in 'enabled' and in 'disabled'",
        ),
        ({"enabled": ["PodSecurity"]}, ".enabled", "no admission plugin 'PodSecurity'"),
    ],
)
def test_refuses_plugins(lists: dict[str, list[str]], path: str, message: str) -> None:
    found = problems(None, {"admission_plugins": lists})
    assert message in found[f"api_server.admission_plugins{path}"]
