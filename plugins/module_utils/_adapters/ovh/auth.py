# SPDX-License-Identifier: GPL-3.0-or-later

"""The three methods of authentication: signed requests, OAuth2 service accounts, ready-made tokens.

The client asks for a grant before every attempt, and after a refusal whether a new grant would help.
"""

from __future__ import annotations

import base64
import hashlib
import threading
import typing as t
import urllib.parse

from .api_errors import ApiError, AuthenticationError
from .credentials import BearerToken, ServiceAccount, Signed


def sign(  # noqa: PLR0917 - the order in which the API joins them
    application_secret: str, consumer_key: str, method: str, url: str, body: bytes, timestamp: int
) -> str:
    """Value of ``X-Ovh-Signature``.

    ``url`` and ``body`` are exactly those that are sent, and ``timestamp`` is in seconds by the API's clock. SHA-1 and
    the missing nonce are the API's choice.
    """
    head = "+".join((application_secret, consumer_key, method.upper(), url))
    digest = hashlib.sha1(b"+".join((head.encode(), body, str(timestamp).encode())))  # noqa: S324
    return "$1$" + digest.hexdigest()


class Grant(t.NamedTuple):
    """Headers that authenticate one request, and which generation of clock offset or token they were made from."""

    headers: dict[str, str]
    generation: int


class Send(t.Protocol):
    """A request of the authentication itself: not authenticated, safe to repeat, answers parsed JSON."""

    def __call__(self, method: str, url: str, *, headers: t.Mapping[str, str], content: bytes) -> t.Any: ...


class Authenticator(t.Protocol):
    """A method of authentication, as the client uses it. Safe to share between threads."""

    def grant(self, method: str, url: str, body: bytes) -> Grant:
        """Authenticate a request; may make requests of its own."""

    def recover(self, grant: Grant, error: ApiError) -> bool:
        """Whether a new clock offset or token, obtained here, answers this refusal."""


class SigningAuthenticator:
    """Signs by the API's clock, which is read once and again when the API finds a timestamp out of its window."""

    def __init__(self, credentials: Signed, base_url: str, send: Send, clock: t.Callable[[], float]) -> None:
        self._credentials = credentials
        self._time_url = base_url + "/auth/time"
        self._send = send
        self._clock = clock
        self._lock = threading.Lock()
        self._generation = 0
        self._offset = 0

    def grant(self, method: str, url: str, body: bytes) -> Grant:
        """Sign a request."""
        with self._lock:
            if not self._generation:
                self._synchronise()
            generation, timestamp = self._generation, int(self._clock()) + self._offset
        keys = self._credentials
        headers = {
            "X-Ovh-Application": keys.application_key,
            "X-Ovh-Consumer": keys.consumer_key,
            "X-Ovh-Timestamp": str(timestamp),
            "X-Ovh-Signature": sign(keys.application_secret, keys.consumer_key, method, url, body, timestamp),
        }
        return Grant(headers, generation)

    def recover(self, grant: Grant, error: ApiError) -> bool:
        """Read the API's clock again unless another thread has done so since the request was signed."""
        if error.error_class != "QUERY_TIME_OUT":
            return False
        with self._lock:
            if self._generation == grant.generation:
                self._synchronise()
        return True

    def _synchronise(self) -> None:
        now = self._send("GET", self._time_url, headers={}, content=b"")
        if not isinstance(now, int) or isinstance(now, bool):
            raise ApiError(200, method="GET", path="/auth/time", api_message="the answer is not a number of seconds")
        self._offset = now - int(self._clock())
        self._generation += 1


class OAuth2Authenticator:
    """Obtains a token with client credentials, and a new one before it expires or when the API refuses it."""

    #: Longest time in seconds by which a token is renewed ahead of its expiry; a tenth of its life if that is shorter.
    _AHEAD = 60.0

    def __init__(
        self,
        credentials: ServiceAccount,
        token_url: str,
        send: Send,
        monotonic: t.Callable[[], float],
        on_secret: t.Callable[[str], None],
    ) -> None:
        self._credentials = credentials
        self._token_url = token_url
        self._send = send
        self._monotonic = monotonic
        self._on_secret = on_secret
        self._lock = threading.Lock()
        self._generation = 0
        self._token = ""
        self._renew_at = 0.0

    def grant(self, method: str, url: str, body: bytes) -> Grant:
        """Attach a token that has not expired."""
        with self._lock:
            if not self._generation or self._monotonic() >= self._renew_at:
                self._renew()
            return Grant({"Authorization": f"Bearer {self._token}"}, self._generation)

    def recover(self, grant: Grant, error: ApiError) -> bool:
        """Obtain a new token unless another thread has done so since the request was sent."""
        if error.status != 401:
            return False
        with self._lock:
            if self._generation == grant.generation:
                self._renew()
        return True

    def _renew(self) -> None:
        account = f"{self._credentials.client_id}:{self._credentials.client_secret}"
        headers = {
            "Authorization": "Basic " + base64.b64encode(account.encode()).decode(),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "scope": "all"}).encode()
        sent_at = self._monotonic()
        try:
            answer = self._send("POST", self._token_url, headers=headers, content=form)
        except ApiError as error:
            if error.error_class != "invalid_client" or isinstance(error, AuthenticationError):
                raise
            # RFC 6749 lets a token URL answer 400 where the API itself would say 401.
            raise AuthenticationError(
                error.status,
                method=error.method,
                path=error.path,
                error_class=error.error_class,
                api_message=error.api_message,
                query_id=error.query_id,
                attempts=error.attempts,
            ) from None
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
            raise ApiError(200, method="POST", path=self._token_url, api_message="the answer contains no access token")
        self._on_secret(token)
        lifetime = answer.get("expires_in")
        # Without a lifetime the API's 401 is the only sign of expiry.
        seconds = float(lifetime) if isinstance(lifetime, (int, float)) else float("inf")
        self._renew_at = sent_at + seconds - min(self._AHEAD, seconds / 10)
        self._token = token
        self._generation += 1


class BearerAuthenticator:
    """Sends a ready-made token, which nothing here can renew."""

    def __init__(self, credentials: BearerToken) -> None:
        self._grant = Grant({"Authorization": f"Bearer {credentials.access_token}"}, 0)

    def grant(self, method: str, url: str, body: bytes) -> Grant:
        """Attach the token."""
        return self._grant

    def recover(self, grant: Grant, error: ApiError) -> bool:
        """Never: the owner of the token must obtain a new one."""
        return False
