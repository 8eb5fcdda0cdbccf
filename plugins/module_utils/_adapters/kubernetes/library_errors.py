# SPDX-License-Identifier: GPL-3.0-or-later

"""From what the client library raises to the errors of this adapter."""

from __future__ import annotations

import http.client
import json
import re
import typing as t

from ... import _deps
from ..._domain.common.printable import printable
from ..._domain.common.reading import MalformedError
from ..failures import AdapterError
from .server_errors import (
    ConflictError,
    KubernetesError,
    MalformedAnswerError,
    ObjectNotFoundError,
    RefusedByServerError,
    UnreachableError,
)

#: Characters kept of the server's own sentence, and of a word or a reason.
_SENTENCE, _WORD = 1000, 300

#: How older and newer releases of urllib3 start the text of an error: with the connection that had it.
_CONNECTION = re.compile(r".*>: |HTTPS?Connection(?:Pool)?\(.*?\): ", re.DOTALL)


class Translated:
    """A context in which the library's exceptions become this adapter's.

    Those that nobody expects of it as well: answers exist over which it stumbles.

    ``request`` says what is done, as the start of a message; ``server`` is the URL of the API server.
    """

    def __init__(self, request: str, server: str) -> None:
        self._request = request
        self._server = server

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is None:
            return
        refused = _deps.kubernetes.client.ApiException
        if isinstance(error, AttributeError) and isinstance(error.__context__, refused):
            # Version 36 of the library stumbles over an ApiException without a body, as web sockets raise it.
            error = error.__context__
        if isinstance(error, refused):
            raise self._refusal(error) from None
        lost = (OSError, http.client.HTTPException, _deps.urllib3.exceptions.HTTPError)
        if isinstance(error, (*lost, _deps.websocket.WebSocketException)):
            raise UnreachableError(self._server, self._request, _reason(error)) from None
        if isinstance(error, MalformedError):
            raise MalformedAnswerError(self._server, self._request, str(error)) from None
        if isinstance(error, Exception) and not isinstance(error, AdapterError):
            raise MalformedAnswerError(self._server, self._request, type(error).__name__) from None

    def given_up(self, reason: str) -> UnreachableError:
        return UnreachableError(self._server, self._request, reason)

    def _refusal(self, error: t.Any) -> KubernetesError:
        status, reason, body = int(error.status or 0), str(error.reason or ""), error.body
        if status == 0:
            # How the client library reports a web socket that could not be opened. Its text contains all headers of
            # the answer; what was raised first has the parts.
            cause = error.__context__ or error
            status = int(getattr(cause, "status_code", 0))
            if status == 0:
                return UnreachableError(self._server, self._request, _reason(cause))
            # websocket-client up to 1.4 keeps nothing of the answer but its status.
            reason, body = http.client.responses.get(status, ""), getattr(cause, "resp_body", None)
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
        try:
            answer = json.loads(text)
            reason, said = str(answer.get("reason") or reason), str(answer.get("message") or "")
        except (ValueError, AttributeError, RecursionError):
            said = printable(text.strip(), _WORD)
        kind = {404: ObjectNotFoundError, 409: ConflictError}.get(status, RefusedByServerError)
        return kind(self._request, status, printable(reason, _WORD), printable(said, _SENTENCE))


def _reason(error: BaseException) -> str:
    """The innermost cause, which is what a person can act on."""
    cause: t.Any = getattr(error, "reason", None)
    while isinstance(cause, BaseException) and isinstance(getattr(cause, "reason", None), BaseException):
        cause = cause.reason  # type: ignore[attr-defined]
    text = str(cause if isinstance(cause, BaseException) else error)
    return printable(_CONNECTION.sub("", text), _WORD) or type(error).__name__
