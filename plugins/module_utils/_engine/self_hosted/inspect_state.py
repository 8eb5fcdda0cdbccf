# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""What kube-proxy shall do in a self-hosted cluster, what it does on each node, and how the two differ."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._adapters.kubernetes.server_errors import KubernetesError
from ..._domain.common.problems import ValidationError
from ..._domain.kube_proxy.addresses import host_port_problem, split_host_port
from ..._domain.kube_proxy.defaults import METRICS_PORT
from ..._domain.kube_proxy.modes import deprecation
from ..._domain.kube_proxy.versions import KubeProxyVersion
from ..._domain.self_hosted.config_rules import problems
from ..._domain.self_hosted.config_text import parse
from ..._domain.self_hosted.daemon_set import RESTORE, Pod, is_ready
from ..._domain.self_hosted.decoding import decodes
from ..._domain.self_hosted.effective import effective
from ..._domain.self_hosted.last_good import last_good
from ..._domain.self_hosted.rollout_plan import Current
from ..common.report import Report
from .context import KubernetesContext
from .read_current import Target, program, read_current, text_of, version_of
from .rollout import pod_facts

Json = dict[str, t.Any]


def inform(ctx: KubernetesContext, target: Target, version_text: str | None, probe: bool) -> Report:
    """Read everything; with ``probe`` also ask every ready pod for the mode it is in, through the API server."""
    current = read_current(ctx, target)
    version = version_of(ctx, current, target, version_text)
    how = program(current, target)
    daemon_set = current.daemon_set
    desired, wrong = _desired(current, target, version)
    # Also of what has problems: kube-proxy runs with much that is refused here, and drift must show then too.
    takes_effect = effective(desired, version) if desired is not None and decodes(desired, version) else None
    mode = None if takes_effect is None else str(takes_effect["mode"])
    modes = _modes(ctx, current, target, _metrics_port(takes_effect)) if probe else {}
    nodes = _nodes(ctx, current, modes)
    written = str(desired.get("mode") or "") if desired is not None else ""
    return Report(
        False,
        facts={
            "config": desired,
            "effective": takes_effect,
            "mode": mode,
            "config_problems": wrong,
            "kube_proxy_version": str(version),
            "image": how.image,
            "config_checksum": current.checksum,
            "daemon_set": {
                **dataclasses.asdict(daemon_set.counts),
                "observed": daemon_set.observed,
                "rolled_out": daemon_set.rolled_out(),
                "config_checksum": daemon_set.checksum,
                "update_strategy": daemon_set.strategy,
                "min_ready_seconds": daemon_set.min_ready_seconds,
            },
            "nodes": nodes,
            "drift": _drift(current, nodes, wrong, mode),
            "deprecation": None if desired is None else deprecation(written, version),
            "rollout_pending": current.needs_rollout() or RESTORE in daemon_set.annotations,
            "undo_possible": last_good(current, target.key) is not None,
        },
    )


def _desired(current: Current, target: Target, version: KubeProxyVersion) -> tuple[Json | None, list[Json]]:
    """The configuration and what is wrong with it; a configuration that cannot even be read is None."""
    try:
        values = parse(text_of(current, target), target.where).values
        found = problems(values, version)
    except ValidationError as error:
        values, found = None, list(error.problems)
    return values, [{"option": problem.path, "problem": problem.message} for problem in found]


def _nodes(ctx: KubernetesContext, current: Current, modes: dict[str, str | None]) -> list[Json]:
    """One entry for each node that has a pod; ``mode`` is null for one that was not asked or did not answer."""
    ready = {node["metadata"]["name"]: is_ready(node) for node in ctx.api.nodes()}
    return [
        {**pod_facts(current, pod), "node_ready": ready.get(pod.node), "mode": modes.get(pod.node)}
        for pod in current.pods
        if not pod.terminating
    ]


def _metrics_port(takes_effect: Json | None) -> int:
    """Where kube-proxy tells its mode; the usual port when it would not start with what is configured."""
    address = "" if takes_effect is None else takes_effect["metricsBindAddress"]
    parts = None if host_port_problem(address) else split_host_port(address)
    return METRICS_PORT if parts is None else int(parts[1])


def _modes(ctx: KubernetesContext, current: Current, target: Target, port: int) -> dict[str, str | None]:
    return {pod.node: _mode(ctx, target, pod, port) for pod in current.pods if pod.ready and not pod.terminating}


def _mode(ctx: KubernetesContext, target: Target, pod: Pod, port: int) -> str | None:
    try:
        status, body = ctx.api.http_get(target.namespace, pod.name, port, "/proxyMode")
    except KubernetesError as error:
        ctx.warn(f"kube-proxy on node {pod.node} did not tell its mode: {error}")
        return None
    if status != 200:
        ctx.warn(f"kube-proxy on node {pod.node} did not tell its mode: HTTP status {status}")
        return None
    return body.strip()


def _drift(current: Current, nodes: list[Json], wrong: list[Json], mode: str | None) -> list[str]:
    """How what runs differs from what is configured, in words; empty when everything is as it shall be."""
    found = [f"{entry['option']}: {entry['problem']}" for entry in wrong]
    if current.needs_rollout():
        found.append(
            "the pods do not run what the ConfigMap holds; clusterops.kube_proxy.kube_proxy_rollout makes them"
        )
    for node in nodes:
        if node["up_to_date"] is False:
            found.append(f"node {node['node']}: pod {node['pod']} runs an earlier configuration")
        if not node["ready"]:
            found.append(f"node {node['node']}: pod {node['pod']} is not ready ({node['state']})")
        if node["mode"] is not None and mode is not None and node["mode"] != mode:
            found.append(f"node {node['node']}: kube-proxy is in mode {node['mode']}, not {mode}")
    missing = current.daemon_set.counts.desired - len(nodes)
    if missing > 0:
        found.append(f"{missing} nodes have no kube-proxy pod")
    if RESTORE in current.daemon_set.annotations:
        found.append(
            "an interrupted roll left its settings in the DaemonSet; clusterops.kube_proxy.kube_proxy_rollout ends it"
        )
    return found
