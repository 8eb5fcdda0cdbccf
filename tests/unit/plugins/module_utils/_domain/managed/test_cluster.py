# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster as it was read: what its status means, its minor version, and whether it has kube-proxy."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.cluster import Phase
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.customization_plan import (
    plan_customization,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import (
    ResetRequest,
    customization_request,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.reset_plan import (
    CurrentCluster,
    plan_reset,
)

from .api_objects import cluster


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("READY", Phase.READY),
        ("UPDATING", Phase.TRANSIENT),
        ("UNKNOWN", Phase.TRANSIENT),
        ("BREWING", Phase.TRANSIENT),
        (None, Phase.TRANSIENT),
        ("USER_QUOTA_ERROR", Phase.FAILED),
        ("SUSPENDED", Phase.STOPPED),
    ],
)
def test_statuses_never_heard_of_are_transient(status: str | None, phase: Phase) -> None:
    assert cluster(status=status).phase is phase


@pytest.mark.parametrize(("version", "minor"), [("1.34.1-0", "1.34"), ("1.34", "1.34"), (None, None), ("x", None)])
def test_the_minor_version_is_what_creation_and_reset_take(version: str | None, minor: str | None) -> None:
    assert cluster(version=version).minor_version == minor


@pytest.mark.parametrize("cilium", [None, {}])
def test_free_plan_has_kube_proxy_though_the_api_names_neither_mode_nor_cilium(cilium: dict[str, int] | None) -> None:
    there = cluster(kubeProxyMode=None, customization={"cilium": cilium})
    assert there.without_kube_proxy() is None
    assert plan_customization(there, customization_request({"iptables": {"sync_period": "1m"}}, None)).changed
    assert plan_reset(CurrentCluster(there), ResetRequest("ipvs")).resets


@pytest.mark.parametrize("plan", [None, "unheard-of"])
def test_missing_mode_tells_that_there_is_no_kube_proxy_where_the_plan_does_not(plan: str | None) -> None:
    there = cluster(plan=plan, kubeProxyMode=None)
    assert there.without_kube_proxy() == "the API names no kube-proxy mode for it"
    assert cluster(plan=plan).without_kube_proxy() is None


@pytest.mark.parametrize("plan", ["free", None, "unheard-of"])
def test_cilium_customization_tells_that_there_is_no_kube_proxy(plan: str | None) -> None:
    there = cluster(plan=plan, customization={"cilium": {"clusterId": 1}})
    assert there.without_kube_proxy() == "it has a cilium customization: Cilium replaces kube-proxy there"
