# SPDX-License-Identifier: GPL-3.0-or-later

"""Kills: SIGKILL at each request, before and after the API has it, and at each change of a file; the next run mends."""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import typing as t

from . import judge, proxy
from .matrix import Recording, label_of, next_run
from .proxy import Answer, Exchange, Spoiler
from .stage import Stage


@dataclasses.dataclass(frozen=True)
class Kill:
    """``number`` of the request or of the change of a file, counted from 1."""

    scenario: str
    where: str
    number: int
    label: str = ""

    @property
    def name(self) -> str:
        return f"{self.scenario} | {self.number} {self.label} | killed {self.where}"


class _Killer:
    """Ends the process that sent the request."""

    def __init__(self, victim: list[int], forwarded: bool) -> None:
        self._victim = victim
        self.forwarded = forwarded

    def spoil(self, exchange: Exchange, earlier: t.Sequence[Exchange]) -> Answer:
        os.kill(self._victim[0], signal.SIGKILL)
        return exchange.real or Answer(200, [], b"")

    def deliver(self, connection: socket.socket, answer: Answer) -> bool:
        return proxy.hang_up(connection, answer)


def kills(stage: Stage, recording: Recording) -> t.Iterator[Kill]:
    scenario = recording.scenario
    for exchange in recording.exchanges:
        for where in ("before the API has the request", "before the answer"):
            yield Kill(scenario.name, where, exchange.number, label_of(exchange))
    stage.prepare(scenario)
    changes = stage.run(scenario, watched=str(stage.folder)).ended.changes
    for number in range(1, changes + 1):
        yield Kill(scenario.name, "before the change of a file", number)


def play(stage: Stage, recording: Recording, kill: Kill) -> list[str]:
    scenario = recording.scenario
    stage.prepare(scenario)
    victim: list[int] = []

    def choose(exchange: Exchange) -> Spoiler | None:
        if exchange.number != kill.number or kill.where == "before the change of a file":
            return None
        return _Killer(victim, forwarded=kill.where == "before the answer")

    job: dict[str, t.Any] = {}
    if kill.where == "before the change of a file":
        job = {"watched": str(stage.folder), "kill_at_change": kill.number}
    first = stage.run(scenario, choose, started=victim.append, **job)
    if not first.ended.killed:
        return [f"it was not killed but ended with status {first.ended.status}: {first.ended.output[:200]}"]
    wrong = [] if not scenario.check else list(judge.changed_is_true(first, scenario, file_changed=False))
    second, problems = next_run(stage, recording)
    wrong += [f"the next run: {problem}" for problem in problems]
    return wrong + list(judge.no_blind_repetition(first, second))
