# SPDX-License-Identifier: GPL-3.0-or-later

"""What results say about kube-proxy's pods: one node's kube-proxy, the DaemonSet's progress, a crashed pod's log."""

from __future__ import annotations

import dataclasses

from ..._adapters.kubernetes.server_errors import KubernetesError
from ..._domain.common.json_types import Json
from ..._domain.common.listed import listed
from ..._domain.self_hosted.current import Current
from ..._domain.self_hosted.pods import Pod
from .context import KubernetesContext
from .read_current import Target, program_of

#: Lines of a crashed pod's log that are returned; kube-proxy's reason is in the last ones.
LOG_LINES = 20


def pod_facts(current: Current, pod: Pod) -> Json:
    """One node's kube-proxy; ``up_to_date`` is null when there is no evidence which configuration it runs."""
    return {
        "node": pod.node,
        "pod": pod.name,
        "state": pod.state,
        "ready": pod.ready,
        "restarts": pod.restarts,
        "started": pod.started,
        "up_to_date": current.up_to_date(pod),
    }


def rollout_facts(current: Current) -> Json:
    """Where a rollout stands, as a result returns it."""
    return {
        "config_checksum": current.checksum,
        "daemon_set": dataclasses.asdict(current.daemon_set.counts),
        "nodes": [pod_facts(current, pod) for pod in current.pods if not pod.terminating],
    }


def progress(current: Current) -> str:
    """Where a rollout stands, for a message."""
    counts = current.daemon_set.counts
    late = [
        f"{pod.node} ({pod.name}: {pod.state}, {'current' if current.up_to_date(pod) else 'earlier'} configuration)"
        for pod in current.pods
        if not (current.up_to_date(pod) and pod.ready)
    ]
    return (
        f"{counts.updated} of {counts.desired} pods are updated and {counts.available} available; not done: "
        f"{listed(late) or 'none that can be seen'}"
    )


def failed_pod(ctx: KubernetesContext, target: Target, current: Current, pod: Pod) -> Json:
    """A pod that does not stay up, with the end of its log."""
    return {
        "name": pod.name,
        "node": pod.node,
        "state": pod.state,
        "restarts": pod.restarts,
        "exit_code": pod.exit_code,
        "termination_message": pod.termination_message,
        "log": _log(ctx, target, current, pod),
    }


def why_it_fails(pod: Pod, log: list[str]) -> str:
    """Of a pod that does not stay up, as sentences."""
    exit_status = "" if pod.exit_code is None else f", exit status {pod.exit_code}"
    termination = f" Termination message: {pod.termination_message}" if pod.termination_message else ""
    return (
        f"pod {pod.name} does not stay up ({pod.state}, {pod.restarts} restarts{exit_status}).{termination} Last log "
        f"lines: {' / '.join(log[-3:]) or 'none'}"
    )


def _log(ctx: KubernetesContext, target: Target, current: Current, pod: Pod) -> list[str]:
    container = program_of(current, target).container
    reason = "its log is empty"
    # Of a container that is just being started again, the reason is in the log of the one before.
    for previous in (True, False):
        try:
            text = ctx.api.pod_log(target.namespace, pod.name, container, lines=LOG_LINES, previous=previous)
        except KubernetesError as error:
            reason = str(error)
        else:
            if text.strip():
                return [line.rstrip() for line in text.splitlines()]
    return [f"({reason})"]
