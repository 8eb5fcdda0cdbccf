# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to an API server within limits of time and size, in place of the pool that the client library uses.

The library passes on a time-out for each read, reads errors whole, and leaves repetitions to urllib3, which waits for
as long as a server says. Nothing is redirected: an API server does not, and a token must not follow to where it leads.
"""

from __future__ import annotations

import io
import itertools
import typing as t

from ... import _deps
from ..._domain.common.reading import MalformedError
from ..bodies import ERROR_LIMIT, Body, read_body
from ..deadline import Deadline, TimeUpError, within
from ..retry import KUBERNETES_READS, at_least

if t.TYPE_CHECKING:
    import urllib3

#: Bytes of an answer: a page of a list of large objects.
ANSWER_LIMIT: t.Final = 16 * 1024 * 1024
_CHUNK: t.Final = 65536


class BoundedPool:
    """What the library's REST client uses of a pool: ``request``. Attempts follow ``retry.KUBERNETES_READS``.

    ``timeout`` is in seconds, for one attempt as a whole.
    """

    def __init__(self, pool: urllib3.PoolManager, timeout: float, deadline: Deadline) -> None:
        self._pool = pool
        self._timeout = timeout
        self._deadline = deadline

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._pool, name)

    def request(self, method: str, url: str, **more: t.Any) -> urllib3.HTTPResponse:
        """The answer, read whole; raises what urllib3 raises, and MalformedError for a body that is not read."""
        for attempt in itertools.count(1):
            lost: Exception | None = None
            answer: urllib3.HTTPResponse | None = None
            try:
                answer = self._attempt(method, url, more)
            except _deps.urllib3.exceptions.HTTPError as error:
                lost = error
            pause = self._pause(method, attempt, answer, lost)
            if pause is None or not self._deadline.allows(pause):
                break
            self._deadline.clock.sleep(pause)
        if answer is None:
            raise t.cast(Exception, lost)
        return answer

    def _pause(
        self, method: str, attempt: int, answer: urllib3.HTTPResponse | None, lost: Exception | None
    ) -> float | None:
        """Seconds until the next attempt; None when there is none."""
        policy = KUBERNETES_READS
        if method not in policy["allowed_methods"] or attempt > policy["total"]:
            return None
        if answer is None:
            # A certificate that is not trusted is not trusted a moment later either.
            retry_after = None
            again = not isinstance(lost, _deps.urllib3.exceptions.SSLError)
        else:
            retry_after = answer.headers.get("retry-after")
            again = answer.status in policy["status_forcelist"]
        pause = 0.0 if attempt == 1 else policy["backoff_factor"] * 2.0 ** (attempt - 1)
        return at_least(pause, retry_after, self._deadline.clock.wall()) if again else None

    def _attempt(self, method: str, url: str, more: t.Mapping[str, t.Any]) -> urllib3.HTTPResponse:
        limit = self._deadline.limit(self._timeout)
        timeout = _deps.urllib3.Timeout(connect=limit, read=limit)
        arguments = {**more, "timeout": timeout, "retries": False, "redirect": False, "preload_content": False}
        errors = _deps.urllib3.exceptions
        try:
            return within(limit, lambda: _read(self._pool.request(method, url, **arguments)))
        except (TimeUpError, errors.TimeoutError) as late:
            # Which of the two is first is chance. To urllib3 1.26 a refused connection is one that came too late.
            if isinstance(late, errors.NewConnectionError):
                raise
            raise errors.TimeoutError(f"timed out after {round(limit, 2):g} s") from None


def _read(response: urllib3.BaseHTTPResponse) -> urllib3.HTTPResponse:
    """An answer of the same kind whose body is read already, and unpacked."""
    success = 200 <= response.status < 300
    try:
        chunks = response.stream(_CHUNK, decode_content=False)
        limit = ANSWER_LIMIT if success else ERROR_LIMIT
        body = read_body(chunks, response.headers.get("content-encoding"), limit)
    except MalformedError:
        if success:
            raise
        body = Body(b"", True)
    finally:
        response.close()
    if success and not body.whole:
        raise MalformedError(f"it is longer than {ANSWER_LIMIT // 1024 // 1024} MiB, which is not read")
    headers = {
        name: value
        for name, value in response.headers.items()
        if name.lower() not in ("content-encoding", "content-length", "transfer-encoding")
    }
    return _deps.urllib3.HTTPResponse(
        body=io.BytesIO(body.content),
        headers=headers,
        status=response.status,
        reason=response.reason,
        preload_content=False,
    )
