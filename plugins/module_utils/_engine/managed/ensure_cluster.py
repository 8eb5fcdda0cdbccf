# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations: a cluster exists as requested; a cluster does not exist."""

from __future__ import annotations

from ..._adapters.ovh import convert
from ..._adapters.ovh.api_errors import ApiError, NotFoundError, TransportError
from ..._domain.common.json_types import Json
from ..._domain.managed.cluster import Cluster
from ..._domain.managed.cluster_plan import (
    check_deletion_confirmed,
    deletion_under_way,
    plan_adoption,
    plan_creation,
)
from ..._domain.managed.plan import Plan
from ..._domain.managed.request import ClusterRequest
from ..common.report import Report
from ..common.run import EngineError
from .apply import Pending, apply_changes, wait_until_idle
from .cluster_facts import cluster_facts
from .context import Context
from .locate import Address, find
from .wait import begun, until_gone, until_ready


def present(ctx: Context, address: Address, request: ClusterRequest) -> Report:
    """Adopt the cluster when it exists (also half created by an earlier run), else create it."""
    found = find(ctx, address)
    if found is None:
        if address.kube_id:
            raise EngineError(
                f"kube_id: the project has no {address}, and a cluster cannot be created with a given id. Leave "
                f"kube_id out"
            )
        return _create(ctx, address, request)
    if deletion_under_way(found):
        raise EngineError(f"{found.label()} is being deleted; wait until it is gone, then run again")
    cluster = wait_until_idle(ctx, found)
    plan = plan_adoption(cluster, request)
    ctx.warn(*plan.warnings)
    if ctx.check_mode or not plan.changed:
        return _report(ctx, plan, cluster)
    cluster = apply_changes(ctx, cluster, lambda read: Pending.of(plan_adoption(read, request)), "the changes")
    return _report(ctx, plan, cluster)


def absent(ctx: Context, address: Address, confirm: str | None) -> Report:
    """Delete the cluster when it exists, and wait until the API does not know it any more."""
    cluster = find(ctx, address)
    if cluster is None:
        return Report(False, {"before": {}, "after": {}})
    under_way = deletion_under_way(cluster)
    if not ctx.check_mode:
        if not under_way:
            check_deletion_confirmed(cluster, confirm)
            _delete(ctx, cluster)
        if ctx.waiting.wait:
            until_gone(ctx, cluster.id)
    before = {"name": cluster.name, "region": cluster.region, "kube_id": cluster.id}
    return Report(not under_way, {"before": {} if under_way else before, "after": {}}, {"kube_id": cluster.id})


def _create(ctx: Context, address: Address, request: ClusterRequest) -> Report:
    plan = plan_creation(request)
    ctx.warn(*plan.warnings)
    body = convert.creation_body(plan.desired)
    if ctx.check_mode:
        return Report(True, plan.diff(), {"action": plan.action, "planned_body": body})
    cluster = _post(ctx, address, body)
    ctx.accepted()
    ctx.facts.update(kube_id=cluster.id, status=cluster.status)
    if ctx.waiting.wait:
        cluster = until_ready(ctx, cluster.id, "the creation", started=True, appears=True, drift=plan.drift)
    return _report(ctx, plan, cluster)


def _post(ctx: Context, address: Address, body: Json) -> Cluster:
    """The POST, exactly once: after a lost answer the cluster is looked for, so that nobody pays for a second one."""
    try:
        return ctx.api.create(body)
    except (ApiError, TransportError) as error:
        if not error.maybe_processed:
            raise
        found = find(ctx, address)
        if found is None:
            raise EngineError(
                f"The creation of {address} was sent and got no answer, and the project shows no such cluster so far. "
                f"Run again in a few minutes: a cluster that appears meanwhile is adopted, not created twice. {error}"
            ) from error
        return found


def _delete(ctx: Context, cluster: Cluster) -> None:
    try:
        ctx.api.delete(cluster.id)
    except NotFoundError:
        return
    except (ApiError, TransportError) as error:
        if not error.maybe_processed or not begun(ctx, cluster):
            raise
    ctx.accepted()


def _report(ctx: Context, plan: Plan, cluster: Cluster) -> Report:
    facts = cluster_facts(cluster, plan.desired.customization if ctx.check_mode else None)
    return Report(plan.changed, plan.diff(), {"action": plan.action, **facts, "cluster": cluster.as_result()})
