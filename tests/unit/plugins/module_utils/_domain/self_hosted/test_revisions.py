# SPDX-License-Identifier: GPL-3.0-or-later

"""Which pods are as the newest template would make them, but for the label that the controller compares."""

from __future__ import annotations

import copy

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.json_types import Json
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.annotations import CHECKSUM
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.daemon_set import DaemonSet
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.migration import plan_exclusion
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.pods import Pod
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.revisions import (
    HASH,
    relabelled,
)

from . import proxy_objects as objects
from .proxy_objects import NEW, OLD, merged

RAW = objects.daemon_set(OLD)
EXCLUDING = merged(RAW, plan_exclusion(DaemonSet(RAW)))


def revision(number: int, value: str, daemon_set: Json, uid: str = "u1") -> Json:
    template = {**copy.deepcopy(daemon_set["spec"]["template"]), "$patch": "replace"}
    return {
        "metadata": {"name": f"kube-proxy-{value}", "labels": {HASH: value}, "ownerReferences": [{"uid": uid}]},
        "revision": number,
        "data": {"spec": {"template": template}},
    }


def pod(node: str, value: str, **more: str) -> Pod:
    raw = objects.pod(node, OLD)
    raw["metadata"].update(labels={HASH: value}, **more)
    return Pod(raw)


def test_pods_of_the_time_of_the_migration_are_spared() -> None:
    """The first template came back as the newest revision, with its old hash; pods of other contents are not spared."""
    other = copy.deepcopy(RAW)
    other["spec"]["template"]["metadata"]["annotations"][CHECKSUM] = NEW
    revisions = [
        revision(4, "own", RAW),
        revision(3, "excluding", EXCLUDING),
        revision(2, "other", other),
        revision(9, "foreign", EXCLUDING, uid="u2"),
    ]
    pods = [pod("a", "own"), pod("b", "excluding"), pod("c", "other"), pod("d", "foreign")]
    assert relabelled(DaemonSet(RAW), revisions, pods) == {"kube-proxy-b": "own"}


def test_another_affinity_among_pods_is_no_matter_of_nodes() -> None:
    spread = copy.deepcopy(EXCLUDING)
    spread["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"] = {"x": []}
    revisions = [revision(2, "own", RAW), revision(1, "spread", spread)]
    assert relabelled(DaemonSet(RAW), revisions, [pod("a", "spread")]) == {}


def test_without_revisions_nothing_is_known() -> None:
    assert relabelled(DaemonSet(RAW), [], [pod("a", "x")]) == {}


def test_a_pod_that_is_leaving_needs_none() -> None:
    revisions = [revision(2, "own", RAW), revision(1, "excluding", EXCLUDING)]
    leaving = pod("a", "excluding", deletionTimestamp="2026-11-21T09:30:00Z")
    assert relabelled(DaemonSet(RAW), revisions, [leaving]) == {}
