# SPDX-License-Identifier: GPL-3.0-or-later

"""The clusters of several projects as hosts of an inventory: their names, variables and groups."""

from __future__ import annotations

import re
import typing as t
from collections import Counter

from ..common.json_types import Json

#: The group that the collection's playbooks play on.
EVERY_CLUSTER = "managed_clusters"
#: The variable that holds what was read. It is one of its own: a variable ``kube_proxy_mode`` would be a request.
VARIABLE = "ovh_kube"

#: Names that mean one host to Ansible, on the command line as well. OVHcloud allows others.
_PLAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_RESERVED = ("all", "localhost", "ungrouped")
#: Characters of an id that tell clusters of one name apart.
_SHORT_ID = 8


class Member(t.NamedTuple):
    """One cluster of the fleet."""

    host: str
    variables: Json
    groups: tuple[str, ...]


def members(projects: t.Iterable[Json]) -> list[Member]:
    """One host for each cluster of ``projects``, which have ``service_name`` and ``clusters``, as results show them.

    A host is named as its cluster. Where several clusters share a name, the beginning of the id is added; a cluster
    whose name would not be that of one host is named by its id.
    """
    places = [(project["service_name"], cluster) for project in projects for cluster in project["clusters"]]
    hosts = _hosts([cluster for _service_name, cluster in places])
    return [
        Member(host, _variables(service_name, cluster), _groups(service_name, cluster))
        for host, (service_name, cluster) in zip(hosts, places, strict=True)
    ]


def _hosts(clusters: t.Sequence[Json]) -> list[str]:
    """Whatever clusters are called, no two are one host."""
    how_often = Counter(cluster["name"] for cluster in clusters)
    wanted = [_wanted(cluster, how_often) for cluster in clusters]
    shared = {name for name, count in Counter(wanted).items() if count > 1}
    shared |= {cluster["id"] for cluster in clusters}
    return [cluster["id"] if name in shared else name for cluster, name in zip(clusters, wanted, strict=True)]


def _wanted(cluster: Json, how_often: t.Mapping[str, int]) -> str:
    name: str = cluster["name"]
    if name in _RESERVED or not _PLAIN.fullmatch(name):
        return str(cluster["id"])
    return name if how_often[name] == 1 else f"{name}-{cluster['id'][:_SHORT_ID]}"


def _variables(service_name: str, cluster: Json) -> Json:
    return {
        VARIABLE: {"service_name": service_name, **cluster},
        # What the role managed_cluster finds the cluster by, in one request.
        "managed_cluster_kube_id": cluster["id"],
        "managed_cluster_service_name": service_name,
    }


def _groups(service_name: str, cluster: Json) -> tuple[str, ...]:
    minor = "_".join((cluster["version"] or "unknown").split(".")[:2])
    return (
        EVERY_CLUSTER,
        _group("project", service_name),
        _group("region", cluster["region"]),
        _group("mode", cluster["kube_proxy_mode"] or "none"),
        _group("plan", cluster["plan"] or "unknown"),
        _group("version", minor),
        _group("status", cluster["status"]),
    )


def _group(kind: str, value: str) -> str:
    """A name that Ansible takes for a group without a warning: ``region_eu_west_par``."""
    return re.sub(r"[^a-z0-9]", "_", f"{kind}_{value}".lower())
