# SPDX-License-Identifier: GPL-3.0-or-later

"""What to send to the DaemonSet so that every pod runs the current ConfigMap, and what to put back afterwards."""

from __future__ import annotations

import json
import math
import re
import typing as t
from dataclasses import dataclass

from ..common.blank import given, is_blank
from ..common.json_types import Json
from ..common.listed import counted, listed
from ..common.printable import quoted
from ..common.problems import Problem, RefusedError, ValidationError
from ..common.reading import MalformedError, Members, decode
from .annotations import RESTORE, marked
from .current import Current
from .daemon_set import DaemonSet
from .usual_time import described, pace

#: Nodes that the diff of a rollout names; of the others it says how many there are.
NAMED_NODES = 20
#: Seconds that one pod may have to run before the next is replaced; more is a mistake, and 32 bits are a limit.
LONGEST_READY_SECONDS = 86_400

_COUNT = re.compile(r"[0-9]{1,5}|(?:[0-9]|[1-9][0-9]|100)%")


@dataclass(frozen=True)
class RolloutOptions:
    """``max_unavailable`` is a number of pods or a percentage and, like ``min_ready_seconds``, for the rollout only.

    A rollout that is not ``awaited`` leaves the DaemonSet's settings alone, because nobody would put them back.
    """

    max_unavailable: str | None = None
    min_ready_seconds: int = 10
    ignored_nodes: frozenset[str] = frozenset()
    awaited: bool = True


def rollout_options(
    max_unavailable: str | None, min_ready_seconds: int, ignored_nodes: t.Iterable[str]
) -> RolloutOptions:
    """Read the options of a rollout; raises ValidationError with every problem."""
    problems = []
    text = str(given(max_unavailable, "")).strip()
    if text and (not _COUNT.fullmatch(text) or int(text.rstrip("%")) == 0):
        problems.append(
            Problem(
                "max_unavailable",
                f"{quoted(text)} is not a number of nodes; write 1 or more, or a percentage such as '10%'",
            )
        )
    if min_ready_seconds < 0:
        problems.append(Problem("min_ready_seconds", f"{min_ready_seconds} is negative; write 0 or more seconds"))
    if min_ready_seconds > LONGEST_READY_SECONDS:
        problems.append(Problem("min_ready_seconds", f"{min_ready_seconds} seconds are more than a day; give less"))
    if problems:
        raise ValidationError(problems)
    return RolloutOptions(
        text or None, min_ready_seconds, frozenset(name for name in ignored_nodes if not is_blank(name))
    )


@dataclass(frozen=True)
class RolloutPlan:
    """The merge patch that starts the rollout, or adapts one that has begun; None when there is nothing to send.

    ``restarts`` says whether pods are replaced because of it, ``changed`` whether the DaemonSet will not be as it was:
    also when settings of an earlier rollout are still to be put back. ``before`` and ``after`` are the diff;
    ``restart`` in ``after`` says which pods are replaced, and how many at a time. ``preparation`` is the part of the
    patch that has to be in force before the rest is sent, None when that does not matter: the controller takes away at
    once every old pod that is younger than ``minReadySeconds`` (seen with Kubernetes 1.20). ``usual_time`` is how long
    the pods that are still to be replaced usually take, None without any.
    """

    patch: Json | None
    before: Json
    after: Json
    restarts: bool
    changed: bool
    preparation: Json | None = None
    usual_time: str | None = None


def plan_rollout(current: Current, options: RolloutOptions, down: frozenset[str] = frozenset()) -> RolloutPlan:
    """What to send so that every pod runs the current content; ``down`` are nodes that are not Ready.

    The pod of a node that is down counts as unavailable and would use up ``maxUnavailable`` for good, so as many are
    added to it.
    """
    daemon_set = current.daemon_set
    restarts = current.needs_rollout()
    settings: Json = {"minReadySeconds": daemon_set.min_ready_seconds, "updateStrategy": daemon_set.strategy}
    desired = settings
    if options.awaited and restarts:
        desired = _during_rollout(daemon_set, options, len(down))
    elif options.awaited and current.unfinished(options.ignored_nodes):
        # Not minReadySeconds: raised in the middle of a rollout, it would cost every pod that is not that old yet.
        desired = {**settings, "updateStrategy": _during_rollout(daemon_set, options, len(down))["updateStrategy"]}
    metadata: Json = {"resourceVersion": daemon_set.raw["metadata"]["resourceVersion"]}
    spec: Json = {}
    preparation = None
    if desired != settings:
        metadata["annotations"] = {RESTORE: json.dumps(lasting(daemon_set), sort_keys=True)}
        spec = _merge_patch(daemon_set, desired)
        if restarts and desired["minReadySeconds"] > daemon_set.min_ready_seconds:
            preparation = {"metadata": metadata, "spec": dict(spec)}
    if restarts:
        spec["template"] = {"metadata": {"annotations": marked(daemon_set.template_annotations, current.checksum)}}
    before: Json = {"config_checksum": daemon_set.checksum}
    after: Json = {"config_checksum": current.checksum}
    if restarts:
        after["restart"] = _restart(current, desired)
    finishes = options.awaited and (RESTORE in daemon_set.annotations or (desired != settings and not restarts))
    if finishes:
        before["rollout"], after["rollout"] = "unfinished", "finished"
    return RolloutPlan(
        patch={"metadata": metadata, "spec": spec} if spec else None,
        before=before if restarts or finishes else after,
        after=after,
        restarts=restarts,
        changed=restarts or finishes,
        preparation=preparation,
        usual_time=_usual_time(current, options, desired, down),
    )


def _restart(current: Current, settings: Json) -> str:
    """Which pods a rollout replaces, and how many at a time, for the diff."""
    nodes = sorted(pod.node for pod in current.pods if not pod.terminating)
    if settings["updateStrategy"].get("type") == "OnDelete":
        how = "each when it is deleted"
    else:
        allowed = (settings["updateStrategy"].get("rollingUpdate") or {}).get("maxUnavailable") or 1
        how = pace(allowed)
    return f"{counted(len(nodes), 'pod')}, {how}: {listed(nodes, NAMED_NODES)}"


def _usual_time(current: Current, options: RolloutOptions, settings: Json, down: frozenset[str]) -> str | None:
    """How long the rollout usually takes from here on; the pods of nodes that are down are not waited for."""
    rolling = settings["updateStrategy"]
    replaced = [pod for pod in current.pods if not pod.terminating and pod.node not in down]
    if not current.needs_rollout():
        replaced = [pod for pod in replaced if pod.node not in options.ignored_nodes and not current.up_to_date(pod)]
    if not replaced or rolling.get("type") == "OnDelete":
        return None
    allowed = (rolling.get("rollingUpdate") or {}).get("maxUnavailable") or 1
    at_a_time = max(1, pods_at_once(allowed, current.daemon_set.counts.desired) - len(down))
    return described(len(replaced), at_a_time, settings["minReadySeconds"])


def plan_restore(daemon_set: DaemonSet) -> Json | None:
    """The merge patch that puts back what was changed for the duration of a rollout; None when nothing was."""
    if RESTORE not in daemon_set.annotations:
        return None
    return {
        "metadata": {
            "resourceVersion": daemon_set.raw["metadata"]["resourceVersion"],
            "annotations": {RESTORE: None},
        },
        "spec": _merge_patch(daemon_set, lasting(daemon_set)),
    }


def lasting(daemon_set: DaemonSet) -> Json:
    """The DaemonSet's settings outside of a rollout, also when an earlier rollout was interrupted."""
    recorded = daemon_set.annotations.get(RESTORE)
    if not recorded:
        return {"minReadySeconds": daemon_set.min_ready_seconds, "updateStrategy": daemon_set.strategy}
    try:
        settings = Members.of(decode(recorded.encode("utf-8", "surrogatepass")), "it")
        seconds, strategy = settings.maybe_count("minReadySeconds"), settings.maybe_object("updateStrategy")
        if seconds is None or strategy is None:
            raise MalformedError("it lacks minReadySeconds or updateStrategy")
        strategy.maybe_object("rollingUpdate")
    except MalformedError as error:
        raise RefusedError(
            f"{daemon_set.where}: the annotation {RESTORE} should hold its settings from before a rollout that was "
            f"interrupted, and cannot be read: {error}. Set minReadySeconds and updateStrategy of the DaemonSet as "
            f"they should be, and remove the annotation"
        ) from None
    return {"minReadySeconds": seconds, "updateStrategy": dict(strategy.members)}


def pods_at_once(allowed: int | str, pods: int) -> int:
    """How many of so many pods a number or a percentage is; one for anything else."""
    text = str(allowed)
    if not _COUNT.fullmatch(text):
        return 1
    # Rounded up, as the controller does.
    return math.ceil(pods * int(text.rstrip("%")) / 100) if text.endswith("%") else int(text)


def _during_rollout(daemon_set: DaemonSet, options: RolloutOptions, down: int) -> Json:
    """The DaemonSet's settings for the duration of the rollout; ``down`` nodes are added to ``maxUnavailable``."""
    settings = lasting(daemon_set)
    rolling = dict(settings["updateStrategy"].get("rollingUpdate") or {})
    allowed = options.max_unavailable or rolling.get("maxUnavailable") or 1
    if str(allowed).isdigit():
        rolling["maxUnavailable"] = int(allowed) + down
    elif down and _COUNT.fullmatch(str(allowed)):
        rolling["maxUnavailable"] = pods_at_once(allowed, daemon_set.counts.desired) + down
    else:
        rolling["maxUnavailable"] = allowed
    if rolling.get("maxSurge"):
        # Two instances on a node would fight over rules and ports.
        rolling["maxSurge"] = 0
    return {
        "minReadySeconds": max(options.min_ready_seconds, settings["minReadySeconds"]),
        # OnDelete would wait for somebody to delete the pods.
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": rolling},
    }


def _merge_patch(daemon_set: DaemonSet, desired: Json) -> Json:
    """``desired`` as a merge patch on the current spec: members that are there and not desired are named with null."""
    strategy = dict(desired["updateStrategy"])
    if "rollingUpdate" in daemon_set.strategy and "rollingUpdate" not in strategy:
        strategy["rollingUpdate"] = None
    elif "rollingUpdate" in strategy:
        current = daemon_set.strategy.get("rollingUpdate") or {}
        strategy["rollingUpdate"] = {**dict.fromkeys(current), **strategy["rollingUpdate"]}
    return {"minReadySeconds": desired["minReadySeconds"], "updateStrategy": strategy}
