# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a migration stands: every node's stage, from what was read of the two DaemonSets and of the nodes."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from ..common.json_types import Json
from ..common.listed import listed
from .annotations import MIGRATION
from .current import Current
from .migration import Record, Stage, edits
from .pods import Pod, is_ready
from .taints import closed_nodes


@dataclass(frozen=True)
class NodeState:
    """One node that has kube-proxy, or our label. ``ready`` is None for a node that is not in the cluster any more."""

    name: str
    stage: Stage
    ready: bool | None
    #: The pod that counts: of the DaemonSet whose turn it is there; None when there is none yet.
    pod: Pod | None


@dataclass(frozen=True)
class Migration:
    """What was read. ``first`` and ``desired`` are the two DaemonSets, each with its own ConfigMap and pods.

    ``record`` and ``desired`` are None where the second ConfigMap or DaemonSet is not there: not yet, not any more, or
    because somebody deleted it. ``left`` are the pods of a second DaemonSet that is not there. ``ready`` says of every
    node in the cluster whether it is Ready, also of those that have nothing to do with kube-proxy; ``closed`` says of
    some for which taints a pod of kube-proxy that ends there would be the last one.
    """

    first: Current
    desired: Current | None
    record: Record | None
    nodes: tuple[NodeState, ...]
    ready: t.Mapping[str, bool]
    left: tuple[Pod, ...] = ()
    closed: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def leaving(self) -> tuple[Pod, ...]:
        """The pods of the second DaemonSet, which must be gone from a node before the first one has it again."""
        return self.left if self.desired is None else self.desired.pods

    @property
    def finishing(self) -> bool:
        """Whether the first ConfigMap holds the desired configuration already: from there it only goes forward."""
        return self.record is not None and self.first.checksum == self.record.desired.checksum

    @property
    def present(self) -> bool:
        """Whether anything of a migration is in the cluster."""
        return (
            self.record is not None
            or self.desired is not None
            or MIGRATION in self.first.daemon_set.annotations
            or any(node.stage.label for node in self.nodes)
        )

    def at(self, *stages: Stage) -> list[str]:
        """The names of the nodes in these stages."""
        return [node.name for node in self.nodes if node.stage in stages]

    def node(self, name: str) -> NodeState | None:
        return next((node for node in self.nodes if node.name == name), None)

    def with_stages(self, stages: t.Mapping[str, Stage]) -> Migration:
        """As it would be with these nodes in these stages, for check mode."""
        nodes = (dataclasses.replace(node, stage=stages.get(node.name, node.stage)) for node in self.nodes)
        return dataclasses.replace(self, nodes=tuple(nodes))

    def edits(self) -> list[str]:
        """What somebody else has changed since it began; not to be asked when it is finishing or being aborted."""
        if self.record is None or self.desired is None:
            return ["the second ConfigMap or DaemonSet is not there"]
        found = []
        if self.first.checksum != self.record.former.checksum:
            found.append(f"the ConfigMap of {self.first.daemon_set.where} does not hold the former configuration")
        if self.desired.checksum != self.record.desired.checksum:
            found.append(f"the ConfigMap of {self.desired.daemon_set.where} does not hold the desired configuration")
        name = str(self.first.config_map["metadata"]["name"])
        return found + edits(self.first.daemon_set, self.desired.daemon_set, name, self.record.desired.checksum)

    def awaited(self, names: t.Iterable[str], to: Stage) -> list[str]:
        """Of the nodes, those whose pod has to be waited for when they change to the stage."""
        found = [node for name in names if (node := self.node(name)) is not None]
        return [
            node.name
            for node in found
            # A node that is down is not waited for on its way back.
            if (node.ready or to is not Stage.FORMER)
            and (node.stage.label != to.label or node.pod is None or not node.pod.ready)
        ]

    def losing(self, names: t.Iterable[str], to: Stage) -> dict[str, str]:
        """Of the nodes, those that would lose the kube-proxy they have on the way to the stage, each with why."""
        found = [node for name in names if (node := self.node(name)) is not None]
        return {
            node.name: self.closed[node.name]
            for node in found
            if node.name in self.closed and node.stage.label != to.label and node.ready and node.pod and node.pod.ready
        }

    def summary(self) -> str:
        """One sentence without its full stop, such as "3 of 7 nodes run nftables"."""
        moved = [node for node in self.nodes if node.stage in (Stage.MOVED, Stage.FINISHED)]
        running = [node for node in moved if node.pod is not None and node.pod.ready]
        sides = None if self.record is None else (self.record.former.mode, self.record.desired.mode)
        what = "the desired configuration" if sides is None or sides[0] == sides[1] else sides[1]
        return f"{len(running)} of {len(self.nodes)} nodes run {what}"


def migration(first: Current, desired: Current | None, record: Record | None, nodes: t.Iterable[Json]) -> Migration:
    """The state, from both sides and the nodes of the cluster as the API shows them."""
    raw = {str(node["metadata"]["name"]): node for node in nodes}
    closed = closed_nodes(raw.values(), first.daemon_set)
    ours, theirs = _by_node(first.pods), _by_node(() if desired is None else desired.pods)
    labels = {name: (node["metadata"].get("labels") or {}).get(MIGRATION) for name, node in raw.items()}
    ready = {name: is_ready(node) for name, node in raw.items()}
    names = {*ours, *theirs, *(name for name, label in labels.items() if label is not None)}
    taken_back = record is not None and first.checksum == record.desired.checksum
    states = []
    for name in sorted(names):
        stage = _stage(labels.get(name), taken_back and name in ours and first.up_to_date(ours[name]) is True)
        pod = {Stage.MOVED: theirs, Stage.BETWEEN: {}}.get(stage, ours).get(name)
        states.append(NodeState(name, stage, ready.get(name), pod))
    return Migration(first, desired, record, tuple(states), ready, closed=closed)


def _stage(label: str | None, finished: bool) -> Stage:
    if label is None:
        return Stage.FINISHED if finished else Stage.FORMER
    # A label that somebody else has set excludes the node from both DaemonSets.
    return Stage.MOVED if label == Stage.MOVED.value else Stage.BETWEEN


def _by_node(pods: t.Iterable[Pod]) -> dict[str, Pod]:
    """Each node's pod: of several, the one that is not being deleted."""
    return {pod.node: pod for pod in sorted(pods, key=lambda pod: not pod.terminating)}


def unknown_nodes(state: Migration, names: t.Iterable[str]) -> str:
    """What is wrong with the names of nodes that are to move, as the beginning of a refusal; blank when nothing is."""
    known = [node.name for node in state.nodes if node.name in state.ready]
    unknown = [name for name in names if name not in known]
    if not unknown:
        return ""
    return f"nodes: {listed(unknown)} have no kube-proxy that could be moved (nodes that have: {listed(known)})"
