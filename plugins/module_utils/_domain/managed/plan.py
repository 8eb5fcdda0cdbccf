# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for one cluster: computed once, it drives changed, diff, check mode and the requests."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..common.json_types import Json
from ..common.problems import Notice
from . import usual_time
from .changes import Change
from .cluster import Cluster
from .customization import Customization
from .desired import Desired
from .network import Network

Action = t.Literal["create", "reset", "in_place", "none"]


@dataclass(frozen=True)
class Plan:
    """Changes that a running cluster takes, the desired state they lead to, and the two sides of the diff.

    The plans of a creation and of a reset add to it what is theirs.
    """

    changes: tuple[Change, ...]
    desired: Desired
    before: Json
    after: Json
    warnings: tuple[Notice, ...]

    @property
    def changed(self) -> bool:
        return self.action != "none"

    @property
    def action(self) -> Action:
        return "in_place" if self.changes else "none"

    @property
    def usual_time(self) -> str | None:
        """How long the API usually works on it; None where it is done with its answer, or there is nothing to do."""
        return usual_time.CHANGE if any(change.kind.waits for change in self.changes) else None

    def diff(self) -> dict[str, Json]:
        return {"before": self.before, "after": self.after}

    def drift(self, cluster: Cluster) -> str | None:
        """How a later read differs from the desired state, in words; None when it does not."""
        return self.desired.drift(cluster)


def side_of_diff(
    customization: Customization,
    network: Network | None = None,
    *,
    parts: t.Collection[str] | None = None,
    **members: t.Any,
) -> Json:
    """One side of a diff, in option names and canonical durations: spelling alone is never shown as a change.

    ``parts`` limits the customization to the parts that a request names; ``members`` are further options.
    """
    shown = customization.as_result()
    if parts is not None:
        shown = {part: content for part, content in shown.items() if part in parts}
    return {**members, **shown, **(network.as_result() if network else {})}
