# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a rollout usually takes, for results and for messages of waits that reached their limit."""

from __future__ import annotations

import math

#: Seconds in which a pod usually stops and starts again; then it has to stay up for ``minReadySeconds``.
STOP_AND_START = 10
#: Seconds up to which a time is given in seconds.
_SECONDS = 120


def usual_time(pods: int, at_a_time: int, min_ready_seconds: int) -> str:
    """The time from the shortest to the longest that is usual, in seconds or in minutes."""
    rounds = math.ceil(pods / at_a_time)
    shortest, longest = rounds * min_ready_seconds, rounds * (min_ready_seconds + STOP_AND_START)
    unit = "seconds"
    if longest > _SECONDS:
        unit, shortest, longest = "minutes", shortest // 60, math.ceil(longest / 60)
    return f"{shortest} to {longest} {unit}" if shortest else f"up to {longest} {unit}"
