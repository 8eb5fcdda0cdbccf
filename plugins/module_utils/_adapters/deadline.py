# SPDX-License-Identifier: GPL-3.0-or-later

"""How long something may take in all: one deadline for a run, and one limit for each request.

The time-outs of HTTP libraries are for one read each, so that a server which sends a byte now and then keeps a request
alive for ever; and a name server that does not answer is in none of them. Here the whole of a request has a limit, and
the end of the run is the end of what repeats, pauses and reads.
"""

from __future__ import annotations

import math
import queue
import threading
import time
import typing as t
from dataclasses import dataclass

from .._domain.common.waits import LONGEST

Result = t.TypeVar("Result")

#: Seconds that a request has although the time of the run is over, or nearly: to look once more, or to put back what
#: must not stay as it is. It is not repeated then.
LAST_REQUEST: t.Final = 3.0


@dataclass(frozen=True)
class Clock:
    """Seconds that only grow, a way to let them pass, and seconds since 1970; injected so that tests need not wait."""

    now: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], None] = time.sleep
    wall: t.Callable[[], float] = time.time


REAL_TIME: t.Final = Clock()


@dataclass(frozen=True)
class Deadline:
    """When the time of a run is over, by its own clock."""

    at: float = math.inf
    clock: Clock = REAL_TIME

    @classmethod
    def after(cls, seconds: float, clock: Clock) -> Deadline:
        return cls(clock.now() + seconds, clock)

    def allows(self, pause: float) -> bool:
        """Whether something may begin after a pause of so many seconds."""
        return self.clock.now() + pause <= self.at

    def limit(self, seconds: float) -> float:
        """How long a request may take that begins now and has a limit of its own."""
        return min(seconds, max(self.at - self.clock.now(), LAST_REQUEST), LONGEST)


#: Of who has all the time there is.
NEVER: t.Final = Deadline()


class TimeUpError(Exception):
    """The work was not done within its time; it is given up, and nobody learns how it ends."""


def within(seconds: float, work: t.Callable[[], Result]) -> Result:
    """The work's result, or its exception, unless it takes longer: TimeUpError is raised then.

    The work runs in a thread of its own, since nothing else ends a look-up of a name or a read byte by byte. One that
    is given up ends with the process; it must not begin anything that changes something afterwards.
    """
    ended: queue.SimpleQueue[tuple[Result | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            ended.put((work(), None))
        except BaseException as error:
            ended.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        result, error = ended.get(timeout=min(seconds, LONGEST))
    except queue.Empty:
        raise TimeUpError from None
    if error is not None:
        context = error.__context__
        try:
            raise error
        finally:
            # What led to it in its own thread says more than what is handled in this one.
            error.__context__ = context
    return t.cast(Result, result)
