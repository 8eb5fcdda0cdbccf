# SPDX-License-Identifier: GPL-3.0-or-later

"""What the API server says it was asked: its audit log, one JSON object a line."""

from __future__ import annotations

import json
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from .errors import BenchError
from .kubeconfig import USER_AGENT

#: Verbs that change something, unless the request is a dry run.
MUTATING = frozenset({"create", "update", "patch", "delete", "deletecollection"})
#: Seconds after which a received request must have been answered.
_PATIENCE = 30.0


@dataclass(frozen=True)
class AuditedRequest:
    id: str
    verb: str
    uri: str
    user: str
    user_agent: str
    resource: str  # "configmaps", "pods/log"; empty for what is not a resource
    namespace: str
    name: str
    dry_run: bool
    status: int | None  # None while a watch goes on
    body: t.Any  # of ConfigMaps and DaemonSets, else None

    @property
    def mutating(self) -> bool:
        return self.verb in MUTATING and not self.dry_run

    @property
    def of_the_cluster(self) -> bool:
        """Sent by a part of Kubernetes or by the bench, not by the code under test."""
        return self.user.startswith("system:") or self.user_agent.startswith(USER_AGENT)


class AuditLog:
    def __init__(self, path: Path, start: int = 0) -> None:
        self._path = path
        self._start = start

    def mark(self) -> int:
        """Forget the requests so far; returns where in the file the next ones begin."""
        self._start = self._path.stat().st_size if self._path.exists() else 0
        return self._start

    def requests(self, *, everybody: bool = False) -> list[AuditedRequest]:
        """The requests since the last mark in the order of their arrival; the cluster's own ones only for everybody.

        A request whose answer is still under way is waited for, a watch is not.
        """
        deadline = time.monotonic() + _PATIENCE
        while True:
            found = [request for request in self._read() if everybody or not request.of_the_cluster]
            unanswered = [request for request in found if request.status is None and request.verb != "watch"]
            if not unanswered:
                return found
            if time.monotonic() > deadline:
                raise BenchError(f"The API server did not answer {unanswered[0].verb} {unanswered[0].uri}")
            time.sleep(0.02)

    def _read(self) -> list[AuditedRequest]:
        events: dict[str, dict[str, t.Any]] = {}
        with self._path.open("rb") as log:
            log.seek(self._start)
            for line in log:
                # The last line may still be written.
                if line.endswith(b"\n"):
                    event = json.loads(line)
                    # The event of the arrival stays first, those of later stages complete it.
                    events.setdefault(event["auditID"], {}).update(event)
        return [_request(event) for event in events.values()]


def _request(event: dict[str, t.Any]) -> AuditedRequest:
    target = event.get("objectRef", {})
    query = parse_qs(urlsplit(event["requestURI"]).query)
    return AuditedRequest(
        id=event["auditID"],
        verb=event["verb"],
        uri=event["requestURI"],
        user=event.get("user", {}).get("username", ""),
        user_agent=event.get("userAgent", ""),
        resource="/".join(filter(None, (target.get("resource"), target.get("subresource")))),
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        # A DELETE may say so in its body instead, which would make this too strict but never too lenient.
        dry_run="All" in query.get("dryRun", []),
        status=event.get("responseStatus", {}).get("code"),
        body=event.get("requestObject"),
    )
