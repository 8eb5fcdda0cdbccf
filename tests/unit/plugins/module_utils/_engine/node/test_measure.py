# SPDX-License-Identifier: GPL-3.0-or-later

"""The pace of a probe and what it notes, on a network and with a clock of the test's own."""

from __future__ import annotations

import dataclasses
import itertools
import math
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.deadline import Clock
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.node.probe_sockets import FailedError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.addresses import Endpoint
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.probe_figures import figures
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.probe_record import (
    End,
    Entry,
    Held,
    Seen,
    Tried,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.probe_request import (
    ProbeRequest,
    Target,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.node.measure import measure, start

WEB, OTHER, METRICS = Endpoint("10.96.0.1", 80), Endpoint("10.96.0.2", 53), Endpoint("127.0.0.1", 10249)
#: Seconds after which an answer comes, with the kind of an error or None, or with the text of the answer.
Answer = tuple[float, t.Any, bytes]
OK: Answer = (0.001, None, b"x")
NEVER: Answer = (math.inf, None, b"")


class Conversation:
    def __init__(self, network: Network, endpoint: Endpoint) -> None:
        self._network = network
        self._endpoint = endpoint
        self.whole = False
        self.answer = b""
        self.open = True
        self.say(b"")

    def say(self, _request: bytes) -> None:
        after, self._error, self._text = self._network.answer(self._endpoint)
        self.at = self._network.now + after

    def advance(self) -> bool:
        self.at = math.inf
        self.answer = self._text
        if self._error is not None:
            raise FailedError(self._error)
        return True

    def close(self) -> None:
        assert self.open
        self.open = False
        self._network.conversations.remove(self)


class Network:
    """``behave`` says how an endpoint answers now; time passes only where somebody waits."""

    def __init__(self, behave: t.Callable[[Endpoint, float], Answer]) -> None:
        self.behave = behave
        self.now = 100.0
        self.conversations: list[Conversation] = []
        self.begun: list[tuple[float, str, Endpoint, bytes]] = []
        self.waits = 0

    def answer(self, endpoint: Endpoint) -> Answer:
        return self.behave(endpoint, self.now - 100.0)

    def begin(self, protocol: str, endpoint: Endpoint, request: bytes = b"") -> Conversation:
        self.begun.append((self.now - 100.0, protocol, endpoint, request))
        if self.answer(endpoint)[1] == "unreachable":
            raise FailedError("unreachable")
        conversation = Conversation(self, endpoint)
        self.conversations.append(conversation)
        return conversation

    def ready(self, seconds: float) -> list[Conversation]:
        self.waits += 1
        # Some time passes always.
        first = min([self.now + max(1e-7, seconds), *(each.at for each in self.conversations)])
        self.now = max(self.now, first)
        return [each for each in self.conversations if each.at <= self.now]

    def measure(self, request: ProbeRequest, over: t.Callable[[], bool] = lambda: False) -> list[Entry]:
        clock = Clock(lambda: self.now, sleep=_never, wall=lambda: 1_700_000_000.0)
        first = start(request, clock)
        record: list[Entry] = [first]
        measure(request, first, t.cast(t.Any, self), clock, write=record.append, over=over)
        return record


def _never(_seconds: float) -> None:
    raise AssertionError("nothing sleeps here")


def request(*targets: Target, duration: float = 10.0, metrics: Endpoint | None = None) -> ProbeRequest:
    return ProbeRequest(
        name="n",
        state="measured",
        targets=targets or (Target(WEB),),
        duration=duration,
        interval=0.05,
        timeout=0.4,
        metrics=metrics,
        directory="/x",
        mark="",
    )


def of(kind: type[t.Any], record: t.Iterable[Entry], target: int = 0) -> list[t.Any]:
    return [entry for entry in record if isinstance(entry, kind) and getattr(entry, "target", target) == target]


def test_the_pace_does_not_depend_on_the_answers() -> None:
    for behave in (OK, NEVER, (0.3, None, b""), (0.0, "refused", b"")):
        network = Network(lambda _endpoint, _now, behave=behave: behave)  # type: ignore[misc]
        record = network.measure(request())
        tried = of(Tried, record)
        assert len(tried) == 200
        begun = sorted(entry.at for entry in tried)
        assert max(later - earlier for earlier, later in itertools.pairwise(begun)) == pytest.approx(0.05, abs=1e-4)
        assert network.conversations == []


def test_a_gap_is_seen_from_its_first_to_its_last_moment() -> None:
    network = Network(lambda _endpoint, now: NEVER if 3.0 <= now < 6.0 else OK)
    found = figures(network.measure(request()))
    [target] = found["targets"]
    assert target["errors"] == {"timeout": 60}
    assert target["longest_gap"] == pytest.approx(3.05, abs=0.02)
    assert target["gap_at"] == pytest.approx(2.95, abs=0.02)
    assert (found["complete"], found["seconds"]) == (True, 10.0)


def test_a_target_that_hangs_does_not_hold_up_another() -> None:
    network = Network(lambda endpoint, _now: NEVER if endpoint == WEB else OK)
    record = network.measure(request(Target(WEB), Target(OTHER, "dns")))
    assert len(of(Tried, record, 0)) == len(of(Tried, record, 1)) == 200
    assert {entry.error for entry in of(Tried, record, 1)} == {None}
    assert max(entry.ms for entry in of(Tried, record, 1)) == pytest.approx(1.0)
    # They take turns within the interval.
    assert network.begun[1][0] - network.begun[0][0] == pytest.approx(0.025)
    assert {(protocol, endpoint) for _at, protocol, endpoint, _sent in network.begun} == {("tcp", WEB), ("udp", OTHER)}


def test_what_cannot_even_begin_has_failed() -> None:
    record = Network(lambda _endpoint, _now: (0.0, "unreachable", b"")).measure(request(Target(WEB, hold=True)))
    assert {entry.error for entry in of(Tried, record)} == {"unreachable"}
    assert of(Held, record) == [Held(0.0, 0, 0.0, "unreachable", True)]


def test_the_last_connections_are_waited_for() -> None:
    network = Network(lambda _endpoint, _now: (0.35, None, b"x"))
    record = network.measure(request(duration=1.0))
    assert [entry.error for entry in of(Tried, record)] == [None] * 20
    [end] = of(End, record)
    assert end.at == pytest.approx(1.3)


def test_it_ends_when_somebody_says_so_and_soon() -> None:
    network = Network(lambda _endpoint, _now: OK)
    record = network.measure(
        dataclasses.replace(request(duration=600.0), interval=60.0), over=lambda: network.now >= 103.0
    )
    [end] = of(End, record)
    assert 3.0 <= end.at <= 3.6


def test_after_a_pause_of_the_process_nothing_is_made_up_for() -> None:
    network = Network(lambda _endpoint, _now: OK)

    def over() -> bool:
        if 102.0 < network.now < 103.0:
            network.now += 3.0
        return False

    record = network.measure(request(), over=over)
    # 10 s without the pause of 3 s, in which nothing is known to have failed.
    assert 139 <= len(of(Tried, record)) <= 142
    assert {entry.error for entry in of(Tried, record)} == {None}


def test_it_waits_instead_of_turning_round() -> None:
    network = Network(lambda _endpoint, _now: OK)
    network.measure(request(Target(WEB, hold=True), metrics=METRICS))
    # 200 connections, 200 messages and 40 questions begin and are answered, and some of it falls together.
    assert network.waits < 3 * (200 + 200 + 40)


def test_a_connection_that_is_kept_open_survives_a_silence() -> None:
    silent = (2.5, None, b"x")
    network = Network(lambda _endpoint, now: silent if 3.0 <= now < 3.06 else OK)
    record = network.measure(request(Target(WEB, hold=True)))
    found = figures(record)["targets"][0]["hold"]
    assert found == {
        "answers": pytest.approx(150, abs=3),
        "survived": True,
        "longest_silence": pytest.approx(2.5, abs=0.06),
        "broke_at": None,
        "error": None,
    }
    assert [entry.error for entry in of(Held, record) if entry.error] == ["timeout"]


def test_a_connection_that_breaks_is_not_opened_again() -> None:
    network = Network(lambda _endpoint, now: (0.2, "reset", b"") if 3.0 <= now < 3.06 else OK)
    record = network.measure(request(Target(WEB, hold=True)))
    held = of(Held, record)
    assert held[-1].broken
    assert held[-1].at + held[-1].ms / 1000 == pytest.approx(3.2, abs=0.06)
    assert figures(record)["targets"][0]["hold"]["survived"] is False
    # The new connections go on.
    assert of(Tried, record)[-1].at == pytest.approx(9.95)


def test_a_connection_that_never_answers_again_has_not_survived() -> None:
    record = Network(lambda _endpoint, now: NEVER if now >= 3.0 else OK).measure(request(Target(WEB, hold=True)))
    found = figures(record)["targets"][0]["hold"]
    assert (found["survived"], found["broke_at"], found["error"]) == (False, None, "timeout")


def test_changes_of_the_mode_are_noted_once_each() -> None:
    def behave(endpoint: Endpoint, now: float) -> Answer:
        if endpoint != METRICS:
            return OK
        if 3.0 <= now < 4.5:
            return 0.0, "refused", b""
        mode = b"iptables" if now < 3.0 else b"nftables"
        return 0.01, None, b"HTTP/1.0 200 OK\r\nDate: x\r\n\r\n" + mode

    network = Network(behave)
    record = network.measure(request(metrics=METRICS))
    assert [entry.mode for entry in of(Seen, record)] == ["iptables", None, "nftables"]
    [switch] = figures(record)["switches"]
    assert (switch["left"], switch["arrived"]) == (pytest.approx(3.0, abs=0.3), pytest.approx(4.5, abs=0.3))
    questions = {sent for _at, _protocol, endpoint, sent in network.begun if endpoint == METRICS}
    assert questions == {b"GET /proxyMode HTTP/1.0\r\n\r\n"}


@pytest.mark.parametrize(
    "answer",
    [NEVER, (0.0, None, b"HTTP/1.0 404 Not Found\r\n\r\nipvs"), (0.0, None, b"HTTP/1.0 200 OK\r\n\r\nhello")],
)
def test_something_else_on_the_port_of_kube_proxy(answer: Answer) -> None:
    record = Network(lambda endpoint, _now: answer if endpoint == METRICS else OK).measure(request(metrics=METRICS))
    assert [entry.mode for entry in of(Seen, record)] == [None]
    assert len(of(Tried, record)) == 200
