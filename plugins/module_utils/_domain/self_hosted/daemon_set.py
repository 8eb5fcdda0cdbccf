# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""The DaemonSet of kube-proxy and its pods, read from the API server's JSON.

kubeadm's objects (1.20 to 1.36): one container with ``--config=/var/lib/kube-proxy/config.conf`` from a mounted
ConfigMap, no probes, so that a pod which crash-loops counts as available between two crashes.
"""

from __future__ import annotations

import posixpath
import typing as t
from dataclasses import dataclass

from ..common.problems import RefusedError

Json = dict[str, t.Any]

#: Annotation of the pod template: what the ConfigMap's content was when the pods were rolled.
CHECKSUM = "clusterops.kube-proxy/config-checksum"
#: Annotation of the DaemonSet: what of its spec is changed for the duration of a roll, as it was before.
RESTORE = "clusterops.kube-proxy/restore-after-rollout"
#: Annotation of the ConfigMap: the configuration that the nodes ran before the one that was written last.
LAST_GOOD = "clusterops.kube-proxy/last-good-config"
#: Annotation of the ConfigMap: the configuration that this collection wrote last, to be found when somebody else edits.
WRITTEN = "clusterops.kube-proxy/written-config"

#: Reasons for which a container waits and that no waiting will cure.
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


@dataclass(frozen=True)
class Program:
    """How the DaemonSet starts kube-proxy: container, image, path of the program and of its configuration."""

    container: str
    image: str
    path: str

    @property
    def version_text(self) -> str:
        """The image's tag, from which kube-proxy's version is read; empty when it has none (a digest alone)."""
        name = self.image.partition("@")[0].rpartition("/")[2]
        return name.partition(":")[2]


@dataclass(frozen=True)
class Counts:
    """The DaemonSet's own status, in pods; absent numbers are zero, as the API leaves them out."""

    desired: int
    current: int
    updated: int
    ready: int
    available: int
    misscheduled: int


@dataclass(frozen=True)
class DaemonSet:
    raw: Json

    @property
    def where(self) -> str:
        return f"DaemonSet {self.raw['metadata']['namespace']}/{self.raw['metadata']['name']}"

    @property
    def uid(self) -> str:
        return str(self.raw["metadata"]["uid"])

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.raw["spec"]["selector"].get("matchLabels") or {})

    @property
    def checksum(self) -> str | None:
        """The configuration that its pods were last told to run."""
        return self._template_annotations.get(CHECKSUM)

    @property
    def _template_annotations(self) -> Json:
        return self.raw["spec"]["template"].get("metadata", {}).get("annotations") or {}

    @property
    def annotations(self) -> Json:
        return self.raw["metadata"].get("annotations") or {}

    @property
    def strategy(self) -> Json:
        return self.raw["spec"].get("updateStrategy") or {}

    @property
    def min_ready_seconds(self) -> int:
        return int(self.raw["spec"].get("minReadySeconds") or 0)

    @property
    def max_unavailable(self) -> t.Any:
        """A number of pods or a percentage; the API's default is 1."""
        return (self.strategy.get("rollingUpdate") or {}).get("maxUnavailable", 1)

    @property
    def observed(self) -> bool:
        """Whether the controller has seen the present spec; before, its status tells of an earlier one."""
        return int(self._status.get("observedGeneration") or 0) >= int(self.raw["metadata"]["generation"])

    @property
    def counts(self) -> Counts:
        names = {
            "desired": "desiredNumberScheduled",
            "current": "currentNumberScheduled",
            "updated": "updatedNumberScheduled",
            "ready": "numberReady",
            "available": "numberAvailable",
            "misscheduled": "numberMisscheduled",
        }
        return Counts(**{name: int(self._status.get(field) or 0) for name, field in names.items()})

    @property
    def _status(self) -> Json:
        return self.raw.get("status") or {}

    def rolled_out(self, ignored: int = 0) -> bool:
        """Whether the controller reports all pods but ``ignored`` as updated and available."""
        counts, wanted = self.counts, self.counts.desired - ignored
        return self.observed and counts.updated >= wanted and counts.available >= wanted

    def program(self, config_map: str, key: str) -> Program:
        """How kube-proxy reads ``key`` of ``config_map``; raises RefusedError when it does not."""
        spec = self.raw["spec"]["template"]["spec"]
        configured = [
            (container, path) for container in spec["containers"] if (path := _config_path(container)) is not None
        ]
        if not configured:
            raise RefusedError(
                f"{self.where} starts no container with --config, so kube-proxy reads no configuration file there and "
                f"editing a ConfigMap would change nothing (k3s, RKE2 and kops use flags); configure kube-proxy the "
                f"way it was installed, or name the right object in daemon_set"
            )
        container, path = configured[0]
        source = _source(spec, container, path)
        if source != (config_map, key):
            found = f"key {source[1]} of ConfigMap {source[0]}" if source else "no ConfigMap"
            raise RefusedError(
                f"{self.where} reads its configuration {path} from {found}, not from key {key} of ConfigMap "
                f"{config_map}; name the right ones in config_map and key"
            )
        return Program(str(container["name"]), str(container["image"]), _command(container)[0])


def _command(container: Json) -> list[str]:
    return [str(word) for word in [*(container.get("command") or []), *(container.get("args") or [])]]


def _config_path(container: Json) -> str | None:
    words = _command(container)
    for word, following in zip(words, [*words[1:], ""], strict=True):
        flag, equals, value = word.partition("=")
        if flag in ("--config", "-config"):
            return value if equals else following
    return None


def _source(spec: Json, container: Json, path: str) -> tuple[str, str] | None:
    """ConfigMap and key behind a path in a container; None when it is no file of a ConfigMap."""
    volumes = {volume["name"]: volume for volume in spec.get("volumes") or ()}
    for mount in container.get("volumeMounts") or ():
        source = volumes.get(mount["name"], {}).get("configMap")
        if source is None:
            continue
        if mount.get("subPath"):
            file = mount["subPath"] if path == mount["mountPath"] else None
        else:
            folder, name = posixpath.split(path)
            file = name if posixpath.normpath(folder) == posixpath.normpath(mount["mountPath"]) else None
        if file is None:
            continue
        items = source.get("items")
        keys = {item["path"]: item["key"] for item in items} if items else {file: file}
        if file in keys:
            return source["name"], keys[file]
    return None


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
        times = [(status.get("state") or {}).get("running", {}).get("startedAt") for status in self._containers]
        return min((time for time in times if time), default=None)

    @property
    def state(self) -> str:
        """One word for a person: Running, Pending, CrashLoopBackOff ..."""
        for status in self._containers:
            state = status.get("state") or {}
            for kind in ("waiting", "terminated"):
                if kind in state:
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
                if "terminated" in state:
                    return int(state["terminated"].get("exitCode") or 0)
        return None

    def failing(self, earlier_restarts: int) -> bool:
        """Whether it crashed since it had restarted so many times, or cannot be started at all."""
        if self.terminating:
            return False
        states = [status.get("state") or {} for status in self._containers]
        hopeless = any((state.get("waiting") or {}).get("reason") in _HOPELESS for state in states)
        ended = any("terminated" in state for state in states)
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
