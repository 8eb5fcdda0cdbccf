# SPDX-License-Identifier: GPL-3.0-or-later

"""Artifacts have ids and results, and nothing else that a result may hold."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import artifacts

SECRET = "hunter2"
FOUND: dict[str, t.Any] = {
    "changed": True,
    "name": "prod",
    "kube_id": "8a6bc5d2",
    "region": "GRA11",
    "status": "READY",
    "kube_proxy_mode": "ipvs",
    "invocation": {"module_args": {"application_secret": SECRET}},
    "kubeconfig": SECRET,
    "diff": {"after": SECRET},
}


def test_of_managed_clusters() -> None:
    refused = {"changed": False, "failed": True, "msg": SECRET, "exception": SECRET}
    hostvars = {
        "prod": {"managed_cluster_result": FOUND, "managed_cluster_application_secret": SECRET},
        "refused": {"managed_cluster_result": refused},
        "left": {},
        "skipped": {"managed_cluster_result": {"changed": False, "skipped": True}},
    }
    handed_on = artifacts.cluster_artifacts(hostvars, hostvars)
    assert handed_on["prod"] == {
        "name": "prod",
        "kube_id": "8a6bc5d2",
        "region": "GRA11",
        "status": "READY",
        "mode": "ipvs",
        "changed": True,
        "failed": False,
    }
    assert handed_on.keys() == {"prod", "refused"}
    assert (handed_on["refused"]["failed"], handed_on["refused"]["mode"]) == (True, None)
    assert SECRET not in json.dumps(handed_on)


def test_of_a_self_hosted_cluster() -> None:
    plan = {"mode": "nftables", "kube_proxy_version": "1.34.9", "config": {"secret": SECRET}}
    nodes = {"covered": ["a", "b\x1b[2J"], "ignored": ["c"], "problem": SECRET}
    outcome = {"changed": True, "failed": True, "message": SECRET}
    settings = {"name": "cellar", "api_host": SECRET}
    assert artifacts.self_hosted_artifacts(settings, plan, nodes, outcome, ["a: it runs ipvs"]) == {
        "cellar": {
            "name": "cellar",
            "mode": "nftables",
            "version": "1.34.9",
            "nodes": ["a", "b\\x1b[2J"],
            "nodes_ignored": ["c"],
            "drift": ["a: it runs ipvs"],
            "changed": True,
            "failed": True,
        }
    }


def test_of_an_audit() -> None:
    managed = {
        "world": "managed",
        "host": "prod-8a6bc5d2",
        "name": "prod",
        "kube_id": "8a6bc5d2",
        "state": "drifted",
        "mode": "ipvs",
        "drift": ["ipvs.scheduler is rr, not lc"],
        "error": SECRET,
    }
    other = {"world": "self_hosted", "host": "localhost", "name": "cellar", "state": "in_order", "mode": "nftables"}
    handed_on = artifacts.audit_artifacts({"clusters": [managed, other], "made_at": SECRET})
    assert handed_on.keys() == {"prod-8a6bc5d2", "cellar"}
    assert handed_on["prod-8a6bc5d2"]["drift"] == ["ipvs.scheduler is rr, not lc"]
    assert (handed_on["cellar"]["state"], handed_on["cellar"]["drift"]) == ("in_order", [])
    assert SECRET not in json.dumps(handed_on)
