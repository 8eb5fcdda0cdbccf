# SPDX-License-Identifier: GPL-3.0-or-later

"""The three methods of authentication: signed requests, OAuth2 service accounts, ready-made tokens.

The client asks for a grant before every attempt, and after a refusal whether a new grant would help.
"""

from __future__ import annotations

import hashlib
import math
import threading
import typing as t
import urllib.parse

from ..._domain.common.masking import basic_credentials
from ..._domain.common.reading import MalformedError, Members
from ..deadline import Deadline
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


Value = t.TypeVar("Value")


class Grant(t.NamedTuple):
    """Headers that authenticate one request, and which generation of clock offset or token they were made from."""

    headers: dict[str, str]
    generation: int


class Send(t.Protocol):
    """A request of the authentication itself: not authenticated, safe to repeat; ``read`` makes of the answer's JSON
    what is returned, or raises MalformedError.
    """

    def __call__(
        self,
        method: str,
        url: str,
        *,
        headers: t.Mapping[str, str],
        content: bytes,
        read: t.Callable[[t.Any], Value],
        deadline: Deadline,
    ) -> Value: ...


class Authenticator(t.Protocol):
    """A method of authentication, as the client uses it. Safe to share between threads."""

    def grant(self, method: str, url: str, body: bytes, deadline: Deadline) -> Grant:
        """Authenticate a request; may make requests of its own."""

    def recover(self, grant: Grant, error: ApiError, deadline: Deadline) -> bool:
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

    def grant(self, method: str, url: str, body: bytes, deadline: Deadline) -> Grant:
        """Sign a request."""
        with self._lock:
            if not self._generation:
                self._synchronise(deadline)
            generation, timestamp = self._generation, int(self._clock()) + self._offset
        keys = self._credentials
        headers = {
            "X-Ovh-Application": keys.application_key,
            "X-Ovh-Consumer": keys.consumer_key,
            "X-Ovh-Timestamp": str(timestamp),
            "X-Ovh-Signature": sign(keys.application_secret, keys.consumer_key, method, url, body, timestamp),
        }
        return Grant(headers, generation)

    def recover(self, grant: Grant, error: ApiError, deadline: Deadline) -> bool:
        """Read the API's clock again unless another thread has done so since the request was signed."""
        if error.error_class != "QUERY_TIME_OUT":
            return False
        with self._lock:
            if self._generation == grant.generation:
                self._synchronise(deadline)
        return True

    def _synchronise(self, deadline: Deadline) -> None:
        now = self._send("GET", self._time_url, headers={}, content=b"", read=_seconds, deadline=deadline)
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

    def grant(self, method: str, url: str, body: bytes, deadline: Deadline) -> Grant:
        """Attach a token that has not expired."""
        with self._lock:
            if not self._generation or self._monotonic() >= self._renew_at:
                self._renew(deadline)
            return Grant({"Authorization": f"Bearer {self._token}"}, self._generation)

    def recover(self, grant: Grant, error: ApiError, deadline: Deadline) -> bool:
        """Obtain a new token unless another thread has done so since the request was sent."""
        if error.status != 401:
            return False
        with self._lock:
            if self._generation == grant.generation:
                self._renew(deadline)
        return True

    def _renew(self, deadline: Deadline) -> None:
        account = self._credentials
        headers = {
            "Authorization": "Basic " + basic_credentials(account.client_id, account.client_secret),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "scope": "all"}).encode()
        sent_at = self._monotonic()
        try:
            token = self._send("POST", self._token_url, headers=headers, content=form, read=_token, deadline=deadline)
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
        self._on_secret(token.text)
        self._renew_at = sent_at + token.seconds - min(self._AHEAD, token.seconds / 10)
        self._token = token.text
        self._generation += 1


class BearerAuthenticator:
    """Sends a ready-made token, which nothing here can renew."""

    def __init__(self, credentials: BearerToken) -> None:
        self._grant = Grant({"Authorization": f"Bearer {credentials.access_token}"}, 0)

    def grant(self, method: str, url: str, body: bytes, deadline: Deadline) -> Grant:
        """Attach the token."""
        return self._grant

    def recover(self, grant: Grant, error: ApiError, deadline: Deadline) -> bool:
        """Never: the owner of the token must obtain a new one."""
        return False


#: Seconds since 1970 that a clock may show: those of some centuries.
_LATEST: t.Final = 2**34
#: Characters of a token. Web servers take headers of 8 to 16 KiB.
_TOKEN: t.Final = 16 * 1024


def _seconds(answer: t.Any) -> int:
    if not isinstance(answer, int) or isinstance(answer, bool) or not 0 < answer < _LATEST:
        raise MalformedError("the answer is not a number of seconds")
    return answer


class _Token(t.NamedTuple):
    text: str
    #: How long it is valid.
    seconds: float


def _token(answer: t.Any) -> _Token:
    members = Members.of(answer)
    text = members.maybe_text("access_token", _TOKEN)
    if not text or not text.isascii() or not text.isprintable():
        raise MalformedError("the answer contains no access token")
    return _Token(text, _lifetime(members.members.get("expires_in")))


def _lifetime(seconds: t.Any) -> float:
    """``expires_in`` is a number of seconds (RFC 6749, 5.1); some servers write it as a text.

    Without a lifetime the API's 401 is the only sign of expiry.
    """
    if seconds is None:
        return math.inf
    if isinstance(seconds, str) and seconds.isascii() and seconds.isdigit() and len(seconds) <= 10:
        seconds = int(seconds)
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < _LATEST:
        raise MalformedError("expires_in of the answer is not a number of seconds in which the token is valid")
    return float(seconds)
