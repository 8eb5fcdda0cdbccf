# SPDX-License-Identifier: GPL-3.0-or-later

"""How long kube-proxy takes to write its rules, from the text that it answers on ``/metrics``.

The histogram ``kubeproxy_sync_proxy_rules_duration_seconds`` counts since the start of kube-proxy. From Kubernetes 1.33
on there is one for each IP family, which are added up here.
"""

from __future__ import annotations

import math
import re
import typing as t
from dataclasses import dataclass

_NAME = "kubeproxy_sync_proxy_rules_duration_seconds"
_LINE = re.compile(_NAME + r"_(?P<part>bucket|sum|count)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S{1,40})(?: -?[0-9]+)?")
_BOUND = re.compile(r'(?:^|,)le="(?P<bound>[^"]{1,40})"')
_QUANTILE = 0.99


@dataclass(frozen=True)
class SyncTimes:
    """``count`` writes of the rules, in seconds; ``p99`` is as exact as the buckets of the histogram are narrow."""

    count: int
    mean: float
    p99: float


def sync_times(text: str) -> SyncTimes | None:
    """The times in an answer of ``/metrics``; None where it has none, such as before the first write."""
    buckets: dict[float, float] = {}
    parts = {"sum": 0.0, "count": 0.0}
    for line in text.splitlines():
        match = _LINE.fullmatch(line.strip())
        value = _number(match["value"]) if match else None
        if match is None or value is None:
            continue
        if match["part"] != "bucket":
            parts[match["part"]] += value
            continue
        bound = _BOUND.search(match["labels"] or "")
        limit = _bound(bound["bound"]) if bound else None
        if limit is not None:
            buckets[limit] = buckets.get(limit, 0.0) + value
    count = parts["count"]
    if count < 1:
        return None
    mean = parts["sum"] / count
    return SyncTimes(int(count), _rounded(mean), _rounded(_quantile(buckets, count, mean)))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < math.inf else None


def _bound(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return None if math.isnan(value) else value


def _quantile(buckets: t.Mapping[float, float], count: float, mean: float) -> float:
    """Between the bounds of its bucket in proportion, as Prometheus does; beyond the last bound, that or the mean."""
    wanted = _QUANTILE * count
    lower, below = 0.0, 0.0
    for bound, total in sorted(buckets.items()):
        if total >= wanted:
            if math.isinf(bound) or total <= below:
                return max(lower, mean)
            return lower + (bound - lower) * (wanted - below) / (total - below)
        if not math.isinf(bound):
            lower, below = bound, total
    return max(lower, mean)


def _rounded(seconds: float) -> float:
    """To what matters: three digits."""
    return float(f"{seconds:.3g}")
