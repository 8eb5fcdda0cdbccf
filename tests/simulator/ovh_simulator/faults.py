# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults injected into the answers: front-end errors, rate limits, broken connections."""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t

from .errors import SHAPES, ApiError

KINDS = ("status", "drop_before", "drop_after", "delay", "redirect", "meanwhile")
#: Those after which the request is processed all the same.
PASSING = ("delay", "meanwhile")


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


def glob_match(pattern: str, text: str) -> bool:
    """`*` stands for any text, slashes included, as in OVHcloud's access rules and IAM policies."""
    return _compiled(pattern).fullmatch(text) is not None


@dataclasses.dataclass
class Fault:
    """What happens to matching requests.

    kind `status` answers with `status` and `shape` (or with the literal `body`); with `processed` the change takes
    place first. `drop_before` closes the connection before the call is processed, `drop_after` after it was.
    `delay` waits `seconds` and goes on. `meanwhile` lets `action` happen first, as if another client had come in
    between; only for tests in this process. `redirect` sends the client to `location`.
    """

    kind: str = "status"
    #: method and path of the requests hit; the path is matched without and with the /1.0 or /v1 in front
    method: str = "*"
    path: str = "*"
    #: number of requests hit, -1 for all of them
    times: int = 1
    #: matching requests let through before the first hit
    after: int = 0
    status: int = 500
    shape: str = "product"
    code: str | None = None
    message: str = "Internal server error"
    details: dict[str, str] | None = None
    #: literal body in place of a shape; a text is sent as it is, anything else as JSON
    body: t.Any = None
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    processed: bool = False
    seconds: float = 0.0
    location: str = ""
    action: t.Callable[[], t.Any] | None = None
    hits: int = dataclasses.field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        if (self.kind == "meanwhile") != callable(self.action):
            raise ValueError("action is a function, for the kind meanwhile and no other")
        if self.shape not in SHAPES:
            raise ValueError(f"shape must be one of {', '.join(SHAPES)}")

    def error(self) -> ApiError:
        return ApiError(self.status, self.message, shape=self.shape, code=self.code, details=self.details)

    @classmethod
    def too_many_requests(cls, retry_after: int | None = None, **where: t.Any) -> Fault:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return cls(
            status=429,
            code="Client::TooManyRequests",
            message="Too many requests",
            headers={**headers, **where.pop("headers", {})},
            **where,
        )

    @classmethod
    def server_error(cls, **where: t.Any) -> Fault:
        return cls(code="Server::InternalServerError", **where)

    @classmethod
    def unavailable(cls, **where: t.Any) -> Fault:
        return cls(status=503, shape="html", message="Service is temporarily unavailable", **where)

    @classmethod
    def front_end_timeout(cls, **where: t.Any) -> Fault:
        message = "Your browser didn't send a complete request in time."
        return cls(status=408, shape="html", message=message, **where)

    @classmethod
    def expired(cls, **where: t.Any) -> Fault:
        return cls(status=460, code="Client::Expired", message="This service is expired", **where)

    @classmethod
    def drop_before(cls, **where: t.Any) -> Fault:
        return cls(kind="drop_before", **where)

    @classmethod
    def drop_after(cls, **where: t.Any) -> Fault:
        return cls(kind="drop_after", **where)

    @classmethod
    def delay(cls, seconds: float, **where: t.Any) -> Fault:
        return cls(kind="delay", seconds=seconds, **where)

    @classmethod
    def meanwhile(cls, action: t.Callable[[], t.Any], **where: t.Any) -> Fault:
        return cls(kind="meanwhile", action=action, **where)

    @classmethod
    def redirect(cls, location: str, status: int = 302, **where: t.Any) -> Fault:
        return cls(kind="redirect", location=location, status=status, **where)


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        self._faults.clear()

    def take(self, method: str, path: str, route: str) -> list[Fault]:
        """The faults that hit this request: any that let it pass, and at most one of the other kinds."""
        hit: list[Fault] = []
        for fault in self._faults:
            if fault.method not in ("*", method):
                continue
            if not (glob_match(fault.path, route) or glob_match(fault.path, path)):
                continue
            if any(other.kind not in PASSING for other in hit) and fault.kind not in PASSING:
                continue
            if fault.after > 0:
                fault.after -= 1
            elif fault.times < 0 or fault.hits < fault.times:
                fault.hits += 1
                hit.append(fault)
        return hit
