# SPDX-License-Identifier: GPL-3.0-or-later

"""What is tried again, how often, and how long after: the policy of each API.

**OVHcloud's API** (:data:`OVHCLOUD`). One call makes up to 5 attempts, each of them signed anew.

- Again after: no answer, HTTP 408, 429 and 5xx. Never after another answer, nor after a certificate that is not
  trusted.
- Which methods: GET, HEAD and PUT always, since a PUT puts the same state again. DELETE only when the API cannot have
  received the request: one that took effect would meet 404, or a new object. POST never, since it would act twice; a
  caller that knows of one that changes nothing says so (``repeatable``).
- How long after: before attempt n + 1 a random time between 0 and 2 ** (n - 1) seconds, 30 at most. ``Retry-After`` is
  the shortest wait; more than 60 seconds of it are cut, since a task cannot sleep for an hour.
- Never when the time of the run is over before (``wait_timeout``): a pause that would end after it is not begun.

Apart from that, a refused clock or token is renewed once per call, and the call is sent again without a wait.

**Kubernetes** (:data:`KUBERNETES_READS`). A GET is sent again up to 5 times after no answer, HTTP 429, 500, 502,
503 and 504, since an API server that restarts is gone for a moment; before that 0, 0.6, 1.2, 2.4 and 4.8 seconds, or as
long as ``Retry-After`` says, 60 at most, and never beyond the time of the run. What changes something is never repeated
by itself.
"""

from __future__ import annotations

import email.utils
import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class RetryPolicy:
    """Limits in attempts and in seconds; the module's docstring explains them."""

    attempts: int
    backoff: float
    backoff_cap: float
    #: Methods that may be sent again whether or not the API received the request.
    repeatable: t.Collection[str]
    #: Those that may be sent again only if it cannot have received it.
    repeatable_unless_received: t.Collection[str]

    def may_repeat(self, method: str, *, received: bool) -> bool:
        """Whether another attempt is safe, given whether the API may have received this one."""
        return method in self.repeatable or (method in self.repeatable_unless_received and not received)

    def wait(self, attempts: int, jitter: float, retry_after: str | None, now: float) -> float:
        """Seconds between attempt number ``attempts`` and the next one.

        ``jitter`` is a random number from 0 to 1, ``retry_after`` the text of the answer's header, ``now`` the time in
        seconds since the epoch.
        """
        wait = jitter * min(self.backoff_cap, self.backoff * 2.0 ** (attempts - 1))
        return at_least(wait, retry_after, now)


OVHCLOUD: t.Final = RetryPolicy(
    attempts=5,
    backoff=1.0,
    backoff_cap=30.0,
    repeatable=("GET", "HEAD", "PUT"),
    repeatable_unless_received=("DELETE",),
)

#: Arguments of ``urllib3.util.retry.Retry``.
KUBERNETES_READS: t.Final[t.Mapping[str, t.Any]] = {
    "total": 5,
    "backoff_factor": 0.3,
    "status_forcelist": (429, 500, 502, 503, 504),
    "allowed_methods": ("GET",),
    "raise_on_status": False,
}


#: Seconds of ``Retry-After`` that are waited.
RETRY_AFTER_LIMIT: t.Final = 60.0
_DIGITS: t.Final = 10


def transient(status: int) -> bool:
    """Whether an HTTP status means a fault that ends by itself, so that the same request may succeed a little later."""
    return status in (408, 429) or status >= 500


def at_least(wait: float, retry_after: str | None, now: float) -> float:
    """The pause, or the longer one that an answer demands (``Retry-After``), cut to RETRY_AFTER_LIMIT seconds."""
    return wait if retry_after is None else max(wait, min(RETRY_AFTER_LIMIT, _seconds(retry_after, now)))


def _seconds(retry_after: str, now: float) -> float:
    """``Retry-After`` is a number of seconds or a date (RFC 9110, 10.2.3); anything else counts as zero."""
    text = retry_after.strip(" \t")
    if text.isascii() and text.isdigit():
        return float(text[:_DIGITS])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError, TypeError, LookupError, OSError):
        return 0.0
