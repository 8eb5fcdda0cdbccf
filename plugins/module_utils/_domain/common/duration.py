# SPDX-License-Identifier: GPL-3.0-or-later

"""Durations in the two spellings of the field, compared by value.

The OVHcloud API speaks ISO 8601 (``PT1M``), kube-proxy's own configuration speaks Go (``1m0s``). Both also re-write
what they are given (the API answers ``P0D`` to ``PT0S``, kubeadm writes ``1m0s`` for ``60s``), so text never decides
equality.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from ..._deps import isodate
from .printable import quoted

NANOSECONDS = 1
MICROSECOND = 1_000 * NANOSECONDS
SECOND = 1_000_000 * MICROSECOND
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

# Go's time.Duration is a signed 64 bit count of nanoseconds, and kube-proxy refuses what does not fit.
MAXIMUM = 2**63 - 1

_GO_UNITS = {
    "ns": NANOSECONDS,
    "us": MICROSECOND,
    "\u00b5s": MICROSECOND,
    "\u03bcs": MICROSECOND,
    "ms": 1_000 * MICROSECOND,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}
_GO_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_GO_TERM = re.compile(rf"({_GO_NUMBER})(ns|us|\u00b5s|\u03bcs|ms|s|m|h)")
_GO = re.compile(rf"[-+]?(?:0|(?:{_GO_NUMBER}(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)")

# isodate also takes shapes that are no durations of RFC 3339 appendix A (dates such as P20000101T000000, an empty PT, a
# trailing T, weeks mixed with days); the API refuses those, so they are refused here first.
_ISO = re.compile(
    r"[-+]?P(?=[0-9T])"
    r"(?:[0-9]+W|(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?"
    r"(?:T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?P<fraction>[.,][0-9]+)?S)?)?)"
)


class DurationError(ValueError):
    """The text is not a duration; the message says why and how to write one."""


@dataclass(frozen=True, order=True)
class Duration:
    """A span of time, exact to the nanosecond; equal and ordered by value whatever the spelling was."""

    nanoseconds: int

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read ISO 8601 (``PT1M30S``) or Go text (``1m30s``, ``90s``).

        Raises DurationError for anything else, for ISO years and months (their length depends on the date), and beyond
        the range of Go's time.Duration (about 292 years).
        """
        if _looks_like_iso(text):
            return cls(_checked(_iso_nanoseconds(text), text))
        if _GO.fullmatch(text):
            return cls(_checked(_go_nanoseconds(text), text))
        raise DurationError(
            f"{quoted(text)} is not a duration; write it as ISO 8601 (for example 'PT60S' or 'PT1M30S') or as Go text "
            f"(for example '60s' or '1m30s')"
        )

    @property
    def negative(self) -> bool:
        return self.nanoseconds < 0

    @property
    def whole_seconds(self) -> bool:
        return self.nanoseconds % SECOND == 0

    def iso(self) -> str:
        """ISO 8601 in hours, minutes and seconds (never days: kube-proxy's own text has none either); zero is PT0S."""
        sign, hours, minutes, seconds, rest = self._parts()
        text = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
        if seconds or rest or not text:
            text += f"{seconds}{_fraction(rest, 9)}S"
        return f"{sign}PT{text}"

    def go(self) -> str:
        """The text of Go's Duration.String, which kubeadm writes when it renders the ConfigMap anew."""
        magnitude = abs(self.nanoseconds)
        sign, hours, minutes, seconds, rest = self._parts()
        if magnitude == 0:
            return "0s"
        if magnitude < SECOND:
            for unit, size, digits in (
                ("ms", 1_000 * MICROSECOND, 6),
                ("\u00b5s", MICROSECOND, 3),
                ("ns", NANOSECONDS, 0),
            ):
                if magnitude >= size:
                    return f"{sign}{magnitude // size}{_fraction(magnitude % size, digits)}{unit}"
        head = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
        return f"{sign}{head}{seconds}{_fraction(rest, 9)}s"

    def _parts(self) -> tuple[str, int, int, int, int]:
        hours, rest = divmod(abs(self.nanoseconds), HOUR)
        minutes, rest = divmod(rest, MINUTE)
        seconds, rest = divmod(rest, SECOND)
        return "-" if self.negative else "", hours, minutes, seconds, rest


def _fraction(value: int, digits: int) -> str:
    text = f"{value:0{digits}d}".rstrip("0") if value else ""
    return f".{text}" if text else ""


def _looks_like_iso(text: str) -> bool:
    return text.lstrip("+-")[:1] in ("P", "p")


def _checked(nanoseconds: int, text: str) -> int:
    if abs(nanoseconds) > MAXIMUM:
        raise DurationError(
            f"{quoted(text)} is too long; kube-proxy counts nanoseconds in 64 bits, at most 2562047h47m16s"
        )
    return nanoseconds


def _iso_nanoseconds(text: str) -> int:
    match = _ISO.fullmatch(text)
    if not match:
        raise DurationError(
            f"{quoted(text)} is not an ISO 8601 duration; write whole numbers with upper-case units, for "
            f"example 'PT60S', 'PT1M30S' or 'PT1H'"
        )
    if len(match["fraction"] or "") > 7:
        raise DurationError(f"{quoted(text)} is finer than a microsecond, which ISO 8601 durations are not read to")
    try:
        parsed = isodate.parse_duration(text)
    except OverflowError:
        return MAXIMUM + 1
    if not isinstance(parsed, datetime.timedelta) or re.search(r"[YM]", text.partition("T")[0]):
        raise DurationError(
            f"{quoted(text)} has years or months, whose length depends on the date; write hours, minutes and seconds"
        )
    return (parsed.days * 86_400 + parsed.seconds) * SECOND + parsed.microseconds * MICROSECOND


def _go_nanoseconds(text: str) -> int:
    total = 0
    for number, unit in _GO_TERM.findall(text):
        whole, _dot, decimals = number.partition(".")
        size = _GO_UNITS[unit]
        total += int(whole or "0") * size
        # Go multiplies the fraction in float64; integer arithmetic differs from it by 1 ns now and then.
        digits = decimals[:18]
        if digits:
            total += int(float(int(digits)) * (float(size) / float(10 ** len(digits))))
    return -total if text.startswith("-") else total
