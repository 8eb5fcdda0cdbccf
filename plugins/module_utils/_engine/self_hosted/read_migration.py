# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what a change of the mode meets in a cluster. What may not be read is warned of, and left out."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._adapters.kubernetes.server_errors import ObjectNotFoundError, RefusedByServerError
from ..._domain.common.json_types import Json
from ..._domain.kube_proxy.findings import plan_result
from ..._domain.kube_proxy.versions import KubeProxyVersion
from ..._domain.self_hosted.current import Current
from ..._domain.self_hosted.migration_facts import ClusterNode, MigrationFacts
from ..._domain.self_hosted.migration_plan import migration_plan
from ..._domain.self_hosted.neighbours import CONFIG_MAPS, Neighbours, Workload, neighbours
from ..._domain.self_hosted.services import Service
from ..._domain.self_hosted.taints import closed_nodes
from .context import KubernetesContext

#: Where static pods and the DaemonSets of kubeadm's clusters are.
_SYSTEM = "kube-system"
#: The FelixConfiguration that counts for all nodes.
_FELIX = "default"

Answer = t.TypeVar("Answer")


def plan_migration(
    ctx: KubernetesContext,
    current: Current,
    configs: tuple[Json, Json],
    version: KubeProxyVersion,
    nodes: t.Sequence[Json],
) -> Json:
    """The plan of the change from the first of the configurations to the second, as a result returns it.

    ``nodes`` are those of the cluster; ``current`` is about those with kube-proxy.
    """
    hosts = {pod.node for pod in (*current.pods, *current.moved)}
    closed = {name: why for name, why in closed_nodes(nodes, current.daemon_set).items() if name in hosts}
    names = [(str(node["metadata"]["name"]), node) for node in nodes]
    known = tuple(ClusterNode(name, _kernel(node), closed.get(name, "")) for name, node in names)
    facts = MigrationFacts(version, *configs, known)
    if facts.former != facts.mode:
        services = _read(ctx, ctx.api.all_services, "list on services of all namespaces", "Services")
        facts = dataclasses.replace(
            facts,
            services=None if services is None else tuple(map(Service.of, services)),
            neighbours=_neighbours(ctx),
        )
    return plan_result(facts.former, facts.mode, migration_plan(facts))


def _kernel(node: Json) -> str:
    info = (node.get("status") or {}).get("nodeInfo") or {}
    return str(info.get("kernelVersion") or "")


def _neighbours(ctx: KubernetesContext) -> Neighbours:
    """Their configuration is read only if they are there."""
    daemon_sets = _read(ctx, ctx.api.all_daemon_sets, "list on daemonsets of all namespaces", "neighbours") or []
    pods = _read(ctx, lambda: ctx.api.all_pods(_SYSTEM), f"list on pods of {_SYSTEM}", "static pods") or []
    workloads = [*map(Workload.of_daemon_set, daemon_sets), *Workload.of_pods(pods)]
    names = {container.name for workload in workloads for container in workload.containers}
    config_maps = {}
    for neighbour, (namespace, name) in CONFIG_MAPS.items():
        if neighbour in names:
            found = _config_map(ctx, namespace, name, neighbour)
            if found is not None:
                config_maps[neighbour] = found
    seen = neighbours(workloads, config_maps)
    if seen.calico is None:
        return seen
    right = "get on felixconfigurations of crd.projectcalico.org"
    felix = _read(ctx, lambda: ctx.api.felix_configuration(_FELIX), right, "the data plane of Calico")
    return seen if felix is None else neighbours(workloads, config_maps, felix.get("spec") or {})


def _config_map(ctx: KubernetesContext, namespace: str, name: str, neighbour: str) -> t.Mapping[str, str] | None:
    right = f"get on ConfigMap {namespace}/{name}"
    found = _read(ctx, lambda: ctx.api.config_map(namespace, name), right, f"the configuration of {neighbour}")
    return None if found is None else found.get("data") or {}


def _read(ctx: KubernetesContext, read: t.Callable[[], Answer], right: str, what: str) -> Answer | None:
    """None, with a warning that names the right, where it is missing; and where there is no such object."""
    try:
        return read()
    except ObjectNotFoundError:
        return None
    except RefusedByServerError as error:
        if error.status != 403:
            raise
        ctx.warn(f"migration_plan: the account lacks the right {right}, so nothing is known of {what}")
        return None
