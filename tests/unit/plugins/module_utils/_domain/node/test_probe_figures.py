# SPDX-License-Identifier: GPL-3.0-or-later

"""What a record says: failures, gaps, latencies, and when the mode changed."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.probe_figures import (
    SLICES,
    Switch,
    figures,
    latency,
    longest_gap,
    switches,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.probe_record import (
    End,
    Entry,
    Held,
    Mark,
    Seen,
    Start,
    Tried,
)


def target(address: str = "10.96.0.1:443", **members: t.Any) -> dict[str, t.Any]:
    return {"address": address, "protocol": "tcp", "label": "", "send": "probe\n", "hold": False, **members}


def start(*targets: dict[str, t.Any]) -> Start:
    return Start(1_700_000_000.0, 5.0, {"targets": list(targets or (target(),))})


def hole(began: float, ended: float, until: float = 20.0) -> list[Entry]:
    """Ten connections a second, 2 ms each; those that begin in the hole time out after 0.4 s."""
    moments = [number / 10 for number in range(int(until * 10))]
    return [Tried(at, 0, 400.0, "timeout") if began <= at < ended else Tried(at, 0, 2.0) for at in moments]


def test_a_hole_is_found() -> None:
    found = figures([start(), *hole(6.0, 19.8, 40.0), End(40.0)])
    [only] = found["targets"]
    assert (only["connections"], only["failures"], only["errors"]) == (400, 138, {"timeout": 138})
    # From the end of the last success to the end of the next.
    assert (only["longest_gap"], only["gap_at"]) == (13.9, 5.9)
    assert (found["connections"], found["failures"], found["longest_gap"]) == (400, 138, 13.9)
    assert (found["started_at"], found["seconds"], found["complete"]) == ("2023-11-14T22:13:20Z", 40.0, True)


def test_without_a_failure_the_gap_is_the_interval() -> None:
    found = figures([start(), *hole(0, 0), End(20.0)])
    assert (found["failures"], found["longest_gap"]) == (0, 0.1)


def test_a_target_that_never_answers_is_one_gap() -> None:
    found = figures([start(), *hole(0, 20), End(20.4)])
    [only] = found["targets"]
    assert (only["longest_gap"], only["gap_at"], only["failures"]) == (20.4, 0.0, 200)
    assert only["latency"] == {"all": None, "before": None, "during": None, "after": None}


def test_a_slow_answer_ends_a_gap_when_it_comes() -> None:
    found = figures([start(), Tried(0.0, 0, 1.0), Tried(3.0, 0, 350.0), Tried(3.5, 0, 1.0), End(4.0)])
    assert found["longest_gap"] == 3.35


@pytest.mark.parametrize(
    ("successes", "end", "expected"),
    [
        ([1.0, 2.0, 5.0, 6.0], 7.0, (3.0, 2.0)),
        ([3.0, 4.0], 5.0, (3.0, 0.0)),
        ([1.0], 9.0, (8.0, 1.0)),
        # A late answer does not end a gap before its time.
        ([5.0, 1.0, 2.0], 6.0, (3.0, 2.0)),
        ([], 4.0, (4.0, 0.0)),
    ],
)
def test_gap_begins_and_ends_with_what_is_known(
    successes: list[float], end: float, expected: tuple[float, float]
) -> None:
    assert longest_gap(successes, end) == expected


def test_the_gap_of_one_target_is_not_hidden_by_another() -> None:
    other = [Tried(at / 10, 1, 1.0) for at in range(200)]
    found = figures([start(target(), target("10.96.0.2:80", label="web")), *hole(3, 9), *other, End(20.0)])
    assert [(each["failures"], each["longest_gap"]) for each in found["targets"]] == [(60, 6.1), (0, 0.1)]
    assert [(each["address"], each["label"]) for each in found["targets"]] == [
        ("10.96.0.1:443", ""),
        ("10.96.0.2:80", "web"),
    ]
    assert (found["failures"], found["longest_gap"]) == (60, 6.1)


def test_latency_is_of_times_that_were_measured() -> None:
    assert latency(range(1, 101)) == {"connections": 100, "median": 50, "p95": 95, "max": 100}
    assert latency([3.26]) == {"connections": 1, "median": 3.3, "p95": 3.3, "max": 3.3}
    assert latency([]) is None


def test_latencies_are_divided_by_the_switch_and_the_last_failure_after_it() -> None:
    seen = [Seen(0.0, "iptables"), Seen(6.0, None), Seen(8.0, "nftables")]
    tried = [
        Tried(1.0, 0, 1.0),
        Tried(5.9, 0, 2.0),
        Tried(7.0, 0, 50.0),
        Tried(8.5, 0, 400.0, "timeout"),
        # While a connection still failed, the change was not over.
        Tried(8.6, 0, 60.0),
        Tried(9.5, 0, 3.0),
    ]
    found = figures([start(), *seen, *tried, End(10.0)])
    of = {name: each and each["connections"] for name, each in found["targets"][0]["latency"].items()}
    assert of == {"all": 5, "before": 2, "during": 2, "after": 1}
    assert found["targets"][0]["latency"]["during"]["max"] == 60.0
    assert found["switches"] == [{"former": "iptables", "mode": "nftables", "left": 6.0, "arrived": 8.0}]


def test_without_a_switch_the_marks_divide() -> None:
    marks = [Mark(4.0, "copy in place"), Mark(6.0, "copy taken away")]
    found = figures([start(), *hole(0, 0, 10.0), *marks, End(10.0)])
    of = {name: each and each["connections"] for name, each in found["targets"][0]["latency"].items()}
    assert of == {"all": 100, "before": 40, "during": 21, "after": 39}
    assert found["marks"] == [{"at": 4.0, "text": "copy in place"}, {"at": 6.0, "text": "copy taken away"}]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (["iptables"], []),
        ([None, "iptables"], []),
        (["iptables", None], []),
        (["iptables", None, "iptables"], []),
        (["iptables", "ipvs"], [("iptables", "ipvs", 1, 1)]),
        (["iptables", None, "ipvs"], [("iptables", "ipvs", 1, 2)]),
        (["ipvs", None, "nftables", None, "ipvs"], [("ipvs", "nftables", 1, 2), ("nftables", "ipvs", 3, 4)]),
    ],
)
def test_switches(seen: list[str | None], expected: list[tuple[t.Any, ...]]) -> None:
    assert switches(Seen(at, mode) for at, mode in enumerate(seen)) == [Switch(*each) for each in expected]


def test_of_a_probe_that_was_killed_all_counts_that_is_known() -> None:
    found = figures([start(), *hole(3, 9, 10.0)])
    assert found["complete"] is False
    assert found["seconds"] == 9.9
    assert found["longest_gap"] == 6.1


def test_of_a_probe_killed_in_a_hole_the_gap_counts() -> None:
    found = figures([start(), *hole(3, 99, 10.0)])
    assert (found["seconds"], found["longest_gap"]) == (10.3, 7.4)


@pytest.mark.parametrize("record", [[], [End(3.0)], [Tried(0.1, 0, 1.0)]])
def test_no_record(record: list[Entry]) -> None:
    found = figures(record)
    assert (found["started_at"], found["targets"], found["connections"]) == (None, [], 0)
    assert set(found) == set(figures([start(), End(1.0)]))


def test_a_probe_that_has_just_begun() -> None:
    found = figures([start(target(hold=True))])
    assert found["targets"][0]["slices"] == {"connections": [0] * SLICES, "failures": [0] * SLICES}
    assert found["targets"][0]["hold"]["survived"] is False


def test_slices_have_all_connections_in_their_places() -> None:
    found = figures([start(), *hole(10.0, 15.0), End(20.0)])
    slices = found["targets"][0]["slices"]
    assert sum(slices["connections"]) == 200
    assert sum(slices["failures"]) == 50
    quarter = SLICES // 4
    assert sum(slices["failures"][2 * quarter : 3 * quarter]) == 50


HELD = [Held(0.0, 0, 1.0), Held(1.0, 0, 1.0), Held(2.0, 0, 1.0)]


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (HELD, {"answers": 3, "survived": True, "longest_silence": 1.0, "broke_at": None, "error": None}),
        (
            # The answer came in the end.
            [*HELD, Held(3.0, 0, 400.0, "timeout"), Held(3.0, 0, 5000.0)],
            {"answers": 4, "survived": True, "longest_silence": 6.0, "broke_at": None, "error": None},
        ),
        (
            [*HELD, Held(3.0, 0, 400.0, "timeout")],
            {"answers": 3, "survived": False, "longest_silence": 1.0, "broke_at": None, "error": "timeout"},
        ),
        (
            [*HELD, Held(3.0, 0, 12.0, "reset", True)],
            {"answers": 3, "survived": False, "longest_silence": 1.0, "broke_at": 3.01, "error": "reset"},
        ),
        (
            [Held(0.0, 0, 1.0, "refused", True)],
            {"answers": 0, "survived": False, "longest_silence": None, "broke_at": 0.0, "error": "refused"},
        ),
    ],
)
def test_a_connection_that_is_kept_open(held: list[Held], expected: dict[str, t.Any]) -> None:
    found = figures([start(target(hold=True)), *held, End(10.0)])
    assert found["targets"][0]["hold"] == expected
    assert figures([start(target()), *held, End(10.0)])["targets"][0]["hold"] is None
