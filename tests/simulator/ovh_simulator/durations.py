# SPDX-License-Identifier: GPL-3.0-or-later

"""ISO 8601 durations as the API writes them (RFC 3339 appendix A)."""

from __future__ import annotations

import re

_DURATION = re.compile(r"P(?:(\d+)W|(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?)", re.ASCII)


def to_seconds(text: str) -> int:
    """Raises ValueError for anything that is no duration of whole seconds."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError("not a duration")
    weeks, days, hours, minutes, seconds = (int(group or 0) for group in match.groups())
    return (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds


def canonical(seconds: int) -> str:
    if seconds == 0:
        return "P0D"
    minutes, rest_seconds = divmod(seconds, 60)
    hours, rest_minutes = divmod(minutes, 60)
    days, rest_hours = divmod(hours, 24)
    date = f"{days}D" if days else ""
    time = "".join(f"{n}{unit}" for n, unit in ((rest_hours, "H"), (rest_minutes, "M"), (rest_seconds, "S")) if n)
    return f"P{date}{'T' + time if time else ''}"


def rewritten(text: str, canonical_form: bool) -> str:
    """The text a read gives back for a duration that was written."""
    seconds = to_seconds(text)
    return canonical(seconds) if canonical_form or seconds == 0 else text
