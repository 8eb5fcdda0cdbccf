# SPDX-License-Identifier: GPL-3.0-or-later

"""What every operation on one managed cluster returns."""

from __future__ import annotations

from ..._domain.common.json_types import Json
from ..._domain.managed.cluster import Cluster
from ..._domain.managed.customization import Customization


def cluster_facts(cluster: Cluster, customization: Customization | None = None) -> Json:
    """What every operation on one cluster returns; the customization given instead is one not in force yet."""
    return {
        "kube_id": cluster.id,
        "name": cluster.name,
        "region": cluster.region,
        "status": cluster.status,
        "plan": cluster.plan,
        "version": cluster.version,
        "is_up_to_date": cluster.is_up_to_date,
        "kube_proxy_mode": cluster.mode,
        "customization": (customization or cluster.customization).as_result(),
    }


def waiting_facts(usual_time: str | None) -> Json:
    """How long the change usually takes; without a member where nothing is changed that has to be waited for."""
    return {} if usual_time is None else {"usual_time": usual_time}
