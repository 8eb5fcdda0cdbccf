# SPDX-License-Identifier: GPL-3.0-or-later

"""How many seconds somebody may wait: the one home of these limits."""

from __future__ import annotations

import math
import typing as t

#: Seconds beyond which clocks and sockets overflow: a year.
LONGEST: t.Final = 366 * 86_400.0
#: Seconds; nobody waits longer for one step on a node.
DAY: t.Final = 86_400.0


def wait_problem(seconds: float) -> str | None:
    """Why nobody can wait so long; None for a wait, which may be none at all."""
    if not 0 <= seconds < math.inf:
        return f"{seconds} is not a number of seconds to wait; give zero or more"
    return _too_long(seconds)


def limit_problem(seconds: float, what: str) -> str | None:
    """Why something cannot be allowed so many seconds; None where it can. ``what`` is what takes this time."""
    if not math.isfinite(seconds):
        return f"{seconds} is not a number of seconds to wait; give more than zero"
    if seconds <= 0:
        return f"{seconds} seconds leave no time for {what}; give more"
    return _too_long(seconds)


def _too_long(seconds: float) -> str | None:
    return f"{seconds:g} seconds are more than a year; give less" if seconds > LONGEST else None
