# SPDX-License-Identifier: GPL-3.0-or-later

"""Operation: a cluster runs kube-proxy in the requested mode, by a reset where nothing less suffices.

Order of a reset: read everything it would lose, record it on disk, POST, restore the IP restrictions as soon as the
API takes them, wait, restore the rest, read everything again. Killed anywhere in between, the next run finds the
record, waits for that reset instead of sending another, and finishes it.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ..._adapters.local.journal import Journal
from ..._adapters.ovh import convert
from ..._domain.common.json_types import Json
from ..._domain.managed import usual_time
from ..._domain.managed.changes import ChangeKind
from ..._domain.managed.cluster import Cluster, Phase
from ..._domain.managed.request import ResetRequest
from ..._domain.managed.reset_plan import CurrentCluster, ResetPlan, plan_reset, reset_reasons
from ..._domain.managed.reset_record import NOTHING_PRESERVED, ResetRecord
from ..common.report import Report
from ..common.run import DriftError, EngineError
from .agreement import agreed
from .apply import UNDER_WAY, Pending, apply_changes, refuse_several, wait_until_idle
from .cluster_facts import cluster_facts, waiting_facts
from .context import Context
from .locate import Address, require
from .read_cluster import read_cluster
from .read_contents import Source, read_contents
from .restore_ip_restrictions import RestrictionsGuard, read_restrictions
from .resume_reset import close_or_warn, discard_record, finish_earlier, load_record, seems_begun
from .send_reset import BusyError, planned_body, restore_open_id_connect, send_and_restore
from .wait import until_ready

#: They are not in the cluster's object, so that they are read, changed and verified beside it.
_BESIDE = (ChangeKind.IP_RESTRICTIONS, ChangeKind.OPEN_ID_CONNECT)


def reset(
    ctx: Context,
    address: Address,
    request: ResetRequest,
    confirm: str | None,
    journal: Journal,
    *,
    source: Source | None = None,
) -> Report:
    """Plan, and for real also reset or change in place, wait and verify.

    With a source, what a reset would destroy in the cluster is read from there before.
    """
    try:
        return _attempt(ctx, address, request, confirm, journal, source=source)
    except BusyError as busy:
        if not ctx.waiting.wait:
            raise busy.conflict from None
        # It may be the reset of an earlier run, whose status had not flipped yet: wait for it, and plan anew.
        until_ready(ctx, busy.kube_id, UNDER_WAY)
    try:
        return _attempt(ctx, address, request, confirm, journal, source=source)
    except BusyError as busy:
        raise busy.conflict from None


def _attempt(
    ctx: Context,
    address: Address,
    request: ResetRequest,
    confirm: str | None,
    journal: Journal,
    *,
    source: Source | None,
) -> Report:
    """Load the record, finish the earlier reset, plan, act."""
    cluster = require(ctx, address, anew=True)
    earlier = load_record(ctx, cluster, journal)
    guard = _guard(ctx, request, earlier)
    took_place = False
    if earlier is not None and ctx.check_mode:
        took_place = seems_begun(cluster, earlier)
    elif earlier is not None:
        cluster, took_place = finish_earlier(ctx, cluster, earlier, guard, journal)
    finished = earlier if took_place else None
    try:
        cluster = wait_until_idle(ctx, cluster, guard.try_early)
        # Before the plan, which ends with a look at whether somebody else has reset the cluster.
        contents = read_contents(ctx, cluster, source) if source and reset_reasons(cluster, request) else None
        plan = _plan(ctx, cluster, request, earlier)
        if finished is not None and not ctx.check_mode:
            plan = _plan_after(ctx, plan, finished, guard, journal)
        if guard.open_seconds is not None:
            # Restored while the earlier reset was waited for, so that the plan finds them in force already.
            plan = dataclasses.replace(plan, before={**plan.before, "ip_restrictions": []})
        if plan.resets:
            # No reset is announced, nor a confirmation asked for, that cannot be recorded and so will not be sent.
            journal.require_writable(cluster.id)
            plan = dataclasses.replace(plan, contents=contents)
            ctx.warn(*(contents.notices if contents else ()))
        ctx.warn(*plan.warnings)
        ctx.facts.update(_plan_facts(plan, finished))
        if ctx.check_mode:
            return _preview(ctx, plan, finished)
        plan.check_confirmation(confirm)
    except Exception:
        if finished is not None and not ctx.check_mode:
            close_or_warn(ctx, cluster, guard, journal)
        raise
    return _act(ctx, plan, guard, journal, earlier=earlier, finished=finished)


def _guard(ctx: Context, request: ResetRequest, earlier: ResetRecord | None) -> RestrictionsGuard:
    """For the IP restrictions to restore while an earlier reset is finished."""
    kept = NOTHING_PRESERVED if earlier is None else earlier.preserved
    desired = kept.ip_restrictions if request.ip_restrictions is None else request.ip_restrictions
    return RestrictionsGuard(ctx, desired, None if earlier is None else earlier.begun_at)


def _plan(ctx: Context, cluster: Cluster, request: ResetRequest, earlier: ResetRecord | None) -> ResetPlan:
    """The plan; where it changes something, two readings of everything in a row agree about it.

    A reset destroys for good what a single odd answer leaves out: an empty list of IP restrictions or a 404 for OpenID
    Connect looks like a cluster that has none.
    """

    def replan() -> ResetPlan:
        read = read_cluster(ctx, cluster.id)
        again = _plan_once(ctx, wait_until_idle(ctx, read) if ctx.waiting.wait else read, request, earlier)
        # Last of all once more: another run may have reset it while everything else was read.
        latest = dataclasses.replace(again.current, cluster=read_cluster(ctx, cluster.id))
        return dataclasses.replace(again, current=latest)

    return agreed(
        ctx,
        _plan_once(ctx, cluster, request, earlier),
        replan,
        loses=lambda plan: plan.changed,
        differing=_differing,
        what=f"{cluster.label()}: what a reset or a change would have to keep",
    )


def _keeps(plan: ResetPlan) -> t.Mapping[str, object]:
    """All that a reset names or restores, what it is sent for, and what is changed without one."""
    return {
        **(planned_body(plan) or {}),
        "ip_restrictions": plan.preserved.ip_restrictions,
        "open_id_connect": plan.preserved.open_id_connect,
        "reasons": plan.reasons,
        "changes": plan.changes,
        "status": (plan.cluster.status, plan.cluster.updated_at),
    }


def _differing(one: ResetPlan, other: ResetPlan) -> list[str]:
    ours, theirs = _keeps(one), _keeps(other)
    return sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))


def _plan_once(ctx: Context, cluster: Cluster, request: ResetRequest, earlier: ResetRecord | None) -> ResetPlan:
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


def _preview(ctx: Context, plan: ResetPlan, finished: ResetRecord | None) -> Report:
    """The report of check mode."""
    cluster = plan.cluster
    if plan.resets:
        ctx.warn(f"A reset of {cluster.label()} is needed, because {'; '.join(plan.reasons)}. {plan.destroyed()}")
    facts = {**_plan_facts(plan, finished), **cluster_facts(cluster, plan.desired.customization)}
    return Report(plan.changed or finished is not None, plan.diff(), {**facts, "kube_proxy_mode": plan.request.mode})


def _act(
    ctx: Context,
    plan: ResetPlan,
    guard: RestrictionsGuard,
    journal: Journal,
    *,
    earlier: ResetRecord | None,
    finished: ResetRecord | None,
) -> Report:
    """Reset, or change in place; and clean up after an earlier reset."""
    cluster, diff = plan.cluster, plan.diff()
    if plan.resets:
        guard = RestrictionsGuard(ctx, plan.preserved.ip_restrictions, ctx.clock.wall(), plan.current.ip_restrictions)
        cluster = send_and_restore(ctx, plan, guard, journal, earlier)
    elif plan.changes:
        cluster, diff = _change_in_place(ctx, plan, guard)
    if ctx.waiting.wait and (plan.resets or earlier is not None):
        discard_record(ctx, journal, cluster.id)
    if finished is not None:
        ctx.warn(
            f"{cluster.label()}: the reset of {finished.begun}, which an earlier run began, is finished. The cluster "
            f"has a new kubeconfig: one from before that reset does not work any more"
        )
    facts = {**_plan_facts(plan, finished), **cluster_facts(cluster)}
    if plan.resets or guard.open_seconds is not None:
        facts["api_server_open_seconds"] = guard.open_seconds
    return Report(finished is not None or bool(ctx.facts.get("changed")), diff, facts)


def _change_in_place(ctx: Context, plan: ResetPlan, guard: RestrictionsGuard) -> tuple[Cluster, dict[str, Json]]:
    """The last read, and the diff as it was when the changes were sent."""
    cluster, preserved, diff = plan.cluster, plan.preserved, plan.diff()
    kinds = [change.kind for change in plan.changes]
    if not ctx.waiting.wait:
        refuse_several(kinds)
    if ChangeKind.IP_RESTRICTIONS in kinds:
        cluster = guard.for_blocks(preserved.ip_restrictions).ensure(cluster)
    if set(kinds) - set(_BESIDE):

        def replan(read: Cluster) -> Pending:
            current = CurrentCluster(read, preserved.ip_restrictions, preserved.open_id_connect)
            return Pending.of(plan_reset(current, plan.request))

        applied = apply_changes(ctx, cluster, replan, "the changes without a reset")
        cluster = applied.cluster
        diff = applied.diff(plan)
        for side, planned in plan.diff().items():
            # They were changed on their own, before the rest.
            diff[side]["ip_restrictions"] = planned["ip_restrictions"]
    return restore_open_id_connect(ctx, plan, cluster), diff


def _plan_facts(plan: ResetPlan, finished: ResetRecord | None) -> dict[str, object]:
    """Equal in check mode and for real; ``finished`` is the reset of an earlier run, which is all if nothing lacks."""
    return {
        "action": "reset" if finished is not None and not plan.changed else plan.action,
        **({"finished_reset": finished.begun} if finished is not None else {}),
        **waiting_facts(plan.usual_time if finished is None else usual_time.CHANGE),
        "reasons": list(plan.reasons),
        "consequences": plan.consequences(),
        "planned_body": planned_body(plan),
        "planned_changes": [
            {"change": change.kind.label, "body": convert.change_body(change)} for change in plan.changes
        ],
    }
