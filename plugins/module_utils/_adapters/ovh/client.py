# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls of the OVHcloud API: each attempt is signed anew, and ``retry.OVHCLOUD`` decides whether there is another."""

from __future__ import annotations

import collections
import json
import random
import re
import threading
import time
import types
import typing as t
import urllib.parse
from dataclasses import dataclass

from ..._deps import httpx
from ..._domain.common.masking import MASK, Secrets
from ..._domain.common.printable import printable
from ..._domain.common.reading import MalformedError
from ..._domain.common.server_url import host_and_port
from ..deadline import NEVER, Deadline, TimeUpError, within
from ..failures import ConfigurationError
from ..retry import OVHCLOUD
from . import answers
from .api_errors import ApiError, OvhError, TransportError
from .auth import Authenticator, BearerAuthenticator, Grant, OAuth2Authenticator, SigningAuthenticator, Value
from .connection import Connection
from .credentials import ServiceAccount, Signed
from .exchange import Exchange, Received
from .http_client import (
    USER_AGENT,
    cannot_have_been_received,
    http_client,
    is_certificate_fault,
    reason_of,
    seconds,
)
from .in_common import InCommon

#: A signature authenticates a request for as long as the API takes its time; ``$`` also as URLs and JSON write it.
_SIGNATURE = re.compile(r"(?:\$|%24|\\u0024)1(?:\$|%24|\\u0024)[0-9a-fA-F]{40}")
#: Characters kept of a library's own words about a failure.
_REASON = 500


def segment(value: str) -> str:
    """One part of a path, encoded before signing so that the signed and the sent URL agree."""
    if value in ("", ".", ".."):
        raise ConfigurationError("An id or address that is part of a URL must not be empty or consist of dots.")
    return urllib.parse.quote(value, safe="")


def path(*parts: str) -> str:
    """A path below the base URL."""
    return "".join("/" + segment(part) for part in parts)


def _as_it_is(answer: t.Any) -> t.Any:
    return answer


class _Call(t.NamedTuple):
    method: str
    url: str
    #: How errors name the URL: the path below the base URL, or the whole of it when it is elsewhere.
    label: str
    content: bytes
    headers: dict[str, str]
    authenticator: Authenticator | None
    #: Overrides the policy: True for a POST that changes nothing.
    repeatable: bool | None
    #: Makes of the answer's JSON what is returned; raises MalformedError for an answer that the route does not promise.
    read: t.Callable[[t.Any], t.Any]
    deadline: Deadline

    @property
    def changes(self) -> bool:
        return self.method not in ("GET", "HEAD") and not self.repeatable

    def may_repeat(self, *, received: bool) -> bool:
        if self.repeatable is not None:
            return self.repeatable
        return OVHCLOUD.may_repeat(self.method, received=received)


@dataclass
class _Progress:
    """What the attempts of one call so far add up to."""

    attempts: int = 0
    #: Whether clock offset or token were renewed, which helps once or not at all.
    renewed: bool = False
    maybe_processed: bool = False


class _Fault(t.NamedTuple):
    """An attempt that failed."""

    error: OvhError
    #: Whether the same request may succeed a little later.
    transient: bool
    #: Whether the API may have received the request.
    received: bool = True
    #: Header of the answer.
    retry_after: str | None = None


class _Answer(t.NamedTuple):
    """An attempt that succeeded."""

    value: t.Any


class OvhClient:
    """A connection to the API. Safe to share between threads.

    ``requests`` counts the authenticated requests sent, repetitions included, by method.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        clock: t.Callable[[], float] = time.time,
        monotonic: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
        jitter: t.Callable[[], float] = random.random,
        on_secret: t.Callable[[str], None] | None = None,
        user_agent: str = USER_AGENT,
        in_common: InCommon | None = None,
    ) -> None:
        self._base_url = connection.base_url
        self._timeout = connection.timeout
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._on_secret = on_secret
        self._secrets = Secrets(connection.secrets())
        self.in_common = in_common or InCommon(None)
        self._lock = threading.Lock()
        self.requests: collections.Counter[str] = collections.Counter()
        self._http = http_client(connection, user_agent)
        self._authenticator: Authenticator
        if isinstance(connection.credentials, Signed):
            self._authenticator = SigningAuthenticator(connection.credentials, self._base_url, self._send, clock)
        elif isinstance(connection.credentials, ServiceAccount):
            if connection.token_url is None:
                raise ConfigurationError("A service account needs a token URL: set token_url.", "token_url")
            self._authenticator = OAuth2Authenticator(
                connection.credentials, connection.token_url, self._send, monotonic, self._learn
            )
        else:
            self._authenticator = BearerAuthenticator(connection.credentials)

    def __enter__(self) -> OvhClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to the API."""
        self._http.close()

    @property
    def request_count(self) -> int:
        """Authenticated requests sent so far, repetitions included."""
        return self.requests.total()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: t.Mapping[str, str] | None = None,
        body: t.Any = None,
        repeatable: bool | None = None,
        read: t.Callable[[t.Any], Value] = _as_it_is,
        deadline: Deadline = NEVER,
    ) -> Value:
        """Make a call and return what ``read`` makes of its JSON answer, which is ``None`` for a void one.

        ``path`` comes from :func:`path`. ``body`` is sent as JSON unless it is ``None``. Attempts follow
        ``retry.OVHCLOUD``; ``repeatable`` overrides which methods may be repeated: ``True`` for a POST that changes
        nothing. ``read`` raises MalformedError for an answer that is not what the route promises. Nothing is begun
        again when the deadline has passed.

        Raises :class:`ApiError` and :class:`TransportError`, whose ``maybe_processed`` covers all attempts.
        """
        url = self._base_url + path
        if query:
            url += "?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
        # ASCII-only JSON survives every proxy, and these are the bytes OVHcloud's own client would send.
        content = b"" if body is None else json.dumps(body, separators=(",", ":"), allow_nan=False).encode()
        headers = {"Content-Type": "application/json;charset=utf-8"} if content else {}
        call = _Call(method, url, path, content, headers, self._authenticator, repeatable, read, deadline)
        return t.cast(Value, self._exchange(call))

    def _send(
        self,
        method: str,
        url: str,
        *,
        headers: t.Mapping[str, str],
        content: bytes,
        read: t.Callable[[t.Any], Value],
        deadline: Deadline,
    ) -> Value:
        """A request of the authentication itself."""
        label = url.removeprefix(self._base_url)
        return t.cast(
            Value, self._exchange(_Call(method, url, label, content, dict(headers), None, True, read, deadline))
        )

    def _exchange(self, call: _Call) -> t.Any:
        progress = _Progress()
        try:
            return self._until_final(call, progress)
        except OvhError as error:
            # A failed renewal of the authentication must not hide that an earlier attempt may have taken effect.
            error.maybe_processed = progress.maybe_processed
            raise

    def _until_final(self, call: _Call, progress: _Progress) -> t.Any:
        """Attempt after attempt until one succeeds or another is neither allowed nor of use."""
        while True:
            self._wait_for_others(call)
            progress.attempts += 1
            request = self._http.build_request(
                call.method, call.url, content=call.content or None, headers=call.headers
            )
            grant = self._authenticate(call, request)
            ended = self._attempt(call, request, progress)
            if isinstance(ended, _Answer):
                return ended.value
            if not progress.renewed and self._renew(call, grant, ended.error):
                progress.renewed = True
                continue
            spent = progress.attempts >= OVHCLOUD.attempts
            if spent or not ended.transient or not call.may_repeat(received=ended.received):
                raise ended.error
            pause = OVHCLOUD.wait(progress.attempts, self._jitter(), ended.retry_after, self._clock())
            if isinstance(ended.error, ApiError) and ended.error.status == 429:
                self.in_common.leave_alone(pause)
            if not call.deadline.allows(pause):
                raise ended.error
            self._sleep(pause)

    def _wait_for_others(self, call: _Call) -> None:
        """The API refused another task's request: this one waits as well, and not as long as all others."""
        pause = self.in_common.pause()
        if pause > 0 and call.deadline.allows(pause + 1):
            self._sleep(pause + self._jitter())

    def _authenticate(self, call: _Call, request: httpx.Request) -> Grant | None:
        if call.authenticator is None:
            return None
        grant = call.authenticator.grant(call.method, str(request.url), call.content, call.deadline)
        request.headers.update(grant.headers)
        with self._lock:
            self.requests[call.method] += 1
        return grant

    @staticmethod
    def _renew(call: _Call, grant: Grant | None, error: OvhError) -> bool:
        """Whether the request failed for an old clock offset or token, in place of which there is a new one now."""
        if call.authenticator is None or grant is None or not isinstance(error, ApiError):
            return False
        return call.authenticator.recover(grant, error, call.deadline)

    def _attempt(self, call: _Call, request: httpx.Request, progress: _Progress) -> _Answer | _Fault:
        limit = call.deadline.limit(self._timeout)
        exchange = Exchange(self._http, request, limit)
        place = host_and_port(str(request.url))
        try:
            answer = within(limit, exchange.run)
        except TimeUpError:
            sent = exchange.give_up()
            reason = f"{place} did not answer within" if sent else f"no connection to {place} within"
            return self._without_answer(call, f"{reason} {seconds(limit)}", progress, sent=sent)
        except httpx.RequestError as fault:
            # Returned rather than raised here: the library's exception contains the request with its credentials, so
            # it must not be chained.
            reason = reason_of(fault, place, limit)
            sent = not cannot_have_been_received(fault)
            lasting = is_certificate_fault(fault)
            return self._without_answer(call, reason, progress, sent=sent, transient=not lasting)
        except Exception as fault:
            reason = f"the answer of {place} cannot be read: {type(fault).__name__}"
            return self._without_answer(call, reason, progress, sent=exchange.give_up(), transient=False)
        return self._answered(call, answer, progress)

    def _without_answer(
        self, call: _Call, reason: str, progress: _Progress, *, sent: bool, transient: bool = True
    ) -> _Fault:
        progress.maybe_processed |= sent and call.changes
        error = TransportError(
            printable(self._redact(reason), _REASON),
            method=call.method,
            path=call.label,
            attempts=progress.attempts,
            maybe_processed=progress.maybe_processed,
        )
        return _Fault(error, transient=transient, received=sent)

    def _answered(self, call: _Call, answer: Received, progress: _Progress) -> _Answer | _Fault:
        facts: dict[str, t.Any] = {"method": call.method, "path": call.label, "attempts": progress.attempts}
        if answer.success:
            try:
                return _Answer(call.read(answers.decode(answer.whole_body())))
            except answers.NotJsonError:
                pass
            except MalformedError as odd:
                progress.maybe_processed |= call.changes
                error = answers.malformed(answer.status, answer.headers, str(odd), self._redact, **facts)
                return _Fault(error, transient=False)
        error = answers.error_of(answer.status, answer.headers, answer.beginning, self._redact, **facts)
        # A gateway gives up on what the API may finish all the same; only 429 comes before anything is processed.
        unclear = answer.success or (error.transient and error.status != 429)
        progress.maybe_processed |= unclear and call.changes
        return _Fault(error, transient=error.transient, retry_after=answer.headers.get("retry-after"))

    def _learn(self, secret: str) -> None:
        self._secrets.add(secret)
        if self._on_secret is not None:
            self._on_secret(secret)

    def _redact(self, text: str) -> str:
        return _SIGNATURE.sub(MASK, self._secrets.strike(text))
