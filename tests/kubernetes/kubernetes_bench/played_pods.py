# SPDX-License-Identifier: GPL-3.0-or-later

"""How the container of a played pod fares: a small machine of its own for every pod, and the faults it may meet.

kube-proxy's pods have no probes, so a container is ready whenever it runs: one that crashes is ready in between.
"""

from __future__ import annotations

import datetime
import enum
import typing as t
from dataclasses import dataclass, field

#: A pod or a node as the API has it.
Object = dict[str, t.Any]


@dataclass
class Faults:
    """What goes wrong; every attribute may be changed at any time and holds for what happens from then on."""

    #: Says why the container ends with status 1, given its pod and the ConfigMap text it starts with; None: it runs.
    crash: t.Callable[[Object, str], str | None] | None = None
    #: Seconds a crashing container runs, and is ready, before it ends.
    crash_after: float = 0.0
    #: Seconds until a container that ended is started again.
    crash_back_off: float = 0.3
    #: Says why the image cannot be pulled, given the pod; None: it can.
    image_error: t.Callable[[Object], str | None] | None = None
    #: Seconds between the arrival of a pod on its node and the start of its container.
    start_seconds: float = 0.0
    #: The same for a pod whose container shall end by itself.
    trial_seconds: float = 0.0
    #: Seconds between the deletion of a pod and the end of its container.
    stop_seconds: float = 0.0


class Phase(enum.Enum):
    CREATING = "ContainerCreating"
    PULL_FAILED = "ImagePullBackOff"
    RUNNING = "Running"
    BACK_OFF = "CrashLoopBackOff"
    ENDED = "Completed"


@dataclass
class PlayedPod:
    """One pod on a node that is up. ``step`` says whether there is a new status to report."""

    since: float
    phase: Phase = Phase.CREATING
    restarts: int = 0
    message: str | None = None  # why the container that runs now is going to crash
    ended: tuple[str, int] | None = None  # why the last one crashed, and how many were before it
    pull_error: str = ""
    configuration: str = ""
    log: list[str] = field(default_factory=list)
    previous_log: list[str] = field(default_factory=list)
    deleted: float | None = None  # when it was first seen that somebody deleted the pod

    def step(self, pod: Object, faults: Faults, configuration: t.Callable[[], str], now: float) -> bool:
        age = now - self.since
        if self.phase in (Phase.CREATING, Phase.PULL_FAILED):
            error = faults.image_error(pod) if faults.image_error else None
            if error is not None:
                changed = (self.phase, self.pull_error) != (Phase.PULL_FAILED, error)
                self.phase, self.pull_error = Phase.PULL_FAILED, error
                return changed
            if age < (faults.trial_seconds if _ends(pod) else faults.start_seconds):
                return False
            if _ends(pod):
                self.phase = Phase.ENDED
                return True
            self._start(pod, faults, configuration(), now)
            return True
        if self.phase is Phase.RUNNING and self.message is not None and age >= faults.crash_after:
            self._crash(self.message, now)
            return True
        if self.phase is Phase.BACK_OFF and age >= faults.crash_back_off:
            self.restarts += 1
            self._start(pod, faults, configuration(), now)
            return True
        return False

    def stopped(self, faults: Faults, now: float) -> bool:
        """Whether the container of a deleted pod has ended by now."""
        self.deleted = now if self.deleted is None else self.deleted
        return now - self.deleted >= faults.stop_seconds

    def _start(self, pod: Object, faults: Faults, configuration: str, now: float) -> None:
        self.configuration = configuration
        self.message = faults.crash(pod, configuration) if faults.crash else None
        self.previous_log = self.log
        self.log = ["I1101 00:00:00.000000       1 server.go:1] played kube-proxy started"]
        if self.message is not None:
            self.log.append(f"F1101 00:00:00.000000       1 server.go:2] {self.message}")
        self.phase, self.since = Phase.RUNNING, now
        # One that crashes at once is not seen running.
        if self.message is not None and faults.crash_after <= 0:
            self._crash(self.message, now)

    def _crash(self, message: str, now: float) -> None:
        self.phase, self.since = Phase.BACK_OFF, now
        self.ended = (message, self.restarts)

    def status(self, pod: Object, pod_ip: str) -> Object:
        """The status a kubelet would report."""
        running = self.phase is Phase.RUNNING
        container = pod["spec"]["containers"][0]
        report: Object = {
            "name": container["name"],
            "image": container["image"],
            "imageID": "",
            "ready": running,
            "started": running,
            "restartCount": self.restarts,
            "state": self._state(container["name"]),
            "lastState": {},
        }
        if self.phase is not Phase.CREATING and self.phase is not Phase.PULL_FAILED:
            report["containerID"] = _container_id(pod, self.restarts)
        if self.ended is not None:
            message, number = self.ended
            report["lastState"] = {
                "terminated": {
                    "exitCode": 1,
                    "reason": "Error",
                    "message": message,
                    "startedAt": timestamp(),
                    "finishedAt": timestamp(),
                    "containerID": _container_id(pod, number),
                }
            }
        phases = {Phase.RUNNING: "Running", Phase.BACK_OFF: "Running", Phase.ENDED: "Succeeded"}
        return {
            "phase": phases.get(self.phase, "Pending"),
            "startTime": timestamp(),
            "hostIP": pod_ip,
            "podIP": pod_ip,
            "containerStatuses": [report],
            "conditions": conditions(running),
        }

    def _state(self, container: str) -> Object:
        if self.phase is Phase.RUNNING:
            return {"running": {"startedAt": timestamp()}}
        if self.phase is Phase.ENDED:
            times = dict.fromkeys(("startedAt", "finishedAt"), timestamp())
            return {"terminated": {"exitCode": 0, "reason": self.phase.value, **times}}
        waiting = {"reason": self.phase.value}
        if self.phase is Phase.BACK_OFF:
            waiting["message"] = f"back-off restarting failed container={container}"
        elif self.phase is Phase.PULL_FAILED:
            waiting["message"] = self.pull_error
        return {"waiting": waiting}


def _ends(pod: Object) -> bool:
    """Whether its container is one that does something and ends, and is not started again."""
    return bool(pod["spec"].get("restartPolicy") == "Never")


def _container_id(pod: Object, number: int) -> str:
    return f"played://{pod['metadata']['uid']}-{number}"


def conditions(ready: bool) -> list[Object]:
    return [
        {
            "type": kind,
            "status": "True" if ready or kind in ("Initialized", "PodScheduled") else "False",
            "lastTransitionTime": timestamp(),
        }
        for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]


def timestamp() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
