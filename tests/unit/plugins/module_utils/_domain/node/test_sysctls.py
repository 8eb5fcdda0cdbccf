# SPDX-License-Identifier: GPL-3.0-or-later

"""Where sysctls are, and their values as the kernel shows them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.sysctls import (
    as_shown,
    assignments,
    sysctl_path,
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1, "1"), (0, "0"), (True, "1"), (False, "0"), ("True", "1"), ("4096\t 87380  6291456\n", "4096 87380 6291456")],
)
def test_values_become_the_text_of_the_kernel(value: t.Any, shown: str) -> None:
    assert as_shown({"net.ipv4.tcp_rmem": value}) == {"net.ipv4.tcp_rmem": shown}


def test_blank_values_are_not_given() -> None:
    assert as_shown({"a": "", "b": None, "c": " "}) == {}
    assert as_shown(None) == {}


def test_only_what_differs_is_assigned() -> None:
    desired = {"c": "3", "a": "1", "b": "2"}
    assert assignments(desired, {"a": "1", "b": "0", "c": None}) == ["b=2", "c=3"]
    assert assignments(desired, {}) == ["a=1", "b=2", "c=3"]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
        ("net/ipv4/ip_forward", "net/ipv4/ip_forward"),
        ("net.ipv4.conf.eth0/100.rp_filter", "net/ipv4/conf/eth0.100/rp_filter"),
        ("net/ipv4/conf/eth0.100/rp_filter", "net/ipv4/conf/eth0.100/rp_filter"),
    ],
)
def test_path_of_a_sysctl(name: str, path: str) -> None:
    assert sysctl_path(name) == path
