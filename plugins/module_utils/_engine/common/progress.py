# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person who waits gets to see: what is waited for, how it stands, and since when."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._adapters.deadline import Clock


@dataclass(frozen=True)
class Telling:
    """Who is told, and how often: a line at most ``every`` so many seconds, and if so only when something changed."""

    say: t.Callable[[str], None]
    every: float = 15.0
    only_changes: bool = False


class Progress:
    """Seen with every look at what is waited for; the first line comes after a while, since most waits are short."""

    def __init__(self, telling: Telling | None, clock: Clock) -> None:
        self._telling = telling
        self._clock = clock
        self._last = clock.now()
        self._told = ""
        self._state = ""
        self._since = self._last

    def see(self, subject: str, state: str) -> None:
        """It stands like this now."""
        if self._telling is None:
            return
        now = self._clock.now()
        seen = f"{subject}: {state}"
        if seen != self._state:
            self._state, self._since = seen, now
        if now - self._last < self._telling.every or (self._telling.only_changes and seen == self._told):
            return
        self._last, self._told = now, seen
        self._telling.say(seen if self._telling.only_changes else f"{seen}, for {_time(now - self._since)}")


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
