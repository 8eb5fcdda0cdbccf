# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.deadline import Clock
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.progress import Progress, Telling


class Wait:
    """A look at something every second."""

    def __init__(self, **telling: float | bool) -> None:
        self.lines: list[str] = []
        self._now = 100.0
        self._progress = Progress(
            Telling(self.lines.append, **telling),  # type: ignore[arg-type]
            Clock(now=lambda: self._now),
        )

    def seconds(self, number: int, state: str) -> None:
        for _second in range(number):
            self._now += 1
            self._progress.see("Waiting for the reset", state)


def test_a_short_wait_says_nothing() -> None:
    wait = Wait()
    wait.seconds(14, "RESETTING")
    assert wait.lines == []


def test_a_line_every_fifteen_seconds_with_what_is_seen_and_since_when() -> None:
    wait = Wait()
    wait.seconds(20, "RESETTING")
    wait.seconds(70, "REDEPLOYING")
    assert wait.lines == [
        "Waiting for the reset: RESETTING, for 14 s",
        "Waiting for the reset: REDEPLOYING, for 9 s",
        "Waiting for the reset: REDEPLOYING, for 24 s",
        "Waiting for the reset: REDEPLOYING, for 39 s",
        "Waiting for the reset: REDEPLOYING, for 54 s",
        "Waiting for the reset: REDEPLOYING, for 1 min 9 s",
    ]


def test_a_log_gets_changes_alone() -> None:
    wait = Wait(only_changes=True)
    wait.seconds(60, "RESETTING")
    # Too short to be told of.
    wait.seconds(1, "ERROR")
    wait.seconds(60, "REDEPLOYING")
    assert wait.lines[0] == "Waiting for the reset: RESETTING"
    assert wait.lines[-1] == "Waiting for the reset: REDEPLOYING"
    assert len(wait.lines) <= 3


def test_another_interval() -> None:
    wait = Wait(every=2)
    wait.seconds(5, "RESETTING")
    assert len(wait.lines) == 2
