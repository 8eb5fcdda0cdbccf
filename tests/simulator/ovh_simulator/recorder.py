# SPDX-License-Identifier: GPL-3.0-or-later

"""What came over the wire."""

from __future__ import annotations

import dataclasses
import json
import typing as t

#: Methods that change nothing.
_SAFE = ("GET", "HEAD", "OPTIONS")


@dataclasses.dataclass
class RecordedRequest:
    method: str
    #: raw path as sent, percent-encoding kept: /1.0/cloud/project/...
    path: str
    #: the path without /1.0 or /v1
    route: str
    #: raw query string, without the question mark
    query: str
    #: names in lower case
    headers: dict[str, str]
    body: bytes
    #: None while the request is processed, and for good when the connection was dropped
    status: int | None = None
    query_id: str | None = None

    @property
    def json(self) -> t.Any:
        """The parsed body; None when there is none or it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def is_mutation(self) -> bool:
        """Whether the call is one that changes something, accepted or not.

        POST .../kubeconfig only reads. The calls under /auth and the token URL concern the client, not a cluster.
        """
        if self.method in _SAFE or self.route.startswith("/auth/"):
            return False
        return not (self.method == "POST" and self.route.endswith("/kubeconfig"))

    def as_dict(self) -> dict[str, t.Any]:
        return {
            **dataclasses.asdict(self),
            "body": self.body.decode("utf-8", errors="backslashreplace"),
            "json": self.json,
        }
