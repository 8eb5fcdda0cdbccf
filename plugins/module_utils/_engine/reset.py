# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Operation: a cluster runs kube-proxy in the mode asked for, by a reset where nothing less does.

Order of a reset: read everything it would lose, record it on disk, POST, put the IP restrictions back as soon as the
API takes them, wait, put the rest back, read everything again. Killed anywhere in between, the next run finds the
record and finishes.
"""

from __future__ import annotations

import time
import typing as t

from .._domain.changes import Change, Route
from .._domain.cluster import Cluster, Phase
from .._domain.customization_plan import deviation
from .._domain.reset_plan import ResetPlan, ResetWish, Restore, Surroundings, plan_reset, reset_reasons
from .._local.journal import Journal
from .._ovh.errors import ApiError, ConflictError, TransportError
from .context import Context, EngineError, NotAsAskedError
from .converge import converge, passes_by_itself, send, settled
from .locate import Address, require
from .read import read_cluster
from .report import Report, cluster_facts
from .wait import GRACE, begun, until_ready

PURPOSE = "the reset"


def reset(ctx: Context, address: Address, wish: ResetWish, confirm: str | None, journal: Journal) -> Report:
    """Plan, and for real also reset or change in place, wait and verify."""
    try:
        return _attempt(ctx, address, wish, confirm, journal)
    except _OtherOperationError as busy:
        if not ctx.waiting.wait:
            raise busy.conflict from None
        # It may well be the reset of an earlier run, whose status had not flipped yet: wait for it, and plan anew.
        until_ready(ctx, busy.kube_id, "the operation already under way")
    try:
        return _attempt(ctx, address, wish, confirm, journal)
    except _OtherOperationError as busy:
        raise busy.conflict from None


class _OtherOperationError(Exception):
    """The API refused to begin the reset because something else is under way."""

    def __init__(self, kube_id: str, conflict: ConflictError) -> None:
        super().__init__(str(conflict))
        self.kube_id = kube_id
        self.conflict = conflict


def _attempt(ctx: Context, address: Address, wish: ResetWish, confirm: str | None, journal: Journal) -> Report:
    cluster = settled(ctx, require(ctx, address), PURPOSE)
    record = journal.load(cluster.id)
    kept = _restore_of(record)
    if record is not None:
        ctx.warn(
            f"{cluster.label()}: an earlier reset ({record.get('begun', 'at an unknown time')}) did not finish; what "
            f"it had to put back is taken from {journal.path(cluster.id)}"
        )
    plan = plan_reset(cluster, wish, _surroundings(ctx, cluster, wish, kept), kept)
    ctx.warn(*plan.warnings)
    if plan.resets:
        ctx.warn(f"Resetting {cluster.label()}, because {'; '.join(plan.reasons)}. {plan.destroyed()}")
    ctx.facts.update(plan.as_result())
    facts: dict[str, t.Any] = {}
    if plan.changed and not ctx.check_mode:
        plan.check_confirmation(confirm)
        cluster = _reset(ctx, plan, journal, record, facts) if plan.resets else _change_in_place(ctx, plan)
        if ctx.waiting.wait:
            journal.discard(cluster.id)
    elif record is not None and not ctx.check_mode:
        journal.discard(cluster.id)
    return Report(
        plan.changed,
        plan.diff(),
        {**plan.as_result(), **cluster_facts(cluster, plan.expected), "kube_proxy_mode": wish.mode, **facts},
    )


def _surroundings(ctx: Context, cluster: Cluster, wish: ResetWish, kept: Restore) -> Surroundings:
    """Nodes, pools and OpenID Connect are read only where they matter, so that a run with nothing to do stays cheap."""
    restrictions = tuple(sorted(ctx.api.ip_restrictions(cluster.id)))
    resets = bool(reset_reasons(cluster, wish))
    identity = ctx.api.open_id_connect(cluster.id) if resets or kept.open_id_connect else None
    if not resets:
        return Surroundings(restrictions, identity)
    return Surroundings(restrictions, identity, tuple(ctx.api.node_pools(cluster.id)), tuple(ctx.api.nodes(cluster.id)))


def _change_in_place(ctx: Context, plan: ResetPlan) -> Cluster:
    def replan(read: Cluster) -> t.Sequence[Change]:
        again = plan_reset(read, plan.wish, Surroundings())
        # Restrictions and OpenID Connect are not in the cluster's object: the first plan stands for them.
        beside = [change for change in plan.changes if change.route in (Route.IP_RESTRICTIONS, Route.OPEN_ID_CONNECT)]
        return [*beside, *(c for c in again.changes if c.route not in (Route.IP_RESTRICTIONS, Route.OPEN_ID_CONNECT))]

    return converge(ctx, plan.cluster, replan, lambda read: _deviation(read, plan), "the changes without a reset")


def _reset(
    ctx: Context, plan: ResetPlan, journal: Journal, record: dict[str, t.Any] | None, facts: dict[str, t.Any]
) -> Cluster:
    """``record`` is what the journal held before, from an earlier reset."""
    kube_id = plan.cluster.id
    journal.keep(kube_id, _record(plan))
    opened = ctx.clock.now()
    _post(ctx, plan, journal, record)
    ctx.facts["reset_requested"] = True
    guard = _Restrictions(ctx, plan.restore.ip_restrictions, opened)
    if not ctx.waiting.wait:
        if plan.restore:
            ctx.warn(
                f"{plan.cluster.label()}: its IP restrictions and OpenID Connect settings are not put back, because "
                f"the run does not wait. Run again with wait to put them back: until then the API server is open to "
                f"every address"
            )
        return read_cluster(ctx, kube_id)
    failure: NotAsAskedError | None = None
    try:
        cluster = until_ready(
            ctx, kube_id, PURPOSE, deviation=lambda read: _deviation(read, plan), each_read=guard.try_early
        )
    except NotAsAskedError as error:
        # What was taken away is put back even when the reset brought something else than was asked for.
        failure, cluster = error, read_cluster(ctx, kube_id)
    cluster = guard.ensure(cluster)
    cluster = _restore_open_id_connect(ctx, plan, cluster)
    facts["api_server_open_seconds"] = ctx.facts["api_server_open_seconds"] = guard.open_seconds
    if failure is not None:
        journal.discard(kube_id)
        raise failure
    return cluster


def _post(ctx: Context, plan: ResetPlan, journal: Journal, record: dict[str, t.Any] | None) -> None:
    """The POST, exactly once; an answer that got lost is made up for by looking at what the cluster does."""
    kube_id = plan.cluster.id
    try:
        ctx.api.reset(kube_id, plan.body or {})
    except (ApiError, TransportError) as error:
        if not error.maybe_processed:
            if record is None:
                journal.discard(kube_id)
            else:
                journal.keep(kube_id, record)
            if isinstance(error, ConflictError):
                raise _OtherOperationError(kube_id, error) from error
            raise
        if begun(ctx, plan.cluster):
            return
        raise EngineError(
            f"The reset of {plan.cluster.label()} was sent and got no answer; {GRACE:.0f} s later the cluster shows "
            f"no sign of it. Look at it before running again: {error}"
        ) from error


class _Restrictions:
    """Puts the IP restrictions back. Without them the API server answers every address, so it starts at once."""

    def __init__(self, ctx: Context, wanted: tuple[str, ...], opened: float) -> None:
        self._ctx = ctx
        self._wanted = wanted
        self._opened = opened
        self._change = Change(Route.IP_RESTRICTIONS, {"ips": list(wanted)})
        self._begun = False
        #: Seconds between the reset and the restrictions' return, None when there was nothing to put back.
        self.open_seconds: float | None = None

    def try_early(self, cluster: Cluster) -> bool:
        """Called with every read while the reset runs: from which status on the API takes them is not documented."""
        # While the status still stands at the READY of before, the reset has not begun and would wipe them again.
        self._begun = self._begun or cluster.phase is not Phase.READY
        if not self._wanted or self.open_seconds is not None or not self._begun:
            return False
        try:
            send(self._ctx, cluster.id, self._change)
        except (ApiError, TransportError) as error:
            if not passes_by_itself(error):
                raise
            return False
        self._closed()
        return True

    def ensure(self, cluster: Cluster) -> Cluster:
        """After the reset: they are in force, or are sent again (the reset may have wiped what came early)."""
        if not self._wanted:
            return cluster
        for _attempt in range(3):
            if set(self._ctx.api.ip_restrictions(cluster.id)) == set(self._wanted):
                return cluster
            cluster = converge(
                self._ctx,
                cluster,
                lambda _read: [self._change],
                lambda _read: None,
                "the return of the IP restrictions",
            )
            self._closed()
        raise NotAsAskedError(
            f"{cluster.label()}: the API took the IP restrictions {', '.join(self._wanted)} and does not show them. "
            f"The API server is open to every address: set them in the OVHcloud control panel"
        )

    def _closed(self) -> None:
        self.open_seconds = round(self._ctx.clock.now() - self._opened, 1)


def _restore_open_id_connect(ctx: Context, plan: ResetPlan, cluster: Cluster) -> Cluster:
    settings = plan.restore.open_id_connect
    if settings is None or ctx.api.open_id_connect(cluster.id) is not None:
        return cluster
    change = Change(Route.OPEN_ID_CONNECT, settings)
    return converge(
        ctx, cluster, lambda _read: [change], lambda _read: None, "the return of the OpenID Connect settings"
    )


def _deviation(cluster: Cluster, plan: ResetPlan) -> str | None:
    """Everything the body named is compared: the API was seen to come up in another mode than asked (TF #1425)."""
    parts = []
    if cluster.mode != plan.wish.mode:
        parts.append(f"kube_proxy_mode is {cluster.mode} instead of {plan.wish.mode}")
    for option in plan.network.only_by_reset(plan.network.of(cluster)):
        parts.append(
            f"{option} is {getattr(plan.network.of(cluster), option)} instead of {getattr(plan.network, option)}"
        )
    customized = deviation(cluster.customization, plan.expected, plan.whole_customization)
    return "; ".join([*parts, *([customized] if customized else [])]) or None


def _record(plan: ResetPlan) -> dict[str, t.Any]:
    return {
        "cluster": plan.cluster.label(),
        "kube_proxy_mode": plan.wish.mode,
        "begun": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "ip_restrictions": list(plan.restore.ip_restrictions),
        "open_id_connect": plan.restore.open_id_connect,
    }


def _restore_of(record: dict[str, t.Any] | None) -> Restore:
    if record is None:
        return Restore()
    return Restore(tuple(record.get("ip_restrictions") or ()), record.get("open_id_connect"))
