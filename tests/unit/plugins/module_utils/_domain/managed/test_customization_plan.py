# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for the customization: what is sent is whole, what nobody requested stays, and spelling is no change."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, reject

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh import convert
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.json_types import Json
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import (
    RefusedError,
    ValidationError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.cluster import Cluster
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.customization import Customization
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.customization_plan import (
    plan_customization,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.plan import Plan
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import (
    CustomizationRequest,
    ResetRequest,
    customization_request,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.reset_plan import (
    CurrentCluster,
    plan_reset,
)

from .api_objects import after_put, bodies, cluster, reset_body
from .strategies import api_clusters, requests_

PLUGINS = "AlwaysPullImages", "NodeRestriction"


def plan_or_skip(api: Json, request: CustomizationRequest) -> Plan:
    try:
        return plan_customization(convert.cluster(api), request)
    except ValidationError:
        reject()


@given(api_clusters(), requests_)
def test_applying_a_plan_yields_an_empty_plan(api: Json, requested: CustomizationRequest) -> None:
    plan = plan_or_skip(api, requested)
    again = plan_customization(convert.cluster(after_put(api, plan)), requested)
    assert again.changes == ()
    assert not again.changed


@given(api_clusters(), requests_)
def test_a_plan_changes_exactly_when_before_and_after_differ(api: Json, requested: CustomizationRequest) -> None:
    plan = plan_or_skip(api, requested)
    diff = plan.diff()
    assert plan.changed == (diff["before"] != diff["after"])


@given(api_clusters(), requests_)
def test_the_read_back_after_a_plan_shows_no_drift(api: Json, requested: CustomizationRequest) -> None:
    plan = plan_or_skip(api, requested)
    assert plan.drift(convert.cluster(after_put(api, plan))) is None
    if plan.changed:
        assert plan.drift(convert.cluster(api))


@given(api_clusters(), requests_)
def test_merge_keeps_what_is_not_named_and_replace_drops_it(api: Json, requested: CustomizationRequest) -> None:
    plan = plan_or_skip(api, requested)
    before, after = (convert.cluster(shown).customization for shown in (api, after_put(api, plan)))
    if requested.kube_proxy is None:
        assert after.kube_proxy == before.kube_proxy
    elif requested.strategy == "replace":
        assert after.kube_proxy == requested.kube_proxy
    else:
        for key, value in before.kube_proxy.values.items():
            assert after.kube_proxy.values[key] == requested.kube_proxy.values.get(key, value)
    if requested.api_server is None:
        assert all("apiServer" not in body for body in bodies(plan))


@given(api_clusters())
def test_an_empty_request_is_an_empty_plan(api: Json) -> None:
    assert plan_customization(convert.cluster(api), CustomizationRequest()).changes == ()


def test_the_body_is_the_whole_section_because_the_api_replaces_it() -> None:
    there = cluster(
        customization={
            "apiServer": {"admissionPlugins": {"enabled": ["NodeRestriction"], "disabled": ["AlwaysPullImages"]}},
            "kubeProxy": {"iptables": {"syncPeriod": "PT30S"}, "ipvs": {"tcpTimeout": "PT15M", "strictArp": True}},
        }
    )
    request = customization_request({"ipvs": {"scheduler": "lc", "sync_period": "90s"}}, None)
    assert bodies(plan_customization(there, request)) == [
        {
            "kubeProxy": {
                "iptables": {"syncPeriod": "PT30S"},
                "ipvs": {"scheduler": "lc", "strictArp": True, "syncPeriod": "PT1M30S", "tcpTimeout": "PT15M"},
            }
        }
    ]


def test_clearing_sends_empty_sections_and_never_null() -> None:
    there = cluster(customization={"kubeProxy": {"ipvs": {"scheduler": "lc"}}})
    plan = plan_customization(there, CustomizationRequest(Customization().kube_proxy, strategy="replace"))
    assert bodies(plan) == [{"kubeProxy": {"iptables": {}, "ipvs": {}}}]


@pytest.mark.parametrize("empty", [None, {}, {"iptables": {}}, {"iptables": None, "ipvs": {"scheduler": None}}])
def test_every_kind_of_emptiness_is_the_same(empty: t.Any) -> None:
    there = cluster(customization={"kubeProxy": empty})
    assert not plan_customization(there, CustomizationRequest(Customization().kube_proxy, strategy="replace")).changed


def test_a_duration_the_api_cannot_have_meant_is_replaced() -> None:
    there = cluster(customization={"kubeProxy": {"ipvs": {"syncPeriod": "soon"}}})
    request = customization_request({"ipvs": {"sync_period": "30s"}}, None)
    assert bodies(plan_customization(there, request)) == [
        {"kubeProxy": {"iptables": {}, "ipvs": {"syncPeriod": "PT30S"}}}
    ]


def test_plugins_in_neither_list_are_enabled_and_other_members_of_the_section_are_sent_back() -> None:
    there = cluster(customization={"apiServer": {"auditing": {"level": 1}, "admissionPlugins": {"disabled": []}}})
    request = customization_request(None, {"admission_plugins": {"enabled": ["AlwaysPullImages"]}})
    assert not plan_customization(there, request).changed
    request = customization_request(None, {"admission_plugins": {"disabled": ["AlwaysPullImages"]}})
    assert bodies(plan_customization(there, request)) == [
        {
            "apiServer": {
                "auditing": {"level": 1},
                "admissionPlugins": {"enabled": ["NodeRestriction"], "disabled": ["AlwaysPullImages"]},
            }
        }
    ]


def test_replace_puts_unnamed_plugins_back_to_enabled() -> None:
    there = cluster(
        customization={"apiServer": {"admissionPlugins": {"enabled": [], "disabled": ["AlwaysPullImages"]}}}
    )
    request = customization_request(None, {"admission_plugins": {"enabled": ["NodeRestriction"]}}, "replace")
    assert bodies(plan_customization(there, request)) == [
        {"apiServer": {"admissionPlugins": {"enabled": ["AlwaysPullImages", "NodeRestriction"], "disabled": []}}}
    ]


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


def with_plugins(enabled: t.Sequence[str], disabled: t.Sequence[str]) -> Cluster:
    lists = {"enabled": list(enabled), "disabled": list(disabled)}
    return cluster(customization={"apiServer": {"admissionPlugins": lists}})


@pytest.mark.parametrize("named", PLUGINS)
@pytest.mark.parametrize("list_name", ["enabled", "disabled"])
def test_plugin_in_neither_list_is_shown_and_sent_as_neither(named: str, list_name: str) -> None:
    lists = {"enabled": [], "disabled": [], list_name: [named]}
    there = with_plugins(**lists)
    [other] = set(PLUGINS) - {named}
    body = reset_body(plan_reset(CurrentCluster(there), ResetRequest("ipvs")))
    assert body["customization"]["apiServer"]["admissionPlugins"] == lists
    assert other not in str(there.as_result()["customization"]["api_server"])


@pytest.mark.parametrize("list_name", ["enabled", "disabled"])
def test_plugin_in_neither_list_is_changed_when_it_is_requested_and_only_then(list_name: str) -> None:
    there = with_plugins(["NodeRestriction"], [])
    kept = customization_request(None, {"admission_plugins": {"enabled": ["NodeRestriction"]}})
    assert not plan_customization(there, kept).changed
    request = customization_request(None, {"admission_plugins": {list_name: ["AlwaysPullImages"]}})
    plan = plan_customization(there, request)
    desired: dict[str, list[str]] = {"enabled": ["NodeRestriction"], "disabled": []}
    desired[list_name] = sorted([*desired[list_name], "AlwaysPullImages"])
    assert bodies(plan) == [{"apiServer": {"admissionPlugins": desired}}]
    assert not plan_customization(cluster(customization=bodies(plan)[0]), request).changed


@pytest.mark.parametrize("empty", [None, {}, {"admissionPlugins": None}, {"admissionPlugins": {}}])
def test_plugins_of_a_cluster_that_names_none_are_at_their_default(empty: t.Any) -> None:
    request = customization_request(None, {"admission_plugins": {"enabled": list(PLUGINS)}})
    assert not plan_customization(cluster(customization={"apiServer": empty}), request).changed
