# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading one cluster, whole."""

from __future__ import annotations

from ..._domain.managed.cluster import Cluster
from .context import Context


def read_cluster(ctx: Context, kube_id: str) -> Cluster:
    """The cluster with its customization."""
    return ctx.api.get(kube_id)
