# SPDX-License-Identifier: GPL-3.0-or-later

"""Operation: read clusters."""

from __future__ import annotations

from ..._domain.common.json_types import Json
from .context import Context
from .locate import Address, read_all, require


def clusters(ctx: Context, address: Address) -> list[Json]:
    """One cluster, or all of the project in the order of their names; those of one region when only that is given."""
    if address.kube_id or address.name:
        return [require(ctx, address).as_result()]
    found = [cluster for cluster in read_all(ctx) if not address.region or cluster.region == address.region]
    return [cluster.as_result() for cluster in sorted(found, key=lambda cluster: (cluster.name, cluster.id))]
