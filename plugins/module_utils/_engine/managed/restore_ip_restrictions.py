# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""The API server's IP restrictions around a reset, which takes them away without a word (roadmap issue of OVHcloud,
#356).

Until they are back the API server answers every address, so they are sent as soon as the reset is seen to run, and
again until they show.
"""

from __future__ import annotations

from ..._adapters.ovh.api_errors import ApiError, TransportError
from ..._domain.managed.changes import Change, ChangeKind
from ..._domain.managed.cluster import Cluster, Phase
from ..._domain.managed.ip_restrictions import normal_block
from ..common.run import DriftError
from .apply import Pending, apply_changes, send
from .context import Context
from .wait import no_drift

#: How often they are sent after a reset before the API is said not to keep them.
_ATTEMPTS = 3


def read_restrictions(ctx: Context, kube_id: str) -> tuple[str, ...]:
    """Those in force, each in its normal form."""
    return tuple(sorted({normal_block(block) for block in ctx.api.ip_restrictions(kube_id)}))


class Restrictions:
    """Puts the wanted IP restrictions in force. ``opened_at`` is when the reset was sent (seconds since 1970)."""

    def __init__(self, ctx: Context, wanted: tuple[str, ...], opened_at: float | None = None) -> None:
        self._ctx = ctx
        self.wanted = wanted
        self._opened_at = opened_at
        self._change = Change(ChangeKind.IP_RESTRICTIONS, {"ips": list(wanted)})
        self._begun = False
        #: Seconds between the reset and their return, None while they are not back or when they were never gone.
        self.open_seconds: float | None = None

    def for_blocks(self, wanted: tuple[str, ...]) -> Restrictions:
        """The same for other restrictions."""
        return self if wanted == self.wanted else Restrictions(self._ctx, wanted, self._opened_at)

    @property
    def still_open(self) -> bool:
        """Whether there is something to put back that is not known to be back."""
        return bool(self.wanted) and self._opened_at is not None and self.open_seconds is None

    def try_early(self, cluster: Cluster) -> bool:
        """Called with every read while the reset runs: from which status on the API takes them is not documented.

        Tells whether it sent them. No refusal is an error here, whatever its kind: what counts is that they are in
        force in the end.
        """
        # While the status still stands at the READY of before, the reset has not begun and would wipe them again.
        self._begun = self._begun or cluster.phase is not Phase.READY
        if not self.still_open or not self._begun:
            return False
        try:
            send(self._ctx, cluster.id, self._change)
        except (ApiError, TransportError):
            return False
        self._closed()
        return True

    def ensure(self, cluster: Cluster) -> Cluster:
        """Compare, and send them until they show (a reset may have wiped what came early)."""
        pending = Pending([self._change], no_drift)
        for _attempt in range(_ATTEMPTS):
            if set(read_restrictions(self._ctx, cluster.id)) == set(self.wanted):
                return cluster
            cluster = apply_changes(self._ctx, cluster, lambda _read: pending, "the change of the IP restrictions")
            self._closed()
            if not self._ctx.waiting.wait:
                return cluster
        actual = ", ".join(read_restrictions(self._ctx, cluster.id)) or "none, so that every address reaches it"
        raise DriftError(
            f"{cluster.label()}: the API took the IP restrictions {', '.join(self.wanted) or '(none)'} of the API "
            f"server and does not keep them; in force are {actual}. Set them in the OVHcloud control panel"
        )

    def _closed(self) -> None:
        if self._opened_at is not None and self.wanted:
            self.open_seconds = round(self._ctx.clock.wall() - self._opened_at, 1)
