# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines of a record, also of one that was cut."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.probe_record import (
    End,
    Entry,
    Held,
    Mark,
    Seen,
    Start,
    Tried,
    entries,
    line,
)

RECORD: list[Entry] = [
    Start(1_700_000_000.5, 12.25, {"targets": [{"address": "10.96.0.1:443"}], "interval": 0.05}),
    Seen(0.01, "iptables"),
    Tried(0.05, 0, 1.5),
    Tried(0.1, 1, 400.0, "timeout"),
    Held(0.1, 0, 0.5),
    Held(0.2, 0, 3.0, "reset", True),
    Seen(0.3, None),
    Mark(0.4, "pod deleted\n\u202e"),
    End(0.5),
]


def test_what_is_written_is_read() -> None:
    text = "".join(line(entry) for entry in RECORD)
    assert entries(text) == RECORD
    assert len(text.splitlines()) == len(RECORD)


def test_a_connection_takes_few_bytes() -> None:
    assert len(line(Tried(12345.678901, 3, 0.123456789, "timeout"))) < 45


@pytest.mark.parametrize("cut", range(1, len(line(Tried(0.1, 1, 400.0, "timeout")))))
def test_a_kill_loses_the_last_line_at_most(cut: int) -> None:
    before = "".join(line(entry) for entry in RECORD[:3])
    assert entries(before + line(RECORD[3])[:-cut]) in (RECORD[:3], RECORD[:4])


def test_a_line_in_which_two_met_is_left_out() -> None:
    torn = line(RECORD[2])[:9] + line(RECORD[7])
    assert entries(line(RECORD[0]) + torn + line(RECORD[8])) == [RECORD[0], RECORD[8]]


@pytest.mark.parametrize("odd", ["[]", "{}", "1", '["unknown",1]', '["tried"]', "", '["end",1,2,3,4]', "nul"])
def test_a_line_of_something_else_is_left_out(odd: str) -> None:
    assert entries(f"{odd}\n{line(RECORD[8])}") == [RECORD[8]]
