# SPDX-License-Identifier: GPL-3.0-or-later

"""kubeadm's objects of kube-proxy, as an API server shows them."""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.json_types import Json
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.annotations import CHECKSUM
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.current import Current
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.daemon_set import DaemonSet
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.pods import owned

WRITTEN = "2026-11-21T08:00:00Z"

#: Checksums: of what the ConfigMap holds, and of what it held before.
NEW, OLD = "sha256:new", "sha256:old"
CRASHED: Json = {"terminated": {"exitCode": 255, "message": "no such gate\n"}}


def config_map(**metadata: t.Any) -> Json:
    fields = [{"time": WRITTEN, "fieldsV1": {"f:data": {".": {}}}}]
    return {
        "metadata": {
            "namespace": "kube-system",
            "name": "kube-proxy",
            "resourceVersion": "7",
            "creationTimestamp": "2026-11-01T00:00:00Z",
            "managedFields": fields,
            **metadata,
        },
        "data": {"config.conf": "mode: ''\n", "kubeconfig.conf": "kind: Config\n"},
    }


def daemon_set(
    checksum: str | None = None,
    nodes: int = 2,
    annotations: Json | None = None,
    spec: Json | None = None,
    status: Json | None = None,
) -> Json:
    template_annotations = {} if checksum is None else {CHECKSUM: checksum}
    container = {
        "name": "kube-proxy",
        "image": "registry.k8s.io/kube-proxy:v1.31.4",
        "command": [
            "/usr/local/bin/kube-proxy",
            "--config=/var/lib/kube-proxy/config.conf",
            "--hostname-override=$(NODE_NAME)",
        ],
        "volumeMounts": [{"name": "kube-proxy", "mountPath": "/var/lib/kube-proxy"}],
    }
    return {
        "metadata": {
            "namespace": "kube-system",
            "name": "kube-proxy",
            "uid": "u1",
            "generation": 3,
            "resourceVersion": "9",
            "annotations": annotations or {},
        },
        "spec": {
            "selector": {"matchLabels": {"k8s-app": "kube-proxy"}},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
            "template": {
                "metadata": {"annotations": template_annotations},
                "spec": {
                    "containers": [container],
                    "volumes": [{"name": "kube-proxy", "configMap": {"name": "kube-proxy"}}],
                },
            },
            **(spec or {}),
        },
        "status": {
            "observedGeneration": 3,
            "desiredNumberScheduled": nodes,
            "currentNumberScheduled": nodes,
            "updatedNumberScheduled": nodes,
            "numberReady": nodes,
            "numberAvailable": nodes,
            **(status or {}),
        },
    }


def pod(
    node: str,
    checksum: str | None = None,
    *,
    created: str = "2026-11-21T09:00:00Z",
    ready: bool = True,
    restarts: int = 0,
    state: Json | None = None,
    last: Json | None = None,
) -> Json:
    return {
        "metadata": {
            "name": f"kube-proxy-{node}",
            "creationTimestamp": created,
            "annotations": {} if checksum is None else {CHECKSUM: checksum},
            "ownerReferences": [{"uid": "u1"}],
        },
        "spec": {"nodeName": node},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [
                {
                    "name": "kube-proxy",
                    "restartCount": restarts,
                    "state": state or {"running": {"startedAt": created}},
                    "lastState": last or {},
                }
            ],
        },
    }


def current(daemon_set: Json, *pods: Json, holding: Json | None = None) -> Current:
    """What was read of these objects; the ConfigMap is ``holding``, and its checksum NEW."""
    read = DaemonSet(daemon_set)
    return Current(holding or config_map(), read, owned(pods, read), NEW)


def merged(target: Json, patch: Json | None) -> Json:
    """The target after a merge patch (RFC 7386)."""
    assert patch is not None
    result = copy.deepcopy(target)
    for key, value in patch.items():
        former = result.get(key)
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = merged(former if isinstance(former, dict) else {}, value)
        else:
            result[key] = value
    return result
