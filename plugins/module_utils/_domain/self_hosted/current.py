# SPDX-License-Identifier: GPL-3.0-or-later

"""What kube-proxy's objects are now, and whether the pods run what the ConfigMap holds.

kube-proxy does not notice an edited ConfigMap (1.20 to 1.36): a pod runs what was there when it started.
"""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from ..common.json_types import Json
from .annotations import MIGRATION
from .daemon_set import DaemonSet
from .pods import Pod


@dataclass(frozen=True)
class Current:
    """ConfigMap, DaemonSet and pods as they were read; ``checksum`` is that of the ConfigMap's content.

    ``dated`` says whether the API server records every time at which the ConfigMap was written. Before Kubernetes 1.25
    it does not when a client writes again that has written before (github.com/kubernetes/kubernetes/pull/110058; seen
    with 1.20). ``moved`` are pods of a migration's second DaemonSet, which run another configuration.
    """

    config_map: Json
    daemon_set: DaemonSet
    pods: tuple[Pod, ...]
    checksum: str
    dated: bool = True
    moved: tuple[Pod, ...] = ()

    @property
    def migrating(self) -> bool:
        """Whether nodes are on their way to another configuration (:mod:`.migration`)."""
        return bool(self.moved) or MIGRATION in self.daemon_set.annotations

    def with_content(self, checksum: str) -> Current:
        """The same with content that is not written yet, which no pod can run."""
        metadata = {**self.config_map["metadata"], "managedFields": None}
        return dataclasses.replace(self, config_map={**self.config_map, "metadata": metadata}, checksum=checksum)

    def template_up_to_date(self) -> bool:
        """Whether the pod template is marked with the current content."""
        return self._mark(self.daemon_set) == self.checksum

    def _mark(self, marked: Pod | DaemonSet) -> str | None:
        """The checksum that counts. Without dates, a mark from before a restart by hand is the best there is."""
        return marked.checksum if self.dated else marked.recorded_checksum

    def up_to_date(self, pod: Pod) -> bool | None:
        """Whether a pod runs the current content; None when there is no evidence.

        A pod that is marked with other content runs the current one all the same when it was created after the
        ConfigMap was written: somebody edited by hand and restarted the pods.
        """
        mark = self._mark(pod)
        if mark == self.checksum:
            return True
        unedited = never_edited(self.config_map)
        written = last_written(self.config_map)
        # Times are whole seconds: a pod of the very second of an edit may have started before it. None can have started
        # before the ConfigMap existed, and kubeadm makes both at once.
        if written is not None and (pod.created < written or (pod.created == written and not unedited)):
            return False
        if written is None or not (self.dated or unedited):
            return None if mark is None else False
        return True

    def proven(self) -> bool:
        """Whether the current content is known to work: every pod that is ready runs it and none has crashed.

        Pods of nodes that are down are not ready and are no evidence.
        """
        ready = [pod for pod in self.pods if pod.ready and not pod.terminating]
        return (
            self.daemon_set.observed
            and 0 < len(ready) <= self.daemon_set.counts.available
            and all(self.up_to_date(pod) for pod in ready)
            and not any(pod.crashed(pod.restarts) for pod in self.pods)
        )

    def needs_rollout(self) -> bool:
        """Whether a rollout has to begin: not when the pods run the current content, or a rollout to it has begun.

        Pods that are marked with other content are replaced even if they are younger than the current one: a wrong
        mark would be believed when that other content comes back. A mark from before a ``kubectl rollout restart`` is
        none.
        """
        if self.template_up_to_date():
            return False
        unmarked = self._mark(self.daemon_set) is None
        return not (unmarked and all(self.up_to_date(pod) for pod in self.pods if not pod.terminating))

    def unfinished(self, ignored_nodes: t.Collection[str] = ()) -> bool:
        """Whether a rollout to the current content has begun and pods are still to be replaced."""
        # A pod that ends is still to be replaced: on a node that is down, nobody ends it.
        waiting = [pod for pod in self.pods if pod.node not in ignored_nodes]
        return self.template_up_to_date() and not all(self.up_to_date(pod) for pod in waiting)


def last_written(config_map: Json) -> str | None:
    """When the ConfigMap's data were last written, from the API server's record of who owns which field.

    RFC 3339 in UTC and whole seconds. None without such a record: a server before Kubernetes 1.18 keeps none, and
    clients may clear it.
    """
    times: list[str] = [entry["time"] for entry in _writers(config_map) if entry.get("time")]
    return max(times, default=None)


def never_edited(config_map: Json) -> bool:
    """Whether the data were written once only: by the client that created the ConfigMap, at that moment."""
    times = [entry.get("time") for entry in _writers(config_map)]
    return times == [config_map["metadata"].get("creationTimestamp")]


def _writers(config_map: Json) -> list[Json]:
    fields = config_map["metadata"].get("managedFields") or ()
    return [entry for entry in fields if "f:data" in (entry.get("fieldsV1") or {})]
