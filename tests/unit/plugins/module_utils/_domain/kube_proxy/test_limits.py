# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits of durations that hold in both worlds."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.duration import Duration
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import limits
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.settings import BY_PATH

TIMEOUTS = [path for path in BY_PATH if limits.is_ipvs_timeout(BY_PATH[path])]


def test_the_timeouts_of_ipvs_are_three() -> None:
    assert sorted(path[1] for path in TIMEOUTS) == ["tcpFinTimeout", "tcpTimeout", "udpTimeout"]


@pytest.mark.parametrize("path", TIMEOUTS)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0s", None),
        ("1s", None),
        ("2147483s", None),
        ("2147484s", "is longer than the kernel's limit of 596h31m23s"),
        ("1500ms", "is not a whole number of seconds, the finest that the kernel takes"),
        ("-1s", "is negative; write 0s to keep the kernel's value, or more"),
    ],
)
def test_what_the_kernel_takes(path: tuple[str, ...], text: str, said: str | None) -> None:
    assert limits.duration_problem(BY_PATH[path], Duration.parse(text)) == said


def test_other_durations_may_be_fractions_and_long() -> None:
    field = BY_PATH["iptables", "syncPeriod"]
    assert limits.duration_problem(field, Duration.parse("1500ms")) is None
    assert limits.duration_problem(field, Duration.parse("9999999s")) is None
    assert limits.duration_problem(field, Duration.parse("-1ns")) == "is negative; write zero or more"


def test_the_limit_is_spelled_as_the_world_spells_it() -> None:
    said = limits.duration_problem(BY_PATH[TIMEOUTS[0]], Duration.parse("P30D"), Duration.iso)
    assert said == "is longer than the kernel's limit of PT596H31M23S"
