# SPDX-License-Identifier: GPL-3.0-or-later

"""Where two configurations differ."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.audit.differences import (
    Difference,
    differences,
)

CONFIGURATIONS = st.dictionaries(
    st.sampled_from(["iptables", "ipvs", "mode"]),
    st.none() | st.text(max_size=3) | st.booleans() | st.dictionaries(st.sampled_from(["a", "b"]), st.integers()),
)


def test_settings_are_told_by_their_path_and_sections_are_none() -> None:
    current = {"ipvs": {"scheduler": "rr", "strictARP": True, "old": 1}, "iptables": {}, "conntrack": {"min": None}}
    desired = {"ipvs": {"scheduler": "lc", "strictARP": True, "excludeCIDRs": ["10.0.0.0/8"]}}
    found = differences(current, desired)
    assert found == (
        Difference("ipvs.excludeCIDRs", None, '["10.0.0.0/8"]'),
        Difference("ipvs.old", "1", None),
        Difference("ipvs.scheduler", "rr", "lc"),
    )
    assert [str(each) for each in found] == [
        'ipvs.excludeCIDRs is not set, not ["10.0.0.0/8"]',
        "ipvs.old is 1, and is not to be set",
        "ipvs.scheduler is rr, not lc",
    ]


@given(CONFIGURATIONS, CONFIGURATIONS)
def test_the_way_back_is_the_opposite(one: dict[str, object], other: dict[str, object]) -> None:
    assert differences(one, one) == ()
    there, back = differences(one, other), differences(other, one)
    assert [(each.option, each.current, each.desired) for each in there] == [
        (each.option, each.desired, each.current) for each in back
    ]
