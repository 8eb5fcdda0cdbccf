# SPDX-License-Identifier: GPL-3.0-or-later

"""A pod that tries whether a node can start kube-proxy's containers, before the kube-proxy that runs there is ended.

A node whose image is gone and cannot be pulled would be left without a kube-proxy: the pod it had needs that image too.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ..common.json_types import Json
from .annotations import MIGRATION
from .daemon_set import DaemonSet
from .pods import Pod

#: Value of the label MIGRATION of these pods.
TRIAL = "trial"

#: What of the pod template decides whether an image can be had, and whether the node takes the pod at all. Without its
#: priority: a full node must not end the pod of somebody else for this one.
_KEPT = ("hostNetwork", "imagePullSecrets", "runtimeClassName", "serviceAccountName", "tolerations")
#: Reasons for which a container waits as long as its image is not there, and which time does not cure.
_HOPELESS = frozenset({"ErrImageNeverPull", "ImagePullBackOff", "InvalidImageName"})
#: Reasons for which it waits although its image is there: a program that is not in it, such as of another container.
_STARTED = frozenset({"CrashLoopBackOff", "CreateContainerError", "RunContainerError"})


def trial_pod(daemon_set: DaemonSet, path: str, node: str, owner: Json | None) -> Json:
    """The pod that tries the images of the DaemonSet's containers on the node.

    ``path`` is kube-proxy's program: with ``--version`` it says that and ends, and touches nothing. ``owner`` is a
    ConfigMap, if there is one, with which the pod goes if the run dies before it has taken it away.
    """
    metadata, spec = daemon_set.raw["metadata"], daemon_set.raw["spec"]["template"]["spec"]
    containers = [*(spec.get("initContainers") or ()), *spec["containers"]]
    named = {} if owner is None else owner["metadata"]
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": named.get("name"), "uid": named.get("uid")}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "namespace": metadata["namespace"],
            "generateName": f"{metadata['name']}-{TRIAL}-",
            "labels": {MIGRATION: TRIAL},
            # Of a ConfigMap that somebody deleted meanwhile only the name is known.
            "ownerReferences": [reference] if reference["uid"] else [],
        },
        "spec": {
            **{name: spec[name] for name in _KEPT if name in spec},
            "nodeName": node,
            "automountServiceAccountToken": False,
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "containers": [_container(container, path) for container in containers],
        },
    }


def _container(container: Json, path: str) -> Json:
    kept: Json = {name: container[name] for name in ("name", "image", "imagePullPolicy") if name in container}
    return {**kept, "command": [path, "--version"]}


@dataclasses.dataclass(frozen=True)
class Trial:
    """What a trial came to so far: nothing yet, unless one of the three is given.

    ``refused`` says why the node cannot start the containers, ``unknown`` why that could not be tried there.
    """

    passed: bool = False
    refused: str = ""
    unknown: str = ""

    @property
    def over(self) -> bool:
        return self.passed or bool(self.refused or self.unknown)


def judge(pod: Pod | None) -> Trial:
    """``pod`` is the trial's as it is now; None when somebody has deleted it."""
    if pod is None:
        return Trial(unknown="somebody deleted the pod that tried it")
    status: Json = pod.raw.get("status") or {}
    containers: list[Json] = list(status.get("containerStatuses") or ())
    for container in containers:
        waiting: Json = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in _HOPELESS:
            said = f": {waiting['message']}" if waiting.get("message") else ""
            return Trial(refused=f"{waiting['reason']}{said}")
    if status.get("phase") == "Failed" and not containers:
        # The kubelet does not take the pod, as on a node that has as many as it may have; kube-proxy's has priority.
        said = ": ".join(str(status[name]) for name in ("reason", "message") if status.get(name))
        return Trial(unknown=said or "the node did not take the pod")
    return Trial(passed=bool(containers) and all(_has_its_image(container) for container in containers))


def _has_its_image(container: Json) -> bool:
    state: Json = container.get("state") or {}
    begun: t.Any = state.get("running") or state.get("terminated")
    return begun is not None or (state.get("waiting") or {}).get("reason") in _STARTED
