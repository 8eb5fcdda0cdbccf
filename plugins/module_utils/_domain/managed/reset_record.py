# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reset would lose, and the record of a reset under way, from which a later run can finish it.

The journal (``_adapters/local/journal.py``) keeps the record as a file until everything is restored.
"""

from __future__ import annotations

import dataclasses
import re
import time
import typing as t
from dataclasses import dataclass

from ..common.json_types import Json
from .cluster import Cluster
from .ip_restrictions import is_block


@dataclass(frozen=True)
class Preserved:
    """What a reset loses although no body can name it, and which is restored afterwards.

    ``ip_restrictions`` are in normal form; ``open_id_connect`` is as the API showed it, under its own names.
    """

    ip_restrictions: tuple[str, ...] = ()
    open_id_connect: Json | None = None

    def __bool__(self) -> bool:
        return bool(self.ip_restrictions or self.open_id_connect)


NOTHING_PRESERVED = Preserved()


@dataclass(frozen=True)
class ResetRecord:
    """One reset: ``body`` is the API's, exactly as sent; ``sent`` says that the API accepted it.

    ``status`` and ``updated_at`` are the cluster's from before the reset, or right after it was accepted: a later run
    compares with them to see whether the reset began. ``begun_at`` is in seconds since 1970, ``begun`` the same time as
    text.
    """

    begun: str
    begun_at: float
    status: str
    updated_at: str | None
    body: Json
    sent: bool
    preserved: Preserved
    cluster: str = ""

    @classmethod
    def begin(cls, cluster: Cluster, body: Json, preserved: Preserved, begun_at: float) -> ResetRecord:
        """The record of a reset that is about to be sent."""
        begun = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begun_at))
        return cls(begun, begun_at, cluster.status, cluster.updated_at, body, False, preserved, cluster.label())

    def accepted(self, read: Cluster | None = None) -> ResetRecord:
        """The API accepted the reset; ``read`` is the first read after that, where there was one."""
        sent = dataclasses.replace(self, sent=True)
        return sent if read is None else dataclasses.replace(sent, status=read.status, updated_at=read.updated_at)

    @classmethod
    def from_json(cls, content: Json) -> ResetRecord:
        """Raises ValueError when members are missing, or are not what ``to_json`` writes."""
        missing = _MEMBERS - set(content)
        if missing:
            raise ValueError(f"it lacks {', '.join(sorted(missing))}")
        wrong = [name for name, is_right in _RIGHT.items() if name in content and not is_right(content[name])]
        if wrong:
            raise ValueError(f"no record has such a value: {', '.join(wrong)}")
        members: dict[str, t.Any] = {name: content[name] for name in _MEMBERS - _PRESERVED}
        preserved = Preserved(tuple(content["ip_restrictions"]), content["open_id_connect"])
        return cls(**members, preserved=preserved, cluster=content.get("cluster", ""))

    def to_json(self) -> Json:
        members = {name: getattr(self, name) for name in _MEMBERS - _PRESERVED}
        return {
            **members,
            "cluster": self.cluster,
            "ip_restrictions": list(self.preserved.ip_restrictions),
            "open_id_connect": self.preserved.open_id_connect,
        }


def _is_text(value: t.Any) -> bool:
    return isinstance(value, str)


def _is_time(value: t.Any) -> bool:
    # Before the year 10000, the last one that can be shown.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 253402300800


_BEGUN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
#: The file is a user's to edit, and what it says is sent to the API.
_RIGHT: t.Mapping[str, t.Callable[[t.Any], bool]] = {
    "begun": lambda value: _is_text(value) and _BEGUN.fullmatch(value) is not None,
    "begun_at": _is_time,
    "body": lambda value: isinstance(value, dict),
    "cluster": _is_text,
    "ip_restrictions": lambda value: (
        isinstance(value, list) and all(_is_text(item) and is_block(item) for item in value)
    ),
    "open_id_connect": lambda value: value is None or isinstance(value, dict),
    "sent": lambda value: isinstance(value, bool),
    "status": _is_text,
    "updated_at": lambda value: value is None or _is_text(value),
}
_PRESERVED = {"ip_restrictions", "open_id_connect"}
_MEMBERS = {"begun", "begun_at", "status", "updated_at", "body", "sent", *_PRESERVED}
