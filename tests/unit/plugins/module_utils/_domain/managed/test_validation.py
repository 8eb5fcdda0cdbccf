# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.duration import SECOND, Duration
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.customization import (
    KubeProxySettings,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.ip_restrictions import cidr_blocks
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.validation import (
    customization_request,
    ineffective_settings,
    period_conflicts,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.outcome import sentence


def problems(kube_proxy: t.Any = None, api_server: t.Any = None) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        customization_request(kube_proxy, api_server)
    return {problem.path: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("option", "value", "told"),
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
def test_refuses_with_the_path_and_what_is_allowed(option: str, value: str, told: str) -> None:
    found = problems({"ipvs": {option: value}})
    assert list(found) == [f"kube_proxy.ipvs.{option}"]
    assert told in found[f"kube_proxy.ipvs.{option}"]


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
    ("lists", "path", "told"),
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
def test_refuses_plugins(lists: dict[str, list[str]], path: str, told: str) -> None:
    found = problems(None, {"admission_plugins": lists})
    assert told in found[f"api_server.admission_plugins{path}"]


def settings(**sections: dict[str, str]) -> KubeProxySettings:
    request = customization_request(t.cast(t.Any, sections), None)
    assert request.kube_proxy is not None
    return request.kube_proxy


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"ipvs": {"min_sync_period": "60s"}}, "PT1M exceeds sync_period PT30S (kube-proxy's default)"),
        ({"ipvs": {"min_sync_period": "60s", "sync_period": "0s"}}, "PT1M exceeds sync_period PT30S (kube-proxy's"),
        ({"iptables": {"min_sync_period": "61s", "sync_period": "60s"}}, "PT1M1S exceeds sync_period PT1M, with"),
    ],
)
def test_the_minimum_must_not_exceed_the_period_after_defaulting(given: t.Any, told: str) -> None:
    wanted = settings(**given)
    (problem,) = period_conflicts(wanted, wanted)
    assert problem.path == f"kube_proxy.{next(iter(given))}.min_sync_period"
    assert told in problem.message


def test_a_default_minimum_is_named_as_such() -> None:
    short = KubeProxySettings({("iptables", "syncPeriod"): Duration(SECOND // 2)})
    (problem,) = period_conflicts(short, short)
    assert "PT1S (kube-proxy's default) exceeds sync_period PT0.5S" in problem.message


@pytest.mark.parametrize(
    "given",
    [
        {"ipvs": {"min_sync_period": "30s"}},
        {"ipvs": {"min_sync_period": "60s", "sync_period": "60s"}},
        {"iptables": {"min_sync_period": "0s", "sync_period": "0s"}},
        {"iptables": {"sync_period": "1s"}},
    ],
)
def test_periods_that_kube_proxy_starts_with_pass(given: t.Any) -> None:
    wanted = settings(**given)
    assert period_conflicts(wanted, wanted) == []


def test_a_section_that_was_not_asked_about_is_not_judged() -> None:
    target = settings(ipvs={"min_sync_period": "60s"}, iptables={"sync_period": "10s"})
    assert period_conflicts(target, settings(iptables={"sync_period": "10s"})) == []


def test_warns_of_what_has_no_effect() -> None:
    wanted = settings(ipvs={"sync_period": "0s", "min_sync_period": "0s"}, iptables={"min_sync_period": "PT0S"})
    assert [sentence(notice) for notice in ineffective_settings(wanted, "iptables")] == [
        "kube_proxy.ipvs has no effect while the cluster's kube-proxy mode is iptables. Only a reset changes the "
        "mode: use clusterops.kube_proxy.kube_cluster_reset",
        "kube_proxy.iptables.min_sync_period: zero has no effect, kube-proxy uses its default of 1s instead",
        "kube_proxy.ipvs.sync_period: zero has no effect, kube-proxy uses its default of 30s instead",
    ]


def test_does_not_guess_about_an_unknown_mode() -> None:
    assert ineffective_settings(settings(ipvs={"scheduler": "lc"}), None) == []


def test_cidr_blocks_are_networks_in_order_without_doubles() -> None:
    assert cidr_blocks("ip_restrictions", ["203.0.113.7", "192.0.2.0/24", "192.0.2.0/24"]) == (
        "192.0.2.0/24",
        "203.0.113.7/32",
    )


def test_refuses_what_is_no_network() -> None:
    with pytest.raises(ValidationError, match=r"ip_restrictions: .*192.0.2.1/24 has host bits set.*write an address"):
        cidr_blocks("ip_restrictions", ["192.0.2.1/24"])
