# SPDX-License-Identifier: GPL-3.0-or-later

"""What exists has no bound; what is said of it has one."""

from __future__ import annotations

import time

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.listed import (
    counted,
    listed,
    nearest,
    remedy_for,
)


def test_many_are_named_in_part_with_their_number() -> None:
    assert listed([]) == ""
    assert listed(["a", "b"]) == "a, b"
    assert listed(["a", "b"], conjunction=" and ") == "a and b"
    assert listed(["a", "b"], total=7) == "a, b and 5 more"
    assert listed((str(number) for number in range(10)), 10) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert listed((str(number) for number in range(10_000)), 3) == "0, 1, 2 and 9997 more"


def test_one_is_no_plural() -> None:
    assert [counted(number, "node") for number in (0, 1, 2)] == ["0 nodes", "1 node", "2 nodes"]


def test_those_that_look_alike_come_first() -> None:
    names = ["staging", "Prod", "test", "prod-eu", "x"]
    assert nearest("prod", names, 3) == ["Prod", "prod-eu", "staging"]
    assert nearest("nothing-like-it", names, 2) == ["staging", "Prod"]
    assert nearest("prod", []) == []


def test_ten_thousand_are_no_matter() -> None:
    before = time.process_time()
    assert nearest("cluster-777", [f"cluster-{number}" for number in range(10_000)], 1) == ["cluster-777"]
    assert time.process_time() - before < 5


def test_a_mistyped_name_is_told_with_what_was_meant() -> None:
    names = ("service_names", "endpoint", "timeout")
    assert remedy_for("service_name", names) == "did you mean service_names?"
    assert remedy_for("filters", names) == "choose from service_names, endpoint, timeout"
