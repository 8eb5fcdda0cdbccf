# SPDX-License-Identifier: GPL-3.0-or-later

"""What kube-proxy is configured to do in a self-hosted cluster, what runs on each node, and how the two differ."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from ..._domain.common.json_types import Json
from ..._domain.common.listed import counted
from ..._domain.common.problems import Notice, Problem, Remedy, ValidationError
from ..._domain.kube_proxy.addresses import Endpoint
from ..._domain.kube_proxy.defaults import METRICS_PORT
from ..._domain.kube_proxy.modes import deprecation
from ..._domain.kube_proxy.versions import KubeProxyVersion
from ..._domain.self_hosted.annotations import RESTORE
from ..._domain.self_hosted.config_rules import problems as find_problems
from ..._domain.self_hosted.config_text import parse
from ..._domain.self_hosted.current import Current
from ..._domain.self_hosted.decoding import decodes
from ..._domain.self_hosted.effective import effective
from ..._domain.self_hosted.last_good import last_good
from ..._domain.self_hosted.migration import Stage
from ..._domain.self_hosted.migration_plan import planned_config
from ..._domain.self_hosted.migration_state import Migration
from ..._domain.self_hosted.pods import is_ready
from ..common.report import Report
from .ask_pods import reported
from .context import KubernetesContext
from .pod_report import pod_facts
from .read_current import Target, program_of, read_current, text_of, version_of
from .read_metrics import number_of_services, reported_times
from .read_migration import plan_migration
from .read_migration_state import migration_facts, read_migration, second_target

_NOT_RUN = "the pods do not run what the ConfigMap holds"
_MARKED_OTHERWISE = (
    "the pods run what the ConfigMap holds, but are marked with an earlier configuration, because it was edited and "
    "they were deleted by hand; one more restart marks them"
)


@dataclass(frozen=True)
class _Side:
    """One DaemonSet with its ConfigMap: there are two while nodes migrate from one configuration to another."""

    current: Current
    target: Target
    config: Json | None
    problems: t.Sequence[Problem]
    in_effect: Json | None

    @property
    def mode(self) -> str | None:
        return None if self.in_effect is None else str(self.in_effect["mode"])


def inform(
    ctx: KubernetesContext,
    target: Target,
    stated: KubeProxyVersion | None,
    *,
    probe: bool,
    metrics: bool = False,
    migrate_to: str | None = None,
    desired_config: Json | None = None,
    node_selector: str | None = None,
) -> Report:
    """Read everything; with ``probe`` also ask every ready pod for its mode, through the API server.

    With ``metrics`` also count the Services, and ask every ready pod how long it takes to write its rules.
    With ``migrate_to`` also plan the change to that mode, with ``desired_config`` to that configuration: raises
    ValidationError where that is none. With ``node_selector`` name the nodes that have its labels.
    """
    current = read_current(ctx, target)
    version = version_of(ctx, current, target, stated)
    daemon_set = current.daemon_set
    known = ctx.api.nodes()
    state = read_migration(ctx, target, current, known) if current.migrating else None
    sides = [side := _side(current, target, version)]
    if state is not None and state.desired is not None and state.record is not None:
        sides.append(_side(state.desired, second_target(target), version))
    by_name = {node["metadata"]["name"]: _node_facts(node) for node in known}
    nodes = [_nodes(ctx, each, by_name, probe=probe, metrics=metrics) for each in sides]
    drift = [notice for each, its in zip(sides, nodes, strict=True) for notice in _drift(each, its)]
    return Report(
        False,
        facts={
            "config": side.config,
            "effective": side.in_effect,
            "mode": side.mode,
            "config_problems": [{"option": problem.path, "problem": problem.message} for problem in side.problems],
            "kube_proxy_version": str(version),
            "image": program_of(current, target).image,
            "config_checksum": current.checksum,
            "daemon_set": {
                **dataclasses.asdict(daemon_set.counts),
                "observed": daemon_set.observed,
                "rolled_out": daemon_set.rolled_out(),
                "config_checksum": daemon_set.checksum,
                "update_strategy": daemon_set.strategy,
                "min_ready_seconds": daemon_set.min_ready_seconds,
            },
            "nodes": sorted((node for its in nodes for node in its), key=lambda node: str(node["node"])),
            "services": number_of_services(ctx) if metrics else None,
            "drift": [*drift, *_half_done(state)],
            "deprecation": None if side.config is None else deprecation(str(side.config.get("mode") or ""), version),
            "rollout_pending": _rollout_pending(current),
            "undo_possible": last_good(current, target.key) is not None,
            "migration": None if state is None else migration_facts(state),
            "migration_plan": plan_migration(
                ctx,
                current,
                (side.config, planned_config(side.config, migrate_to, desired_config, version)),
                version,
                known,
            )
            if (migrate_to or desired_config) and side.config is not None and side.in_effect is not None
            else None,
            "selected_nodes": _selected(ctx, node_selector) if node_selector else None,
        },
    )


def _side(current: Current, target: Target, version: KubeProxyVersion) -> _Side:
    config, problems = _current_config(current, target, version)
    # Also of a configuration with problems: kube-proxy runs with much that is refused here, and drift must show then
    # too.
    in_effect = effective(config, version) if config is not None and decodes(config, version) else None
    return _Side(current, target, config, problems, in_effect)


def _rollout_pending(current: Current) -> bool:
    """Not while nodes migrate: a rollout is refused then, and the settings in the DaemonSet are the migration's."""
    return not current.migrating and (current.needs_rollout() or RESTORE in current.daemon_set.annotations)


def _current_config(
    current: Current, target: Target, version: KubeProxyVersion
) -> tuple[Json | None, t.Sequence[Problem]]:
    """The configuration in the ConfigMap and what is wrong with it; None where the text cannot even be read."""
    try:
        config = parse(text_of(current, target), target.where).values
    except ValidationError as error:
        return None, error.problems
    return config, find_problems(config, version, present=True)


def _selected(ctx: KubernetesContext, selector: str) -> list[str]:
    return sorted(str(node["metadata"]["name"]) for node in ctx.api.selected_nodes(selector))


def _node_facts(node: Json) -> Json:
    info = (node.get("status") or {}).get("nodeInfo") or {}
    return {"node_ready": is_ready(node), "kubelet_version": info.get("kubeletVersion") or None}


#: Of a node that is not in the cluster any more.
_GONE: t.Final = {"node_ready": None, "kubelet_version": None}


def _nodes(
    ctx: KubernetesContext, side: _Side, by_name: t.Mapping[str, Json], *, probe: bool, metrics: bool
) -> list[Json]:
    """One entry for each node that has a pod; what a pod was not asked for, or did not answer, is null."""
    port = _metrics_port(side.in_effect)
    modes = _reported_modes(ctx, side.current, side.target, port) if probe else {}
    times = reported_times(ctx, side.current, side.target, port) if metrics else {}
    return [
        {
            **pod_facts(side.current, pod),
            **by_name.get(pod.node, _GONE),
            "mode": modes.get(pod.node),
            "sync": times.get(pod.node),
        }
        for pod in side.current.pods
        if not pod.terminating
    ]


def _metrics_port(in_effect: Json | None) -> int:
    """Where kube-proxy reports its mode; the usual port where it would not start with what is configured."""
    try:
        return METRICS_PORT if in_effect is None else Endpoint.parse(in_effect["metricsBindAddress"], METRICS_PORT).port
    except ValueError:
        return METRICS_PORT


def _reported_modes(ctx: KubernetesContext, current: Current, target: Target, port: int) -> dict[str, str | None]:
    def ask(pod: str) -> tuple[int, str]:
        return ctx.api.http_get(target.namespace, pod, port, "/proxyMode")

    return reported(ctx, current, "mode", ask, str.strip)


def _drift(side: _Side, nodes: t.Sequence[Json]) -> list[Notice]:
    """How what runs differs from what is configured; empty when nothing does."""
    current = side.current
    found = [Notice(str(problem)) for problem in side.problems]
    if _rollout_pending(current) and current.needs_rollout():
        # Pods of a stale mark would be believed when the configuration of that mark comes back.
        all_run_it = bool(nodes) and all(node["up_to_date"] for node in nodes)
        found.append(Notice(_MARKED_OTHERWISE if all_run_it else _NOT_RUN, Remedy.ROLLOUT))
    for node in nodes:
        found.extend(Notice(f"node {node['node']}: {text}") for text in _node_drift(node, side.mode))
    missing = current.daemon_set.counts.desired - len(nodes)
    if missing > 0:
        found.append(Notice(f"{counted(missing, 'node')} without a pod of kube-proxy"))
    if _rollout_pending(current) and RESTORE in current.daemon_set.annotations:
        found.append(Notice("an interrupted rollout left its settings in the DaemonSet", Remedy.ROLLOUT))
    return found


def _half_done(state: Migration | None) -> list[Notice]:
    """What is not right about a migration. That some nodes have moved and others have not is no drift."""
    if state is None:
        return []
    found = [
        Notice(f"node {name} has neither configuration, because its migration was interrupted", Remedy.MIGRATION_STEP)
        for name in state.at(Stage.BETWEEN)
    ]
    if not state.finishing:
        edits = (f"somebody else changed what the migration relies on: {edit}" for edit in state.edits())
        found += [Notice(edit, Remedy.MIGRATION_STEP) for edit in edits]
    return found


def _node_drift(node: Json, mode: str | None) -> t.Iterator[str]:
    if node["up_to_date"] is False:
        yield f"pod {node['pod']} runs an earlier configuration"
    if not node["ready"]:
        yield f"pod {node['pod']} is not ready ({node['state']})"
    if node["mode"] is not None and mode is not None and node["mode"] != mode:
        yield f"kube-proxy is in mode {node['mode']}, not {mode}"
