# SPDX-License-Identifier: GPL-3.0-or-later

"""The merge patch of two objects makes the one of the other, and says no more than it must."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.merge_patch import merge_patch

from ..self_hosted.proxy_objects import merged

SCALARS = st.one_of(
    st.booleans(), st.integers(0, 2), st.text("ab", max_size=1), st.lists(st.integers(0, 2), max_size=2)
)
OBJECTS: st.SearchStrategy[t.Any] = st.recursive(
    st.dictionaries(st.sampled_from("abc"), SCALARS, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), st.one_of(SCALARS, inner), max_size=3),
)


@given(OBJECTS, OBJECTS)
def test_the_patch_leads_from_one_to_the_other(before: dict[str, t.Any], after: dict[str, t.Any]) -> None:
    assert merged(before, merge_patch(before, after)) == after
    assert merge_patch(before, before) == {}


@pytest.mark.parametrize(
    ("before", "after", "patch"),
    [
        ({"type": "x", "rolling": {"maxSurge": 0}}, {"type": "y"}, {"type": "y", "rolling": None}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, {"a": {"c": 3}}),
        ({"a": [1, 2]}, {"a": [1]}, {"a": [1]}),
        ({"a": 1}, {"a": {"b": {}}}, {"a": {"b": {}}}),
        ({"a": None}, {"b": None}, {}),
    ],
)  # fmt: skip
def test_what_is_sent(before: dict[str, t.Any], after: dict[str, t.Any], patch: dict[str, t.Any]) -> None:
    assert merge_patch(before, after) == patch
