# SPDX-License-Identifier: GPL-3.0-or-later

"""What every operation of the engine is given, and what it leaves behind."""

from __future__ import annotations

import typing as t
from dataclasses import InitVar, dataclass, field

from ..._adapters.deadline import REAL_TIME, Clock, Deadline
from ..._domain.common.problems import Notice
from .progress import Progress, Telling

__all__ = [
    "Clock",
    "ClusterStateError",
    "DriftError",
    "EngineError",
    "Run",
    "WaitTimeoutError",
    "Waiting",
]

Api = t.TypeVar("Api")


@dataclass(frozen=True)
class Waiting:
    """Whether to wait for the API's asynchronous work, how long at most and how long between two reads (seconds)."""

    wait: bool = True
    timeout: float = 3600.0
    sleep: float = 5.0


@dataclass
class Run(t.Generic[Api]):
    """One run of one operation, on whatever API it is connected to.

    ``facts`` gathers what is known as soon as it is known: a failure reports them too, so that the id of a cluster that
    is being paid for is never lost. ``warnings`` likewise. ``hide`` keeps a secret that comes with an answer out of
    everything that is shown. ``telling`` is for those who wait. All waiting of a run shares one deadline, which the
    requests of ``api`` observe as well.
    """

    api: Api
    check_mode: bool = False
    waiting: Waiting = Waiting()
    clock: Clock = REAL_TIME
    facts: dict[str, t.Any] = field(default_factory=dict)
    warnings: list[Notice] = field(default_factory=list)
    hide: t.Callable[[str], None] = lambda _secret: None
    until: InitVar[Deadline | None] = None
    telling: InitVar[Telling | None] = None

    def __post_init__(self, until: Deadline | None, telling: Telling | None) -> None:
        self.progress = Progress(telling, self.clock)
        self.deadline = until or Deadline.after(self.waiting.timeout, self.clock)

    def out_of_time(self) -> bool:
        """Whether another look would come after the time that was given for waiting."""
        return not self.deadline.allows(self.waiting.sleep)

    def pause(self) -> None:
        """The time between two reads, or what is left of the run's."""
        left = self.deadline.at - self.clock.now()
        self.clock.sleep(max(0.0, min(self.waiting.sleep, left)))

    def accepted(self) -> None:
        """The API took a request that changes something; a failure from here on is one of a changed cluster."""
        self.facts["changed"] = True

    def warn(self, *messages: str | Notice) -> None:
        notices = [message if isinstance(message, Notice) else Notice(message) for message in messages]
        self.warnings.extend(notice for notice in notices if notice not in self.warnings)


class EngineError(Exception):
    """An operation did not end as asked; the message says where it stands and what to do."""


class WaitTimeoutError(EngineError):
    """The time given for waiting is over."""


class ClusterStateError(EngineError):
    """The cluster is in a state in which nothing more will happen by itself."""


class DriftError(EngineError):
    """The API finished its work and the cluster is not what was asked for."""
