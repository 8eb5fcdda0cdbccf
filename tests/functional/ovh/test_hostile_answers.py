# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that no faithful API gives: what they cost in time and memory, what they show, and that each is one error."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import html
import json
import threading
import tracemalloc
import typing as t
import urllib.parse
import zlib

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.deadline import Clock, Deadline
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.api_errors import (
    ApiError,
    OvhError,
    TransportError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.kube_api import KubeApi
from hostile_server import QUERY_ID, HostileServer, Play, Request, answer, saying

PROJECT = "f" * 32
CLUSTER = {"id": "c1", "name": "prod", "region": "GRA11", "status": "READY", "customization": {"kubeProxy": {}}}
SECRETS = {"client_id": "an-id", "client_secret": 'pass"word\\with/every+thing='}
TOKEN = {"access_token": "token-of-this-run", "token_type": "Bearer", "expires_in": 3599}


@pytest.fixture
def server() -> t.Iterator[HostileServer]:
    with HostileServer(saying(answer([]))) as running:
        yield running


@dataclasses.dataclass
class Door:
    """The API at a hostile server, through one client."""

    rig: t.Any
    api: KubeApi


@pytest.fixture
def door(server: HostileServer, connect: t.Any) -> t.Callable[..., Door]:
    def make(method: str = "token", *, timeout: float = 30.0, wait: float = 1e9, **options: t.Any) -> Door:
        rig = connect(method, endpoint=f"{server.url}/1.0", token_url=f"{server.url}/token", timeout=timeout, **options)
        deadline = Deadline.after(wait, Clock(lambda: rig.now))
        return Door(rig, KubeApi(rig.client, PROJECT, deadline))

    return make


# --- time -------------------------------------------------------------------------------------------------------------


def failed(call: t.Callable[[], object]) -> OvhError:
    with pytest.raises(OvhError) as caught:
        call()
    return caught.value


HEAD = answer("")[:-2]


@pytest.mark.parametrize(
    "dripped", [b"H", HEAD + b"X: x", answer("[" + 999 * " ")], ids=["status line", "headers", "body"]
)
def test_byte_after_byte_does_not_outlive_the_limit_of_a_request(
    server: HostileServer, door: t.Any, dripped: bytes
) -> None:
    server.play = server.drip(dripped, 0.05)
    # Nothing may be repeated in the half second that the run has.
    error = failed(door(timeout=0.4, wait=0.5).api.list_ids)
    assert isinstance(error, TransportError)
    assert f"127.0.0.1:{server.port} did not answer within 0.4 s" in str(error)


@pytest.mark.parametrize("method", ["token", "signed", "service_account"])
def test_the_time_of_a_run_bounds_reads_that_hang(server: HostileServer, door: t.Any, method: str) -> None:
    """Those of the authentication as well."""
    server.play = server.silent
    made = door(method, timeout=0.2, wait=5.0)
    error = failed(made.api.list_ids)
    # Pauses of 1 and 2 seconds; the next, of 4, would end after the 5 that the run has.
    assert made.rig.waits == [1.0, 2.0]
    assert error.attempts == 3
    assert not error.maybe_processed


def test_a_pause_that_the_api_demands_is_not_begun_when_the_run_ends_before(server: HostileServer, door: t.Any) -> None:
    server.play = saying(answer("{}", 429, Retry_After="60"))
    made = door(wait=10.0)
    error = failed(made.api.list_ids)
    assert made.rig.waits == []
    assert error.attempts == 1


def test_a_request_that_begins_late_has_a_moment_left(server: HostileServer, door: t.Any) -> None:
    made = door(wait=0.0)
    assert made.api.list_ids() == []
    server.play = saying(answer("{}", 503))
    failed(made.api.list_ids)
    assert made.rig.waits == []


def test_a_name_server_that_does_not_answer_is_given_up_and_nothing_is_sent_later(
    server: HostileServer, door: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, looked_up, resolve = threading.Event(), threading.Event(), __import__("socket").getaddrinfo

    def slow(*arguments: t.Any, **more: t.Any) -> t.Any:
        answers.wait(20)
        try:
            return resolve(*arguments, **more)
        finally:
            looked_up.set()

    monkeypatch.setattr("socket.getaddrinfo", slow)
    error = failed(lambda: door(timeout=0.3, wait=0.5).api.delete("c1"))
    assert f"no connection to 127.0.0.1:{server.port} within 0.3 s" in str(error)
    assert error.maybe_processed is False
    answers.set()
    assert looked_up.wait(5)
    server.play = saying(answer([]))
    assert door().api.list_ids() == []
    assert [request.method for request in server.requests] == ["GET"]


# --- size -------------------------------------------------------------------------------------------------------------


def forever(connection: t.Any, _request: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 Said\r\n\r\n" + b"[")
    while True:
        connection.sendall(b" " * 65536)


def bomb(bits: int) -> bytes:
    """64 MiB of spaces, packed as gzip (31) or zlib (15)."""
    pack = zlib.compressobj(1, zlib.DEFLATED, bits)
    return b"".join(pack.compress(b" " * 2**20) for _megabyte in range(64)) + pack.flush()


def stuffed(packed: bytes, coding: str, status: int = 200) -> Play:
    return saying(answer(packed, status, Content_Encoding=coding))


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(
    "play",
    [
        lambda status: stuffed(bomb(31), "gzip", status),
        lambda status: stuffed(bomb(15), "deflate", status),
        lambda _status: forever,
        lambda status: saying(answer(json.dumps({"message": "x" * 30_000_000}), status)),
    ],
    ids=["gzip", "deflate", "without end", "large"],
)
def test_an_answer_costs_no_more_than_its_limit(
    server: HostileServer, door: t.Any, play: t.Callable[[int], Play], status: int
) -> None:
    server.play = play(status)
    made = door(wait=0.5)
    tracemalloc.start()
    try:
        error = failed(made.api.list_ids)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40_000_000
    assert len(str(error.as_result())) + len(str(error)) < 10_000
    if isinstance(error, ApiError) and error.status == 200:
        assert "longer than 8 MiB" in str(error)


def test_a_packed_answer_is_read(server: HostileServer, door: t.Any) -> None:
    for coding, pack in (("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes)):
        server.play = stuffed(pack(b'["c1"]'), coding)
        assert door().api.list_ids() == ["c1"]
    assert "accept-encoding: identity" in server.requests[0].head.lower()


@pytest.mark.parametrize(
    ("content", "coding"),
    [(b"no gzip", "gzip"), (gzip.compress(b"[]" * 999)[:-12], "gzip"), (b"[]", "br\x1b")],
    ids=["not packed", "breaks off", "unknown"],
)
def test_a_packed_answer_that_cannot_be_read(server: HostileServer, door: t.Any, content: bytes, coding: str) -> None:
    server.play = stuffed(content, coding)
    error = failed(door().api.list_ids)
    assert QUERY_ID in str(error)
    assert str(error).isprintable()


# --- what is shown ----------------------------------------------------------------------------------------------------

ACCOUNT = f"{SECRETS['client_id']}:{SECRETS['client_secret']}"
#: As they are sent or may come back; that every spelling is struck is tested with the rule itself.
ECHOED = (
    SECRETS["client_secret"],
    base64.b64encode(ACCOUNT.encode()).decode(),
    json.dumps(SECRETS["client_secret"])[1:-1],
    urllib.parse.quote_plus(SECRETS["client_secret"]),
    html.escape(SECRETS["client_secret"]),
)


@pytest.mark.parametrize("shape", ["message", "page", "query id", "details", "class", "location"])
@pytest.mark.parametrize("where", ["/token", "/1.0"])
def test_a_secret_that_comes_back_is_masked(server: HostileServer, door: t.Any, shape: str, where: str) -> None:
    echoed = " ".join(ECHOED)
    answers = {
        "message": answer({"message": f"I got Authorization: Basic {echoed}"}, 400),
        "page": answer(f"<html>I <b>got</b> {echoed}</html>", 502),
        "query id": answer({"message": "x"}, 400, X_OVH_QUERYID=echoed),
        "details": answer({"message": "x", "details": {echoed: [echoed]}}, 403),
        "class": answer({"class": echoed, "message": "x"}, 400),
        "location": answer("", 302, Location=f"http://h/{echoed}"),
    }

    def play(connection: t.Any, request: Request) -> None:
        connection.sendall(answers[shape] if request.path.startswith(where) else answer(TOKEN))

    server.play = play
    error = failed(door("service_account", wait=0.5, **SECRETS).api.list_ids)
    seen = f"{error} {error.as_result()} {json.dumps(error.as_result())} {vars(error)}"
    assert [text for text in ECHOED if text[:12] in seen] == []


def test_the_headers_that_authenticate_a_request_are_masked(server: HostileServer, door: t.Any) -> None:
    def play(connection: t.Any, request: Request) -> None:
        now = request.path.endswith("/auth/time")
        connection.sendall(answer("1790000000") if now else answer({"message": request.head}, 400))

    server.play = play
    error = failed(door("signed").api.list_ids)
    sent = dict(line.split(": ", 1) for line in server.requests[-1].head.split("\r\n")[1:])
    signature = next(value for name, value in sent.items() if name.lower() == "x-ovh-signature")
    assert signature.startswith("$1$")
    assert signature not in f"{error} {error.as_result()}"


def test_an_answer_that_breaks_off_does_not_show_what_it_said(server: HostileServer, door: t.Any) -> None:
    server.play = saying(b"Authorization: Bearer " + b"s3cr3t-token" + b"\r\n\r\n")
    error = failed(door("token", wait=0.5, access_token="s3cr3t-token").api.list_ids)
    assert "s3cr3t-token" not in f"{error} {error.as_result()}"
    assert str(error).isprintable()


# --- every answer is a value or one error -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"NaN",
        b"[NaN]",
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1' + b"0" * 400 + b"}",
        b'["\\ud800"]',
        b'{"id": "a", "id": "b"}',
        b"[" * 200_000,
        b"[" * 40 + b"]" * 40,
        b'{"a":' * 5000,
        b"\xff\xfe[\x00]\x00",
        '["é"]'.encode("utf-16"),
        b'["\xe9"]',
        b"<![foo[",
        b"<!-",
        b"<" * 60_000,
        b"<script" * 8_000,
        b"\x00",
        b"[1]",
        b"null",
        b"",
        b'[""]',
        b'[".."]',
        b"true",
    ],
    ids=lambda body: repr(body[:20]),
)
@pytest.mark.parametrize("status", [200, 500])
def test_odd_bodies_are_errors_that_name_the_request(
    server: HostileServer, door: t.Any, body: bytes, status: int
) -> None:
    server.play = saying(answer(body, status, Content_Type="text/html; charset=x-none"))
    error = failed(door(wait=0.5).api.list_ids)
    assert (error.method, error.path) == ("GET", f"/cloud/project/{PROJECT}/kube")
    assert f"GET /cloud/project/{PROJECT}/kube" in str(error)
    assert QUERY_ID in str(error)
    assert str(error).isprintable()


@pytest.mark.parametrize(
    "location", ["http://[bad", "http://a:b:c", "\x80\xff", "http://\xff\xfe/", "x" * 5000, "", "//", "http://a\tb"]
)
def test_a_redirect_to_what_is_no_url(server: HostileServer, door: t.Any, location: str) -> None:
    server.play = saying(answer("", 302, Location=location))
    error = failed(door().api.list_ids)
    assert isinstance(error, ApiError)
    assert "redirects to" in str(error)
    assert len(str(error)) < 1000
    assert str(error).isprintable()


@pytest.mark.parametrize("header", ["\x1f2", "9" * 400, "-5", "1e9", "\xb2", "Fri, 31 Dec 9999 23:59:59 GMT", "0x10"])
def test_odd_demands_for_a_pause(server: HostileServer, door: t.Any, header: str) -> None:
    server.play = saying(answer("{}", 429, Retry_After=header), answer([]))
    made = door()
    assert made.api.list_ids() == []
    assert made.rig.waits[0] in (1.0, 60.0)


ODD_TOKENS: list[t.Any] = [
    {**TOKEN, "expires_in": float("nan")},
    {**TOKEN, "expires_in": 10**400},
    {**TOKEN, "expires_in": -1},
    {**TOKEN, "expires_in": 0},
    {**TOKEN, "expires_in": True},
    {**TOKEN, "expires_in": "soon"},
    {**TOKEN, "expires_in": [3599]},
    {"access_token": ""},
    {"access_token": 5},
    {"access_token": "a\nb"},
    {"access_token": "\ud800"},
    {},
    [],
    "null",
    '"token"',
]


@pytest.mark.parametrize("token", ODD_TOKENS, ids=lambda token: repr(token)[:40])
def test_odd_tokens_are_errors_of_the_token_url(server: HostileServer, door: t.Any, token: t.Any) -> None:
    server.play = saying(answer(token), answer([]))
    error = failed(door("service_account", **SECRETS).api.list_ids)
    assert error.path == f"{server.url}/token"
    assert QUERY_ID in str(error)
    assert [request.path for request in server.requests] == ["/token"]


@pytest.mark.parametrize("lifetime", [3599, 3599.5, "3599", None])
def test_the_lifetime_of_a_token_may_be_missing_or_a_text(server: HostileServer, door: t.Any, lifetime: t.Any) -> None:
    server.play = saying(answer({**TOKEN, "expires_in": lifetime}), answer([]))
    assert door("service_account", **SECRETS).api.list_ids() == []


@pytest.mark.parametrize("now", ["-1", "0", "1.5", '"1790000000"', "null", "1" + "0" * 18, "true", "[]"])
def test_odd_times_are_errors(server: HostileServer, door: t.Any, now: str) -> None:
    server.play = saying(answer(now), answer([]))
    error = failed(door("signed").api.list_ids)
    assert (error.path, len(server.requests)) == ("/auth/time", 1)
    assert "not a number of seconds" in str(error)
    assert QUERY_ID in str(error)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 099 Odd\r\n\r\n",
        b"HTTP/1.1 999 Odd\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\n\r\n",
        b"HTTP/9.9 200 Odd\r\n\r\n",
        b"HTTP/1.1 200 Odd\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 Odd\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n[]",
        b"HTTP/1.1 200 Odd\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 Odd\r\nSet-Cookie: \xff=\xfe; expires=never\r\nContent-Length: 1\r\n\r\n[",
        b"HTTP/1.1 200 \x1b[31m\r\n\x1b]0;x\x07: y\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"\x00" * 100,
        b"HTTP/1.1 200 Odd\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
        b"",
    ],
    ids=lambda raw: repr(raw[:40]),
)
def test_what_is_no_proper_http_is_one_error(server: HostileServer, door: t.Any, raw: bytes) -> None:
    server.play = saying(raw)
    error = failed(door(wait=0.5).api.list_ids)
    assert f"GET /cloud/project/{PROJECT}/kube" in str(error)
    assert len(str(error)) < 1500
    assert str(error).isprintable()
