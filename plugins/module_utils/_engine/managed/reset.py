# SPDX-License-Identifier: GPL-3.0-or-later

"""Operation: a cluster runs kube-proxy in the requested mode, by a reset where nothing less suffices.

Order of a reset: read everything it would lose, record it on disk, POST, restore the IP restrictions as soon as the
API takes them, wait, restore the rest, read everything again. Killed anywhere in between, the next run finds the
record, waits for that reset instead of sending another, and finishes it.
"""

from __future__ import annotations

import dataclasses

from ..._adapters.local.journal import Journal
from ..._adapters.ovh import convert
from ..._domain.managed.changes import ChangeKind
from ..._domain.managed.cluster import Cluster, Phase
from ..._domain.managed.request import ResetRequest
from ..._domain.managed.reset_plan import CurrentCluster, ResetPlan, plan_reset, reset_reasons
from ..._domain.managed.reset_record import NOTHING_PRESERVED, ResetRecord
from ..common.report import Report
from ..common.run import DriftError, EngineError
from .apply import Pending, apply_changes, refuse_several, wait_until_idle
from .cluster_facts import cluster_facts
from .context import Context
from .locate import Address, require
from .restore_ip_restrictions import RestrictionsGuard, read_restrictions
from .resume_reset import discard_record, finish_earlier, load_record
from .send_reset import BusyError, planned_body, restore_open_id_connect, send_and_restore
from .wait import until_ready

#: They are not in the cluster's object, so that they are read, changed and verified beside it.
_BESIDE = (ChangeKind.IP_RESTRICTIONS, ChangeKind.OPEN_ID_CONNECT)


def reset(ctx: Context, address: Address, request: ResetRequest, confirm: str | None, journal: Journal) -> Report:
    """Plan, and for real also reset or change in place, wait and verify."""
    try:
        return _attempt(ctx, address, request, confirm, journal)
    except BusyError as busy:
        if not ctx.waiting.wait:
            raise busy.conflict from None
        # It may be the reset of an earlier run, whose status had not flipped yet: wait for it, and plan anew.
        until_ready(ctx, busy.kube_id, "the operation already under way")
    try:
        return _attempt(ctx, address, request, confirm, journal)
    except BusyError as busy:
        raise busy.conflict from None


def _attempt(ctx: Context, address: Address, request: ResetRequest, confirm: str | None, journal: Journal) -> Report:
    """Load the record, finish the earlier reset, plan, act."""
    cluster = require(ctx, address)
    earlier = load_record(ctx, cluster, journal)
    guard = _guard(ctx, request, earlier)
    took_place = False
    if earlier is not None and not ctx.check_mode:
        cluster, took_place = finish_earlier(ctx, cluster, earlier, guard, journal)
    cluster = wait_until_idle(ctx, cluster, guard.try_early)
    plan = _plan(ctx, cluster, request, earlier)
    if earlier is not None and took_place:
        plan = _plan_after(ctx, plan, earlier, guard, journal)
    if guard.open_seconds is not None:
        # Restored while the earlier reset was waited for, so that the plan finds them in force already.
        plan = dataclasses.replace(plan, before={**plan.before, "ip_restrictions": []})
    ctx.warn(*plan.warnings)
    ctx.facts.update(_plan_facts(plan))
    if ctx.check_mode:
        return _preview(ctx, plan)
    plan.check_confirmation(confirm)
    return _act(ctx, plan, guard, journal, earlier)


def _guard(ctx: Context, request: ResetRequest, earlier: ResetRecord | None) -> RestrictionsGuard:
    """For the IP restrictions to restore while an earlier reset is finished."""
    kept = NOTHING_PRESERVED if earlier is None else earlier.preserved
    desired = kept.ip_restrictions if request.ip_restrictions is None else request.ip_restrictions
    return RestrictionsGuard(ctx, desired, None if earlier is None else earlier.begun_at)


def _plan(ctx: Context, cluster: Cluster, request: ResetRequest, earlier: ResetRecord | None) -> ResetPlan:
    """Nodes, pools and OpenID Connect are read only where they matter, so that a run with nothing to do stays cheap."""
    kept = NOTHING_PRESERVED if earlier is None else earlier.preserved
    restrictions = read_restrictions(ctx, cluster.id)
    resets = bool(reset_reasons(cluster, request))
    if resets and not ctx.check_mode and cluster.phase is not Phase.READY:
        raise EngineError(
            f"{cluster.label()} has the status {cluster.status}: a reset is not sent on top of an operation under way. "
            f"Set wait to true, or run again when it is READY"
        )
    open_id_connect = ctx.api.open_id_connect(cluster.id) if resets or kept.open_id_connect else None
    pools = ctx.api.node_pools(cluster.id) if resets else ()
    nodes = ctx.api.nodes(cluster.id) if resets else ()
    return plan_reset(CurrentCluster(cluster, restrictions, open_id_connect, pools, nodes), request, kept)


def _plan_after(
    ctx: Context, plan: ResetPlan, earlier: ResetRecord, guard: RestrictionsGuard, journal: Journal
) -> ResetPlan:
    """The plan once the earlier reset is over: the same reset is not sent twice, and none on top of a failed one."""
    cluster, request = plan.cluster, plan.request
    same = planned_body(plan) == earlier.body
    if request.force and same:
        unforced = dataclasses.replace(request, force=False)
        if not reset_reasons(cluster, unforced):
            ctx.warn(f"force: {cluster.label()} is not reset again, since the reset of {earlier.begun} went through")
            return _plan(ctx, cluster, unforced, earlier)
    # Over, with the mode it was sent for: another reset is a new request.
    succeeded = not same and cluster.mode == convert.mode_of_reset(earlier.body)
    if plan.resets and not request.force and not succeeded:
        guard.ensure(cluster)
        raise DriftError(
            f"{cluster.label()}: the reset of {earlier.begun} was accepted, and still {'; '.join(plan.reasons)}. It "
            f"has not begun, or it did something else; another is not sent on top of it. Look at the cluster in the "
            f"OVHcloud control panel; to reset it anew, remove {journal.path(cluster.id)} and run again"
        )
    return plan


def _preview(ctx: Context, plan: ResetPlan) -> Report:
    """The report of check mode."""
    cluster = plan.cluster
    if plan.resets:
        ctx.warn(f"A reset of {cluster.label()} is needed, because {'; '.join(plan.reasons)}. {plan.destroyed()}")
    facts = {**_plan_facts(plan), **cluster_facts(cluster, plan.desired.customization)}
    return Report(plan.changed, plan.diff(), {**facts, "kube_proxy_mode": plan.request.mode})


def _act(
    ctx: Context, plan: ResetPlan, guard: RestrictionsGuard, journal: Journal, earlier: ResetRecord | None
) -> Report:
    """Reset, or change in place; and clean up after an earlier reset."""
    cluster = plan.cluster
    if plan.resets:
        ctx.warn(f"Resetting {cluster.label()}, because {'; '.join(plan.reasons)}. {plan.destroyed()}")
        guard = RestrictionsGuard(ctx, plan.preserved.ip_restrictions, ctx.clock.wall())
        cluster = send_and_restore(ctx, plan, guard, journal, earlier)
    elif plan.changes:
        cluster = _change_in_place(ctx, plan, guard)
    if ctx.waiting.wait and (plan.resets or earlier is not None):
        discard_record(ctx, journal, cluster.id)
    facts = {**_plan_facts(plan), **cluster_facts(cluster)}
    if plan.resets or guard.open_seconds is not None:
        facts["api_server_open_seconds"] = guard.open_seconds
    return Report(plan.changed or bool(ctx.facts.get("changed")), plan.diff(), facts)


def _change_in_place(ctx: Context, plan: ResetPlan, guard: RestrictionsGuard) -> Cluster:
    cluster, preserved = plan.cluster, plan.preserved
    kinds = [change.kind for change in plan.changes]
    if not ctx.waiting.wait:
        refuse_several(kinds)
    if ChangeKind.IP_RESTRICTIONS in kinds:
        cluster = guard.for_blocks(preserved.ip_restrictions).ensure(cluster)
    if set(kinds) - set(_BESIDE):

        def replan(read: Cluster) -> Pending:
            current = CurrentCluster(read, preserved.ip_restrictions, preserved.open_id_connect)
            return Pending.of(plan_reset(current, plan.request))

        cluster = apply_changes(ctx, cluster, replan, "the changes without a reset")
    return restore_open_id_connect(ctx, plan, cluster)


def _plan_facts(plan: ResetPlan) -> dict[str, object]:
    """Equal in check mode and for real."""
    return {
        "action": plan.action,
        "reasons": list(plan.reasons),
        "consequences": plan.consequences(),
        "planned_body": planned_body(plan),
        "planned_changes": [
            {"change": change.kind.label, "body": convert.change_body(change)} for change in plan.changes
        ],
    }
