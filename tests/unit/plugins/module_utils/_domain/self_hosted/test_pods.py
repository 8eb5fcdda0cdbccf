# SPDX-License-Identifier: GPL-3.0-or-later

"""What a pod of kube-proxy says about itself, and when it counts as crashed."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.daemon_set import DaemonSet
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.pods import Pod, owned

from . import proxy_objects as objects
from .proxy_objects import CRASHED


class TestPod:
    @pytest.mark.parametrize(
        ("raw", "earlier", "crashed"),
        [
            (objects.pod("a"), 0, False),
            (objects.pod("a", restarts=3), 3, False),
            (objects.pod("a", restarts=4), 3, True),
            (objects.pod("a", state={"waiting": {"reason": "ContainerCreating"}}), 0, False),
            (objects.pod("a", state={"waiting": {"reason": "CrashLoopBackOff"}}, restarts=3), 3, True),
            (objects.pod("a", state={"waiting": {"reason": "ImagePullBackOff"}}), 0, True),
            (objects.pod("a", state=CRASHED), 0, True),
        ],
    )
    def test_crashed(self, raw: dict[str, t.Any], earlier: int, crashed: bool) -> None:
        assert Pod(raw).crashed(earlier) is crashed

    def test_a_terminating_pod_has_not_crashed(self) -> None:
        raw = objects.pod("a", state=CRASHED)
        raw["metadata"]["deletionTimestamp"] = "2026-11-21T09:00:00Z"
        assert not Pod(raw).crashed(0)

    def test_how_it_ended(self) -> None:
        crashed = Pod(objects.pod("a", state={"waiting": {"reason": "CrashLoopBackOff"}}, last=CRASHED))
        assert (crashed.state, crashed.exit_code, crashed.termination_message) == (
            "CrashLoopBackOff",
            255,
            "no such gate",
        )

    def test_node_of_a_pod_that_is_not_bound_yet(self) -> None:
        raw = objects.pod("a")
        term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["b"]}]}
        affinity = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
        raw["spec"] = {"affinity": {"nodeAffinity": affinity}}
        assert Pod(raw).node == "b"

    def test_pods_of_others_with_the_same_labels_do_not_count(self) -> None:
        foreign = objects.pod("a")
        foreign["metadata"]["ownerReferences"] = [{"uid": "u2"}]
        found = owned([foreign, objects.pod("c"), objects.pod("b")], DaemonSet(objects.daemon_set()))
        assert [pod.node for pod in found] == ["b", "c"]
