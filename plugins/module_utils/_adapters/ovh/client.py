# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls of the OVHcloud API: each attempt is signed anew, and ``retry.OVHCLOUD`` decides whether there is another."""

from __future__ import annotations

import collections
import json
import random
import threading
import time
import types
import typing as t
import urllib.parse
from dataclasses import dataclass

from ..._deps import httpx
from ..failures import ConfigurationError
from ..retry import OVHCLOUD
from . import answers
from .api_errors import ApiError, OvhError, TransportError
from .auth import Authenticator, BearerAuthenticator, Grant, OAuth2Authenticator, SigningAuthenticator
from .connection import Connection
from .credentials import ServiceAccount, Signed
from .http_client import USER_AGENT, cannot_have_been_received, http_client, is_certificate_fault, reason_of


def segment(value: str) -> str:
    """One part of a path, encoded before signing so that the signed and the sent URL agree."""
    if value in ("", ".", ".."):
        raise ConfigurationError("An id or address that is part of a URL must not be empty or consist of dots.")
    return urllib.parse.quote(value, safe="")


def path(*parts: str) -> str:
    """A path below the base URL."""
    return "".join("/" + segment(part) for part in parts)


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
    ) -> None:
        self._base_url = connection.base_url
        self._timeout = connection.timeout
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._on_secret = on_secret
        self._secrets = connection.secrets()
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
    ) -> t.Any:
        """Make a call and return its JSON answer, ``None`` for a void one.

        ``path`` comes from :func:`path`. ``body`` is sent as JSON unless it is ``None``. Attempts follow
        ``retry.OVHCLOUD``; ``repeatable`` overrides which methods may be repeated: ``True`` for a POST that changes
        nothing.

        Raises :class:`ApiError` and :class:`TransportError`, whose ``maybe_processed`` covers all attempts.
        """
        url = self._base_url + path
        if query:
            url += "?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
        # ASCII-only JSON survives every proxy, and these are the bytes OVHcloud's own client would send.
        content = b"" if body is None else json.dumps(body, separators=(",", ":"), allow_nan=False).encode()
        headers = {"Content-Type": "application/json;charset=utf-8"} if content else {}
        return self._exchange(_Call(method, url, path, content, headers, self._authenticator, repeatable))

    def _send(self, method: str, url: str, *, headers: t.Mapping[str, str], content: bytes) -> t.Any:
        """A request of the authentication itself."""
        label = url.removeprefix(self._base_url)
        return self._exchange(_Call(method, url, label, content, dict(headers), None, True))

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
            self._sleep(OVHCLOUD.wait(progress.attempts, self._jitter(), ended.retry_after, self._clock()))

    def _authenticate(self, call: _Call, request: httpx.Request) -> Grant | None:
        if call.authenticator is None:
            return None
        grant = call.authenticator.grant(call.method, str(request.url), call.content)
        request.headers.update(grant.headers)
        with self._lock:
            self.requests[call.method] += 1
        return grant

    @staticmethod
    def _renew(call: _Call, grant: Grant | None, error: OvhError) -> bool:
        """Whether the request failed for an old clock offset or token, in place of which there is a new one now."""
        if call.authenticator is None or grant is None or not isinstance(error, ApiError):
            return False
        return call.authenticator.recover(grant, error)

    def _attempt(self, call: _Call, request: httpx.Request, progress: _Progress) -> _Answer | _Fault:
        try:
            response = self._http.send(request)
        except httpx.RequestError as fault:
            # Returned rather than raised here: the library's exception contains the request with its credentials, so
            # it must not be chained.
            return self._without_answer(call, fault, request.url.host, progress)
        if response.is_success:
            try:
                return _Answer(answers.decode(response.content))
            except answers.NotJsonError:
                pass
        return self._refused(call, response, progress)

    def _without_answer(self, call: _Call, fault: httpx.RequestError, host: str, progress: _Progress) -> _Fault:
        received = not cannot_have_been_received(fault)
        progress.maybe_processed |= received and call.changes
        error = TransportError(
            self._redact(reason_of(fault, host, self._timeout)),
            method=call.method,
            path=call.label,
            attempts=progress.attempts,
            maybe_processed=progress.maybe_processed,
        )
        return _Fault(error, transient=not is_certificate_fault(fault), received=received)

    def _refused(self, call: _Call, response: httpx.Response, progress: _Progress) -> _Fault:
        error = answers.error_of(
            response.status_code,
            response.headers,
            response.content,
            self._redact,
            method=call.method,
            path=call.label,
            attempts=progress.attempts,
        )
        # A gateway gives up on what the API may finish all the same; only 429 comes before anything is processed.
        unclear = response.is_success or (error.transient and error.status != 429)
        progress.maybe_processed |= unclear and call.changes
        return _Fault(error, transient=error.transient, retry_after=response.headers.get("retry-after"))

    def _learn(self, secret: str) -> None:
        with self._lock:
            self._secrets = self._secrets | {secret}
        if self._on_secret is not None:
            self._on_secret(secret)

    def _redact(self, text: str) -> str:
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "********")
        return text
