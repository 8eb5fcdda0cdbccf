# SPDX-License-Identifier: GPL-3.0-or-later

"""Operation: a cluster's customization is as requested."""

from __future__ import annotations

from ..._domain.managed.cluster import Cluster
from ..._domain.managed.customization_plan import check_mode, plan_customization
from ..._domain.managed.plan import Plan
from ..._domain.managed.request import CustomizationRequest
from ..common.report import Report
from .agreement import agreed_plan
from .apply import Pending, apply_changes, wait_until_idle
from .cluster_facts import cluster_facts, waiting_facts
from .context import Context
from .locate import Address, require


def customize(ctx: Context, address: Address, request: CustomizationRequest, mode: str | None = None) -> Report:
    """Plan, and for real also PUT, wait and verify. A cluster that runs another mode than the given one is refused.

    A customization that is as requested while the API still works on the cluster is waited for as well: it is in force
    only then, and an earlier run may have been interrupted.
    """

    def planned(read: Cluster) -> Plan:
        check_mode(read, mode)
        return plan_customization(read, request)

    cluster = require(ctx, address)
    # Refused before waiting for anything; the plan that counts is made once nothing else is under way.
    try:
        planned(cluster)
    except Exception:
        # With what the cluster is. A failure further on would tell what it was.
        ctx.facts.update(cluster_facts(cluster))
        raise
    cluster = wait_until_idle(ctx, cluster)
    cluster, plan = agreed_plan(ctx, cluster, planned)
    ctx.warn(*plan.warnings)
    if ctx.check_mode or not plan.changed:
        facts = cluster_facts(cluster, plan.desired.customization)
        return Report(plan.changed, plan.diff(), {**facts, **waiting_facts(plan.usual_time)})
    applied = apply_changes(ctx, cluster, lambda read: Pending.of(planned(read)), "the change of the customization")
    usual_time = plan.usual_time if applied.changed else None
    return Report(applied.changed, applied.diff(plan), {**cluster_facts(applied.cluster), **waiting_facts(usual_time)})
