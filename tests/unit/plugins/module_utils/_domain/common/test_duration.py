# SPDX-License-Identifier: GPL-3.0-or-later

"""Durations: two spellings, one value."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.duration import (
    HOUR,
    MAXIMUM,
    MINUTE,
    SECOND,
    Duration,
    DurationError,
)

any_duration = st.integers(-MAXIMUM, MAXIMUM).map(Duration)
#: What isodate reads exactly: whole microseconds.
iso_duration = st.integers(-(MAXIMUM // 1000), MAXIMUM // 1000).map(lambda micro: Duration(micro * 1000))


@given(any_duration)
def test_go_text_round_trips_whole_seconds_and_is_close_for_fractions(duration: Duration) -> None:
    """Go reads a fraction in float64, so a fraction of a large value may come back a nanosecond off, as in Go."""
    again = Duration.parse(duration.go())
    if duration.whole_seconds:
        assert again == duration
    else:
        assert abs(again.nanoseconds - duration.nanoseconds) <= 1


@given(iso_duration)
def test_iso_text_round_trips(duration: Duration) -> None:
    assert Duration.parse(duration.iso()) == duration


@given(iso_duration)
def test_canonical_iso_text_is_a_fixed_point(duration: Duration) -> None:
    assert Duration.parse(duration.iso()).iso() == duration.iso()


@given(st.integers(0, 10**6), st.integers(0, 10**4), st.integers(0, 10**4))
def test_every_spelling_of_a_value_is_the_same_duration(seconds: int, minutes: int, hours: int) -> None:
    total = hours * 3600 + minutes * 60 + seconds
    spellings = [
        f"{total}s",
        f"{hours}h{minutes}m{seconds}s",
        f"{seconds}s{minutes}m{hours}h",
        f"PT{total}S",
        f"P0DT{total}S",
        f"PT{hours}H{minutes}M{seconds}S",
        f"P{total // 86400}DT{total % 86400}S",
    ]
    assert {Duration.parse(text) for text in spellings} == {Duration(total * SECOND)}


@given(any_duration, any_duration)
def test_order_is_that_of_the_value(one: Duration, other: Duration) -> None:
    assert (one < other) == (one.nanoseconds < other.nanoseconds)
    assert (one == other) == (one.nanoseconds == other.nanoseconds)
    assert min(one, other).nanoseconds == min(one.nanoseconds, other.nanoseconds)


def outcome(text: str) -> Duration | DurationError:
    try:
        return Duration.parse(text)
    except DurationError as error:
        return error


@given(st.text(max_size=12) | st.from_regex(r"[-+]?P?[0-9.,TPWDHMSsmhnu]+", fullmatch=True))
def test_any_text_is_a_duration_or_refused_with_the_text_in_the_message(text: str) -> None:
    found = outcome(text)
    if isinstance(found, DurationError):
        assert repr(text) in str(found)
    else:
        assert re.search("[0-9]", text)
        assert abs(found.nanoseconds) <= MAXIMUM


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("0s", 0),
        ("PT0S", 0),
        ("P0D", 0),
        ("60s", MINUTE),
        ("1m0s", MINUTE),
        ("PT1M", MINUTE),
        ("PT60S", MINUTE),
        ("P0DT60S", MINUTE),
        ("1.5h", 90 * MINUTE),
        (".5s", SECOND // 2),
        ("1.s", SECOND),
        ("1h1h", 2 * HOUR),
        ("500ms", SECOND // 2),
        ("1us", 1000),
        ("1\u00b5s", 1000),
        ("1\u03bcs", 1000),
        ("-5s", -5 * SECOND),
        ("+5s", 5 * SECOND),
        ("P1W", 168 * HOUR),
        ("P1D", 24 * HOUR),
        ("PT1.5S", 3 * SECOND // 2),
        ("PT1,5S", 3 * SECOND // 2),
        ("-PT5S", -5 * SECOND),
        ("9223372036s", 9223372036 * SECOND),
        ("2562047h47m16.854775807s", MAXIMUM),
    ],
)
def test_reads(text: str, nanoseconds: int) -> None:
    assert Duration.parse(text).nanoseconds == nanoseconds


@pytest.mark.parametrize(
    "text",
    ["", " ", "5", "00", "0.0", "30 s", " 30s", "30s ", "1d", "1w", "1H", "1e3s", "1_000s", "1,5s", "inf", "\u0663s"],
)
def test_refuses_what_neither_grammar_has(text: str) -> None:
    with pytest.raises(DurationError, match="is not a duration; write it as ISO 8601"):
        Duration.parse(text)


@pytest.mark.parametrize("text", ["P", "PT", "P1DT", "pt1m", "PT1m", "PT60", "P1W2D", "PT1H-5M", "P20000101T000000"])
def test_refuses_what_is_nearly_iso(text: str) -> None:
    with pytest.raises(DurationError, match="is not an ISO 8601 duration; write whole numbers"):
        Duration.parse(text)


@pytest.mark.parametrize("text", ["P1Y", "P1M", "P1Y2M3DT4H", "P0Y"])
def test_refuses_years_and_months(text: str) -> None:
    with pytest.raises(DurationError, match="years or months, whose length depends on the date"):
        Duration.parse(text)


@pytest.mark.parametrize("text", ["9223372037s", "PT2562048H", "PT99999999999999999S", "P999999999999W"])
def test_refuses_what_does_not_fit_in_64_bits(text: str) -> None:
    with pytest.raises(DurationError, match="is too long"):
        Duration.parse(text)


def test_refuses_iso_fractions_that_would_be_cut() -> None:
    with pytest.raises(DurationError, match="finer than a microsecond"):
        Duration.parse("PT0.0000001S")


@pytest.mark.parametrize(
    ("nanoseconds", "go", "iso"),
    [
        (0, "0s", "PT0S"),
        (1, "1ns", "PT0.000000001S"),
        (1500, "1.5\u00b5s", "PT0.0000015S"),
        (250 * 10**6, "250ms", "PT0.25S"),
        (999_999_999, "999.999999ms", "PT0.999999999S"),
        (3 * SECOND // 2, "1.5s", "PT1.5S"),
        (59 * SECOND, "59s", "PT59S"),
        (MINUTE, "1m0s", "PT1M"),
        (90 * SECOND, "1m30s", "PT1M30S"),
        (HOUR, "1h0m0s", "PT1H"),
        (24 * HOUR, "24h0m0s", "PT24H"),
        (100 * HOUR + 30 * 10**6, "100h0m0.03s", "PT100H0.03S"),
        (-5 * SECOND, "-5s", "-PT5S"),
    ],
)
def test_writes_as_go_and_as_iso(nanoseconds: int, go: str, iso: str) -> None:
    assert Duration(nanoseconds).go() == go
    assert Duration(nanoseconds).iso() == iso
