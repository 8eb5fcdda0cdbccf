# SPDX-License-Identifier: GPL-3.0-or-later

"""Blank is not given, and what is neither blank nor right is said; which environment needs a process of its own."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.way import Wishes, why_own_process, wishes

BLANK = ({}, *({name: blank} for name in ("clusterops_in_process", "clusterops_progress") for blank in ("", " ", None)))


@pytest.mark.parametrize("variables", BLANK)
def test_blank_is_not_given(variables: dict[str, t.Any]) -> None:
    assert wishes(variables) == Wishes() == Wishes(in_process=True, every=15)


@pytest.mark.parametrize(
    ("value", "in_process"), [(False, False), ("no", False), (0, False), ("0", False), (True, True), ("on", True)]
)
def test_the_switch(value: t.Any, in_process: bool) -> None:
    assert wishes({"clusterops_in_process": value}).in_process is in_process


@pytest.mark.parametrize(
    ("value", "every"),
    [(0, 0), ("0", 0), (1, 1), ("1", 1), ("0.5", 0.5), (-1, -1), (False, 0), ("false", 0), (True, 15), ("yes", 15)],
)
def test_seconds_between_lines(value: t.Any, every: float) -> None:
    assert wishes({"clusterops_progress": value}).every == every


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"clusterops_in_process": "junk"}, "clusterops_in_process: 'junk' is not true or false"),
        ({"clusterops_in_process": [True]}, "clusterops_in_process: a list is not true or false"),
        ({"clusterops_in_process": 2}, "clusterops_in_process: 2 is not true or false"),
        ({"clusterops_progress": "1m"}, "clusterops_progress: '1m' is not a number"),
        ({"clusterops_progress": {}}, "clusterops_progress: a dictionary is not a number"),
    ],
)
def test_what_cannot_be_meant(variables: dict[str, t.Any], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        wishes(variables)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ([], None),
        (["OVH_CONFIG", "_x", "a1", "HTTP_proxy"], None),
        (
            ["PYTHONPATH", "OVH_CONFIG", "LD_PRELOAD"],
            "a new process has to read LD_PRELOAD, PYTHONPATH of its environment",
        ),
        (["A B"], "it is for a shell to judge A B in its environment"),
        (["a-b", "1a", "", "ä", "x\n"], "it is for a shell to judge '', 1a, a-b, x\\n, ä in its environment"),
        (["UID", "_"], "it is for a shell to judge UID, _ in its environment"),
    ],
)
def test_an_environment_that_needs_a_process_of_its_own(names: list[str], why: str | None) -> None:
    assert why_own_process(names) == why
