# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters as the API shows them, and the bodies that plans come to: most rules are about what goes over the wire."""

from __future__ import annotations

import typing as t

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh import convert
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.json_types import Json
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.changes import ChangeKind
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.cluster import Cluster
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.plan import Plan
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.reset_plan import ResetPlan


def shown(**fields: t.Any) -> Json:
    """A cluster as the API shows it."""
    return {
        "id": "c1",
        "name": "prod",
        "region": "GRA11",
        "plan": "free",
        "status": "READY",
        "version": "1.34.1-0",
        "kubeProxyMode": "iptables",
        "updatePolicy": "NEVER_UPDATE",
        "customization": {},
        **fields,
    }


def cluster(**fields: t.Any) -> Cluster:
    """A cluster as it is read, from fields of the API."""
    return convert.cluster(shown(**fields))


def bodies(plan: Plan) -> list[Json]:
    """What is sent without a reset."""
    return [convert.change_body(change) for change in plan.changes]


def planned(plan: Plan) -> list[tuple[str, Json]]:
    """What is changed without a reset, and the body."""
    return [(change.kind.label, convert.change_body(change)) for change in plan.changes]


def reset_body(plan: ResetPlan) -> Json:
    """The body of a reset that is needed."""
    assert plan.resets
    return convert.reset_body(plan.desired, plan.request.worker_nodes_policy)


def after_put(api: Json, plan: Plan) -> Json:
    """What the API does with a PUT: sections that are named are replaced, others stay (facts from OVHcloud's guide)."""
    for change in plan.changes:
        assert change.kind is ChangeKind.CUSTOMIZATION
        api = {**api, "customization": {**api["customization"], **convert.change_body(change)}}
    return api
