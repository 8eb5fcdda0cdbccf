# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits of the values of kube-proxy's settings, which hold in both worlds."""

from __future__ import annotations

import typing as t

from ..common.duration import SECOND, Duration
from .settings import Field

#: The kernel takes whole seconds, times HZ in an int; this is safe for every HZ.
LONGEST_IPVS_TIMEOUT = Duration(2_147_483 * SECOND)

#: How a duration is written in a message: ``Duration.go`` or ``Duration.iso``.
Spelling = t.Callable[[Duration], str]


def is_ipvs_timeout(field: Field) -> bool:
    """Whether the field is one of the three timeouts that kube-proxy hands to the kernel's IPVS."""
    return field.path[0] == "ipvs" and field.option.endswith("timeout")


def duration_problem(field: Field, duration: Duration, spell: Spelling = Duration.go) -> str | None:
    """What is wrong with a duration, as the end of a sentence that begins with it; None when nothing is."""
    if not is_ipvs_timeout(field):
        return "is negative; write zero or more" if duration.negative else None
    if duration.negative:
        return f"is negative; write {spell(Duration(0))} to keep the kernel's value, or more"
    if not duration.whole_seconds:
        return "is not a whole number of seconds, the finest that the kernel takes"
    if duration > LONGEST_IPVS_TIMEOUT:
        return f"is longer than the kernel's limit of {spell(LONGEST_IPVS_TIMEOUT)}"
    return None
