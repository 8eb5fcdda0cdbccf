# SPDX-License-Identifier: GPL-3.0-or-later

"""One request and its answer, read up to a limit, in a thread that may be given up on."""

from __future__ import annotations

import threading
import typing as t
from dataclasses import dataclass

from ..._deps import httpx
from ..._domain.common.reading import MalformedError
from ..bodies import ANSWER_LIMIT, ERROR_LIMIT, Body, read_body

#: What httpcore calls the moment from which on something is sent (its "trace" extension, documented).
_SENDS: t.Final = "send_request_headers.started"


class GivenUpError(Exception):
    """Nobody waits for the answer any more, so that the request is not sent."""


@dataclass(frozen=True)
class Received:
    """An answer: its head, and its body as far as it was read, or how it cannot be."""

    status: int
    headers: t.Mapping[str, str]
    body: Body | MalformedError

    @property
    def success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def beginning(self) -> bytes:
        """The body, to be quoted."""
        return b"" if isinstance(self.body, MalformedError) else self.body.content[:ERROR_LIMIT]

    def whole_body(self) -> bytes:
        """The body, to be used; raises MalformedError."""
        if isinstance(self.body, MalformedError):
            raise MalformedError(f"the answer cannot be used: {self.body}")
        if not self.body.whole:
            raise MalformedError(f"the answer is longer than {ANSWER_LIMIT // 1024 // 1024} MiB, which is not read")
        return self.body.content


class Exchange:
    """Sends one request. ``limit`` is in seconds, for each single step of it."""

    def __init__(self, http: httpx.Client, request: httpx.Request, limit: float) -> None:
        self._http = http
        self._request = request
        self._lock = threading.Lock()
        self._sent = False
        self._given_up = False
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), limit)
        request.extensions["trace"] = self._trace

    def run(self) -> Received:
        """The answer; raises httpx.RequestError, and whatever else the library raises for what it does not expect."""
        response = self._http.send(self._request, stream=True)
        try:
            return Received(response.status_code, response.headers, self._body(response))
        finally:
            response.close()

    def give_up(self) -> bool:
        """Send nothing from now on; returns whether something was sent, so that the API may have received it."""
        with self._lock:
            self._given_up = True
            return self._sent

    def _body(self, response: httpx.Response) -> Body | MalformedError:
        limit = ANSWER_LIMIT if response.is_success else ERROR_LIMIT
        try:
            return read_body(self._chunks(response), response.headers.get("content-encoding"), limit)
        except MalformedError as odd:
            return odd

    def _chunks(self, response: httpx.Response) -> t.Iterator[bytes]:
        for chunk in response.iter_raw():
            if self._given_up:
                raise GivenUpError
            yield chunk

    def _trace(self, event: str, info: t.Mapping[str, t.Any]) -> None:
        if not event.endswith(_SENDS) or getattr(info.get("request"), "method", b"") == b"CONNECT":
            return
        with self._lock:
            if self._given_up:
                raise GivenUpError
            self._sent = True
