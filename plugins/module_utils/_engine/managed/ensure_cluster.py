# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Operations: a cluster exists as asked; a cluster exists no more."""

from __future__ import annotations

from ..._adapters.ovh.api_errors import ApiError, NotFoundError, TransportError
from ..._domain.managed.cluster import Cluster
from ..._domain.managed.cluster_plan import (
    ClusterPlan,
    ClusterRequest,
    check_deletion_confirmed,
    deletion_under_way,
    plan_adoption,
    plan_creation,
)
from ..common.report import Report
from ..common.run import EngineError
from .apply import Pending, apply_changes, wait_until_idle
from .cluster_facts import cluster_facts
from .context import Context
from .locate import Address, find
from .wait import begun, until_gone, until_ready


def present(ctx: Context, address: Address, request: ClusterRequest) -> Report:
    """Adopt the cluster when it is there (also half created by an earlier run), else create it."""
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

    def replan(read: Cluster) -> Pending:
        again = plan_adoption(read, request)
        return Pending(again.changes, again.desired.drift)

    return _report(ctx, plan, apply_changes(ctx, cluster, replan, "the changes"))


def absent(ctx: Context, address: Address, confirm: str | None) -> Report:
    """Delete the cluster when it is there, and wait until the API knows it no more."""
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
    if ctx.check_mode:
        return Report(True, plan.diff(), {"action": plan.action, "planned_body": plan.create})
    cluster = _post(ctx, address, plan)
    ctx.accepted()
    ctx.facts.update(kube_id=cluster.id, status=cluster.status)
    if ctx.waiting.wait:
        drift = plan.desired.drift
        cluster = until_ready(ctx, cluster.id, "the creation", started=True, appears=True, drift=drift)
    return _report(ctx, plan, cluster)


def _post(ctx: Context, address: Address, plan: ClusterPlan) -> Cluster:
    """The POST, exactly once: a lost answer is made up for by looking for the cluster, never by paying for a second."""
    try:
        return Cluster(ctx.api.create(plan.create or {}))
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


def _report(ctx: Context, plan: ClusterPlan, cluster: Cluster) -> Report:
    expected = plan.desired.customization if ctx.check_mode else None
    facts = cluster_facts(cluster, expected)
    return Report(plan.changed, plan.diff(), {"action": plan.action, **facts, "cluster": cluster.as_result()})
