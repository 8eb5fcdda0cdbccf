# SPDX-License-Identifier: GPL-3.0-or-later

"""Where sysctls are, and their values as the kernel shows them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.sysctls import (
    as_shown,
    assignments,
    sysctl_path,
    sysctl_problems,
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1, "1"), (0, "0"), (True, "1"), (False, "0"), ("True", "1"), ("4096\t 87380  6291456\n", "4096 87380 6291456")],
)
def test_values_become_the_text_of_the_kernel(value: t.Any, shown: str) -> None:
    assert as_shown({"net.ipv4.tcp_rmem": value}) == {"net.ipv4.tcp_rmem": shown}


def test_blank_values_are_not_given() -> None:
    blank = {"a.a": "", "a.b": None, "a.c": " "}
    assert (as_shown(blank), sysctl_problems(blank)) == ({}, [])
    assert (as_shown(None), sysctl_problems(None)) == ({}, [])


@pytest.mark.parametrize("value", [1, -1, True, False, "True", "1", "1024 65535", "4096\t87380\n", "|/bin/core %p"])
def test_numbers_switches_and_texts_on_one_line_are_values(value: t.Any) -> None:
    assert sysctl_problems({"kernel.x": value}) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([1], "a list is no value of a sysctl; give a whole number, or a text on one line"),
        ((1,), "a list is no value of a sysctl; give a whole number, or a text on one line"),
        ({"a": 1}, "a dictionary is no value of a sysctl; give a whole number, or a text on one line"),
        ("1\nkernel.y = 1", "a text of several lines is no value of a sysctl; give a whole number, or a text on one"),
        ("1\u2028kernel.y = 1", "a text of several lines is no value of a sysctl; give a whole number, or a text on"),
        ("\x1b[31m", "'\\x1b[31m' is no value of a sysctl; give a whole number, or a text on one line"),
        (1.5, "1.5 is no value of a sysctl; give a whole number, or a text on one line"),
        (float("nan"), "nan is no value of a sysctl; give a whole number, or a text on one line"),
        *((word, f"'{word}' is no value of a sysctl; put 1 or 0") for word in ("true", "false", "yes", "off", "TRUE")),
    ],
)
def test_what_no_sysctl_can_have_is_refused_and_left_out(value: t.Any, said: str) -> None:
    (problem,) = sysctl_problems({"kernel.x": value})
    assert problem.path == "kernel.x"
    assert problem.message.startswith(said)
    assert as_shown({"kernel.x": value, "kernel.y": 1}) == {"kernel.y": "1"}


@pytest.mark.parametrize(
    "name", [5, None, True, "5", "", "x", "net.", ".net", "net..ipv4", "net/../etc", "/etc/shadow", "a b.c", "a.b=1"]
)
def test_what_is_no_name_of_a_sysctl_is_refused_and_left_out(name: t.Any) -> None:
    (problem,) = sysctl_problems({name: 1})
    assert (problem.path, problem.message) == (
        str(name),
        "this is not the name of a sysctl; give one such as net.ipv4.ip_forward",
    )
    assert as_shown({name: 1}) == {}


def test_a_long_name_is_cut() -> None:
    (problem,) = sysctl_problems({"x\n" * 1500: 1})
    assert len(problem.path) < 200
    assert problem.path.isprintable()


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
