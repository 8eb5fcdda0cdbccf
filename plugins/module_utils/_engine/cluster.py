# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Operations: a cluster exists as asked; a cluster exists no more."""

from __future__ import annotations

import typing as t

from .._domain.changes import Change
from .._domain.cluster import Cluster
from .._domain.cluster_plan import (
    ClusterPlan,
    ClusterWish,
    check_deletion_confirmed,
    deletion_under_way,
    plan_adoption,
    plan_creation,
)
from .._domain.customization_plan import deviation
from .._ovh.errors import ApiError, NotFoundError, TransportError
from .context import Context, EngineError
from .converge import converge, settled
from .locate import Address, find
from .report import Report, cluster_facts
from .wait import begun, until_gone, until_ready

CREATION = "the creation"


def present(ctx: Context, address: Address, wish: ClusterWish) -> Report:
    """Adopt the cluster when it is there (also half created by an earlier run), else create it."""
    found = find(ctx, address, retry_missing=not ctx.check_mode)
    if found is None:
        if address.kube_id:
            raise EngineError(
                f"kube_id: the project has no {address}, and a cluster cannot be created with a given id. Leave "
                f"kube_id out"
            )
        return _create(ctx, address, wish)
    if deletion_under_way(found):
        raise EngineError(f"{found.label()} is being deleted; wait until it is gone, then run again")
    cluster = settled(ctx, found, CREATION)
    plan = plan_adoption(cluster, wish)
    ctx.warn(*plan.warnings)
    if plan.changed and not ctx.check_mode:

        def replan(read: Cluster) -> t.Sequence[Change]:
            return plan_adoption(read, wish).changes

        cluster = converge(ctx, cluster, replan, lambda read: _deviation(read, plan, wish), "the changes")
    return _report(plan, cluster)


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
            ctx.facts["status"] = "DELETED"
    before = {"name": cluster.name, "region": cluster.region, "kube_id": cluster.id}
    return Report(not under_way, {"before": {} if under_way else before, "after": {}}, {"kube_id": cluster.id})


def _create(ctx: Context, address: Address, wish: ClusterWish) -> Report:
    plan = plan_creation(wish)
    ctx.warn(*plan.warnings)
    if ctx.check_mode:
        return Report(True, plan.diff(), {"action": plan.action, "planned_body": plan.create})
    cluster = _post(ctx, address, plan)
    ctx.facts.update(kube_id=cluster.id, status=cluster.status)
    if ctx.waiting.wait:
        cluster = until_ready(
            ctx,
            cluster.id,
            CREATION,
            started=True,
            appears=True,
            deviation=lambda read: _deviation(read, plan, wish),
        )
    return _report(plan, cluster)


def _post(ctx: Context, address: Address, plan: ClusterPlan) -> Cluster:
    """The POST, exactly once: a lost answer is made up for by looking for the cluster, never by paying for a second."""
    try:
        return Cluster(ctx.api.create(plan.create or {}))
    except (ApiError, TransportError) as error:
        if not error.maybe_processed:
            raise
        found = find(ctx, address, retry_missing=True)
        if found is None:
            raise EngineError(
                f"The creation of {address} was sent and got no answer, and the project shows no such cluster so "
                f"far. Run again in a few minutes: a cluster that appears meanwhile is adopted, not created twice. "
                f"{error}"
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


def _deviation(cluster: Cluster, plan: ClusterPlan, wish: ClusterWish) -> str | None:
    parts = []
    if wish.mode and cluster.mode != wish.mode:
        parts.append(f"kube_proxy_mode is {cluster.mode} instead of {wish.mode}")
    customized = deviation(cluster.customization, plan.expected, wish.customization)
    return "; ".join([*parts, *([customized] if customized else [])]) or None


def _report(plan: ClusterPlan, cluster: Cluster) -> Report:
    facts = cluster_facts(cluster, plan.expected if plan.changed else None)
    return Report(plan.changed, plan.diff(), {"action": plan.action, **facts, "cluster": cluster.as_result()})
