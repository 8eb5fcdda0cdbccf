# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is said to be the cause of a difference: support is named only where nobody but the API can be."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.blame import cause
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.cluster_plan import (
    plan_creation,
    twins_problem,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.customization_plan import (
    plan_customization,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import (
    ClusterRequest,
    customization_request,
)

from .api_objects import cluster

REQUEST = customization_request({"iptables": {"sync_period": "1m"}}, None)
API, SOMEBODY, EITHER = (
    "The API accepted the request and did something else; report it to OVHcloud's support",
    "It was as requested, and was changed by somebody else meanwhile. Settle who decides about it, then run again",
    "It was changed by somebody else meanwhile, or the API did something else than it accepted. Look at the cluster, "
    "then run again",
)


def with_settings(**sections: t.Any) -> t.Any:
    return cluster(customization={"kubeProxy": sections})


@pytest.mark.parametrize(
    ("read", "seen", "said"),
    [
        (cluster(), False, API),
        (cluster(), True, SOMEBODY),
        (with_settings(iptables={"syncPeriod": "PT2M"}), False, EITHER),
        # The request was not carried out, or undone by whoever set the other field.
        (with_settings(ipvs={"scheduler": "rr"}), False, EITHER),
        (with_settings(ipvs={"scheduler": "rr"}), True, SOMEBODY),
    ],
)
def test_cause_of_a_customization_that_is_not_as_requested(read: t.Any, seen: bool, said: str) -> None:
    before = cluster()
    desired = plan_customization(before, REQUEST).desired
    assert cause(desired, read, before, seen) == said


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (cluster(kubeProxyMode="iptables"), API),
        (cluster(kubeProxyMode="ipvs", updatePolicy="ALWAYS_UPDATE"), EITHER),
        (cluster(kubeProxyMode="iptables", updatePolicy="ALWAYS_UPDATE"), EITHER),
    ],
    ids=["mode", "policy", "both"],
)
def test_cause_of_a_new_cluster_that_is_not_as_requested(read: t.Any, said: str) -> None:
    request = ClusterRequest("prod", "GRA11", mode="ipvs", update_policy="NEVER_UPDATE")
    assert cause(plan_creation(request).desired, read) == said


def test_twins_are_told_alike_to_both_runs() -> None:
    older = cluster(id="b", createdAt="2026-11-01T08:00:00Z")
    younger = cluster(id="a", createdAt="2026-11-01T08:00:01Z")
    for ours, other in ((older, younger), (younger, older)):
        assert "Delete a, by kube_id, and keep b, the oldest" in twins_problem(ours, [other])
