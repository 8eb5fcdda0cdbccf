# SPDX-License-Identifier: GPL-3.0-or-later

"""The measurement of a probe: begins connections at a steady pace, and notes what becomes of each.

The pace does not depend on the answers: while a target hangs, connections to it begin as before, so that a gap is seen
from its first to its last moment.
"""

from __future__ import annotations

import math
import typing as t

from ..._adapters.deadline import Clock
from ..._adapters.node.probe import MODE_QUESTION, mode_in
from ..._adapters.node.probe_sockets import Conversation, FailedError, Sockets
from ..._domain.kube_proxy.addresses import Endpoint
from ..._domain.node.probe_record import End, Entry, Held, Seen, Start, Tried
from ..._domain.node.probe_request import ProbeRequest, Target

#: Seconds after which somebody looks whether the probe is to end, also with nothing else to do.
_LOOK = 0.5
#: Seconds between two questions for the mode, and for an answer.
_MODE_INTERVAL, _MODE_TIMEOUT = 0.25, 1.0


def start(request: ProbeRequest, clock: Clock) -> Start:
    """The first entry of a record; all times in it count from here."""
    return Start(clock.wall(), clock.now(), request.settings())


def measure(
    request: ProbeRequest,
    first: Start,
    sockets: Sockets,
    clock: Clock,
    *,
    write: t.Callable[[Entry], object],
    over: t.Callable[[], bool],
) -> None:
    """Measure until the duration is over, or ``over`` says so, and then until the last connection has ended."""
    jobs: list[_Job] = []
    talk = _Talk(sockets, clock, first.clock, write)
    for number, target in enumerate(request.targets):
        # Spread over the interval, so that the targets do not wait for each other.
        offset = request.interval * number / len(request.targets)
        jobs.append(_NewConnections(talk, number, target, request, offset))
        if target.hold:
            jobs.append(_HeldConnection(talk, number, target, request))
    if request.metrics is not None:
        jobs.append(_ModeWatch(talk, request.metrics))
    while True:
        now = talk.now()
        closing = now >= request.duration or over()
        for job in jobs:
            job.turn(talk.now(), closing)
        if closing and not any(job.pending for job in jobs):
            break
        until = min([now + _LOOK, *(job.due(closing) for job in jobs)])
        if not closing:
            until = min(until, request.duration)
        for conversation in sockets.ready(until - talk.now()):
            talk.owners[conversation].advance(conversation)
    write(End(talk.now()))


class _Talk:
    """What all jobs share: the sockets with their owners, the time since the beginning, and the record."""

    def __init__(self, sockets: Sockets, clock: Clock, began: float, write: t.Callable[[Entry], object]) -> None:
        self._sockets = sockets
        self._clock = clock
        self._began = began
        self.write = write
        self.owners: dict[Conversation, _Job] = {}

    def now(self) -> float:
        return self._clock.now() - self._began

    def begin(self, owner: _Job, protocol: str, endpoint: Endpoint, request: bytes) -> Conversation:
        conversation = self._sockets.begin(protocol, endpoint, request)
        self.owners[conversation] = owner
        return conversation

    def end(self, conversation: Conversation) -> None:
        del self.owners[conversation]
        conversation.close()


class _Job:
    """Something that goes on beside the others."""

    @property
    def pending(self) -> bool:
        """Whether it waits for an answer that is still to be noted when the time is over."""
        return False

    def turn(self, now: float, closing: bool) -> None:
        """Do what is due."""
        raise NotImplementedError

    def due(self, closing: bool) -> float:
        """When there is something to do that no answer tells of."""
        raise NotImplementedError

    def advance(self, conversation: Conversation) -> None:
        """Something came on a conversation of this job."""
        raise NotImplementedError


class _NewConnections(_Job):
    """A new connection to one target at every interval."""

    def __init__(self, talk: _Talk, number: int, target: Target, request: ProbeRequest, offset: float) -> None:
        self._talk = talk
        self._number = number
        self._target = target
        self._interval = request.interval
        self._timeout = request.timeout
        self._next = offset
        self._began: dict[Conversation, float] = {}

    @property
    def pending(self) -> bool:
        return bool(self._began)

    def turn(self, now: float, closing: bool) -> None:
        for conversation, began in list(self._began.items()):
            if now >= began + self._timeout:
                self._end(conversation, "timeout")
        if closing or now < self._next:
            return
        # After a pause of the process itself, the connections that did not begin are not made up for.
        self._next = max(self._next + self._interval, now)
        try:
            conversation = self._talk.begin(
                self, "tcp" if self._target.protocol == "tcp" else "udp", self._target.endpoint, self._target.request
            )
        except FailedError as failed:
            self._note(now, failed.kind)
        else:
            self._began[conversation] = now

    def due(self, closing: bool) -> float:
        ends = [began + self._timeout for began in self._began.values()]
        return min([math.inf if closing else self._next, *ends])

    def advance(self, conversation: Conversation) -> None:
        try:
            if conversation.advance():
                self._end(conversation, None)
        except FailedError as failed:
            self._end(conversation, failed.kind)

    def _end(self, conversation: Conversation, error: str | None) -> None:
        self._note(self._began.pop(conversation), error)
        self._talk.end(conversation)

    def _note(self, began: float, error: str | None) -> None:
        self._talk.write(Tried(began, self._number, (self._talk.now() - began) * 1000, error))


class _HeldConnection(_Job):
    """One connection that stays open: a message at every interval, or as soon as the one before is answered."""

    def __init__(self, talk: _Talk, number: int, target: Target, request: ProbeRequest) -> None:
        self._talk = talk
        self._number = number
        self._message = target.send.encode()
        self._interval = request.interval
        self._timeout = request.timeout
        #: when the message was sent that is not answered yet, and when the next one is to be
        self._sent: float | None = 0.0
        self._next = 0.0
        self._missed = False
        self._conversation: Conversation | None = None
        try:
            self._conversation = talk.begin(self, "tcp", target.endpoint, self._message)
        except FailedError as failed:
            self._broken(failed.kind)

    @property
    def pending(self) -> bool:
        return self._conversation is not None and self._sent is not None and not self._missed

    def turn(self, now: float, closing: bool) -> None:
        if self._conversation is None:
            return
        if self._sent is not None:
            if not self._missed and now >= self._sent + self._timeout:
                self._missed = True
                self._note("timeout")
        elif not closing and now >= self._next:
            self._sent, self._missed = now, False
            self._conversation.say(self._message)

    def due(self, closing: bool) -> float:
        if self.pending and self._sent is not None:
            return self._sent + self._timeout
        return math.inf if closing or self._sent is not None or self._conversation is None else self._next

    def advance(self, conversation: Conversation) -> None:
        try:
            answered = conversation.advance()
        except FailedError as failed:
            self._broken(failed.kind)
            return
        # What comes without having been asked for is the rest of an answer.
        if answered and self._sent is not None:
            self._note(None)
            self._next = max(self._sent + self._interval, self._talk.now())
            self._sent = None

    def _broken(self, error: str) -> None:
        self._note(error, broken=True)
        if self._conversation is not None:
            self._talk.end(self._conversation)
            self._conversation = None

    def _note(self, error: str | None, broken: bool = False) -> None:
        now = self._talk.now()
        sent = now if self._sent is None else self._sent
        self._talk.write(Held(sent, self._number, (now - sent) * 1000, error, broken))


class _ModeWatch(_Job):
    """The mode that kube-proxy reports, noted whenever it is another one than before."""

    def __init__(self, talk: _Talk, metrics: Endpoint) -> None:
        self._talk = talk
        self._metrics = metrics
        self._next = 0.0
        self._deadline = math.inf
        self._conversation: Conversation | None = None
        self._noted: list[str | None] = []

    def turn(self, now: float, closing: bool) -> None:
        if self._conversation is not None and now >= self._deadline:
            self._end(None)
        if closing or self._conversation is not None or now < self._next:
            return
        self._next, self._deadline = now + _MODE_INTERVAL, now + _MODE_TIMEOUT
        try:
            self._conversation = self._talk.begin(self, "tcp", self._metrics, MODE_QUESTION)
            self._conversation.whole = True
        except FailedError:
            self._note(None)

    def due(self, closing: bool) -> float:
        if self._conversation is not None:
            return self._deadline
        return math.inf if closing else self._next

    def advance(self, conversation: Conversation) -> None:
        try:
            if conversation.advance():
                self._end(mode_in(conversation.answer))
        except FailedError:
            self._end(None)

    def _end(self, mode: str | None) -> None:
        if self._conversation is not None:
            self._talk.end(self._conversation)
            self._conversation = None
        self._note(mode)

    def _note(self, mode: str | None) -> None:
        if self._noted != [mode]:
            self._noted = [mode]
            self._talk.write(Seen(self._talk.now(), mode))
