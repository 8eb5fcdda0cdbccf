# SPDX-License-Identifier: GPL-3.0-or-later

"""The name of a new cluster. The other identifiers are tested where they are refused, in tests/functional/modules."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed import identifiers


@pytest.mark.parametrize("name", ["production", "Test cluster (blue) #2", "été", "集群", "🐙", "x" * 255])
def test_a_name_that_people_can_read_is_one(name: str) -> None:
    assert identifiers.new_name(name) == name


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a\x1b[31mb", "do not print"),
        ("a\nb", "do not print"),
        ("a\u202eb", "do not print"),
        ("a\ud800", "do not print"),
        ("\u200b", "do not print"),
        ("\u3164", "nothing that can be seen"),
        ("\u2800 \u2800", "nothing that can be seen"),
        ("x" * 256, "at most 255 characters"),
    ],
)
def test_a_name_that_nobody_can_read_is_for_no_new_cluster(name: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        identifiers.new_name(name)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 250


def test_a_region_is_repeated_within_a_bound() -> None:
    with pytest.raises(ValueError, match=r"\(2000 characters\) is not a region") as refused:
        identifiers.region("é" * 2000)
    assert len(str(refused.value)) < 300
