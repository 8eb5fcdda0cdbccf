# SPDX-License-Identifier: GPL-3.0-or-later

"""The API server's IP restrictions around a reset, which removes them silently (OVHcloud's roadmap, issue 356).

Until they are restored the API server answers every address. They are therefore sent as soon as the reset is seen to
run, and again until they show: before anything else is verified, and whatever else is wrong.
"""

from __future__ import annotations

from ..._adapters.ovh.api_errors import ApiError, TransportError
from ..._domain.common.listed import listed
from ..._domain.managed.changes import IpRestrictionsChange
from ..._domain.managed.cluster import Cluster, Phase
from ..._domain.managed.ip_restrictions import normal_block
from ..common.run import DriftError
from .apply import Pending, apply_changes, send
from .context import Context
from .wait import Noticed

#: How often they are sent after a reset before the API is said not to keep them.
_ATTEMPTS = 3


def read_restrictions(ctx: Context, kube_id: str) -> tuple[str, ...]:
    """Those in force, each in its normal form."""
    return tuple(sorted({normal_block(block) for block in ctx.api.ip_restrictions(kube_id)}))


class RestrictionsGuard:
    """Puts the desired IP restrictions in force.

    ``opened_at`` is when the reset was sent (seconds since 1970). ``before`` are those in force before it, None when
    that is not known.
    """

    def __init__(
        self,
        ctx: Context,
        desired: tuple[str, ...],
        opened_at: float | None = None,
        before: tuple[str, ...] | None = None,
    ) -> None:
        self._ctx = ctx
        self.desired = desired
        self._opened_at = opened_at
        self._before = before
        self._change = IpRestrictionsChange(desired)
        self._begun = False
        self._ready_reads = 0
        self._sent_to_ready = 0
        #: Seconds between the reset and their return, None while they are not restored or when they never went.
        self.open_seconds: float | None = None

    def for_blocks(self, desired: tuple[str, ...]) -> RestrictionsGuard:
        """The same for other restrictions."""
        return self if desired == self.desired else RestrictionsGuard(self._ctx, desired, self._opened_at)

    @property
    def still_open(self) -> bool:
        """Whether there is something to restore that is not known to be restored."""
        return bool(self.desired) and self._opened_at is not None and self.open_seconds is None

    def try_early(self, cluster: Cluster) -> Noticed:
        """Called with every read while the reset runs: from which status on the API takes them is not documented.

        No refusal is an error here, whatever its kind: what counts is that they are in force in the end.
        """
        if not self.desired or self._opened_at is None:
            return Noticed()
        if cluster.phase is Phase.READY:
            self._ready_reads += 1
            # The first READY is nearly always that of before the reset: not worth a request.
            return self._restore_if_gone(cluster) if self._begun or self._ready_reads > 1 else Noticed()
        self._begun = True
        return Noticed(sent=self.still_open and self._sent(cluster), begun=True)

    def last_attempt(self, cluster: Cluster) -> None:
        """For a run that fails: send them once more unless they are in force, with no failure of its own."""
        if self.desired and self._opened_at is not None:
            self._sent_to_ready = 0
            self._restore_if_gone(cluster)

    def _restore_if_gone(self, cluster: Cluster) -> Noticed:
        """READY may be that of before the reset, which would remove again what is sent now; or the reset was quick."""
        try:
            current = read_restrictions(self._ctx, cluster.id)
        except (ApiError, TransportError):
            return Noticed()
        if set(current) == set(self.desired):
            if self._begun and self.still_open:
                self._closed()
            return Noticed()
        wiped = bool(self._before) and current != self._before
        self._begun = self._begun or wiped
        open_anyway = self._before is None and not current
        if self._sent_to_ready >= _ATTEMPTS or not (self._begun or open_anyway):
            return Noticed(begun=wiped)
        self._sent_to_ready += 1
        return Noticed(sent=self._sent(cluster), begun=wiped)

    def _sent(self, cluster: Cluster) -> bool:
        try:
            send(self._ctx, cluster.id, self._change)
        except (ApiError, TransportError):
            return False
        self._closed()
        return True

    def ensure(self, cluster: Cluster) -> Cluster:
        """Compare, and send them until they show (a reset may have removed what came early)."""
        pending = Pending((self._change,))
        for _attempt in range(_ATTEMPTS):
            if set(read_restrictions(self._ctx, cluster.id)) == set(self.desired):
                return cluster
            purpose = "the change of the IP restrictions"
            cluster = apply_changes(self._ctx, cluster, lambda _read: pending, purpose).cluster
            self._closed()
            if not self._ctx.waiting.wait:
                return cluster
        current = listed(read_restrictions(self._ctx, cluster.id)) or "none, so that every address reaches it"
        raise DriftError(
            f"{cluster.label()}: the API took the IP restrictions {listed(self.desired) or '(none)'} of the API "
            f"server and does not keep them; in force are {current}. Set them in the OVHcloud control panel"
        )

    def _closed(self) -> None:
        if self._opened_at is not None and self.desired:
            self.open_seconds = round(self._ctx.clock.wall() - self._opened_at, 1)
