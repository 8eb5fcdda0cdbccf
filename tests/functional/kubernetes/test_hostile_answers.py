# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that no API server gives: what they cost in time and memory, and that each is one error of this adapter."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import os
import time
import tracemalloc
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.deadline import (
    NEVER,
    Clock,
    Deadline,
    within,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.failures import RequestError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes import pool
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes.connection import connect
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes.kubernetes_api import (
    KubernetesApi,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes.server_errors import (
    KubernetesError,
    MalformedAnswerError,
    RefusedByServerError,
    UnreachableError,
)
from hostile_server import HostileServer, Play, Request, answer, saying
from module_run import ModuleRun

from .played_server import STDOUT, PlayedServer, frame, silent, streaming

CONFIG_MAP = {"metadata": {"namespace": "n", "name": "m", "resourceVersion": "1"}, "data": {"k": "v"}}


class Time:
    """A clock that the pauses between attempts advance."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)

    def deadline(self, seconds: float) -> Deadline:
        return Deadline.after(seconds, Clock(lambda: self.now, self.sleep, lambda: 1_790_000_000.0))


@pytest.fixture(autouse=True, scope="module")
def _imported() -> None:
    """The library, whose first import takes longer than the requests that are timed here."""
    with api_at("http://127.0.0.1:1", deadline=Deadline(at=0.0)) as api, contextlib.suppress(KubernetesError):
        read(api)


@pytest.fixture
def server() -> t.Iterator[HostileServer]:
    with HostileServer(saying(answer(CONFIG_MAP))) as running:
        yield running


@contextlib.contextmanager
def api_at(url: str, timeout: float = 30.0, deadline: Deadline = NEVER) -> t.Iterator[KubernetesApi]:
    with connect({"host": url, "api_key": "token", "validate_certs": False}, {}) as client:
        yield KubernetesApi(client, timeout, deadline)


def read(api: KubernetesApi) -> t.Any:
    return api.config_map("n", "m")


def failed(
    server: HostileServer,
    play: Play,
    call: t.Callable[[KubernetesApi], object] = read,
    timeout: float = 30.0,
    deadline: Deadline | None = None,
) -> KubernetesError:
    """The error of a request, as far as it is one that the shell knows."""
    server.play = play
    time_of_run = Time().deadline(0.1) if deadline is None else deadline
    with api_at(server.url, timeout, time_of_run) as api, pytest.raises(KubernetesError) as caught:
        call(api)
    assert isinstance(caught.value, RequestError)
    assert str(caught.value).isprintable()
    assert json.dumps(caught.value.as_result())
    return caught.value


# --- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dripped", [b"H", answer("")[:-2] + b"X: x", answer("{" + 999 * " ")], ids=["status line", "headers", "body"]
)
def test_byte_after_byte_does_not_outlive_the_limit_of_a_request(server: HostileServer, dripped: bytes) -> None:
    error = failed(server, server.drip(dripped, 0.05), timeout=0.4)
    assert isinstance(error, UnreachableError)
    assert "timed out after 0.4 s" in str(error)


def test_a_limit_has_the_same_words_whoever_notices_first(
    server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The socket has the limit too, and is first where the thread that waits for the request is slow."""
    monkeypatch.setattr(pool, "within", lambda limit, work: within(limit + 60, work))
    assert "gave no answer (timed out after 0.4 s)" in str(failed(server, server.silent, timeout=0.4))


def test_the_time_of_a_run_bounds_what_is_read_again(server: HostileServer) -> None:
    clock = Time()
    error = failed(server, server.silent, timeout=0.2, deadline=clock.deadline(3.0))
    # 0, 0.6 and 1.2 seconds; the next pause, of 2.4, would end after the 3 that the run has.
    assert clock.pauses == [0, 0.6, 1.2]
    assert "timed out" in str(error)


@pytest.mark.parametrize(
    ("header", "pause"), [("7", 7.0), ("86400", 60.0), ("\x1f2", 0), ("9" * 400, 60.0), ("-1", 0), ("soon", 0)]
)
def test_a_demanded_pause_is_kept_and_cut(server: HostileServer, header: str, pause: float) -> None:
    clock = Time()
    server.play = saying(answer("{}", 429, Retry_After=header), answer(CONFIG_MAP))
    with api_at(server.url, deadline=clock.deadline(100)) as api:
        assert read(api) == CONFIG_MAP
    assert clock.pauses == [pause]


def test_a_demanded_pause_that_ends_after_the_run_is_not_begun(server: HostileServer) -> None:
    clock = Time()
    error = failed(server, saying(answer("{}", 503, Retry_After="60")), deadline=clock.deadline(10))
    assert clock.pauses == []
    assert isinstance(error, RefusedByServerError)


def test_what_changes_something_is_sent_once(server: HostileServer) -> None:
    failed(server, saying(answer("{}", 503)), lambda api: api.replace_config_map(CONFIG_MAP, dry_run=False), 5, NEVER)
    assert [request.method for request in server.requests] == ["PUT"]


@pytest.mark.parametrize("location", ["http://127.0.0.1:1/", "http://[bad", "\x80", ""])
def test_a_redirect_is_not_followed(server: HostileServer, location: str) -> None:
    error = failed(server, saying(answer("", 302, Location=location)))
    assert isinstance(error, RefusedByServerError)
    assert error.status == 302


@pytest.mark.parametrize("call", ["execute", "http_get"])
def test_a_stream_byte_after_byte_ends(call: str) -> None:
    """Each byte comes in time, and all of them never."""

    def drip(connection: t.Any) -> None:
        while True:
            connection.sendall(b"\x82")
            time.sleep(0.05)
            connection.sendall(b"\x03\x01ab")

    use: dict[str, t.Callable[[KubernetesApi], object]] = {
        "execute": lambda api: api.execute("n", "p", "c", ["/bin/true"]),
        "http_get": lambda api: api.http_get("n", "p", 10249, "/proxyMode"),
    }
    with (
        PlayedServer(streaming(then=drip)) as played,
        api_at(f"http://127.0.0.1:{played.port}", 0.5) as api,
        pytest.raises(KubernetesError, match=r"did not end within 0\.5 seconds|timed out"),
    ):
        use[call](api)


# --- size -------------------------------------------------------------------------------------------------------------


def forever(connection: t.Any, _request: object) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n{")
    while True:
        connection.sendall(b" " * 65536)


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("kind", ["gzip", "without end", "large"])
def test_an_answer_costs_no_more_than_its_limit(server: HostileServer, kind: str, status: int) -> None:
    packed = gzip.compress(b" " * 64 * 2**20, 1)
    plays = {
        "gzip": saying(answer(packed, status, Content_Encoding="gzip")),
        "without end": forever,
        "large": saying(answer(json.dumps({"message": "x" * 20_000_000}), status)),
    }
    tracemalloc.start()
    try:
        error = failed(server, plays[kind])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60_000_000
    assert len(str(error)) + len(str(error.as_result() if isinstance(error, RequestError) else "")) < 5000


def test_the_output_of_a_command_has_a_limit() -> None:
    def flood(connection: t.Any) -> None:
        chunk = frame(STDOUT, b"x" * 60_000)
        while True:
            connection.sendall(chunk)

    with (
        PlayedServer(streaming(then=flood)) as played,
        api_at(f"http://127.0.0.1:{played.port}", 10) as api,
        pytest.raises(UnreachableError, match="more than 4 MiB came"),
    ):
        api.execute("n", "p", "c", ["/bin/true"])


def test_a_stream_that_is_given_up_does_not_change_later_requests() -> None:
    def play(connection: t.Any) -> None:
        silent(8.0)(connection)

    with PlayedServer(play) as played, api_at(f"http://127.0.0.1:{played.port}", 0.3) as api:
        for _attempt in range(2):
            with pytest.raises(UnreachableError):
                api.execute("n", "p", "c", ["/bin/true"])


def test_lists_are_read_page_by_page(server: HostileServer) -> None:
    pages = [
        answer({"metadata": {"continue": "next"}, "items": [{"metadata": {"name": "a"}}]}),
        answer({"metadata": {}, "items": [{"metadata": {"name": "b"}}]}),
    ]
    server.play = saying(*pages)
    with api_at(server.url) as api:
        assert [node["metadata"]["name"] for node in api.nodes()] == ["a", "b"]
    assert "continue=next" in server.requests[1].path
    assert all("limit=250" in request.path for request in server.requests)


def test_a_list_without_end_ends_with_the_run(server: HostileServer) -> None:
    endless = saying(answer({"metadata": {"continue": "next"}, "items": []}))
    assert "did not end in time" in str(failed(server, endless, lambda api: api.nodes(), 30, Deadline(at=0.0)))


# --- every answer is a value or one error -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b'{"metadata": {}}',
        b'{"metadata": {"namespace": "n", "name": 5, "resourceVersion": "1"}}',
        b'{"metadata": {"namespace": "n", "name": "m", "resourceVersion": "1"}, "data": {"k": 1}}',
        b'{"data": {"k": "\\ud800"}}',
        b"[" * 100_000,
        b'{"a": NaN}',
        b"\xff\xfe",
        b"<html>\x1b[31mproxy</html>",
    ],
    ids=lambda body: repr(body[:70]),
)
@pytest.mark.parametrize("status", [200, 500])
def test_odd_bodies_are_errors_that_name_the_request(server: HostileServer, body: bytes, status: int) -> None:
    error = failed(server, saying(answer(body, status)))
    assert str(error).startswith("Reading ConfigMap n/m: ")
    assert isinstance(error, RefusedByServerError if status == 500 else MalformedAnswerError)


@pytest.mark.parametrize("items", [None, {}, "text", [None], [{}], [{"metadata": {"name": 1}}], [["a"]]], ids=repr)
@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.pods("n", {"a": "b"}),
        lambda api: api.nodes(),
        lambda api: api.all_services(),
        lambda api: api.all_daemon_sets(),
        lambda api: api.all_pods("n"),
    ],
)
def test_odd_lists_are_errors(server: HostileServer, call: t.Callable[[KubernetesApi], object], items: t.Any) -> None:
    assert isinstance(failed(server, saying(answer({"items": items})), call), MalformedAnswerError)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 099 Odd\r\n\r\n",
        b"HTTP/1.1 999 Odd\x1b\r\n\r\n",
        b"HTTP/1.1 200 Odd\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 Odd\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 Odd\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 Odd\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
        b"SSH-2.0-OpenSSH\r\n",
        b"\x00" * 100,
        b"HTTP/1.1 200 Odd\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 Odd\r\n" + b"X: y\r\n" * 500 + b"\r\n{}",
        b"",
    ],
    ids=lambda raw: repr(raw[:50]),
)
def test_what_is_no_proper_http_is_one_error(server: HostileServer, raw: bytes) -> None:
    error = failed(server, saying(raw), timeout=5)
    assert str(error).startswith("Reading ConfigMap n/m: ")
    assert len(str(error)) < 1000


# --- what a module shows of it ----------------------------------------------------------------------------------------


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> ModuleRun:
    for name in list(os.environ):
        if name.startswith("K8S_AUTH_") or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    return ModuleRun(monkeypatch, capsys)


@pytest.mark.parametrize("kind", ["token", "password"])
def test_credentials_that_come_back_are_masked(server: HostileServer, module: ModuleRun, kind: str) -> None:
    secret = 'se"cr\\et+/1234='
    basic = base64.b64encode(f"user:{secret}".encode()).decode()
    options = {"api_key": "s3cr3t-token/+"} if kind == "token" else {"username": "user", "password": secret}

    def play(connection: t.Any, request: Request) -> None:
        connection.sendall(answer({"reason": "Odd", "message": f"{request.head} {json.dumps(options)}"}, 400))

    server.play = play
    outcome = module.bare("kube_proxy_info", host=server.url, validate_certs=False, **options)
    assert outcome.failed
    assert "Odd" in outcome["msg"]
    shown = outcome.text.replace("\\\\", "\\").replace('\\"', '"')
    assert [text for text in ("s3cr3t", basic, basic[:-4], 'se"cr', "et+/1234") if text in shown] == []


def test_the_time_for_waiting_bounds_a_server_that_hangs(server: HostileServer, module: ModuleRun) -> None:
    server.play = server.silent
    options = {"host": server.url, "api_key": "token", "wait_timeout": 1, "timeout": 60}
    outcome = module.bare("kube_proxy_rollout", **options)
    assert outcome.failed
    # LAST_REQUEST in place of the minute, and no second attempt.
    assert len(server.requests) == 1
    assert "timed out after 3 s" in outcome["msg"]


def test_words_of_the_server_forge_no_line(server: HostileServer, module: ModuleRun) -> None:
    forged = "no\nFAKE TASK [ok] ***\x1b[31m"
    server.play = saying(answer({"reason": forged, "message": forged}, 403))
    outcome = module.bare("kube_proxy_info", host=server.url, api_key="token")
    assert "FAKE TASK" in outcome["msg"]
    assert outcome["msg"].isprintable()


# --- numbers ----------------------------------------------------------------------------------------------------------

ONE = {"items": [{"metadata": {"name": "a"}}]}


@pytest.mark.parametrize(
    ("pages", "number"),
    [
        ([{"items": [], "metadata": {}}], 0),
        ([{**ONE, "metadata": {"resourceVersion": "1"}}], 1),
        ([{**ONE, "metadata": {"continue": "x", "remainingItemCount": 41}}], 42),
        # As the API allows: then all of them are read.
        ([{**ONE, "metadata": {"continue": "x"}}, {**ONE, "metadata": {"continue": "y"}}, {**ONE, "metadata": {}}], 2),
    ],
)
def test_a_server_may_leave_out_how_many_there_are(
    server: HostileServer, pages: list[dict[str, t.Any]], number: int
) -> None:
    server.play = saying(*map(answer, pages))
    with api_at(server.url) as api:
        assert api.number_of("Deployment") == number
    assert len(server.requests) == len(pages)


@pytest.mark.parametrize(
    "page", [{"items": [{}], "metadata": {}}, {"items": [], "metadata": {"remainingItemCount": "x"}}]
)
def test_what_cannot_be_counted(server: HostileServer, page: dict[str, t.Any]) -> None:
    error = failed(server, saying(answer(page)), lambda api: api.number_of("DaemonSet", "n"))
    assert isinstance(error, MalformedAnswerError)
    assert str(error).startswith("Counting DaemonSets of n: ")


def test_volumes_that_are_none(server: HostileServer) -> None:
    page = {"items": [{"metadata": {"name": "a"}, "spec": {"csi": []}}]}
    error = failed(server, saying(answer(page)), lambda api: api.persistent_volumes())
    assert isinstance(error, MalformedAnswerError)
    assert "items[].spec.csi is a list where an object is expected" in str(error)
