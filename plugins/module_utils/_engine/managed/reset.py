# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Operation: a cluster runs kube-proxy in the mode asked for, by a reset where nothing less does.

Order of a reset: read everything it would lose, record it on disk, POST, put the IP restrictions back as soon as the
API takes them, wait, put the rest back, read everything again. Killed anywhere in between, the next run finds the
record, waits for that reset instead of sending another, and finishes it.
"""

from __future__ import annotations

import dataclasses
import time
import typing as t

from ..._adapters.local.journal import Journal, JournalError
from ..._adapters.ovh.api_errors import ApiError, ConflictError, TransportError
from ..._domain.managed.changes import Change, ChangeKind
from ..._domain.managed.cluster import Cluster, Phase
from ..._domain.managed.customization import Json
from ..._domain.managed.reset_plan import ResetPlan, ResetRequest, Restore, Surroundings, plan_reset, reset_reasons
from ..common.report import Report
from ..common.run import DriftError, EngineError, WaitTimeoutError
from .apply import Pending, apply_changes, wait_until_idle
from .cluster_facts import cluster_facts
from .context import Context
from .locate import Address, require
from .read_cluster import read_cluster
from .restore_ip_restrictions import Restrictions, read_restrictions
from .wait import GRACE, begun, moved, no_drift, until_ready

PURPOSE = "the reset"
#: They are not in the cluster's object, so that they are read, changed and verified beside it.
_BESIDE = (ChangeKind.IP_RESTRICTIONS, ChangeKind.OPEN_ID_CONNECT)


class _BusyError(Exception):
    """The API refused to begin the reset because something else is under way."""

    def __init__(self, kube_id: str, conflict: ConflictError) -> None:
        super().__init__(str(conflict))
        self.kube_id = kube_id
        self.conflict = conflict


def reset(ctx: Context, address: Address, request: ResetRequest, confirm: str | None, journal: Journal) -> Report:
    """Plan, and for real also reset or change in place, wait and verify."""
    try:
        return _attempt(ctx, address, request, confirm, journal)
    except _BusyError as busy:
        if not ctx.waiting.wait:
            raise busy.conflict from None
        # It may be the reset of an earlier run, whose status had not flipped yet: wait for it, and plan anew.
        until_ready(ctx, busy.kube_id, "the operation already under way")
    try:
        return _attempt(ctx, address, request, confirm, journal)
    except _BusyError as busy:
        raise busy.conflict from None


def _attempt(ctx: Context, address: Address, request: ResetRequest, confirm: str | None, journal: Journal) -> Report:
    cluster = require(ctx, address)
    record = journal.load(cluster.id)
    kept = _restore_of(record)
    guard = Restrictions(ctx, kept.ip_restrictions if request.ip_restrictions is None else request.ip_restrictions)
    earlier = False
    if record is not None:
        ctx.warn(
            f"{cluster.label()}: an earlier reset ({record['begun']}) did not finish; what it had to put back is taken "
            f"from {journal.path(cluster.id)}. Remove that file if nothing of it shall come back"
        )
        if not ctx.check_mode:
            guard = Restrictions(ctx, guard.wanted, record["begun_at"])
            try:
                cluster, earlier = _resume(ctx, cluster, record, guard)
            except WaitTimeoutError as error:
                _say_if_open(ctx, cluster, guard, journal)
                raise WaitTimeoutError(
                    f"{error}. If that reset is known to be over, remove {journal.path(cluster.id)}"
                ) from error
            except (EngineError, ApiError, TransportError):
                _say_if_open(ctx, cluster, guard, journal)
                raise
    cluster = wait_until_idle(ctx, cluster, guard.try_early)
    plan = _plan(ctx, cluster, request, kept)
    if earlier and record is not None and request.force and plan.body == record["body"]:
        unforced = dataclasses.replace(request, force=False)
        if not reset_reasons(cluster, unforced):
            ctx.warn(f"force: {cluster.label()} is not reset again, since the reset of {record['begun']} went through")
            plan = _plan(ctx, cluster, unforced, kept)
    if earlier and record is not None and plan.resets and not plan.request.force and not _shown(cluster, plan, record):
        guard.ensure(cluster)
        raise DriftError(
            f"{cluster.label()}: the reset of {record['begun']} was accepted, and still {'; '.join(plan.reasons)}. It "
            f"either has not begun or brought something else; another is not sent on top of it. Look at the cluster in "
            f"the OVHcloud control panel; to reset it anew, remove {journal.path(cluster.id)} and run again"
        )
    if guard.open_seconds is not None:
        # Put back while the earlier reset was waited for, so that the plan finds them in force already.
        plan = dataclasses.replace(plan, before={**plan.before, "ip_restrictions": []})
    ctx.warn(*plan.warnings)
    ctx.facts.update(plan.as_result())
    if ctx.check_mode:
        if plan.resets:
            ctx.warn(f"A reset of {cluster.label()} is needed, because {'; '.join(plan.reasons)}. {plan.destroyed()}")
        return Report(
            plan.changed,
            plan.diff(),
            {
                **plan.as_result(),
                **cluster_facts(cluster, plan.desired.customization),
                "kube_proxy_mode": request.mode,
            },
        )
    if plan.resets:
        plan.check_confirmation(confirm)
        ctx.warn(f"Resetting {cluster.label()}, because {'; '.join(plan.reasons)}. {plan.destroyed()}")
        guard = Restrictions(ctx, plan.restore.ip_restrictions, ctx.clock.wall())
        cluster = _reset(ctx, plan, guard, journal, record)
    elif plan.changes:
        cluster = _change_in_place(ctx, plan, guard)
    if ctx.waiting.wait and (plan.resets or record is not None):
        _discard(ctx, journal, cluster.id)
    facts = {**plan.as_result(), **cluster_facts(cluster)}
    if plan.resets or guard.open_seconds is not None:
        facts["api_server_open_seconds"] = guard.open_seconds
    return Report(plan.changed or bool(ctx.facts.get("changed")), plan.diff(), facts)


def _resume(ctx: Context, cluster: Cluster, record: dict[str, t.Any], guard: Restrictions) -> tuple[Cluster, bool]:
    """Wait for a reset that an earlier run sent or was about to send; tells whether it took place."""
    if not ctx.waiting.wait:
        raise EngineError(
            f"{cluster.label()}: the reset of {record['begun']} is not finished, and without waiting it cannot be. Set "
            f"wait to true"
        )
    untouched = cluster.phase is Phase.READY and not moved(record["status"], record["updated_at"], cluster)
    if untouched and record["sent"]:
        # The API accepted it, so that it will come: to send another would destroy twice what comes back.
        return until_ready(ctx, cluster.id, PURPOSE, must_start=True, each_read=guard.try_early), True
    if untouched and not begun(ctx, cluster):
        return cluster, False
    if cluster.phase is Phase.READY:
        # Accepting it may have moved updatedAt: whether it ran already or is yet to start, only time tells.
        return until_ready(ctx, cluster.id, PURPOSE, each_read=guard.try_early), True
    return wait_until_idle(ctx, read_cluster(ctx, cluster.id), guard.try_early), True


def _shown(cluster: Cluster, plan: ResetPlan, record: dict[str, t.Any]) -> bool:
    """Whether the earlier reset is over and brought what it was sent for, so that another one is a new wish."""
    return bool(plan.body != record["body"] and cluster.mode == record["body"]["kubeProxyMode"])


def _plan(ctx: Context, cluster: Cluster, request: ResetRequest, kept: Restore) -> ResetPlan:
    """Nodes, pools and OpenID Connect are read only where they matter, so that a run with nothing to do stays cheap."""
    restrictions = read_restrictions(ctx, cluster.id)
    resets = bool(reset_reasons(cluster, request))
    if resets and not ctx.check_mode and cluster.phase is not Phase.READY:
        raise EngineError(
            f"{cluster.label()} has the status {cluster.status}: a reset is not sent on top of an operation under way. "
            f"Set wait to true, or run again when it is READY"
        )
    identity = ctx.api.open_id_connect(cluster.id) if resets or kept.open_id_connect else None
    pools = tuple(ctx.api.node_pools(cluster.id)) if resets else ()
    nodes = tuple(ctx.api.nodes(cluster.id)) if resets else ()
    return plan_reset(cluster, request, Surroundings(restrictions, identity, pools, nodes), kept)


def _change_in_place(ctx: Context, plan: ResetPlan, guard: Restrictions) -> Cluster:
    cluster = plan.cluster
    kinds = [change.kind for change in plan.changes]
    if not ctx.waiting.wait and len(kinds) > 1:
        names = ", ".join(kind.value[0] for kind in kinds)
        raise EngineError(
            f"wait: {names} differ, and the API takes the next of them only when it is done with the one before. Set "
            f"wait to true; nothing was sent"
        )
    if ChangeKind.IP_RESTRICTIONS in kinds:
        cluster = guard.for_blocks(plan.restore.ip_restrictions).ensure(cluster)
    if set(kinds) - set(_BESIDE):

        def replan(read: Cluster) -> Pending:
            again = plan_reset(
                read, plan.request, Surroundings(plan.restore.ip_restrictions, plan.restore.open_id_connect)
            )
            return Pending(again.changes, again.desired.drift)

        cluster = apply_changes(ctx, cluster, replan, "the changes without a reset")
    return _restore_open_id_connect(ctx, plan, cluster)


def _reset(
    ctx: Context, plan: ResetPlan, guard: Restrictions, journal: Journal, earlier: dict[str, t.Any] | None
) -> Cluster:
    """``earlier`` is what the journal held before, from an earlier reset."""
    kube_id = plan.cluster.id
    record = _record(ctx, plan)
    journal.keep(kube_id, record)
    _post(ctx, plan, journal, earlier)
    journal.keep(kube_id, {**record, "sent": True})
    ctx.accepted()
    if not ctx.waiting.wait:
        if plan.restore:
            ctx.warn(
                f"{plan.cluster.label()}: its IP restrictions and OpenID Connect settings are not put back, because "
                f"the run does not wait; until then its API server is open to every address. Run again with wait to "
                f"put them back"
            )
        cluster = read_cluster(ctx, kube_id)
        journal.keep(kube_id, _as_accepted(record, cluster))
        return cluster
    drift = plan.desired.drift
    must_start = drift(plan.cluster) is None
    unnoted = True

    def note_and_try_early(read: Cluster) -> bool:
        # Accepting the reset may have moved updatedAt; only against this can a later run tell whether it began.
        nonlocal unnoted
        if unnoted:
            journal.keep(kube_id, _as_accepted(record, read))
            unnoted = False
        return guard.try_early(read)

    failure: DriftError | None = None
    try:
        try:
            cluster = until_ready(
                ctx, kube_id, PURPOSE, drift=drift, must_start=must_start, each_read=note_and_try_early
            )
        except DriftError as error:
            # What was taken away is put back even when the reset brought something else than was asked for.
            failure, cluster = error, read_cluster(ctx, kube_id)
        cluster = guard.ensure(cluster)
        cluster = _restore_open_id_connect(ctx, plan, cluster)
    except (EngineError, ApiError, TransportError):
        _say_if_open(ctx, plan.cluster, guard, journal)
        raise
    if failure is not None:
        ctx.facts["api_server_open_seconds"] = guard.open_seconds
        _discard(ctx, journal, kube_id)
        raise failure
    return cluster


def _say_if_open(ctx: Context, cluster: Cluster, guard: Restrictions, journal: Journal) -> None:
    """For a run that fails while a reset is not finished."""
    ctx.facts["api_server_open_seconds"] = guard.open_seconds
    if guard.still_open:
        ctx.warn(
            f"{cluster.label()}: its API server is open to every address until its IP restrictions are back. The "
            f"next run puts them back, from {journal.path(cluster.id)}"
        )


def _post(ctx: Context, plan: ResetPlan, journal: Journal, earlier: dict[str, t.Any] | None) -> None:
    """The POST, exactly once; an answer that got lost is made up for by looking at what the cluster does."""
    kube_id = plan.cluster.id
    try:
        ctx.api.reset(kube_id, plan.body or {})
    except (ApiError, TransportError) as error:
        if not error.maybe_processed:
            if earlier is None:
                journal.discard(kube_id)
            else:
                journal.keep(kube_id, earlier)
            if isinstance(error, ConflictError):
                raise _BusyError(kube_id, error) from error
            raise
        if begun(ctx, plan.cluster):
            return
        raise EngineError(
            f"The reset of {plan.cluster.label()} was sent and got no answer; {GRACE:.0f} s later the cluster shows "
            f"no sign of it. Look at it before running again: {error}"
        ) from error


def _restore_open_id_connect(ctx: Context, plan: ResetPlan, cluster: Cluster) -> Cluster:
    settings = plan.restore.open_id_connect
    if settings is None or ctx.api.open_id_connect(cluster.id) is not None:
        return cluster
    pending = Pending([Change(ChangeKind.OPEN_ID_CONNECT, settings)], no_drift)
    cluster = apply_changes(ctx, cluster, lambda _read: pending, "the return of the OpenID Connect settings")
    if ctx.waiting.wait and ctx.api.open_id_connect(cluster.id) is None:
        raise DriftError(
            f"{cluster.label()}: the API took the OpenID Connect settings and does not show them. Set them in the "
            f"OVHcloud control panel"
        )
    return cluster


def _record(ctx: Context, plan: ResetPlan) -> dict[str, t.Any]:
    begun_at = ctx.clock.wall()
    return {
        "cluster": plan.cluster.label(),
        "begun": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begun_at)),
        "begun_at": begun_at,
        "status": plan.cluster.status,
        "updated_at": plan.cluster.raw.get("updatedAt"),
        "body": plan.body,
        "sent": False,
        "ip_restrictions": list(plan.restore.ip_restrictions),
        "open_id_connect": plan.restore.open_id_connect,
    }


def _as_accepted(record: dict[str, t.Any], read: Cluster) -> dict[str, t.Any]:
    return {**record, "sent": True, "status": read.status, "updated_at": read.raw.get("updatedAt")}


def _restore_of(record: Json | None) -> Restore:
    if record is None:
        return Restore()
    return Restore(tuple(record["ip_restrictions"]), record["open_id_connect"])


def _discard(ctx: Context, journal: Journal, kube_id: str) -> None:
    """All is back; a file that cannot be removed is no reason to call that a failure."""
    try:
        journal.discard(kube_id)
    except JournalError as error:
        ctx.warn(str(error))
