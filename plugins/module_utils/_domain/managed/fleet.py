# SPDX-License-Identifier: GPL-3.0-or-later

"""The clusters of several projects as hosts of an inventory: their names, variables and groups."""

from __future__ import annotations

import re
import typing as t
from collections import Counter

from ..common.json_types import Json
from ..common.problems import Notice

#: The group that the collection's playbooks play on.
EVERY_CLUSTER = "managed_clusters"
#: The variable that holds what was read. It is one of its own: a variable ``kube_proxy_mode`` would be a request.
VARIABLE = "ovh_kube"

#: The other groups of a cluster by their kind, which is the beginning of their names.
_GROUPS: t.Mapping[str, t.Callable[[str, Json], str]] = {
    "project": lambda service_name, _cluster: service_name,
    "region": lambda _service_name, cluster: str(cluster["region"]),
    "mode": lambda _service_name, cluster: cluster["kube_proxy_mode"] or "none",
    "plan": lambda _service_name, cluster: cluster["plan"] or "unknown",
    "version": lambda _service_name, cluster: "_".join((cluster["version"] or "unknown").split(".")[:2]),
    "status": lambda _service_name, cluster: str(cluster["status"]),
}
#: Names that mean one host to Ansible, on the command line as well. OVHcloud allows others.
_PLAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
#: Names of groups, whether they are there or not: a host must not lose its name because another cluster is created.
#: The playbooks play on the last two; the nodes of self-hosted clusters are in the last.
_RESERVED = re.compile(rf"all|ungrouped|(?:{'|'.join(_GROUPS)})_[a-z0-9_]+|{EVERY_CLUSTER}|kube_nodes")
#: What Ansible takes for the machine that it runs on, whatever the inventory says.
_OWN_MACHINE = ("localhost", "127.0.0.1")
#: Characters of an id that tell clusters of one name apart.
_SHORT_ID = 8


class Member(t.NamedTuple):
    """One cluster of the fleet. ``warning`` says why its host has another name than it."""

    host: str
    variables: Json
    groups: tuple[str, ...]
    warning: Notice | None = None


def members(projects: t.Iterable[Json], groups: t.Collection[str] = ()) -> list[Member]:
    """One host for each cluster of ``projects``, which have ``service_name`` and ``clusters``, as results show them.

    A host is named as its cluster. Where several clusters share a name, the beginning of the id is added; a cluster
    whose name would not be that of one host is named by its id. ``groups`` are those that the inventory has or will
    have: where a group and a host have one name, Ansible takes the group.
    """
    places = [(project["service_name"], cluster) for project in projects for cluster in project["clusters"]]
    return [
        Member(host, _variables(service_name, cluster), _groups(service_name, cluster), warning)
        for (host, warning), (service_name, cluster) in zip(
            _hosts([cluster for _service_name, cluster in places], groups), places, strict=True
        )
    ]


def _hosts(clusters: t.Sequence[Json], groups: t.Collection[str]) -> list[tuple[str, Notice | None]]:
    """Whatever clusters are called, no two are one host, and none is a group."""
    how_often = Counter(cluster["name"] for cluster in clusters)
    wanted = [_wanted(cluster, how_often) for cluster in clusters]
    ids = [_id(cluster, groups) for cluster in clusters]
    shared = {name for name, count in Counter(wanted).items() if count > 1}.union(ids)
    found: list[tuple[str, Notice | None]] = []
    for name, kube_id in zip(wanted, ids, strict=True):
        why = "" if name is None else _taken(name, groups)
        if name is None or why or name in shared:
            found.append((kube_id, Notice(f"cluster {name} is the host {kube_id}, because {why}") if why else None))
        else:
            found.append((name, None))
    return found


def _wanted(cluster: Json, how_often: t.Mapping[str, int]) -> str | None:
    """None for a cluster whose name is none for a host."""
    name: str = cluster["name"]
    if not _PLAIN.fullmatch(name):
        return None
    return name if how_often[name] == 1 else f"{name}-{cluster['id'][:_SHORT_ID]}"


def _id(cluster: Json, groups: t.Collection[str]) -> str:
    kube_id: str = cluster["id"]
    return f"cluster-{kube_id}" if kube_id in groups else kube_id


def _taken(name: str, groups: t.Collection[str]) -> str:
    """What else has the name, as a clause; blank for nothing."""
    if name in _OWN_MACHINE:
        return "Ansible takes that name for the machine that it runs on"
    return "that is the name of a group" if name in groups or _RESERVED.fullmatch(name) else ""


def _variables(service_name: str, cluster: Json) -> Json:
    return {
        VARIABLE: {"service_name": service_name, **cluster},
        # What the role managed_cluster finds the cluster by, in one request.
        "managed_cluster_kube_id": cluster["id"],
        "managed_cluster_service_name": service_name,
    }


def _groups(service_name: str, cluster: Json) -> tuple[str, ...]:
    return (EVERY_CLUSTER, *(_group(kind, value(service_name, cluster)) for kind, value in _GROUPS.items()))


def _group(kind: str, value: str) -> str:
    """A name that Ansible takes for a group without a warning: ``region_eu_west_par``."""
    return re.sub(r"[^a-z0-9]", "_", f"{kind}_{value}".lower())
