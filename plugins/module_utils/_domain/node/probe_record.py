# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a probe: one line of JSON for each thing that happened, in the order in which it was known.

Times named ``at`` are seconds since the probe began, by a clock that only grows; ``ms`` are milliseconds.
"""

from __future__ import annotations

import json
import typing as t

from ..common.json_types import Json


class Start(t.NamedTuple):
    """``wall`` is in seconds since 1970, ``clock`` what the monotonic clock of the node showed then."""

    wall: float
    clock: float
    settings: Json


class Tried(t.NamedTuple):
    """A new connection to a target: when it began, how long it took, and the kind of its error."""

    at: float
    target: int
    ms: float
    error: str | None = None

    @property
    def ended(self) -> float:
        return self.at + self.ms / 1000


class Held(t.NamedTuple):
    """A message on the connection that is kept open: when it was sent, and how long its answer took.

    With an error there was no answer within the time for it; ``broken`` says that the connection is gone.
    """

    at: float
    target: int
    ms: float
    error: str | None = None
    broken: bool = False


class Seen(t.NamedTuple):
    """The mode that kube-proxy reports from now on; None while it does not answer."""

    at: float
    mode: str | None = None


class Mark(t.NamedTuple):
    """What somebody did at that moment."""

    at: float
    text: str


class End(t.NamedTuple):
    """The probe ended as it should; without this line it was killed."""

    at: float


Entry = t.Union[Start, Tried, Held, Seen, Mark, End]  # noqa: UP007 - for Python 3.9
_KINDS: t.Mapping[str, t.Callable[..., Entry]] = {
    "start": Start,
    "tried": Tried,
    "held": Held,
    "seen": Seen,
    "mark": Mark,
    "end": End,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
#: Decimals of seconds and milliseconds.
_DECIMALS = 4


def line(entry: Entry) -> str:
    """One line, with its end."""
    values = [round(value, _DECIMALS) if isinstance(value, float) else value for value in entry]
    while values and values[-1] in (None, False):
        values.pop()
    return f"{json.dumps([_NAMES[type(entry)], *values], separators=(',', ':'))}\n"


def entries(text: str) -> list[Entry]:
    """What the record says. Lines that a kill or a full disk cut short are left out."""
    found = []
    for one in text.splitlines():
        try:
            name, *values = json.loads(one)
            found.append(_KINDS[name](*values))
        except (ValueError, TypeError, KeyError):
            continue
    return found
