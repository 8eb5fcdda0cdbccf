# SPDX-License-Identifier: GPL-3.0-or-later

"""How long replacing pods usually takes, for results and for messages of waits that reached their limit."""

from __future__ import annotations

import math

from ..common.listed import counted

#: Seconds in which a pod usually stops and starts again; then it has to stay up for ``minReadySeconds``.
STOP_AND_START = 10
#: Seconds up to which a time is given in seconds.
_SECONDS = 120


def usual_time(replaced: int, at_a_time: int, min_ready_seconds: int) -> str:
    """The time from the shortest to the longest that is usual, in seconds or in minutes."""
    rounds = math.ceil(replaced / at_a_time)
    shortest, longest = rounds * min_ready_seconds, rounds * (min_ready_seconds + STOP_AND_START)
    unit = "seconds"
    if longest > _SECONDS:
        unit, shortest, longest = "minutes", shortest // 60, math.ceil(longest / 60)
    return f"{shortest} to {longest} {unit}" if shortest else f"up to {longest} {unit}"


def described(replaced: int, at_a_time: int, min_ready_seconds: int) -> str:
    """The usual time with what it is for: ``30 to 60 seconds: 3 pods, one at a time``."""
    return f"{usual_time(replaced, at_a_time, min_ready_seconds)}: {counted(replaced, 'pod')}, {pace(at_a_time)}"


def pace(allowed: int | str) -> str:
    return "one at a time" if str(allowed) == "1" else f"at most {allowed} at a time"


def at_the_limit(usual: str | None) -> str:
    """The end of the message of a wait that reached its limit; blank where nothing is usual."""
    return f" Usual time: {usual}." if usual else ""
