# SPDX-License-Identifier: GPL-3.0-or-later

"""What of the results of modules gets into the records of an audit, and what does not."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.json_types import Json
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import audit_results as results
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.audit_results import Kind

READ: Json = {"customization": {}, "info": {"name": "prod"}, "mode": ""}
COMPARED: Json = {"customization": {"name": "prod", "region": "GRA11"}, "info": {}, "mode": "ipvs"}
CLUSTER: Json = {
    "name": "prod",
    "region": "GRA11",
    "status": "READY",
    "plan": "free",
    "version": "1.34.1-0",
    "is_up_to_date": True,
    "kube_proxy_mode": "ipvs",
    "customization": {"kube_proxy": {"ipvs": {"scheduler": "lc", "min_sync_period": "PT0S", "sync_period": "PT0S"}}},
}
SELF_HOSTED: Json = {"settings": {"name": "cellar", "api_host": "localhost"}}
SKIPPED: Json = {"skipped": True}


def managed(result: Json, request: Json | None = None, problems: str = "") -> Json:
    return results.audit_managed(result, request or READ, problems, "host")


def self_hosted(found: Json, planned: Json | None = None, **hosts: Json) -> Json:
    together = {"found": found, "planned": planned or SKIPPED}
    return results.audit_self_hosted(together, SELF_HOSTED, "", list(hosts), hosts)


def test_a_cluster_that_was_only_read() -> None:
    one = managed({"clusters": [{**CLUSTER, "id": "1"}]})
    assert (one["state"], one["kube_id"], one["name"], one["mode"]) == ("unchecked", "1", "prod", "ipvs")
    # Zero is no period, and no minimum is one in mode ipvs.
    assert one["effective"] == {
        "ipvs": {
            "min_sync_period": "PT0S",
            "sync_period": "30s",
            "scheduler": "lc",
            "tcp_timeout": None,
            "tcp_fin_timeout": None,
            "udp_timeout": None,
        }
    }


def test_the_effective_configuration_is_that_before_the_change() -> None:
    before, after = {"ipvs": {"scheduler": "rr"}}, {"ipvs": {"scheduler": "lc"}}
    diff = {"before": {"kube_proxy": before}, "after": {"kube_proxy": after}}
    # The role says of its task that it changes nothing.
    result = {**CLUSTER, "kube_id": "1", "changed": False, "customization": {"kube_proxy": after}, "diff": diff}
    one = managed(result, COMPARED)
    assert one["effective"]["ipvs"]["scheduler"] == "rr"
    assert one["drift"] == ["ipvs.scheduler is rr, not lc"]


@pytest.mark.parametrize(
    ("result", "problems", "error"),
    [
        ({"failed": True, "msg": "HTTP\n403"}, "", "HTTP\\n403"),
        ({"unreachable": True, "msg": "gone"}, "", "gone"),
        ({"failed": True}, "", "the module said no more"),
        ({"skipped": True}, "kube_proxy_ipvs.typo: no such option", "kube_proxy_ipvs.typo: no such option"),
    ],
)
def test_what_could_not_be_read_is_a_row_with_its_error(result: Json, problems: str, error: str) -> None:
    one = managed(result, COMPARED, problems)
    assert (one["state"], one["error"], one["name"], one["region"]) == ("unreadable", error, "prod", "GRA11")
    assert one["recommendations"][0]["todo"] == "correct what the message names, then audit again"


def test_a_failure_is_told_with_what_the_cluster_is() -> None:
    one = managed({**CLUSTER, "kube_id": "1", "status": "ERROR", "failed": True, "msg": "an end state"}, COMPARED)
    assert (one["state"], one["status"], one["version"]) == ("unreadable", "ERROR", "1.34.1-0")


@pytest.mark.parametrize(
    "members",
    [{"plan": "standard"}, {"plan": None, "kube_proxy_mode": None}, {"customization": {"cilium": {"x": 1}}}],
)
def test_a_cluster_without_kube_proxy_is_no_error(members: Json) -> None:
    refused = {"failed": True, "msg": "has no kube-proxy to customize", "kube_id": "1"}
    one = managed({**CLUSTER, **refused, **members}, COMPARED)
    assert (one["state"], one["error"], one["drift"]) == ("no_kube_proxy", None, [])


def test_settings_have_the_same_names_in_both_worlds() -> None:
    """Those of the options, also where kube-proxy's configuration has another."""
    config: Json = {"mode": "ipvs", "ipvs": {"syncPeriod": "30s"}, "healthzBindAddress": ""}
    wanted = {**config, "ipvs": {"syncPeriod": "1m0s"}, "healthzBindAddress": "0.0.0.0:10256"}
    effective = {**config, "conntrack": {"maxPerCore": 0}, "clusterCIDR": "10.0.0.0/8"}
    del effective["healthzBindAddress"]
    one = self_hosted({"mode": "ipvs", "config": config, "effective": effective}, {"config": wanted, "mode": "ipvs"})
    assert [each["option"] for each in one["differences"]] == ["config.healthzBindAddress", "ipvs.sync_period"]
    assert one["drift"][-1] == "ipvs.sync_period is 30s, not 1m0s"
    assert one["effective"] == {
        "mode": "ipvs",
        "ipvs": {"sync_period": "30s"},
        "conntrack": {"max_per_core": 0},
        "config": {"clusterCIDR": "10.0.0.0/8"},
    }


def test_a_self_hosted_cluster_whose_configuration_was_not_compared() -> None:
    found = {"mode": "ipvs", "effective": {"mode": "ipvs"}, "nodes": [], "drift": []}
    assert self_hosted(found)["state"] == "unchecked"
    one = self_hosted(found, {"failed": True, "msg": "HTTP 403"})
    assert (one["state"], one["mode"]) == ("unreadable", "ipvs")
    assert one["error"] == "what is desired was not compared: HTTP 403"


def test_a_migration_that_goes_on() -> None:
    migration = {"summary": "3 of 7 nodes run nftables", "desired": {"config_checksum": "x"}}
    one = self_hosted({"mode": "ipvs", "drift": ["node a has neither"], "migration": migration})
    assert one["recommendations"][0] == {
        "kind": "continue",
        "reason": "a change of the mode is under way: 3 of 7 nodes run nftables",
        "mode": None,
        "todo": "run the playbook clusterops.kube_proxy.migrate_mode again",
    }


def test_nodes_that_the_play_does_not_have_and_those_without_a_pod() -> None:
    pod = {"node": "a", "ready": True, "up_to_date": True, "mode": "ipvs", "sync": None}
    read = {results.NODE: "b", results.NODE_FOUND: {"leftovers": ["x"], "kube_proxy": {"mode": "nftables"}}}
    one = self_hosted({"nodes": [pod]}, b=read, c={results.NODE: "c", results.NODE_FOUND: SKIPPED}, d={})
    assert [(node["name"], node["mode"], node["leftovers"]) for node in one["nodes"]] == [
        ("a", "ipvs", None),
        ("b", "nftables", ["x"]),
    ]


def test_only_named_members_get_into_a_record() -> None:
    secret = {"token": "hunter2", "invocation": {"module_args": {"password": "hunter2"}}}
    texts = [
        managed({**CLUSTER, **secret, "kube_id": "1"}, {**COMPARED, "api": {"application_secret": "hunter2"}}),
        managed({"clusters": [{**CLUSTER, **secret, "id": "1"}], **secret}),
        self_hosted({"nodes": [{"node": "a", **secret}], "effective": secret, **secret}, secret),
        self_hosted({}, a={results.NODE: "a", results.NODE_FOUND: {"leftovers": [], **secret}, **secret}),
    ]
    assert [text for text in texts if "hunter2" in json.dumps(text)] == []


def test_every_recommendation_says_what_to_do_in_the_world_it_is_for() -> None:
    silent = {kind for kind, worlds in results._WHAT_TO_DO.items() if not worlds}
    assert results._WHAT_TO_DO.keys() == set(Kind)
    assert silent == {Kind.NOTHING}


def test_the_report_its_lines_and_its_files() -> None:
    advised = managed({**CLUSTER, "kube_id": "1", "is_up_to_date": False}, COMPARED)
    hosts: t.Any = {"a": {results.RECORD: managed({**CLUSTER, "kube_id": "2"}, COMPARED)}, "b": {}, "c": {"x": 1}}
    hosts["d"] = {results.RECORD: advised}
    report = results.audit_report(list(hosts), hosts, "noon")
    assert [one["kube_id"] for one in report["clusters"]] == ["1", "2"]
    line = "prod (GRA11, ipvs, 1.34.1-0): in_order; 1.34.1-0 is not the newest patch version"
    assert results.audit_lines(report, 0) == [line]
    assert len(results.audit_lines(report, 1)) == 2
    assert results.audit_failures(report) == []
    assert json.loads(results.audit_text(report, "json")) == report
    assert results.audit_text(report, "xml").startswith("<?xml")
    assert results.audit_text(report, "html").startswith("<!DOCTYPE html>")
