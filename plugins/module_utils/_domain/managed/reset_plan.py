# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""The plan of a reset: why it is needed, what it keeps, what it destroys, and the exact body.

A reset is not a merge: whatever its body does not name goes back to a default (OVHcloud API, POST reset). So the body
is built from the cluster as it is, with the wish laid over it.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..common.problems import RefusedError, ValidationError
from .changes import Change, ChangeKind, InPlace, plan_in_place
from .cluster import Cluster, ip_allocation_result
from .customization import NO_CUSTOMIZATION_REQUEST, Customization, CustomizationRequest, Json
from .desired import Desired
from .network import NO_NETWORK_REQUEST, Network, NetworkRequest
from .validation import ineffective_settings, period_conflicts


@dataclass(frozen=True)
class ResetRequest:
    """What was asked of the reset; None is 'not mentioned', and stays as it is."""

    mode: str
    customization: CustomizationRequest = NO_CUSTOMIZATION_REQUEST
    network: NetworkRequest = NO_NETWORK_REQUEST
    version: str | None = None
    ip_restrictions: tuple[str, ...] | None = None
    worker_nodes_policy: str = "reinstall"
    force: bool = False


@dataclass(frozen=True)
class Surroundings:
    """What belongs to the cluster and is not in its object; read beside it. Restrictions are in normal form."""

    ip_restrictions: tuple[str, ...] = ()
    open_id_connect: Json | None = None
    node_pools: tuple[Json, ...] = ()
    nodes: tuple[Json, ...] = ()


@dataclass(frozen=True)
class Restore:
    """What a reset loses although no body can name it, and which has to be put back afterwards.

    It is kept on disk while a reset is under way, so that an interrupted one loses nothing.
    """

    ip_restrictions: tuple[str, ...] = ()
    open_id_connect: Json | None = None

    def __bool__(self) -> bool:
        return bool(self.ip_restrictions or self.open_id_connect)


@dataclass(frozen=True)
class ResetPlan:
    """``reasons`` are why nothing less than a reset does; without any, ``changes`` suffices (or nothing is to do)."""

    cluster: Cluster
    request: ResetRequest
    desired: Desired
    reasons: tuple[str, ...]
    body: Json | None
    changes: tuple[Change, ...]
    restore: Restore
    before: Json
    after: Json
    consequences: Json
    warnings: tuple[str, ...]

    @property
    def resets(self) -> bool:
        return self.body is not None

    @property
    def changed(self) -> bool:
        return self.resets or bool(self.changes)

    @property
    def action(self) -> t.Literal["reset", "in_place", "none"]:
        return "reset" if self.resets else "in_place" if self.changes else "none"

    def diff(self) -> dict[str, Json]:
        return {"before": self.before, "after": self.after}

    def as_result(self) -> Json:
        """Equal in check mode and for real."""
        return {
            "action": self.action,
            "reasons": list(self.reasons),
            "consequences": self.consequences,
            "planned_body": self.body,
            "planned_changes": [change.as_result() for change in self.changes],
        }

    def check_confirmation(self, confirm: str | None) -> None:
        """Raises RefusedError, with everything that would be destroyed, unless ``confirm`` is the cluster's name."""
        if not self.resets or (confirm and confirm == self.cluster.name):
            return
        given = f"confirm is {confirm!r}, which is not the cluster's name" if confirm else "confirm is not set"
        raise RefusedError(
            f"Not reset: {given}. Resetting {self.cluster.label()} is needed because {'; '.join(self.reasons)}. "
            f"{self.destroyed()} To go ahead, set confirm to {self.cluster.name!r}"
        )

    def destroyed(self) -> str:
        pools = [
            f"{pool['name']} ({pool['current_nodes']} nodes, {pool['flavor']})"
            for pool in self.consequences["node_pools"]
        ]
        fate = {
            "delete": "are deleted",
            "reinstall": "are kept, their operating system is installed anew",
        }[self.request.worker_nodes_policy]
        nodes = [f"{node['name']} ({node['version']})" for node in self.consequences["nodes"]]
        return (
            f"All data in the cluster is lost (workloads, secrets, volumes, load balancers, certificates, kubeconfig); "
            f"Kubernetes {self.consequences['version_before']} is installed again as "
            f"{self.consequences['version_after']}; node pools: {', '.join(pools) or 'none'}; nodes: "
            f"{', '.join(nodes) or 'none'}; the nodes {fate}."
        )


def plan_reset(cluster: Cluster, request: ResetRequest, around: Surroundings, kept: Restore = Restore()) -> ResetPlan:
    """Compare the wish with the cluster as it is; raises RefusedError and ValidationError as plan_customization does.

    ``kept`` is from a reset that was interrupted: where the cluster has nothing (any more), it is what to put back.
    """
    reason = cluster.without_kube_proxy()
    if reason:
        raise RefusedError(f"{cluster.label()} has no kube-proxy whose mode could be changed: {reason}")
    current_network = Network.of(cluster)
    network = request.network.applied_to(current_network)
    reasons = reset_reasons(cluster, request)
    expected = request.customization.applied_to(cluster.customization)
    restore = Restore(
        around.ip_restrictions or kept.ip_restrictions if request.ip_restrictions is None else request.ip_restrictions,
        around.open_id_connect or kept.open_id_connect,
    )
    if reasons:
        body = _body(cluster, request, expected, network)
        in_place = InPlace((), _expectation(body, expected, network), {}, {}, _checked(expected, request))
    else:
        in_place = plan_in_place(cluster, request.customization, network)
        body = None
    changes = list(in_place.changes)
    if not reasons and set(restore.ip_restrictions) != set(around.ip_restrictions):
        changes.insert(0, Change(ChangeKind.IP_RESTRICTIONS, {"ips": list(restore.ip_restrictions)}))
    if not reasons and restore.open_id_connect != around.open_id_connect:
        changes.append(Change(ChangeKind.OPEN_ID_CONNECT, restore.open_id_connect or {}))
    before = _shown(cluster.mode, cluster.customization, current_network)
    before.update(version=cluster.minor_version, ip_restrictions=sorted(around.ip_restrictions))
    after = _shown(request.mode, expected, network)
    after.update(version=(body or {}).get("version", cluster.minor_version))
    after.update(ip_restrictions=sorted(restore.ip_restrictions))
    return ResetPlan(
        cluster, request, in_place.desired, tuple(reasons), body, tuple(changes), restore, before, after,
        _consequences(cluster, request, around, restore) if reasons else {},
        (*in_place.warnings, *_version_warning(cluster, request, bool(reasons))),
    )  # fmt: skip


def reset_reasons(cluster: Cluster, request: ResetRequest) -> list[str]:
    """Why nothing less than a reset fulfils the wish; empty when something less does, or nothing is to do."""
    reasons = []
    if cluster.mode != request.mode:
        reasons.append(f"kube_proxy_mode is {cluster.mode} and shall be {request.mode}")
    current = Network.of(cluster)
    network = request.network.applied_to(current)
    for option in current.only_by_reset(network):
        reasons.append(f"{option} is {getattr(current, option)} and shall be {getattr(network, option)}")
    if request.force:
        reasons.append("force is set")
    return reasons


def _checked(expected: Customization, request: ResetRequest) -> tuple[str, ...]:
    """Rules for the customization, judged by the mode the cluster will have."""
    settings = request.customization.kube_proxy
    if settings is None:
        return ()
    problems = period_conflicts(expected.kube_proxy, settings)
    if problems:
        raise ValidationError(problems)
    return tuple(ineffective_settings(settings, request.mode))


def _body(cluster: Cluster, request: ResetRequest, expected: Customization, network: Network) -> Json:
    """Everything the API would otherwise put back to a default; neither region nor plan, which its schema lacks."""
    body: dict[str, t.Any] = {
        "name": cluster.name or None,
        "version": request.version or cluster.minor_version,
        "updatePolicy": cluster.raw.get("updatePolicy"),
        "kubeProxyMode": request.mode,
        "customization": expected.to_api(),
        "ipAllocationPolicy": cluster.raw.get("ipAllocationPolicy"),
        "workerNodesPolicy": request.worker_nodes_policy,
        **network.to_api(),
    }
    return {key: value for key, value in body.items() if value is not None}


def _expectation(body: Json, expected: Customization, network: Network) -> Desired:
    """All that the body names: the API was seen to come up in another mode than asked (Terraform provider, #1425)."""
    return Desired(
        expected,
        CustomizationRequest(expected.kube_proxy, expected.api_server, "replace"),
        network,
        body["kubeProxyMode"],
        body.get("updatePolicy"),
        body.get("name"),
        body.get("version"),
    )


def _shown(mode: str | None, customization: Customization, network: Network) -> Json:
    return {"kube_proxy_mode": mode, **customization.as_result(), **network.as_result()}


def _consequences(cluster: Cluster, request: ResetRequest, around: Surroundings, restore: Restore) -> Json:
    return {
        "data_lost": True,
        "worker_nodes_policy": request.worker_nodes_policy,
        "version_before": cluster.raw.get("version"),
        "version_after": request.version or cluster.minor_version,
        "node_pools": [
            {
                "name": pool.get("name"),
                "flavor": pool.get("flavor"),
                "current_nodes": pool.get("currentNodes"),
                "desired_nodes": pool.get("desiredNodes"),
            }
            for pool in around.node_pools
        ],
        "nodes": [
            {"name": node.get("name"), "version": node.get("version"), "status": node.get("status")}
            for node in around.nodes
        ],
        "ip_allocation_policy": ip_allocation_result(cluster.raw.get("ipAllocationPolicy")),
        "ip_restrictions_restored": list(restore.ip_restrictions),
        "open_id_connect_restored": restore.open_id_connect is not None,
    }


def _version_warning(cluster: Cluster, request: ResetRequest, resets: bool) -> tuple[str, ...]:
    """A version alone is no reason to destroy a cluster: upgrades have a route of their own."""
    if resets or not request.version or request.version == cluster.minor_version:
        return ()
    return (
        f"version: {cluster.label()} runs {cluster.minor_version}, not {request.version}; that alone does not reset it. "
        f"Upgrade it in the OVHcloud control panel, or set force to reset it to that version",
    )
