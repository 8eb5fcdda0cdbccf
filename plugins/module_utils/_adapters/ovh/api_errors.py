# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong between this collection and the OVHcloud API, apart from a wrong configuration.

Exceptions carry the facts of their text as data. None of them ever contains a credential.
"""

from __future__ import annotations

import typing as t

from .. import retry
from ..failures import RequestError


class OvhError(RequestError):
    """A request to the API that failed."""

    def __init__(self, message: str, *, method: str, path: str, attempts: int, maybe_processed: bool) -> None:
        super().__init__(message)
        self.method = method
        self.path = path
        self.attempts = attempts
        #: Whether this call, or an earlier attempt of it that was repeated, may have taken effect all the same.
        self.maybe_processed = maybe_processed


class TransportError(OvhError):
    """No answer: refused or lost connection, name resolution, TLS, time-out."""

    def __init__(self, reason: str, *, method: str, path: str, attempts: int = 1, maybe_processed: bool = True) -> None:
        outcome = "It is unknown whether the API processed it" if maybe_processed else "Nothing was changed"
        message = f"{method} {path} got no answer ({_tries(attempts)}): {reason}. {outcome}."
        super().__init__(message, method=method, path=path, attempts=attempts, maybe_processed=maybe_processed)
        self.reason = reason

    def as_result(self) -> dict[str, t.Any]:
        """The facts in the form a module returns beside its message."""
        return {"method": self.method, "path": self.path, "maybe_processed": self.maybe_processed}


class ApiError(OvhError):
    """The API answered with an error, or with something other than the route promises.

    ``error_class`` is the ``class`` of a product's error or the ``errorCode`` of the gateway's.
    """

    def __init__(
        self,
        status: int,
        *,
        method: str,
        path: str,
        error_class: str | None = None,
        api_message: str = "",
        details: dict[str, t.Any] | None = None,
        query_id: str | None = None,
        attempts: int = 1,
        maybe_processed: bool = False,
    ) -> None:
        self.status = status
        self.error_class = error_class
        self.api_message = api_message
        self.details = details or {}
        self.query_id = query_id
        message = _describe(self, method, path, attempts)
        super().__init__(message, method=method, path=path, attempts=attempts, maybe_processed=maybe_processed)

    @property
    def transient(self) -> bool:
        """Whether the fault ends by itself, so that the same request may succeed a little later."""
        return retry.transient(self.status)

    @staticmethod
    def of_status(status: int, **facts: t.Any) -> ApiError:
        """The subclass that belongs to an HTTP status."""
        kind = _BY_STATUS.get(status, ApiError)
        return kind(status, **facts)

    def as_result(self) -> dict[str, t.Any]:
        """The facts in the form a module returns beside its message."""
        return {
            "status": self.status,
            "error_class": self.error_class,
            "api_message": self.api_message,
            "details": self.details,
            "query_id": self.query_id,
            "method": self.method,
            "path": self.path,
        }


class AuthenticationError(ApiError):
    """Unknown or expired credentials, or credentials without the right to make this call."""


class NotFoundError(ApiError):
    """The project, cluster or other object does not exist, or not for these credentials."""


class ConflictError(ApiError):
    """The object is in a state that forbids the call."""


_BY_STATUS: dict[int, type[ApiError]] = {
    401: AuthenticationError,
    403: AuthenticationError,
    404: NotFoundError,
    409: ConflictError,
}

_CREDENTIAL_ADVICE = (
    "Check that the consumer key was validated, has not expired and was made for this application key and endpoint"
)

_ADVICE_BY_CODE = {
    "INVALID_SIGNATURE": (
        "Check that application key, application secret and consumer key belong together; a proxy that rewrites"
        " requests breaks the signature too"
    ),
    "QUERY_TIME_OUT": (
        "The API refused the time of the request, although this module read the API's clock again: check whether a"
        " proxy delays requests, and set the clock of this machine"
    ),
    "INVALID_KEY": "The application key is unknown at this endpoint: check the key and the endpoint",
    "INVALID_CREDENTIAL": _CREDENTIAL_ADVICE,
    "NOT_CREDENTIAL": _CREDENTIAL_ADVICE,
    "invalid_client": "Check client id and client secret, and that the service account belongs to this endpoint",
}

_ADVICE_BY_STATUS = {
    401: "The access token is unknown, has expired or was revoked: obtain a new one",
    404: (
        "Check the project id, the cluster id, and that the credentials belong to the account and endpoint that own"
        " them"
    ),
    408: "The API took too long: try again later",
    409: "Another operation is in progress, or the cluster's status or update policy forbids this one",
    429: "The API limits the rate of requests: try again later, or with fewer tasks at a time",
    460: "The service has expired or was terminated: renew it in the OVHcloud control panel",
}


def _describe(error: ApiError, method: str, path: str, attempts: int) -> str:
    label = f"HTTP {error.status}" + (f", {error.error_class}" if error.error_class else "")
    verb = "was answered unexpectedly" if error.status < 300 else "failed"
    parts = [f"{method} {path} {verb} ({label})"]
    if error.api_message:
        parts[0] += f": {error.api_message.rstrip('.')}"
    advice = _advice(error, method, path)
    if advice:
        parts.append(advice)
    facts = [f"query id {error.query_id}"] if error.query_id else []
    if attempts > 1:
        facts.append(_tries(attempts))
    closing = f" ({', '.join(facts)})" if facts else ""
    return ". ".join(parts) + "." + closing


def _advice(error: ApiError, method: str, path: str) -> str | None:
    if error.error_class == "NOT_GRANTED_CALL":
        return f"Grant {method} {path} (or a pattern that covers it) in the access rules of the consumer key"
    actions = unauthorized_actions(error.details)
    if actions:
        return f"Grant these actions to the identity through an IAM policy: {', '.join(actions)}"
    if error.error_class in _ADVICE_BY_CODE:
        return _ADVICE_BY_CODE[error.error_class]
    if error.status >= 500:
        return "The fault is on the side of the API: try again later"
    return _ADVICE_BY_STATUS.get(error.status)


def unauthorized_actions(details: t.Mapping[str, t.Any]) -> list[str]:
    """Names of the actions that IAM refused; the API joins several with commas and leaves either field empty."""
    actions: list[str] = []
    for name in ("unauthorizedActionsByIAM", "unauthorizedActionsByAuthentication"):
        value = details.get(name) or ""
        listed = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
        actions.extend(str(action).strip() for action in listed)
    return sorted({action for action in actions if action})


def _tries(attempts: int) -> str:
    return "1 attempt" if attempts == 1 else f"{attempts} attempts"
