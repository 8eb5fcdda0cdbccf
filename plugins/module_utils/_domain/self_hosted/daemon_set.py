# SPDX-License-Identifier: GPL-3.0-or-later

"""The DaemonSet of kube-proxy, read from the API server's JSON."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..common.json_types import Json
from ..common.problems import RefusedError
from .annotations import CHECKSUM, mark
from .program import Program, programs


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
        """Checksum in the pod template: the configuration that its pods are to run; None before a first rollout."""
        return mark(self.template_annotations)

    @property
    def recorded_checksum(self) -> str | None:
        """The same also where the template was restarted after it was marked."""
        return self.template_annotations.get(CHECKSUM)

    @property
    def template_annotations(self) -> Json:
        return (self.raw["spec"]["template"].get("metadata") or {}).get("annotations") or {}

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
        """Whether the controller has seen the current spec; until then its status is about an earlier one."""
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
        counts, desired = self.counts, self.counts.desired - ignored
        return self.observed and counts.updated >= desired and counts.available >= desired

    def program(self, config_map: str, key: str) -> Program:
        """How kube-proxy reads ``key`` of ``config_map``; raises RefusedError when it does not."""
        found = programs(self.raw["spec"]["template"]["spec"])
        configured = [program for program in found if program.config is not None]
        if not configured:
            raise RefusedError(
                f"{self.where} starts no container with --config, so kube-proxy reads no configuration file there and "
                f"editing a ConfigMap would change nothing (k3s, RKE2 and kops use flags); configure kube-proxy the "
                f"way it was installed, or name the right object in daemon_set"
            )
        for program in configured:
            if program.source == (config_map, key):
                return program
        program = configured[0]
        source = f"key {program.source[1]} of ConfigMap {program.source[0]}" if program.source else "no ConfigMap"
        raise RefusedError(
            f"{self.where} reads its configuration {program.config} in container {program.container} from {source}, "
            f"not from key {key} of ConfigMap {config_map}; name the right ones in config_map and key"
        )
