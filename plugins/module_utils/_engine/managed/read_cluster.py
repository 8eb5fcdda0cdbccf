# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Reading one cluster, whole."""

from __future__ import annotations

from ..._adapters.ovh.api_errors import NotFoundError
from ..._domain.managed.cluster import Cluster
from .context import Context


def read_cluster(ctx: Context, kube_id: str) -> Cluster:
    """One GET; the customization is asked for by its own route only where the cluster object leaves it out."""
    raw = ctx.api.get(kube_id)
    if not raw.get("customization"):
        try:
            raw = {**raw, "customization": ctx.api.customization(kube_id)}
        except NotFoundError:
            # The cluster was just seen: it is its customization that is not there, not the cluster.
            raw = {**raw, "customization": {}}
    return Cluster(raw)
