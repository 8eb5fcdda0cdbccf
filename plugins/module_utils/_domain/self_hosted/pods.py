# SPDX-License-Identifier: GPL-3.0-or-later

"""The pods of kube-proxy, read from the API server's JSON: up or not, and when one counts as crashed.

kubeadm's pods (1.20 to 1.36) have no probes, so that a pod which crash-loops counts as available between two crashes.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..common.json_types import Json
from .annotations import CHECKSUM, MIGRATION, mark
from .daemon_set import DaemonSet

#: Reasons for which a container waits and which time does not cure.
_HOPELESS = frozenset(
    {
        "CrashLoopBackOff",
        "CreateContainerConfigError",
        "CreateContainerError",
        "ErrImageNeverPull",
        "ImagePullBackOff",
        "InvalidImageName",
        "RunContainerError",
    }
)


def is_ready(raw: Json) -> bool:
    """Whether a Node or a Pod has the condition Ready."""
    conditions = (raw.get("status") or {}).get("conditions") or ()
    return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in conditions)


@dataclass(frozen=True)
class Pod:
    raw: Json

    @property
    def name(self) -> str:
        return str(self.raw["metadata"]["name"])

    @property
    def node(self) -> str:
        """Where it runs; a pod that is not bound yet names its node in its affinity only."""
        spec = self.raw["spec"]
        if spec.get("nodeName"):
            return str(spec["nodeName"])
        affinity = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
            "requiredDuringSchedulingIgnoredDuringExecution"
        ) or {}
        for term in affinity.get("nodeSelectorTerms") or ():
            for field in term.get("matchFields") or ():
                if field.get("key") == "metadata.name" and field.get("values"):
                    return str(field["values"][0])
        return ""

    @property
    def checksum(self) -> str | None:
        """Checksum that it was created with: the configuration it is marked with; None before a first rollout."""
        return mark(self.raw["metadata"].get("annotations") or {})

    @property
    def recorded_checksum(self) -> str | None:
        """The same also where the template was restarted after it was marked."""
        return (self.raw["metadata"].get("annotations") or {}).get(CHECKSUM)

    @property
    def created(self) -> str:
        """RFC 3339 in UTC and whole seconds, as every time of the API's metadata: text that sorts by time."""
        return str(self.raw["metadata"]["creationTimestamp"])

    @property
    def terminating(self) -> bool:
        return bool(self.raw["metadata"].get("deletionTimestamp"))

    @property
    def ready(self) -> bool:
        return is_ready(self.raw)

    @property
    def restarts(self) -> int:
        return sum(int(status.get("restartCount") or 0) for status in self._containers)

    @property
    def started(self) -> str | None:
        """When its oldest running container was started, which is when that one read its configuration."""
        times = [((status.get("state") or {}).get("running") or {}).get("startedAt") for status in self._containers]
        return min((time for time in times if time), default=None)

    @property
    def state(self) -> str:
        """One word for a person: Running, Pending, CrashLoopBackOff ..."""
        for status in self._containers:
            state = status.get("state") or {}
            for kind in ("waiting", "terminated"):
                if state.get(kind) is not None:
                    return str(state[kind].get("reason") or kind.capitalize())
        return str(self._status.get("phase") or "Unknown")

    @property
    def termination_message(self) -> str:
        for status in self._containers:
            for state in (status.get("state") or {}, status.get("lastState") or {}):
                message = (state.get("terminated") or {}).get("message")
                if message:
                    return str(message).strip()
        return ""

    @property
    def exit_code(self) -> int | None:
        for status in self._containers:
            for state in (status.get("state") or {}, status.get("lastState") or {}):
                if state.get("terminated") is not None:
                    return int(state["terminated"].get("exitCode") or 0)
        return None

    def crashed(self, earlier_restarts: int) -> bool:
        """Whether it crashed since it had restarted that often, or cannot be started at all."""
        if self.terminating:
            return False
        states = [status.get("state") or {} for status in self._containers]
        hopeless = any((state.get("waiting") or {}).get("reason") in _HOPELESS for state in states)
        ended = any(state.get("terminated") is not None for state in states)
        return hopeless or ended or self.restarts > earlier_restarts

    @property
    def _status(self) -> Json:
        return self.raw.get("status") or {}

    @property
    def _containers(self) -> list[Json]:
        return list(self._status.get("containerStatuses") or ())


def owned(pods: t.Iterable[Json], daemon_set: DaemonSet) -> tuple[Pod, ...]:
    """The DaemonSet's own pods, sorted by node; labels alone may match others."""
    own = [
        Pod(raw)
        for raw in pods
        if any(owner.get("uid") == daemon_set.uid for owner in raw["metadata"].get("ownerReferences") or ())
    ]
    return tuple(sorted(own, key=lambda pod: (pod.node, pod.created)))


def moved(pods: t.Iterable[Json]) -> tuple[Pod, ...]:
    """Of pods with the labels of kube-proxy's, those of a migration's second DaemonSet (:mod:`.migration`).

    Not those that are being deleted: on a node that is down they stay long after the migration is over.
    """
    return tuple(pod for pod in of_migration(pods) if not pod.terminating)


def of_migration(pods: t.Iterable[Json]) -> tuple[Pod, ...]:
    """The same with those that are being deleted; nobody owns them once somebody has deleted their DaemonSet."""
    return tuple(Pod(raw) for raw in pods if MIGRATION in (raw["metadata"].get("labels") or {}))
