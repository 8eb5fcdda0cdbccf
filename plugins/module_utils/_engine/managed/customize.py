# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Operation: a cluster's customization is as asked."""

from __future__ import annotations

from ..._domain.managed.changes import Change, ChangeKind
from ..._domain.managed.customization import CustomizationRequest
from ..._domain.managed.customization_plan import CustomizationPlan, plan_customization
from ..common.report import Report
from .apply import Pending, apply_changes, wait_until_idle
from .cluster_facts import cluster_facts
from .context import Context
from .locate import Address, require


def customize(ctx: Context, address: Address, request: CustomizationRequest) -> Report:
    """Plan, and for real also PUT, wait and verify.

    A customization that is as asked while the API still works on the cluster is waited for as well: it is in force only
    then, and an earlier run may have been interrupted.
    """
    cluster = require(ctx, address)
    # Refused before waiting for anything; the plan that counts is made once nothing else is under way.
    plan_customization(cluster, request)
    cluster = wait_until_idle(ctx, cluster)
    plan = plan_customization(cluster, request)
    ctx.warn(*plan.warnings)
    if ctx.check_mode or not plan.changed:
        return Report(plan.changed, plan.diff(), cluster_facts(cluster, plan.after))
    cluster = apply_changes(
        ctx, cluster, lambda read: _intent(plan_customization(read, request)), "the change of the customization"
    )
    return Report(True, plan.diff(), cluster_facts(cluster))


def _intent(plan: CustomizationPlan) -> Pending:
    changes = [Change(ChangeKind.CUSTOMIZATION, plan.body)] if plan.body is not None else []
    return Pending(changes, plan.desired.drift)
