# SPDX-License-Identifier: GPL-3.0-or-later

"""The API server's IP restrictions around a reset, which removes them silently (OVHcloud's roadmap, issue 356).

Until they are restored the API server answers every address. They are therefore sent as soon as the reset is seen to
run, and again until they show.
"""

from __future__ import annotations

from ..._adapters.ovh.api_errors import ApiError, TransportError
from ..._domain.managed.changes import IpRestrictionsChange
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


class RestrictionsGuard:
    """Puts the desired IP restrictions in force. ``opened_at`` is when the reset was sent (seconds since 1970)."""

    def __init__(self, ctx: Context, desired: tuple[str, ...], opened_at: float | None = None) -> None:
        self._ctx = ctx
        self.desired = desired
        self._opened_at = opened_at
        self._change = IpRestrictionsChange(desired)
        self._begun = False
        #: Seconds between the reset and their return, None while they are not restored or when they never went.
        self.open_seconds: float | None = None

    def for_blocks(self, desired: tuple[str, ...]) -> RestrictionsGuard:
        """The same for other restrictions."""
        return self if desired == self.desired else RestrictionsGuard(self._ctx, desired, self._opened_at)

    @property
    def still_open(self) -> bool:
        """Whether there is something to restore that is not known to be restored."""
        return bool(self.desired) and self._opened_at is not None and self.open_seconds is None

    def try_early(self, cluster: Cluster) -> bool:
        """Called with every read while the reset runs: from which status on the API takes them is not documented.

        Returns whether it sent them. No refusal is an error here, whatever its kind: what counts is that they are in
        force in the end.
        """
        # While the status still stands at the READY of before, the reset has not begun and would remove them again.
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
        """Compare, and send them until they show (a reset may have removed what came early)."""
        pending = Pending([self._change], no_drift)
        for _attempt in range(_ATTEMPTS):
            if set(read_restrictions(self._ctx, cluster.id)) == set(self.desired):
                return cluster
            cluster = apply_changes(self._ctx, cluster, lambda _read: pending, "the change of the IP restrictions")
            self._closed()
            if not self._ctx.waiting.wait:
                return cluster
        current = ", ".join(read_restrictions(self._ctx, cluster.id)) or "none, so that every address reaches it"
        raise DriftError(
            f"{cluster.label()}: the API took the IP restrictions {', '.join(self.desired) or '(none)'} of the API "
            f"server and does not keep them; in force are {current}. Set them in the OVHcloud control panel"
        )

    def _closed(self) -> None:
        if self._opened_at is not None and self.desired:
            self.open_seconds = round(self._ctx.clock.wall() - self._opened_at, 1)
