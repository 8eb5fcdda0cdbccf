# SPDX-License-Identifier: GPL-3.0-or-later

"""Two readings that agree, before something is sent that loses for good what a single odd answer left out."""

from __future__ import annotations

import typing as t

from ..._domain.managed.cluster import Cluster
from ..._domain.managed.plan import Plan
from ..common.run import EngineError
from .apply import wait_until_idle
from .context import Context
from .read_cluster import read_cluster

#: Readings after which two in a row should have agreed.
READINGS: t.Final = 5

Read = t.TypeVar("Read")


def agreed(
    ctx: Context,
    plan: Read,
    replan: t.Callable[[], Read],
    *,
    loses: t.Callable[[Read], bool],
    differing: t.Callable[[Read, Read], t.Sequence[str]],
    what: str,
) -> Read:
    """The plan of two readings in a row that agree; the first one where ``loses`` says that nothing can be lost.

    ``replan`` reads and plans anew, and ``differing`` names what two plans do not agree about. Raises EngineError with
    ``what``, the beginning of a sentence, when there are no such two.
    """
    readings = 1
    while loses(plan):
        again = replan()
        readings += 1
        different = differing(plan, again)
        if not different:
            return again
        if readings == READINGS:
            raise EngineError(
                f"{what} is read differently each time ({', '.join(different)}), and what a wrong answer leaves out "
                f"would be lost. Nothing was sent. Run again when nobody else changes the cluster"
            )
        ctx.pause()
        plan = again
    return plan


def agreed_plan(ctx: Context, cluster: Cluster, plan_of: t.Callable[[Cluster], Plan]) -> tuple[Cluster, Plan]:
    """A plan of changes in place, and the read that it was made from.

    A request replaces a whole part of the customization (PUT /cloud/project/{serviceName}/kube/{kubeId}/customization),
    with the fields that the user did not name as they were read. Where nothing changes, nothing more is read.
    """

    def replan() -> tuple[Cluster, Plan]:
        read = wait_until_idle(ctx, read_cluster(ctx, cluster.id))
        return read, plan_of(read)

    return agreed(
        ctx,
        (cluster, plan_of(cluster)),
        replan,
        loses=lambda read: read[1].changed,
        differing=lambda one, other: _differing(one[1], other[1]),
        what=f"{cluster.label()}: what the changes replace",
    )


def _differing(one: Plan, other: Plan) -> list[str]:
    if one.changes == other.changes and one.before == other.before:
        return []
    options = {*one.before, *one.after, *other.before, *other.after}
    return sorted(
        option
        for option in options
        if (one.before.get(option), one.after.get(option)) != (other.before.get(option), other.after.get(option))
    )
