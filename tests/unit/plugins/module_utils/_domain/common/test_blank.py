# SPDX-License-Identifier: GPL-3.0-or-later

"""Blank means not given; anything that somebody wrote is an answer."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.blank import (
    given,
    is_blank,
    section_is_given,
    without_blanks,
)


@pytest.mark.parametrize("value", [None, "", " ", "\n\t"])
def test_blank(value: t.Any) -> None:
    assert is_blank(value)
    assert given(value, "default") == "default"
    assert given(value) is None


@pytest.mark.parametrize("value", [0, 0.0, False, [], {}, "0", "none", " x "])
def test_not_blank(value: t.Any) -> None:
    assert not is_blank(value)
    assert given(value, "default") is value


def test_members() -> None:
    assert without_blanks({"a": "", "b": None, "c": 0, "d": False, "e": {}}) == {"c": 0, "d": False, "e": {}}
    assert without_blanks(None) == {}


@pytest.mark.parametrize(
    ("members", "is_given"),
    [
        (None, False),
        ({"scheduler": "", "sync_period": None}, False),
        ({"scheduler": "", "sync_period": "1m"}, True),
        ({}, True),
        ({"scheduler": None}, True),
    ],
)
def test_a_section_is_given_unless_a_form_was_left_blank(members: dict[str, t.Any] | None, is_given: bool) -> None:
    assert section_is_given(members) is is_given
