# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes of one cluster in two configurations: the second ConfigMap and DaemonSet, and what the first one is sent.

All pods of a DaemonSet read one ConfigMap, and a container that starts again reads what it holds then. So while nodes
change their configuration one after the other, there are two: the first DaemonSet runs the former configuration on
nodes without our label, the second one the desired configuration on nodes that have it. docs/adr/0008 has the reasons.
"""

from __future__ import annotations

import copy
import enum
import json
import typing as t
from dataclasses import dataclass

from ..common.json_types import Json
from ..common.merge_patch import merge_patch
from ..common.problems import RefusedError, Remedy
from ..common.reading import MalformedError, Members, decode
from .annotations import MIGRATION, RESTORE, marked
from .daemon_set import DaemonSet
from .node_affinity import restricted, unrestricted
from .rollout_plan import lasting, plan_restore

#: Value of the label MIGRATION of the second DaemonSet, of its pods and of its ConfigMap.
DESIRED = "desired"

_EXCLUDED: t.Final = {"key": MIGRATION, "operator": "DoesNotExist"}


class Stage(enum.Enum):
    """Where one node is on its way. BETWEEN and MOVED are values of the node's label, the others have none."""

    FORMER = "former"
    BETWEEN = "between"
    MOVED = "moved"
    #: Of a node that the first DaemonSet has taken back, with the desired configuration.
    FINISHED = "finished"

    @property
    def label(self) -> str | None:
        return self.value if self in (Stage.BETWEEN, Stage.MOVED) else None


_ADMITTED: t.Final = {"key": MIGRATION, "operator": "In", "values": [Stage.MOVED.value]}


def second(name: str) -> str:
    """The name of the second object beside the first one's."""
    return f"{name}-migration"


@dataclass(frozen=True)
class Side:
    """One of the two configurations: its checksum, by value, and kube-proxy's mode with it."""

    checksum: str
    mode: str


@dataclass(frozen=True)
class Record:
    """Between which configurations nodes are moved; kept in an annotation of the second ConfigMap."""

    former: Side
    desired: Side

    def text(self) -> str:
        sides = {"former": self.former, "desired": self.desired}
        return json.dumps({name: {"config_checksum": side.checksum, "mode": side.mode} for name, side in sides.items()})

    @classmethod
    def of(cls, config_map: Json) -> Record:
        """Raises RefusedError for a ConfigMap that is none of ours, or whose record somebody broke."""
        metadata = config_map["metadata"]
        try:
            kept = (metadata.get("annotations") or {}).get(MIGRATION)
            if kept is None:
                raise MalformedError("it has no such annotation")
            sides = Members.of(decode(kept.encode("utf-8", "surrogatepass")), "it")
            former, desired = (sides.maybe_object(name) for name in ("former", "desired"))
            if former is None or desired is None:
                raise MalformedError("it lacks former or desired")
            return cls(*(Side(side.text("config_checksum"), side.text("mode")) for side in (former, desired)))
        except MalformedError as error:
            raise RefusedError(
                f"ConfigMap {metadata['namespace']}/{metadata['name']}: its annotation {MIGRATION} should say between "
                f"which configurations nodes are moved, and cannot be read: {error}. If nobody needs this ConfigMap, "
                f"delete it, and run with state=absent, which puts back everything else. Nothing was changed"
            ) from None


def second_config_map(config_map: Json, key: str, text: str, record: Record) -> Json:
    """A copy of the ConfigMap with the desired configuration under ``key``."""
    metadata = config_map["metadata"]
    copied = {name: config_map[name] for name in ("binaryData",) if config_map.get(name)}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "namespace": metadata["namespace"],
            "name": second(metadata["name"]),
            "labels": {MIGRATION: DESIRED},
            "annotations": {MIGRATION: record.text()},
        },
        "data": {**config_map["data"], key: text},
        **copied,
    }


def second_daemon_set(first: DaemonSet, config_map: str, checksum: str) -> Json:
    """A copy of the first DaemonSet that reads the second ConfigMap, on nodes that have moved only.

    ``config_map`` is the name of the first ConfigMap, ``checksum`` that of the second one's content. Its pods keep the
    labels of the first one's, for Services and monitoring that select them; that pods have one owner each, and its
    selector one label more, keeps either DaemonSet from taking the other's.
    """
    metadata, spec = first.raw["metadata"], first.raw["spec"]
    template = former_template(first)
    labels = (template.get("metadata") or {}).get("labels") or {}
    annotations = {**first.template_annotations, **marked(first.template_annotations, checksum)}
    template["metadata"] = {
        **(template.get("metadata") or {}),
        "labels": {**labels, MIGRATION: DESIRED},
        "annotations": {name: value for name, value in annotations.items() if value is not None},
    }
    template["spec"]["affinity"] = restricted(template["spec"].get("affinity"), _ADMITTED)
    template["spec"]["volumes"] = [_renamed(volume, config_map) for volume in template["spec"].get("volumes") or ()]
    selector = copy.deepcopy(spec["selector"])
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), MIGRATION: DESIRED}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {
            "namespace": metadata["namespace"],
            "name": second(metadata["name"]),
            "labels": {**(metadata.get("labels") or {}), MIGRATION: DESIRED},
        },
        "spec": {
            "selector": selector,
            "template": template,
            "updateStrategy": {"type": "OnDelete"},
            "minReadySeconds": lasting(first)["minReadySeconds"],
        },
    }


def _renamed(volume: Json, config_map: str) -> Json:
    """The volume with the second ConfigMap in place of the first."""
    volume = copy.deepcopy(volume)
    sources = [volume, *((volume.get("projected") or {}).get("sources") or ())]
    for source in sources:
        if (source.get("configMap") or {}).get("name") == config_map:
            source["configMap"]["name"] = second(config_map)
    return volume


def former_template(first: DaemonSet) -> Json:
    """The pod template of the first DaemonSet as it is without a migration; its mark may be another meanwhile."""
    template: Json = copy.deepcopy(first.raw["spec"]["template"])
    affinity = _former_affinity(first)
    if affinity is None:
        template["spec"].pop("affinity", None)
    else:
        template["spec"]["affinity"] = affinity
    return template


def _former_affinity(first: DaemonSet) -> Json | None:
    current = first.raw["spec"]["template"]["spec"].get("affinity")
    if MIGRATION in first.annotations:
        kept = _kept_affinity(first)
        # What somebody else has edited meanwhile stays, but for our own part.
        if current == restricted(kept, _EXCLUDED):
            return kept
    return unrestricted(current, _EXCLUDED)


def _kept_affinity(first: DaemonSet) -> Json | None:
    """The affinity before the migration, from the annotation; what nobody can read counts as none."""
    try:
        kept = Members.of(decode(first.annotations[MIGRATION].encode("utf-8", "surrogatepass")))
        found = kept.maybe_object("affinity")
    except MalformedError:
        return None
    return None if found is None else dict(found.members)


def excludes(first: DaemonSet) -> bool:
    """Whether the first DaemonSet leaves nodes with our label alone, and restarts no pod when it is patched."""
    spec = first.raw["spec"]["template"]["spec"]
    return (
        MIGRATION in first.annotations
        and RESTORE in first.annotations
        and first.strategy.get("type") == "OnDelete"
        and spec.get("affinity") == restricted(former_template(first)["spec"].get("affinity"), _EXCLUDED)
    )


def plan_exclusion(first: DaemonSet) -> Json | None:
    """The merge patch after which :func:`excludes` holds; None when it does.

    Strategy and template in one request: with any other strategy the controller would replace every pod.
    """
    if excludes(first):
        return None
    former = former_template(first)["spec"].get("affinity")
    kept = {MIGRATION: json.dumps({"affinity": former}), RESTORE: json.dumps(lasting(first), sort_keys=True)}
    return {
        "metadata": {**_version(first), "annotations": kept},
        "spec": {
            "updateStrategy": merge_patch(first.strategy, {"type": "OnDelete"}),
            **_template(first, restricted(former, _EXCLUDED)),
        },
    }


def plan_mark(first: DaemonSet, checksum: str) -> Json | None:
    """The merge patch that marks the first DaemonSet's template with the content that its next pods will read."""
    if first.checksum == checksum:
        return None
    annotations = marked(first.template_annotations, checksum)
    return {"metadata": _version(first), "spec": {"template": {"metadata": {"annotations": annotations}}}}


def plan_admission(first: DaemonSet) -> Json | None:
    """The merge patch that gives the first DaemonSet its own template back; its strategy stays OnDelete."""
    former = former_template(first)["spec"].get("affinity")
    if first.raw["spec"]["template"]["spec"].get("affinity") == former:
        return None
    return {"metadata": _version(first), "spec": _template(first, former)}


def plan_end(first: DaemonSet) -> Json | None:
    """The merge patch that gives the first DaemonSet its own strategy back, and takes our annotations away."""
    patch = plan_restore(first) or {"metadata": {**_version(first), "annotations": {}}}
    if MIGRATION not in first.annotations:
        return patch if RESTORE in first.annotations else None
    patch["metadata"]["annotations"][MIGRATION] = None
    return patch


def _version(first: DaemonSet) -> Json:
    return {"resourceVersion": first.raw["metadata"]["resourceVersion"]}


def _template(first: DaemonSet, affinity: Json | None) -> Json:
    """The part of a merge patch of the spec that gives the template another affinity."""
    current = first.raw["spec"]["template"]["spec"].get("affinity")
    if affinity is None or current is None:
        return {"template": {"spec": {"affinity": affinity}}}
    return {"template": {"spec": {"affinity": merge_patch(current, affinity)}}}


def edits(first: DaemonSet, desired: DaemonSet, config_map: str, checksum: str) -> list[str]:
    """What somebody else has done to the two DaemonSets since the migration began; empty when nobody did.

    Both are compared with each other, as the server shows them, so that what it fills in by itself is no edit.
    """
    found = []
    if not excludes(first):
        found.append(
            f"{first.where} is not what the migration made of it (kubeadm upgrade writes it anew, without that)"
        )
    expected = second_daemon_set(first, config_map, checksum)["spec"]
    shown = desired.raw["spec"]
    if any(shown.get(name) != expected[name] for name in ("selector", "template")):
        found.append(f"the pod template of {first.where} or of its copy, {desired.where}, was changed")
    return found


def refused_for_edits(found: t.Sequence[str]) -> RefusedError:
    """The refusal of an operation that needs everything as the migration made it."""
    return RefusedError(
        f"Somebody else changed what the migration under way relies on: {'; '.join(found)}. No node was touched. Put "
        f"it back as it was, or run with state=absent, which returns every moved node, and begin again",
        Remedy.MIGRATION_STEP,
    )
