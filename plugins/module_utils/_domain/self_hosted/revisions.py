# SPDX-License-Identifier: GPL-3.0-or-later

"""Pods that a DaemonSet would make again just as they are, and so need no restart when a migration ends.

The controller replaces a pod whose label ``controller-revision-hash`` is not that of the newest template (Kubernetes
1.20 to 1.36: pkg/controller/daemon/update.go). The required node affinity of a template is in no pod: the controller
puts the node's name in its place (ReplaceDaemonSetPodNodeNameNodeAffinity). So a pod that was made while the template
excluded nodes differs in that label alone from one that is made afterwards.
"""

from __future__ import annotations

import typing as t

from ..common.json_types import Json
from .daemon_set import DaemonSet
from .pods import Pod

HASH = "controller-revision-hash"


def relabelled(daemon_set: DaemonSet, revisions: t.Iterable[Json], pods: t.Iterable[Pod]) -> dict[str, str]:
    """The hash that each pod needs so that it is not restarted, by the pod's name; for those that need another one.

    To be asked when the controller has seen the DaemonSet's own template (``observed``).
    """
    own = [
        revision
        for revision in revisions
        if any(owner.get("uid") == daemon_set.uid for owner in revision["metadata"].get("ownerReferences") or ())
    ]
    if not own:
        return {}
    newest = max(own, key=lambda revision: int(revision["revision"]))
    final = _hash(newest)
    same = {_hash(revision) for revision in own if _pod_template(revision) == _pod_template(newest)} - {final}
    return {} if final is None else {pod.name: final for pod in pods if not pod.terminating and _hash(pod.raw) in same}


def _hash(labelled: Json) -> str | None:
    return (labelled["metadata"].get("labels") or {}).get(HASH)


def _pod_template(revision: Json) -> Json:
    """The template of a revision as far as it shows in pods."""
    template = ((revision.get("data") or {}).get("spec") or {}).get("template") or {}
    spec = dict(template.get("spec") or {})
    affinity = dict(spec.pop("affinity", None) or {})
    node = dict(affinity.pop("nodeAffinity", None) or {})
    node.pop("requiredDuringSchedulingIgnoredDuringExecution", None)
    return {**template, "spec": {**spec, "affinity": {**affinity, "nodeAffinity": node}}}
