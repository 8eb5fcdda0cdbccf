# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""HTTP transport of the OVHcloud API: authentication, repetition, errors."""

from __future__ import annotations

import collections
import email.utils
import json
import os
import random
import ssl
import threading
import time
import types
import typing as t
import urllib.parse

from ..._deps import httpx
from ..._version import VERSION
from . import answers
from .api_errors import ApiError, ConfigurationError, TransportError
from .auth import Authenticator, BearerAuthenticator, OAuth2Authenticator, SigningAuthenticator
from .connection import Connection, ServiceAccount, Signed

#: Times one call is tried before its last fault is reported.
MAX_ATTEMPTS: t.Final = 5
#: Seconds: the n-th wait is random between 0 and BACKOFF * 2 ** (n - 1), at most BACKOFF_CAP.
BACKOFF: t.Final = 1.0
BACKOFF_CAP: t.Final = 30.0
#: Longest ``Retry-After`` in seconds that is waited for; a longer one is cut, since a task cannot sleep for an hour.
RETRY_AFTER_CAP: t.Final = 60.0

USER_AGENT: t.Final = f"clusterops.kube_proxy/{VERSION} ansible-collection"


def segment(value: str) -> str:
    """One part of a path, encoded before signing so that the signed and the sent URL agree."""
    if value in ("", ".", ".."):
        raise ConfigurationError("An id or address that becomes part of a request must not be empty or only dots.")
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
    repeatable: bool | None

    @property
    def changes(self) -> bool:
        return self.method not in ("GET", "HEAD") and not self.repeatable

    def may_repeat(self, received: bool) -> bool:
        """Whether another attempt is safe after a fault before (``received`` false) or after the API got the request.

        A PUT puts the same state again. A DELETE that took effect would meet 404 or a new object, a POST would act
        twice.
        """
        if self.repeatable is not None:
            return self.repeatable
        return self.method in ("GET", "HEAD", "PUT") or (self.method == "DELETE" and not received)


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
        self._http = _http_client(connection, user_agent)
        self._authenticator: Authenticator
        if isinstance(connection.credentials, Signed):
            self._authenticator = SigningAuthenticator(connection.credentials, self._base_url, self._send, clock)
        elif isinstance(connection.credentials, ServiceAccount):
            if connection.token_url is None:
                raise ConfigurationError("A service account needs the URL that issues its tokens.", "token_url")
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

        ``path`` comes from :func:`path`. ``body`` is sent as JSON unless it is ``None``. Faults that may pass (408,
        429, 5xx, no answer) are met with up to :data:`MAX_ATTEMPTS` attempts where that is safe; ``repeatable``
        overrides which methods are: ``True`` for a POST that changes nothing.

        Raises :class:`ApiError` and :class:`TransportError`.
        """
        url = self._base_url + path
        if query:
            url += "?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
        # ASCII-only JSON survives every proxy, and these are the bytes OVHcloud's own client would send.
        content = b"" if body is None else json.dumps(body, separators=(",", ":"), allow_nan=False).encode()
        headers = {"Content-Type": "application/json;charset=utf-8"} if content else {}
        return self._exchange(_Call(method, url, path, content, headers, self._authenticator, repeatable))

    def _send(self, method: str, url: str, *, headers: t.Mapping[str, str], content: bytes) -> t.Any:
        label = url.removeprefix(self._base_url)
        return self._exchange(_Call(method, url, label, content, dict(headers), None, True))

    def _exchange(self, call: _Call) -> t.Any:
        attempts = 0
        recovered = False
        maybe_processed = False
        while True:
            attempts += 1
            request = self._http.build_request(
                call.method, call.url, content=call.content or None, headers=call.headers
            )
            grant = None
            if call.authenticator is not None:
                try:
                    grant = call.authenticator.grant(call.method, str(request.url), call.content)
                except (ApiError, TransportError) as refusal:
                    refusal.maybe_processed = maybe_processed
                    raise
                request.headers.update(grant.headers)
                with self._lock:
                    self.requests[call.method] += 1
            try:
                response = self._http.send(request)
            except httpx.RequestError as exc:
                received = not isinstance(exc, _never_received())
                maybe_processed = maybe_processed or (received and call.changes)
                if attempts < MAX_ATTEMPTS and call.may_repeat(received) and not _is_certificate_fault(exc):
                    self._pause(attempts, None)
                    continue
                # The library's exception holds the request with its credentials, so it must not be chained.
                raise TransportError(
                    self._reason(exc, request.url.host),
                    method=call.method,
                    path=call.label,
                    attempts=attempts,
                    maybe_processed=maybe_processed,
                ) from None
            if response.is_success:
                try:
                    return answers.decode(response.content)
                except answers.NotJsonError:
                    pass
            error = answers.error_of(
                response.status_code,
                response.headers,
                response.content,
                self._redact,
                method=call.method,
                path=call.label,
                attempts=attempts,
            )
            unclear = response.is_success or (error.transient and error.status != 429)
            maybe_processed = error.maybe_processed = maybe_processed or (unclear and call.changes)
            if grant is not None and call.authenticator is not None and not recovered:
                try:
                    recovered = call.authenticator.recover(grant, error)
                except (ApiError, TransportError) as refusal:
                    refusal.maybe_processed = maybe_processed
                    raise
                if recovered:
                    continue
            if not error.transient or attempts >= MAX_ATTEMPTS or not call.may_repeat(received=True):
                raise error
            self._pause(attempts, response.headers.get("retry-after"))

    def _pause(self, attempts: int, retry_after: str | None) -> None:
        wait = self._jitter() * min(BACKOFF_CAP, BACKOFF * 2 ** (attempts - 1))
        if retry_after is not None:
            wait = max(wait, min(RETRY_AFTER_CAP, self._seconds(retry_after)))
        self._sleep(wait)

    def _seconds(self, retry_after: str) -> float:
        """``Retry-After`` is a number of seconds or a date; anything else asks for nothing."""
        if retry_after.strip().isdecimal():
            return float(retry_after)
        try:
            return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - self._clock())
        except (ValueError, OverflowError):
            return 0.0

    def _reason(self, exc: httpx.RequestError, host: str) -> str:
        if isinstance(exc, httpx.ConnectTimeout):
            return f"no connection to {host} within {self._timeout:g} s"
        if isinstance(exc, httpx.TimeoutException):
            return f"{host} did not answer within {self._timeout:g} s"
        if _is_certificate_fault(exc):
            return (
                f"the certificate of {host} was not accepted ({exc}); if a proxy or a private certificate authority"
                " stands in between, name its certificate with ca_path"
            )
        if isinstance(exc, _never_received()):
            return self._redact(f"no connection to {host}: {exc}")
        return self._redact(f"the connection to {host} broke: {exc}")

    def _learn(self, secret: str) -> None:
        with self._lock:
            self._secrets = self._secrets | {secret}
        if self._on_secret is not None:
            self._on_secret(secret)

    def _redact(self, text: str) -> str:
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "********")
        return text


def _never_received() -> tuple[type[Exception], ...]:
    # Not a constant: this file must import without httpx.
    return (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


def _is_certificate_fault(exc: Exception) -> bool:
    """A certificate does not become valid by asking again."""
    return isinstance(exc, httpx.ConnectError) and "CERTIFICATE_VERIFY_FAILED" in str(exc)


def _http_client(connection: Connection, user_agent: str) -> httpx.Client:
    context = _tls_context(connection)
    try:
        return httpx.Client(
            verify=context,
            timeout=connection.timeout,
            follow_redirects=False,
            headers={"User-Agent": user_agent, "Accept": "application/json"},
        )
    except (ValueError, ImportError, httpx.InvalidURL):
        # Not quoted: proxy URLs often hold a password.
        raise ConfigurationError(
            "The proxy set by the environment variables HTTP_PROXY, HTTPS_PROXY or ALL_PROXY cannot be used: it must be"
            " the URL of an http or https proxy."
        ) from None


def _tls_context(connection: Connection) -> ssl.SSLContext:
    ca_path = connection.ca_path
    if ca_path is None:
        if not any(url and url.startswith("https:") for url in (connection.base_url, connection.token_url)):
            # Loading the authorities takes longer than all requests to a simulator; this context trusts none.
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            return httpx.create_ssl_context()
        except OSError as exc:
            raise ConfigurationError(
                f"The certificates set by SSL_CERT_FILE or SSL_CERT_DIR cannot be loaded: {exc.strerror or exc}."
            ) from None
    location = os.path.expanduser(ca_path)
    try:
        if os.path.isdir(location):
            return ssl.create_default_context(capath=location)
        return ssl.create_default_context(cafile=location)
    except FileNotFoundError:
        raise ConfigurationError(f"{ca_path} given as ca_path does not exist.", "ca_path") from None
    except (ssl.SSLError, OSError):
        raise ConfigurationError(
            f"{ca_path} given as ca_path holds no certificates in PEM form that can be read.", "ca_path"
        ) from None
