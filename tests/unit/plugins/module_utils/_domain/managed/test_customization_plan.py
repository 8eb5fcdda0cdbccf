# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from hypothesis import assume, given

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import (
    RefusedError,
    ValidationError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.cluster import Cluster
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.customization import (
    Customization,
    CustomizationRequest,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.customization_plan import (
    plan_customization,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.validation import (
    customization_request,
)

from .strategies import clusters, requests_


def put(cluster: Cluster, body: dict[str, t.Any] | None) -> Cluster:
    """What the API does with a PUT: sections that are named are replaced, others stay (facts from OVHcloud's guide)."""
    return Cluster({**cluster.raw, "customization": {**cluster.raw["customization"], **(body or {})}})


def plan_or_skip(cluster: Cluster, request: CustomizationRequest) -> t.Any:
    try:
        return plan_customization(cluster, request)
    except ValidationError:
        assume(False)


@given(clusters(), requests_)
def test_applying_a_plan_yields_an_empty_plan(cluster: Cluster, requested: CustomizationRequest) -> None:
    plan = plan_or_skip(cluster, requested)
    again = plan_customization(put(cluster, plan.body), requested)
    assert again.body is None
    assert not again.changed


@given(clusters(), requests_)
def test_a_plan_changes_exactly_when_before_and_after_differ(cluster: Cluster, requested: CustomizationRequest) -> None:
    plan = plan_or_skip(cluster, requested)
    diff = plan.diff()
    assert plan.changed == (diff["before"] != diff["after"])


@given(clusters(), requests_)
def test_the_read_back_after_a_plan_shows_no_deviation(cluster: Cluster, requested: CustomizationRequest) -> None:
    plan = plan_or_skip(cluster, requested)
    assert plan.desired.drift(put(cluster, plan.body)) is None
    if plan.changed:
        assert plan.desired.drift(cluster)


@given(clusters(), requests_)
def test_merge_keeps_what_is_not_named_and_replace_drops_it(cluster: Cluster, requested: CustomizationRequest) -> None:
    plan = plan_or_skip(cluster, requested)
    after = put(cluster, plan.body).customization
    if requested.kube_proxy is None:
        assert after.kube_proxy == cluster.customization.kube_proxy
    elif requested.strategy == "replace":
        assert after.kube_proxy == requested.kube_proxy
    else:
        kept = cluster.customization.kube_proxy.values.items()
        for key, value in kept:
            assert after.kube_proxy.values[key] == requested.kube_proxy.values.get(key, value)
    if requested.api_server is None:
        assert "apiServer" not in (plan.body or {})


@given(clusters())
def test_an_empty_wish_is_an_empty_plan(cluster: Cluster) -> None:
    assert plan_customization(cluster, CustomizationRequest()).body is None


def cluster(**fields: t.Any) -> Cluster:
    return Cluster({"id": "c1", "name": "prod", "region": "GRA11", "kubeProxyMode": "ipvs", "plan": "free", **fields})


def test_the_body_is_the_whole_section_because_the_api_replaces_it() -> None:
    there = cluster(
        customization={
            "apiServer": {"admissionPlugins": {"enabled": ["NodeRestriction"], "disabled": ["AlwaysPullImages"]}},
            "kubeProxy": {"iptables": {"syncPeriod": "PT30S"}, "ipvs": {"tcpTimeout": "PT15M", "strictArp": True}},
        }
    )
    request = customization_request({"ipvs": {"scheduler": "lc", "sync_period": "90s"}}, None)
    assert plan_customization(there, request).body == {
        "kubeProxy": {
            "iptables": {"syncPeriod": "PT30S"},
            "ipvs": {"scheduler": "lc", "strictArp": True, "syncPeriod": "PT1M30S", "tcpTimeout": "PT15M"},
        }
    }


def test_clearing_sends_empty_sections_and_never_null() -> None:
    there = cluster(customization={"kubeProxy": {"ipvs": {"scheduler": "lc"}}})
    plan = plan_customization(there, CustomizationRequest(Customization().kube_proxy, strategy="replace"))
    assert plan.body == {"kubeProxy": {"iptables": {}, "ipvs": {}}}


@pytest.mark.parametrize("empty", [None, {}, {"iptables": {}}, {"iptables": None, "ipvs": {"scheduler": None}}])
def test_every_kind_of_emptiness_is_the_same(empty: t.Any) -> None:
    there = cluster(customization={"kubeProxy": empty})
    assert not plan_customization(there, CustomizationRequest(Customization().kube_proxy, strategy="replace")).changed


def test_a_duration_the_api_cannot_have_meant_is_replaced() -> None:
    there = cluster(customization={"kubeProxy": {"ipvs": {"syncPeriod": "soon"}}})
    request = customization_request({"ipvs": {"sync_period": "30s"}}, None)
    assert plan_customization(there, request).body == {"kubeProxy": {"iptables": {}, "ipvs": {"syncPeriod": "PT30S"}}}


def test_plugins_in_neither_list_are_enabled_and_other_members_of_the_section_are_sent_back() -> None:
    there = cluster(customization={"apiServer": {"auditing": {"level": 1}, "admissionPlugins": {"disabled": []}}})
    request = customization_request(None, {"admission_plugins": {"enabled": ["AlwaysPullImages"]}})
    assert not plan_customization(there, request).changed
    request = customization_request(None, {"admission_plugins": {"disabled": ["AlwaysPullImages"]}})
    assert plan_customization(there, request).body == {
        "apiServer": {
            "auditing": {"level": 1},
            "admissionPlugins": {"enabled": ["NodeRestriction"], "disabled": ["AlwaysPullImages"]},
        }
    }


def test_replace_puts_unnamed_plugins_back_to_enabled() -> None:
    there = cluster(
        customization={"apiServer": {"admissionPlugins": {"enabled": [], "disabled": ["AlwaysPullImages"]}}}
    )
    request = customization_request(None, {"admission_plugins": {"enabled": ["NodeRestriction"]}}, "replace")
    assert plan_customization(there, request).body == {
        "apiServer": {"admissionPlugins": {"enabled": ["AlwaysPullImages", "NodeRestriction"], "disabled": []}}
    }


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"plan": "standard"}, "its plan is Standard, where Cilium replaces kube-proxy"),
        ({"customization": {"cilium": {"clusterId": 1}}}, "it has a cilium customization"),
        ({"plan": None, "kubeProxyMode": None}, "the API names no kube-proxy mode for it"),
    ],
)
def test_kube_proxy_is_refused_where_there_is_none_but_the_api_server_is_not(
    fields: dict[str, t.Any], reason: str
) -> None:
    there = cluster(**fields)
    with pytest.raises(RefusedError, match=f"^cluster 'prod' .* has no kube-proxy to customize: {reason}"):
        plan_customization(there, customization_request({"ipvs": {"scheduler": "lc"}}, None))
    request = customization_request(None, {"admission_plugins": {"disabled": ["AlwaysPullImages"]}})
    assert plan_customization(there, request).changed
