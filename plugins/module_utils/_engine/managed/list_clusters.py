# SPDX-License-Identifier: GPL-3.0-or-later

"""Operation: read clusters."""

from __future__ import annotations

from ..._domain.common.json_types import Json
from ..._domain.common.listed import listed, nearest
from .context import Context
from .locate import Address, read_all, require


def clusters(ctx: Context, address: Address) -> list[Json]:
    """One cluster, or all of the project in the order of their names; those of one region when only that is given."""
    if address.kube_id or address.name:
        return [require(ctx, address).as_result()]
    every = read_all(ctx)
    found = [cluster for cluster in every if not address.region or cluster.region == address.region]
    if not found and address.region:
        # Which regions there are is known to OVHcloud: one that does not exist has no clusters either.
        regions = nearest(address.region, {cluster.region for cluster in every})
        there = f"its clusters are in {listed(regions)}" if regions else "nor anywhere else"
        ctx.warn(f"region: the project has no cluster in {address.region}; {there}. Check region and service_name")
    return [cluster.as_result() for cluster in sorted(found, key=lambda cluster: (cluster.name, cluster.id))]
