# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of kube_proxy_node_info: which are refused, and what a blank one stands for."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.addresses import Endpoint
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.request import (
    NodeRequest,
    node_request,
)

BLANK: dict[str, t.Any] = {
    "mode": "",
    "scheduler": "",
    "kube_proxy_version": "",
    "ip_families": [],
    "modules": [],
    "sysctls": [],
    "probe": True,
    "metrics_address": "",
    "healthz_address": "",
    "modules_load_file": "",
    "sysctl_file": "",
}
REFUSED = [
    ("scheduler", "../lc", "is not a scheduler"),
    ("scheduler", "Least Connection", "is not a scheduler"),
    ("kube_proxy_version", "latest", "version of kube-proxy"),
    ("metrics_address", "localhost:10249", "such as 127.0.0.1:10249"),
    ("metrics_address", "127.0.0.1:0", "between 1 and 65535"),
    ("healthz_address", "127.0.0.1:99999", "between 1 and 65535"),
    ("healthz_address", "node", "such as 127.0.0.1:10256"),
    ("modules", ["ip_vs", "../x"], "'../x' is not the name of a kernel module"),
    ("sysctls", ["net.ipv4.ip_forward", "net/../../etc/shadow"], "is not the name of a sysctl"),
    ("sysctls", ["/etc/shadow"], "is not the name of a sysctl"),
    ("sysctls", ["5"], "is not the name of a sysctl"),
]


def request(**options: t.Any) -> NodeRequest:
    return node_request({**BLANK, **options})


def test_all_options() -> None:
    assert request(
        mode="ipvs",
        scheduler=" lc ",
        kube_proxy_version="v1.31.4",
        ip_families=["IPv6", "IPv4"],
        modules=["br-netfilter", " xt_set"],
        sysctls=["net.core.somaxconn", "net/ipv4/conf/eth0.100/rp_filter"],
        probe=False,
        metrics_address="[fd00::1]:1",
        healthz_address="0.0.0.0",  # noqa: S104 - nothing is bound
        modules_load_file="/etc/modules-load.d/a.conf",
        sysctl_file="/etc/sysctl.d/a.conf",
    ) == NodeRequest(
        mode="ipvs",
        scheduler="lc",
        version=KubeProxyVersion(1, 31, 4),
        ip_families=("IPv6", "IPv4"),
        metrics=Endpoint("fd00::1", 1),
        healthz=Endpoint("127.0.0.1", 10256),
        probe=False,
        modules=("br_netfilter", "xt_set"),
        sysctls=("net.core.somaxconn", "net/ipv4/conf/eth0.100/rp_filter"),
        modules_load_file="/etc/modules-load.d/a.conf",
        sysctl_file="/etc/sysctl.d/a.conf",
    )


@pytest.mark.parametrize("blank", ["", " ", None])
def test_blank_options_are_not_given(blank: str | None) -> None:
    options = {name: blank for name, value in BLANK.items() if isinstance(value, str)}
    assert request(**options, ip_families=[" "], modules=["", " "], sysctls=[""]) == NodeRequest(
        mode=None,
        scheduler=None,
        version=None,
        ip_families=("IPv4",),
        metrics=Endpoint("127.0.0.1", 10249),
        healthz=Endpoint("127.0.0.1", 10256),
        probe=True,
        modules=(),
        sysctls=(),
        modules_load_file="/etc/modules-load.d/kube-proxy.conf",
        sysctl_file="/etc/sysctl.d/90-kube-proxy.conf",
    )


def test_lists_that_are_null_are_not_given() -> None:
    assert request(ip_families=None, modules=None, sysctls=None) == request()


@pytest.mark.parametrize(("option", "value", "reason"), REFUSED)
def test_option_that_is_refused(option: str, value: t.Any, reason: str) -> None:
    with pytest.raises(ValidationError) as refused:
        request(**{option: value})
    [problem] = refused.value.problems
    assert problem.path == option
    assert reason in problem.message


def test_every_refused_option_is_reported() -> None:
    wrong = {option: value for option, value, _reason in REFUSED}
    with pytest.raises(ValidationError) as refused:
        request(**wrong)
    assert sorted(problem.path for problem in refused.value.problems) == sorted(wrong)
