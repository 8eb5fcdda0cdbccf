# SPDX-License-Identifier: GPL-3.0-or-later

"""The faults: what may come in place of the API's answer."""

from __future__ import annotations

import base64
import copy
import dataclasses
import functools
import gzip
import itertools
import json
import re
import socket
import typing as t

from . import proxy
from .proxy import Answer, Exchange

QUERY_ID = "EU.ext-9.faultcampaign.{}.cafe"
#: What a hostile name would draw on a terminal.
ESCAPES = "\x1b[31m\r\nFAKE TASK [ok] \x07\x9b\u202e"

Alter = t.Callable[[Answer, Exchange, t.Sequence[Exchange]], "Answer | None"]


@dataclasses.dataclass(frozen=True)
class Fault:
    """``alter`` makes the answer, or None where the fault has nothing to work on; ``send`` brings it to the client."""

    name: str
    #: answer: none, or no HTTP; status: an error; body, field: a success with something odd in it; semantic: a lie
    kind: str
    forwarded: bool
    alter: Alter
    send: t.Callable[[socket.socket, Answer], bool] = proxy.send
    #: Hits each later attempt of the same request as well.
    lasting: bool = False
    #: Gives clusters another name, which is believed.
    renames: bool = False
    #: Takes real seconds, so that it is played at few requests.
    slow: bool = False

    def spoil(self, exchange: Exchange, earlier: t.Sequence[Exchange]) -> Answer:
        real = exchange.real or Answer(200, [("content-type", "application/json")], b"null")
        if real.header("x-ovh-queryid") is None:
            real = real.but(x_ovh_queryid=QUERY_ID.format(exchange.number))
        altered = self.alter(real, exchange, earlier)
        return real if altered is None else altered

    def deliver(self, connection: socket.socket, answer: Answer) -> bool:
        return self.send(connection, answer)


def _same(answer: Answer, _exchange: Exchange, _earlier: t.Sequence[Exchange]) -> Answer:
    return answer


# --- errors -------------------------------------------------------------------------------------------------------


def _error(status: int, body: t.Any = None, **headers: str) -> Alter:
    def alter(answer: Answer, exchange: Exchange, earlier: t.Sequence[Exchange]) -> Answer:
        said = {"class": f"Client::Odd{status}", "message": f"The campaign answers {status}"} if body is None else body
        content = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        kind = "text/html" if isinstance(said, str) else "application/json"
        return answer.but(status=status, body=content, content_type=kind, **headers)

    return alter


STATUSES = (400, 401, 403, 404, 408, 409, 410, 412, 415, 418, 422, 429, 451, 460, 500, 501, 502, 503, 504, 520, 599)
LASTING = (401, 403, 404, 409, 429, 500, 503)
RETRY_AFTER = {
    "seconds": "2",
    "zero": "0",
    "negative": "-5",
    "fraction": "1.5",
    "an hour": "3600",
    "a date": "Wed, 21 Oct 2099 07:28:00 GMT",
    "a past date": "Wed, 21 Oct 2015 07:28:00 GMT",
    "an impossible date": "Wed, 99 Oct 99999 99:99:99 GMT",
    "inf": "inf",
    "nan": "nan",
    "many digits": "9" * 400,
    "other digits": "\u00b2",
    "control": "\x1f2",
    "nothing": "",
    "words": "later, maybe",
}
LOCATIONS = {
    "none": None,
    "same": "/1.0/elsewhere",
    "another host": "http://192.0.2.1/1.0",
    "bad port": "http://127.0.0.1:notaport/",
    "open bracket": "http://[::1/",
    "no scheme": "://",
    "control": "/\x01\x7f",
    "a file": "file:///etc/passwd",
    "an idna": "http://xn--\u00fc\u00fc.example/",
}
HTML = "<html><head><title>502</title></head><body><h1>Bad gateway</h1><![foo[ bar <!-- <br"
GATEWAY = {"errorCode": "ODD", "httpCode": "403 Forbidden", "message": "gateway"}


def _echo(encode: t.Callable[[str], str]) -> Alter:
    """An error that repeats all that was sent, as some gateways do."""

    def alter(answer: Answer, exchange: Exchange, earlier: t.Sequence[Exchange]) -> Answer:
        sent = "\n".join(
            [exchange.path, *(f"{name}: {value}" for name, value in exchange.headers.items()), exchange.body.decode()]
        )
        content = json.dumps({"class": "Client::Echo", "message": encode(sent), "details": {"request": encode(sent)}})
        return answer.but(status=403, body=content.encode(), content_type="application/json")

    return alter


# --- bodies of a success ------------------------------------------------------------------------------------------


def _body(content: bytes | str, **headers: str) -> Alter:
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return lambda answer, exchange, earlier: answer.but(status=200, body=data, **headers)


def _rewritten(change: t.Callable[[t.Any], t.Any]) -> Alter:
    """The real answer with its JSON changed; nothing where it is no JSON or the change does nothing."""

    def alter(answer: Answer, exchange: Exchange, earlier: t.Sequence[Exchange]) -> Answer | None:
        value = _json(answer)
        changed = change(copy.deepcopy(value))
        return None if changed == value else answer.but(body=json.dumps(changed).encode())

    return alter


def _json(answer: Answer) -> t.Any:
    try:
        return json.loads(answer.body)
    except ValueError:
        return None


def _each_text(value: t.Any, change: t.Callable[[str], str]) -> t.Any:
    if isinstance(value, dict):
        return {key: _each_text(member, change) for key, member in value.items()}
    if isinstance(value, list):
        return [_each_text(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
OTHER_ID = "0badc1d0-0bad-4bad-8bad-0badc1d00bad"


def _names(change: str) -> t.Callable[[t.Any], t.Any]:
    """Every text but ids, so that the run goes on."""
    return lambda value: _each_text(value, lambda text: text if _UUID.fullmatch(text) else text + change)


def _other_id(value: t.Any) -> t.Any:
    """The answer is about another cluster."""
    if isinstance(value, dict) and "id" in value:
        value["id"] = OTHER_ID
    return value


def _stale(answer: Answer, exchange: Exchange, earlier: t.Sequence[Exchange]) -> Answer | None:
    """What the same GET was answered before, as a replica that lags does."""
    for former in earlier:
        alike = former.method == exchange.method == "GET" and former.path == exchange.path
        if alike and former.real is not None and former.real.body != answer.body:
            return former.real
    return None


def _gzip_bomb(answer: Answer, exchange: Exchange, earlier: t.Sequence[Exchange]) -> Answer:
    return answer.but(status=200, body=_bomb(), content_encoding="gzip")


@functools.cache
def _bomb() -> bytes:
    """A gigabyte of blanks, in a megabyte."""
    piece = gzip.compress(b" " * (1 << 24), 9)
    return piece * 64


DEEP = "[" * 100_000 + "]" * 100_000
BODIES: dict[str, t.Any] = {
    "empty body": "",
    "null": "null",
    "a list": "[]",
    "an object": "{}",
    "a list of null": "[null]",
    "a list of objects": "[{}]",
    "a list of numbers": "[1, 2.5, true]",
    "a text": '"odd"',
    "a number": "42",
    "a big number": "1" + "0" * 400,
    "a huge number": "9" * 5000,
    "true": "true",
    "NaN": "NaN",
    "half of a JSON text": '{"id": "abc',
    "two JSON texts": "{} {}",
    "HTML": HTML,
    "deep nesting": DEEP,
    "deep objects": '{"a":' * 50_000 + "1" + "}" * 50_000,
    "lone surrogate": '{"id": "\\ud800", "name": "\\udfff", "status": "\\ud800"}',
    "no UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "NUL": b"\x00" * 100,
    "an error": '{"class": "Client::Odd", "message": "odd"}',
}
WRONG: tuple[t.Any, ...] = (0, -1, True, "", "odd", [], {}, [None], {"odd": 1}, 1e308, "\ud800", ESCAPES)
ABSENT = object()


def _named(name: str, kind: str, alter: Alter, **more: t.Any) -> Fault:
    return Fault(name, kind, more.pop("forwarded", True), alter, **more)


def everywhere() -> list[Fault]:
    """The faults that can hit every request."""
    return [
        *(_named(f"status {status}", "status", _error(status), forwarded=False) for status in STATUSES),
        *(
            _named(f"status {status}, lasting", "status", _error(status), forwarded=False, lasting=True)
            for status in LASTING
        ),
        *(_named(f"status {status} after it was processed", "status", _error(status)) for status in (500, 502, 504)),
        *(
            _named(f"429 with Retry-After {name}", "status", _error(429, retry_after=value), forwarded=False)
            for name, value in RETRY_AFTER.items()
        ),
        _named(
            "503 with Retry-After an hour, lasting",
            "status",
            _error(503, retry_after="3600"),
            forwarded=False,
            lasting=True,
        ),
        *(
            _named(
                f"{status} to {name}",
                "status",
                _error(status, "", **({} if value is None else {"location": value})),
                forwarded=False,
            )
            for (name, value), status in zip(LOCATIONS.items(), itertools.cycle((301, 302, 303, 307, 308)))
        ),
        _named("status 502 in HTML", "status", _error(502, HTML), forwarded=False),
        _named("status 403 of the gateway", "status", _error(403, GATEWAY), forwarded=False),
        _named("status 400 that is a list", "status", _error(400, [{"message": 5}]), forwarded=False),
        _named(
            "status 400 of odd types",
            "status",
            _error(400, {"class": [1], "message": {"a": None}, "details": 7}),
            forwarded=False,
        ),
        _named(
            "status 400 with escapes", "status", _error(400, {"class": ESCAPES, "message": ESCAPES}), forwarded=False
        ),
        _named(
            "status 400 with surrogates",
            "status",
            _error(400, {"class": "\ud800", "message": "\udfff"}),
            forwarded=False,
        ),
        _named("status 400 of megabytes", "status", _error(400, {"message": "m" * 3_000_000}), forwarded=False),
        _named("status 400, deep", "status", _error(400, DEEP), forwarded=False),
        _named("status 500, 100 MB", "status", _error(500), send=proxy.long_winded(100 << 20), slow=True),
        _named("status 403 that echoes", "status", _echo(str), forwarded=False),
        _named(
            "status 403 that echoes in Base64",
            "status",
            _echo(lambda text: base64.b64encode(text.encode()).decode()),
            forwarded=False,
        ),
        _named(
            "status 403 that echoes JSON", "status", _echo(lambda text: json.dumps(json.dumps(text))), forwarded=False
        ),
        _named("reset before", "answer", _same, forwarded=False, send=proxy.reset),
        _named("reset after", "answer", _same, send=proxy.reset),
        _named("hung up before", "answer", _same, forwarded=False, send=proxy.hang_up),
        _named("hung up after", "answer", _same, send=proxy.hang_up),
        _named("hung up, lasting", "answer", _same, forwarded=False, send=proxy.hang_up, lasting=True),
        _named("hangs", "answer", _same, forwarded=False, send=proxy.hang, slow=True),
        _named("hangs after", "answer", _same, send=proxy.hang, slow=True),
        _named("hangs, lasting", "answer", _same, forwarded=False, send=proxy.hang, lasting=True, slow=True),
        _named("drips", "answer", _same, send=proxy.drip, slow=True),
        _named("cut", "answer", _same, send=proxy.cut),
        _named("no HTTP", "answer", _same, send=proxy.raw(b"SSH-2.0-OpenSSH_9.6\r\n")),
        _named("status line of zeros", "answer", _same, send=proxy.raw(b"HTTP/1.1 000 \r\n\r\n")),
        _named("header without end", "answer", _same, send=proxy.raw(b"HTTP/1.1 200 OK\r\nX-Odd: " + b"x" * 200_000)),
        _named(
            "bad chunk", "answer", _same, send=proxy.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        ),
        _named("negative length", "answer", _same, send=proxy.raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}")),
        _named("status 204", "body", lambda answer, exchange, earlier: answer.but(status=204, body=b"")),
        _named("status 299", "body", lambda answer, exchange, earlier: answer.but(status=299, body=b"")),
        *(_named(name, "body", _body(content)) for name, content in BODIES.items()),
        _named("no gzip after all", "body", _body("{}", content_encoding="gzip")),
        _named("unknown encoding", "body", _body("{}", content_encoding="br, odd")),
        _named("unknown charset", "body", _body("{}", content_type="application/json; charset=odd")),
        _named("gzip bomb", "body", _gzip_bomb, slow=True),
        _named("100 MB", "body", _same, send=proxy.long_winded(100 << 20), slow=True),
        _named("escapes in every text", "semantic", _rewritten(_names(ESCAPES)), renames=True),
        _named("surrogates in every text", "semantic", _rewritten(_names("\ud800")), renames=True),
        _named("long texts", "semantic", _rewritten(_names("n" * 300_000)), renames=True),
        _named("another cluster", "semantic", _rewritten(_other_id)),
        _named("stale", "semantic", _stale),
    ]


def of_fields(answer: Answer, values: int, turn: int) -> t.Iterator[Fault]:
    """Faults of each member of the answer: missing, null, and so many wrong values, which take turns."""
    value = _json(answer)
    others = itertools.islice(itertools.cycle(WRONG), turn, None)
    for where in _paths(value):
        label = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where)
        for wrong in (ABSENT, None, *itertools.islice(others, values)):
            said = "is missing" if wrong is ABSENT else f"is {json.dumps(wrong)}"
            yield _named(f"{label} {said}", "field", _rewritten(functools.partial(_put, where, wrong)))


def _paths(value: t.Any, here: tuple[t.Any, ...] = ()) -> t.Iterator[tuple[t.Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, member in members:
        yield (*here, key)
        yield from _paths(member, (*here, key))


def _put(where: tuple[t.Any, ...], wrong: t.Any, value: t.Any) -> t.Any:
    try:
        parent = functools.reduce(lambda part, step: part[step], where[:-1], value)
        if wrong is ABSENT:
            del parent[where[-1]]
        else:
            parent[where[-1]] = wrong
    except (KeyError, IndexError, TypeError):
        pass
    return value


def short(path: str) -> str:
    """A path without what differs between runs."""
    route = path.partition("/kube")[2] if "/kube" in path else path.rpartition("/")[2]
    return "kube" + _UUID.sub("ID", route) if "/kube" in path else route
