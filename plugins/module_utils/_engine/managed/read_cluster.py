# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading one cluster, whole."""

from __future__ import annotations

from ..._adapters.ovh import convert
from ..._adapters.ovh.api_errors import NotFoundError
from ..._domain.managed.cluster import Cluster
from .context import Context


def read_cluster(ctx: Context, kube_id: str) -> Cluster:
    """One GET; the customization is read by its own route only where the cluster's object leaves it out."""
    shown = ctx.api.get(kube_id)
    if not shown.get("customization"):
        try:
            shown = {**shown, "customization": ctx.api.customization(kube_id)}
        except NotFoundError:
            # The cluster was just seen: it is its customization that is not there, not the cluster.
            shown = {**shown, "customization": {}}
    return convert.cluster(shown)
