# SPDX-License-Identifier: GPL-3.0-or-later

"""Times that kube-proxy reports, of one IP family or two, and what is no answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.sync_metrics import (
    SyncTimes,
    sync_times,
)

NAME = "kubeproxy_sync_proxy_rules_duration_seconds"


def histogram(buckets: dict[str, int], total: float, family: str = "") -> str:
    label = f'ip_family="{family}",' if family else ""
    lines = [f'{NAME}_bucket{{{label}le="{bound}"}} {count}' for bound, count in buckets.items()]
    braces = f"{{{label.rstrip(',')}}}" if family else ""
    totals = [f"{NAME}_sum{braces} {total}", f"{NAME}_count{braces} {max(buckets.values())}"]
    return "\n".join([f"# TYPE {NAME} histogram", *lines, *totals])


def test_one_family() -> None:
    text = histogram({"0.001": 0, "0.002": 50, "0.004": 100, "+Inf": 100}, 0.25)
    assert sync_times(f"go_goroutines 4\n{text}\nother 1e+06\n") == SyncTimes(100, 0.0025, 0.00396)


def test_two_families_are_added_up() -> None:
    text = f"{histogram({'1': 1, '+Inf': 1}, 0.5, 'IPv4')}\n{histogram({'1': 0, '+Inf': 1}, 1.5, 'IPv6')}"
    assert sync_times(text) == SyncTimes(2, 1.0, 1.0)


def test_beyond_the_last_bound() -> None:
    assert sync_times(histogram({"16.384": 0, "+Inf": 3}, 90)) == SyncTimes(3, 30.0, 30.0)
    assert sync_times(histogram({"16.384": 1, "+Inf": 3}, 30)) == SyncTimes(3, 10.0, 16.4)


@pytest.mark.parametrize(
    "text",
    ["", "<html>", f"{NAME}_count 0\n{NAME}_sum 0", f"{NAME}_count NaN", f"{NAME}_count -3", f"{NAME}_count +Inf"],
)
def test_no_answer(text: str) -> None:
    assert sync_times(text) is None


@given(st.lists(st.tuples(st.sampled_from(["bucket", "sum", "count"]), st.text(max_size=20), st.text(max_size=10))))
def test_any_text_is_read(lines: list[tuple[str, str, str]]) -> None:
    found = sync_times("\n".join(f"{NAME}_{part}{{{labels}}} {value}" for part, labels, value in lines))
    assert found is None or (found.count >= 1 and found.mean >= 0)
