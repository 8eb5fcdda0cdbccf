# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Whether the pods of kube-proxy run the present ConfigMap, and what to change so that they do.

kube-proxy does not notice an edited ConfigMap (1.20 to 1.36): a pod runs what was there when it started.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import typing as t
from dataclasses import dataclass

from ..common.problems import Problem, ValidationError
from .daemon_set import CHECKSUM, RESTORE, DaemonSet, Pod

Json = dict[str, t.Any]

_COUNT = re.compile(r"[0-9]{1,5}|(?:[0-9]|[1-9][0-9]|100)%")


@dataclass(frozen=True)
class RolloutOptions:
    """``max_unavailable`` is a number of pods or a percentage and, like ``min_ready_seconds``, for the roll only.

    A roll that is not ``awaited`` leaves the DaemonSet's settings alone, because nobody would put them back.
    """

    max_unavailable: str | None = None
    min_ready_seconds: int = 10
    ignored_nodes: frozenset[str] = frozenset()
    awaited: bool = True


def rollout_options(
    max_unavailable: str | None, min_ready_seconds: int, ignored_nodes: t.Iterable[str]
) -> RolloutOptions:
    """Read the options of a roll; raises ValidationError with every problem."""
    problems = []
    text = (max_unavailable or "").strip()
    if text and (not _COUNT.fullmatch(text) or int(text.rstrip("%")) == 0):
        problems.append(
            Problem(
                "max_unavailable", f"{text!r} is no number of nodes; write 1 or more, or a percentage such as '10%'"
            )
        )
    if min_ready_seconds < 0:
        problems.append(Problem("min_ready_seconds", f"{min_ready_seconds} is negative; write 0 or more seconds"))
    if problems:
        raise ValidationError(problems)
    return RolloutOptions(text or None, min_ready_seconds, frozenset(name for name in ignored_nodes if name))


@dataclass(frozen=True)
class Current:
    """ConfigMap, DaemonSet and pods as they were read; ``checksum`` is that of the ConfigMap's present content.

    ``dated`` says whether the API server tells when the ConfigMap was last written. Before Kubernetes 1.25 it does not
    when somebody writes who had written before (github.com/kubernetes/kubernetes/pull/110058; seen with 1.20).
    """

    config_map: Json
    daemon_set: DaemonSet
    pods: tuple[Pod, ...]
    checksum: str
    dated: bool = True

    def with_content(self, checksum: str) -> Current:
        """The same with content that is not written yet, which no pod can run."""
        metadata = {**self.config_map["metadata"], "managedFields": None}
        return dataclasses.replace(self, config_map={**self.config_map, "metadata": metadata}, checksum=checksum)

    def template_up_to_date(self) -> bool:
        """Whether the DaemonSet was told to run the present content."""
        return self.daemon_set.checksum == self.checksum

    def up_to_date(self, pod: Pod) -> bool | None:
        """Whether a pod runs the present content; None when nothing can tell.

        A pod that was told of another one runs the present one all the same when it was created after the ConfigMap was
        written: somebody edited by hand and restarted the pods.
        """
        if pod.checksum == self.checksum:
            return True
        unedited = never_edited(self.config_map)
        written = last_written(self.config_map)
        # Times are whole seconds: a pod of the very second of an edit may have started before it. None can have started
        # before the ConfigMap was there at all, and kubeadm makes both at once.
        if written is not None and (pod.created < written or (pod.created == written and not unedited)):
            return False
        if written is None or not (self.dated or unedited):
            return None if pod.checksum is None else False
        return True

    def proven(self) -> bool:
        """Whether the present content is known to work: every pod that is ready runs it and none fails.

        Pods of nodes that are down are not ready and say nothing about it.
        """
        ready = [pod for pod in self.pods if pod.ready and not pod.terminating]
        return (
            self.daemon_set.observed
            and 0 < len(ready) <= self.daemon_set.counts.available
            and all(self.up_to_date(pod) for pod in ready)
            and not any(pod.failing(pod.restarts) for pod in self.pods)
        )

    def needs_rollout(self) -> bool:
        """Whether pods have to be replaced: never when they run, or are being rolled to, the present content.

        Pods that are marked with another content are replaced even if they are younger than the present one: a wrong
        mark would be believed when that other content comes back.
        """
        if self.template_up_to_date():
            return False
        unannotated = self.daemon_set.checksum is None
        return not (unannotated and all(self.up_to_date(pod) for pod in self.pods if not pod.terminating))

    def unfinished(self, ignored_nodes: t.Collection[str] = ()) -> bool:
        """Whether a roll to the present content has begun and pods are still to be replaced."""
        waiting = [pod for pod in self.pods if not pod.terminating and pod.node not in ignored_nodes]
        return self.template_up_to_date() and not all(self.up_to_date(pod) for pod in waiting)


def last_written(config_map: Json) -> str | None:
    """When the ConfigMap's data were last written, from the API server's record of who owns which field.

    None without such a record: a server before Kubernetes 1.18 kept none, and clients may clear it.
    """
    times: list[str] = [entry["time"] for entry in _writers(config_map) if entry.get("time")]
    return max(times, default=None)


def never_edited(config_map: Json) -> bool:
    """Whether nobody wrote the data but the one who made the ConfigMap, when it was made."""
    times = [entry.get("time") for entry in _writers(config_map)]
    return times == [config_map["metadata"].get("creationTimestamp")]


def _writers(config_map: Json) -> list[Json]:
    fields = config_map["metadata"].get("managedFields") or ()
    return [entry for entry in fields if "f:data" in (entry.get("fieldsV1") or {})]


@dataclass(frozen=True)
class RolloutPlan:
    """The merge patch that starts the roll, or adapts one that has begun; None when there is nothing to send.

    ``restarts`` says whether pods are replaced because of it, ``changed`` whether the DaemonSet will not be as it was:
    also when settings of an earlier roll are still to be put back. ``preparation`` is what of the patch has to be in
    force before the rest is sent, None when that does not matter: the controller takes away at once every old pod that
    is younger than ``minReadySeconds`` (seen with Kubernetes 1.20).
    """

    patch: Json | None
    before: Json
    after: Json
    restarts: bool
    changed: bool
    preparation: Json | None = None


def plan_rollout(current: Current, options: RolloutOptions, down: frozenset[str] = frozenset()) -> RolloutPlan:
    """What to send so that every pod runs the present content; ``down`` are nodes not waited for which are not Ready.

    The pod of a node that is down counts as unavailable and would use up ``maxUnavailable`` for good, so as many are
    added to it.
    """
    daemon_set = current.daemon_set
    restarts = current.needs_rollout()
    present: Json = {"minReadySeconds": daemon_set.min_ready_seconds, "updateStrategy": daemon_set.strategy}
    wanted = present
    if options.awaited and restarts:
        wanted = _for_the_roll(daemon_set, options, len(down))
    elif options.awaited and current.unfinished(options.ignored_nodes):
        # Not minReadySeconds: raised in the middle of a roll, it would cost every pod that is not that old yet.
        wanted = {**present, "updateStrategy": _for_the_roll(daemon_set, options, len(down))["updateStrategy"]}
    metadata: Json = {"resourceVersion": daemon_set.raw["metadata"]["resourceVersion"]}
    spec: Json = {}
    preparation = None
    if wanted != present:
        metadata["annotations"] = {RESTORE: json.dumps(_lasting(daemon_set), sort_keys=True)}
        spec = _merge_patch(daemon_set, wanted)
        if restarts and wanted["minReadySeconds"] > daemon_set.min_ready_seconds:
            preparation = {"metadata": metadata, "spec": dict(spec)}
    if restarts:
        spec["template"] = {"metadata": {"annotations": {CHECKSUM: current.checksum}}}
    before: Json = {"config_checksum": daemon_set.checksum}
    after: Json = {"config_checksum": current.checksum}
    ends = options.awaited and (RESTORE in daemon_set.annotations or (wanted != present and not restarts))
    if ends:
        before["rollout"], after["rollout"] = "unfinished", "finished"
    return RolloutPlan(
        patch={"metadata": metadata, "spec": spec} if spec else None,
        before=before if restarts or ends else after,
        after=after,
        restarts=restarts,
        changed=restarts or ends,
        preparation=preparation,
    )


def plan_restore(daemon_set: DaemonSet) -> Json | None:
    """The merge patch that puts back what was changed for the duration of a roll; None when nothing was."""
    if RESTORE not in daemon_set.annotations:
        return None
    return {
        "metadata": {
            "resourceVersion": daemon_set.raw["metadata"]["resourceVersion"],
            "annotations": {RESTORE: None},
        },
        "spec": _merge_patch(daemon_set, _lasting(daemon_set)),
    }


def _lasting(daemon_set: DaemonSet) -> Json:
    """What the DaemonSet's spec is outside of a roll, also when an earlier roll was broken off."""
    recorded = daemon_set.annotations.get(RESTORE)
    if recorded:
        return t.cast(Json, json.loads(recorded))
    return {"minReadySeconds": daemon_set.min_ready_seconds, "updateStrategy": daemon_set.strategy}


def _for_the_roll(daemon_set: DaemonSet, options: RolloutOptions, down: int) -> Json:
    lasting = _lasting(daemon_set)
    rolling = dict(lasting["updateStrategy"].get("rollingUpdate") or {})
    allowed = options.max_unavailable or rolling.get("maxUnavailable") or 1
    if str(allowed).isdigit():
        rolling["maxUnavailable"] = int(allowed) + down
    elif down:
        # Rounded up, as the controller does.
        share = int(str(allowed).rstrip("%")) / 100
        rolling["maxUnavailable"] = math.ceil(daemon_set.counts.desired * share) + down
    else:
        rolling["maxUnavailable"] = allowed
    if rolling.get("maxSurge"):
        # Two instances on a node would fight over rules and ports.
        rolling["maxSurge"] = 0
    return {
        "minReadySeconds": max(options.min_ready_seconds, lasting["minReadySeconds"]),
        # OnDelete would wait for somebody to delete the pods.
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": rolling},
    }


def _merge_patch(daemon_set: DaemonSet, wanted: Json) -> Json:
    """``wanted`` as a merge patch on the present spec: members that are there and not wanted have to be named null."""
    strategy = dict(wanted["updateStrategy"])
    if "rollingUpdate" in daemon_set.strategy and "rollingUpdate" not in strategy:
        strategy["rollingUpdate"] = None
    elif "rollingUpdate" in strategy:
        present = daemon_set.strategy.get("rollingUpdate") or {}
        strategy["rollingUpdate"] = {**dict.fromkeys(present), **strategy["rollingUpdate"]}
    return {"minReadySeconds": wanted["minReadySeconds"], "updateStrategy": strategy}
