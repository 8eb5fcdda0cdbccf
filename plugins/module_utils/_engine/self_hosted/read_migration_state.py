# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading where a migration stands, and what results say about it."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._adapters.kubernetes.server_errors import ObjectNotFoundError
from ..._domain.common.json_types import Json
from ..._domain.self_hosted.config_checksum import checksum
from ..._domain.self_hosted.current import Current
from ..._domain.self_hosted.daemon_set import DaemonSet
from ..._domain.self_hosted.migration import Record, Side, Stage, second
from ..._domain.self_hosted.migration_state import Migration, NodeState, migration
from ..._domain.self_hosted.pods import of_migration, owned
from .context import KubernetesContext
from .pod_report import pod_facts
from .read_current import Target, read_again, read_current


def second_target(target: Target) -> Target:
    """The objects that hold and run the desired configuration during a migration."""
    return dataclasses.replace(target, config_map=second(target.config_map), daemon_set=second(target.daemon_set))


def read_migration(
    ctx: KubernetesContext, target: Target, first: Current | None = None, nodes: list[Json] | None = None
) -> Migration:
    """Everything as it is now, or beside what was read of the first DaemonSet and the nodes just now.

    Raises RefusedError when kube-proxy's own objects are not there or do not belong together, or when somebody broke
    the record of the migration.
    """
    first = first or read_current(ctx, target)
    theirs = second_target(target)
    config_map = _maybe(lambda: ctx.api.config_map(theirs.namespace, theirs.config_map))
    record = None if config_map is None else Record.of(config_map)
    raw = _maybe(lambda: ctx.api.daemon_set(theirs.namespace, theirs.daemon_set))
    desired = None
    if raw is not None:
        daemon_set = DaemonSet(raw)
        pods = owned(ctx.api.pods(theirs.namespace, daemon_set.labels), daemon_set)
        # Somebody may have deleted the ConfigMap alone.
        content = config_map or {"metadata": {"name": theirs.config_map}, "data": {}}
        found = checksum(content.get("data") or {}, target.key)
        desired = Current(content, daemon_set, pods, found, first.dated)
    return _with_left(ctx, target, migration(first, desired, record, ctx.api.nodes() if nodes is None else nodes))


def read_nodes(ctx: KubernetesContext, target: Target, state: Migration) -> Migration:
    """DaemonSets, pods and nodes as they are now, with the ConfigMaps as they were read before."""
    first = read_again(ctx, target, state.first)
    desired = None if state.desired is None else read_again(ctx, second_target(target), state.desired)
    return _with_left(ctx, target, migration(first, desired, state.record, ctx.api.nodes()))


def _with_left(ctx: KubernetesContext, target: Target, state: Migration) -> Migration:
    """With the pods that go on although somebody deleted their DaemonSet."""
    if state.desired is not None or not state.present:
        return state
    pods = of_migration(ctx.api.pods(target.namespace, state.first.daemon_set.labels))
    return dataclasses.replace(state, left=pods)


def _maybe(read: t.Callable[[], Json]) -> Json | None:
    try:
        return read()
    except ObjectNotFoundError:
        return None


def migration_facts(state: Migration) -> Json | None:
    """The result ``migration``; None when there is none."""
    if not state.present:
        return None
    record = state.record
    return {
        "former": None if record is None else _side(record.former),
        "desired": None if record is None else _side(record.desired),
        "finishing": state.finishing,
        "nodes": [node_facts(state, node) for node in state.nodes],
        "summary": state.summary(),
    }


def _side(side: Side) -> Json:
    return {"mode": side.mode, "config_checksum": side.checksum}


def node_facts(state: Migration, node: NodeState) -> Json:
    """One node of a migration; of its pod null where there is none that counts."""
    current = state.desired if node.stage is Stage.MOVED else state.first
    pod = node.pod
    found = {"node": node.name, "stage": node.stage.value, "node_ready": node.ready}
    if pod is None or current is None:
        return {**found, **dict.fromkeys(("pod", "state", "ready", "restarts", "started", "up_to_date"))}
    return {**found, **pod_facts(current, pod)}
