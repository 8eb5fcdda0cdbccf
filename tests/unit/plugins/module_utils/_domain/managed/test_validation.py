# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for the values of a request: periods after defaulting, and settings without effect."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.duration import SECOND, Duration
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.customization import (
    KubeProxySettings,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import customization_request
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.validation import (
    ineffective_settings,
    period_conflicts,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.outcome import sentence


def settings(**sections: dict[str, str]) -> KubeProxySettings:
    request = customization_request(t.cast(t.Any, sections), None)
    assert request.kube_proxy is not None
    return request.kube_proxy


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ipvs": {"min_sync_period": "60s"}}, "PT1M exceeds sync_period PT30S (kube-proxy's default)"),
        ({"ipvs": {"min_sync_period": "60s", "sync_period": "0s"}}, "PT1M exceeds sync_period PT30S (kube-proxy's"),
        ({"iptables": {"min_sync_period": "61s", "sync_period": "60s"}}, "PT1M1S exceeds sync_period PT1M, with"),
    ],
)
def test_the_minimum_must_not_exceed_the_period_after_defaulting(given: t.Any, message: str) -> None:
    wanted = settings(**given)
    (problem,) = period_conflicts(wanted, wanted)
    assert problem.path == f"kube_proxy.{next(iter(given))}.min_sync_period"
    assert message in problem.message


def test_a_default_minimum_is_named_as_such() -> None:
    short = KubeProxySettings({("iptables", "sync_period"): Duration(SECOND // 2)})
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
        "mode: use clusterops.kube_proxy.kube_cluster_reset or the playbook clusterops.kube_proxy.managed_reset",
        "kube_proxy.iptables.min_sync_period: zero has no effect, kube-proxy uses its default of 1s instead",
        "kube_proxy.ipvs.sync_period: zero has no effect, kube-proxy uses its default of 30s instead",
    ]


def test_does_not_guess_about_an_unknown_mode() -> None:
    assert ineffective_settings(settings(ipvs={"scheduler": "lc"}), None) == []
