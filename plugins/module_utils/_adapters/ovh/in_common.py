# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of one run have in common where they ask one API with the same credentials.

The API has no filter: to find one cluster by its name, all of a project are read. Hundreds of tasks that each did so
would end in HTTP 429. So the first one notes which cluster has which name, and each that meets 429 notes until when the
API wants to be left alone.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import time
import typing as t
from dataclasses import dataclass

from ..deadline import NEVER, Deadline
from ..local.run_folder import Held, RunFolder

#: Seconds after which the notes do not show that a name does not exist: a cluster can be renamed.
FRESH: t.Final = 300.0


@dataclass(frozen=True)
class Noted:
    """A cluster as it was when it was read."""

    id: str
    name: str
    region: str
    status: str


class Names:
    """The clusters of a project by name. ``known`` is None if no task has read them yet; ``at`` is when it did."""

    def __init__(self, held: Held | None, now: float) -> None:
        self._held = held
        self._now = now
        self.known: list[Noted] | None = None
        self.at = 0.0
        with contextlib.suppress(ValueError, TypeError, KeyError):
            noted = json.loads(held.read()) if held is not None else {}
            self.known = [Noted(**cluster) for cluster in noted["clusters"]]
            self.at = float(noted["at"])

    @property
    def fresh(self) -> bool:
        """Whether they were read within FRESH seconds."""
        return 0 <= self._now - self.at < FRESH

    def note(self, clusters: t.Iterable[t.Any]) -> None:
        """These are all that there are; each has the fields of :class:`Noted`."""
        self.known = [Noted(cluster.id, cluster.name, cluster.region, cluster.status) for cluster in clusters]
        if self._held is not None:
            noted = {"at": self._now, "clusters": [dataclasses.asdict(cluster) for cluster in self.known]}
            self._held.write(json.dumps(noted).encode())


class InCommon:
    """Notes for one API and one owner of credentials; without a folder there are none."""

    def __init__(self, folder: RunFolder | None, *owner: str, wall: t.Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._key = hashlib.sha256("\0".join(owner).encode()).hexdigest()[:32]
        self._wall = wall

    @contextlib.contextmanager
    def names(self, project: str, deadline: Deadline = NEVER) -> t.Iterator[Names]:
        """The clusters of a project, while no other task looks at them."""
        if self._folder is None:
            yield Names(None, self._wall())
            return
        with self._folder.held(f"names-{self._key}-{project}", deadline) as held:
            yield Names(held, self._wall())

    def pause(self) -> float:
        """Seconds for which the API wants to be left alone."""
        return 0.0 if self._folder is None else max(0.0, self._folder.date(f"pause-{self._key}") - self._wall())

    def leave_alone(self, seconds: float) -> None:
        """The API wants to be left alone for so long."""
        if self._folder is not None:
            self._folder.note_date(f"pause-{self._key}", self._wall() + seconds)
