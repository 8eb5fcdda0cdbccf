# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations: a cluster exists as requested; a cluster does not exist."""

from __future__ import annotations

import contextlib

from ..._adapters.ovh import convert
from ..._adapters.ovh.api_errors import ApiError, ConflictError, NotFoundError, TransportError
from ..._domain.common.json_types import Json
from ..._domain.managed import usual_time
from ..._domain.managed.cluster import Cluster, Phase
from ..._domain.managed.cluster_plan import (
    check_deletion_confirmed,
    deletion_under_way,
    plan_adoption,
    plan_creation,
)
from ..._domain.managed.plan import Plan
from ..._domain.managed.request import ClusterRequest
from ..common.report import Report
from ..common.run import ClusterStateError, EngineError
from .agreement import agreed_plan
from .apply import UNDER_WAY, Pending, apply_changes, wait_until_idle
from .cluster_facts import cluster_facts, waiting_facts
from .context import Context
from .create_once import post_once, refuse_twins
from .locate import Address, find
from .read_cluster import read_cluster
from .wait import GRACE, Verification, begun, until_gone, until_ready


def present(ctx: Context, address: Address, request: ClusterRequest) -> Report:
    """Adopt the cluster when it exists (also half created by an earlier run), else create it."""
    found, known = find(ctx, address)
    if found is None:
        if address.kube_id:
            raise EngineError(
                f"kube_id: the project has no {address}, and a cluster cannot be created with a given id. Leave "
                f"kube_id out"
            )
        return _create(ctx, address, request, known)
    if deletion_under_way(found):
        raise EngineError(f"{found.label()} is being deleted; wait until it is gone, then run again")
    cluster = wait_until_idle(ctx, found)
    cluster, plan = agreed_plan(ctx, cluster, lambda read: plan_adoption(read, request))
    ctx.warn(*plan.warnings)
    if ctx.check_mode or not plan.changed:
        return Report(plan.changed, plan.diff(), _facts(ctx, plan, cluster))
    applied = apply_changes(ctx, cluster, lambda read: Pending.of(plan_adoption(read, request)), "the changes")
    return Report(applied.changed, applied.diff(plan), _facts(ctx, plan, applied.cluster, applied.changed))


def absent(ctx: Context, address: Address, confirm: str | None) -> Report:
    """Delete the cluster when it exists, and wait until the API does not know it any more."""
    cluster, _known = find(ctx, address)
    if cluster is None:
        return Report(False, {"before": {}, "after": {}})
    under_way = deletion_under_way(cluster)
    sent = not under_way
    if not ctx.check_mode:
        if not under_way:
            sent = _delete(ctx, cluster, confirm)
        if ctx.waiting.wait:
            until_gone(ctx, cluster.id)
    before = {"name": cluster.name, "region": cluster.region, "kube_id": cluster.id}
    facts = {"kube_id": cluster.id, **waiting_facts(usual_time.DELETION if sent else None)}
    return Report(sent, {"before": before if sent else {}, "after": {}}, facts)


def _create(ctx: Context, address: Address, request: ClusterRequest, known: frozenset[str]) -> Report:
    """``known`` are the ids that the project has before."""
    plan = plan_creation(request)
    ctx.warn(*plan.warnings)
    body = convert.creation_body(plan.desired)
    if ctx.check_mode:
        facts = {"action": plan.action, "planned_body": body, **waiting_facts(plan.usual_time)}
        return Report(True, plan.diff(), facts)
    cluster = post_once(ctx, address, body, known)
    ctx.accepted()
    ctx.facts.update(kube_id=cluster.id, status=cluster.status)
    refuse_twins(ctx, address, cluster, known, last_look=not ctx.waiting.wait)
    if ctx.waiting.wait:
        cluster = until_ready(
            ctx,
            cluster.id,
            "the creation",
            usual=plan.usual_time,
            started=True,
            appears=True,
            verification=Verification(plan.desired),
        )
        refuse_twins(ctx, address, cluster, known, last_look=True)
    return Report(True, plan.diff(), _facts(ctx, plan, cluster))


def _delete(ctx: Context, cluster: Cluster, confirm: str | None) -> bool:
    """Send the DELETE, again after a conflict once nothing else is under way; False if somebody else did meanwhile."""
    in_vain_since: float | None = None
    while True:
        check_deletion_confirmed(cluster, confirm)
        try:
            ctx.api.delete(cluster.id)
        except NotFoundError:
            # Somebody else deletes it, or the answer is not true.
            if not begun(ctx, cluster):
                raise
            return True
        except ConflictError:
            now = ctx.clock.now()
            in_vain_since = now if in_vain_since is None else in_vain_since
            if not ctx.waiting.wait or now - in_vain_since >= GRACE or ctx.out_of_time():
                raise
        except (ApiError, TransportError) as error:
            if not error.maybe_processed or not begun(ctx, cluster):
                raise
            break
        else:
            break
        ctx.clock.sleep(ctx.waiting.sleep)
        cluster = read_cluster(ctx, cluster.id)
        if deletion_under_way(cluster):
            ctx.warn(f"{cluster.label()} is being deleted by somebody else")
            return False
        if cluster.phase is Phase.TRANSIENT:
            in_vain_since = None
            # One that failed is deleted all the same.
            with contextlib.suppress(ClusterStateError):
                cluster = until_ready(ctx, cluster.id, UNDER_WAY, started=True)
    ctx.accepted()
    return True


def _facts(ctx: Context, plan: Plan, cluster: Cluster, changed: bool = True) -> Json:
    """``changed`` is False where somebody else did what was planned, before the first request of this run."""
    return {
        "action": plan.action if changed else "none",
        **waiting_facts(plan.usual_time if changed else None),
        **cluster_facts(cluster, plan.desired.customization if ctx.check_mode else None),
        "cluster": cluster.as_result(),
    }
