# SPDX-License-Identifier: GPL-3.0-or-later

"""The pod that tries an image: what it takes over from kube-proxy's, and what its status says."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.json_types import Json
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.daemon_set import DaemonSet
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.pods import Pod
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.trial import (
    Trial,
    judge,
    trial_pod,
)

from . import proxy_objects as objects

PATH = "/usr/local/bin/kube-proxy"
OWNER: Json = {"metadata": {"name": "kube-proxy-migration", "uid": "u7"}}


def daemon_set(**spec: t.Any) -> DaemonSet:
    raw = objects.daemon_set()
    raw["spec"]["template"]["spec"].update(spec)
    return DaemonSet(raw)


def made(**spec: t.Any) -> Json:
    return trial_pod(daemon_set(**spec), PATH, "node1", OWNER)


class TestThePod:
    def test_needs_every_image_of_the_template_as_it_does(self) -> None:
        sidecar = {"name": "exporter", "image": "exporter:1", "args": ["--port=1"], "imagePullPolicy": "Always"}
        [proxy] = objects.daemon_set()["spec"]["template"]["spec"]["containers"]
        pod = made(containers=[proxy, sidecar], initContainers=[{"name": "init", "image": "init:2"}])
        command = {"command": [PATH, "--version"]}
        assert pod["spec"]["containers"] == [
            {"name": "init", "image": "init:2", **command},
            {"name": "kube-proxy", "image": "registry.k8s.io/kube-proxy:v1.31.4", **command},
            {"name": "exporter", "image": "exporter:1", "imagePullPolicy": "Always", **command},
        ]

    def test_may_pull_what_kube_proxy_may_pull(self) -> None:
        access = {"imagePullSecrets": [{"name": "registry"}], "serviceAccountName": "kube-proxy"}
        spec = made(**access, tolerations=[{"operator": "Exists"}], hostNetwork=True)["spec"]
        assert {name: spec[name] for name in access} == access
        assert spec["tolerations"] == [{"operator": "Exists"}]
        assert spec["hostNetwork"] is True

    def test_drives_nobody_off_the_node_and_touches_nothing(self) -> None:
        spec = made(priorityClassName="system-node-critical", volumes=[{"name": "run"}])["spec"]
        assert not {"priorityClassName", "volumes"} & set(spec)
        assert spec["nodeName"] == "node1"
        assert spec["restartPolicy"] == "Never"
        assert spec["automountServiceAccountToken"] is False

    def test_is_no_pod_of_kube_proxy_and_goes_with_its_owner(self) -> None:
        metadata = made()["metadata"]
        assert metadata["labels"] == {"clusterops.kube-proxy/migration": "trial"}
        assert metadata["ownerReferences"] == [
            {"apiVersion": "v1", "kind": "ConfigMap", "name": "kube-proxy-migration", "uid": "u7"}
        ]

    @pytest.mark.parametrize("owner", [None, {"metadata": {"name": "kube-proxy-migration"}}])
    def test_without_an_owner(self, owner: Json | None) -> None:
        assert trial_pod(daemon_set(), PATH, "node1", owner)["metadata"]["ownerReferences"] == []


def trial(*states: Json, **status: t.Any) -> Trial:
    statuses = [{"name": f"c{number}", "state": state} for number, state in enumerate(states)]
    return judge(Pod({"metadata": {"name": "a"}, "status": {"containerStatuses": statuses, **status}}))


def waiting(reason: str, message: str = "") -> Json:
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


PASSED = Trial(passed=True)


@pytest.mark.parametrize(
    "state",
    [
        {"running": {"startedAt": "2026-11-21T09:00:00Z"}},
        {"terminated": {"exitCode": 0}},
        # The kubelet starts what is not in the image: of a container that has another program.
        {"terminated": {"exitCode": 128, "reason": "StartError"}},
        waiting("RunContainerError"),
        waiting("CreateContainerError"),
    ],
)
def test_what_was_started_has_its_image(state: Json) -> None:
    assert trial(state) == trial(state, state) == PASSED


@pytest.mark.parametrize("reason", ["ErrImageNeverPull", "ImagePullBackOff", "InvalidImageName"])
def test_what_cannot_be_pulled(reason: str) -> None:
    said = trial({"terminated": {"exitCode": 0}}, waiting(reason, "no such host"))
    assert said == Trial(refused=f"{reason}: no such host")
    assert trial(waiting(reason)) == Trial(refused=reason)


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing", "ErrImagePull"])
def test_what_may_come_yet(reason: str) -> None:
    """The kubelet pulls again after a first failure."""
    assert not trial(waiting(reason)).over
    assert not trial({"terminated": {"exitCode": 0}}, waiting(reason)).over
    assert not trial().over


def test_a_pod_that_the_node_does_not_take() -> None:
    assert trial(phase="Failed", reason="OutOfpods", message="too many").unknown == "OutOfpods: too many"
    assert trial(phase="Failed").unknown == "the node did not take the pod"
    assert judge(None).unknown == "somebody deleted the pod that tried it"
