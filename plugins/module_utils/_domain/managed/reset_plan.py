# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a reset: why it is needed, what it keeps, and what it destroys.

A reset does not merge: whatever its body does not name returns to a default (OVHcloud API, POST reset). The desired
state of a reset is therefore complete: the current cluster, with the request laid over it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from ..common.json_types import Json
from ..common.listed import counted, listed
from ..common.problems import Notice, RefusedError
from . import usual_time
from .changes import Change, IpRestrictionsChange, OpenIdConnectChange
from .cluster import Cluster
from .confirmation import confirmation_problem
from .contents import Contents
from .customization import Customization
from .customization_plan import plan_in_place
from .desired import Desired
from .network import Network
from .plan import Action, Plan, side_of_diff
from .request import CustomizationRequest, ResetRequest
from .reset_record import NOTHING_PRESERVED, Preserved
from .validation import check_settings


@dataclass(frozen=True)
class NodePool:
    """A node pool, with its numbers of nodes."""

    name: str | None
    flavor: str | None
    current_nodes: int | None
    desired_nodes: int | None

    @property
    def size(self) -> str:
        return "an unknown number of nodes" if self.current_nodes is None else counted(self.current_nodes, "node")


@dataclass(frozen=True)
class Node:
    """A worker node, with its Kubernetes version."""

    name: str | None
    version: str | None
    status: str | None


@dataclass(frozen=True)
class CurrentCluster:
    """A cluster with what belongs to it and is read beside it.

    ``ip_restrictions`` are in normal form; ``open_id_connect`` is as the API shows it, under its own names. Pools and
    nodes are known only where a reset would touch them.
    """

    cluster: Cluster
    ip_restrictions: tuple[str, ...] = ()
    open_id_connect: Json | None = None
    node_pools: tuple[NodePool, ...] = ()
    nodes: tuple[Node, ...] = ()


@dataclass(frozen=True)
class ResetPlan(Plan):
    """``reasons`` say why a reset is needed; without any, the changes suffice (or there is nothing to do).

    ``contents`` is what the cluster contains, None where nobody wants to know.
    """

    current: CurrentCluster
    request: ResetRequest
    reasons: tuple[str, ...]
    preserved: Preserved
    contents: Contents | None = None

    @property
    def resets(self) -> bool:
        return bool(self.reasons)

    @property
    def action(self) -> Action:
        return "reset" if self.resets else super().action

    @property
    def usual_time(self) -> str | None:
        return usual_time.CHANGE if self.resets else super().usual_time

    @property
    def cluster(self) -> Cluster:
        return self.current.cluster

    def consequences(self) -> Json:
        """What the reset destroys, keeps and restores, for results; empty without a reset."""
        if not self.resets:
            return {}
        allocation = self.cluster.ip_allocation_policy
        return {
            "data_lost": True,
            "worker_nodes_policy": self.request.worker_nodes_policy,
            "version_before": self.cluster.version,
            "version_after": self.desired.minor_version,
            "node_pools": [
                {
                    "name": pool.name,
                    "flavor": pool.flavor,
                    "current_nodes": pool.current_nodes,
                    "desired_nodes": pool.desired_nodes,
                }
                for pool in self.current.node_pools
            ],
            "nodes": [
                {"name": node.name, "version": node.version, "status": node.status} for node in self.current.nodes
            ],
            "contents": None if self.contents is None else self.contents.as_result(),
            "ip_allocation_policy": allocation.as_result() if allocation else None,
            "ip_restrictions_restored": list(self.preserved.ip_restrictions),
            "open_id_connect_restored": self.preserved.open_id_connect is not None,
        }

    def check_confirmation(self, confirm: str | None) -> None:
        """Raises RefusedError, with everything that would be destroyed, unless ``confirm`` is the cluster's name."""
        problem = confirmation_problem(self.cluster, confirm)
        if self.resets and problem:
            raise RefusedError(
                f"Not reset: {problem}. Resetting {self.cluster.label()} is needed because {'; '.join(self.reasons)}. "
                f"{self.destroyed()} To go ahead, set confirm to {self.cluster.name!r}"
            )

    def destroyed(self) -> str:
        """What the reset destroys, in sentences."""
        contents = "" if self.contents is None else f" {self.contents.described()}"
        return (
            f"All data in the cluster is lost (workloads, secrets, volumes, load balancers, certificates, kubeconfig); "
            f"Kubernetes {self.cluster.version} is installed again as {self.desired.minor_version}; {self._machines()}."
            f"{contents}"
        )

    def _machines(self) -> str:
        """What happens to pools and nodes."""
        pools = [f"{pool.name} ({pool.size}, {pool.flavor})" for pool in self.current.node_pools]
        nodes = [f"{node.name} ({node.version})" for node in self.current.nodes]
        if not pools and not nodes:
            return "it has no node pools and no nodes"
        fate = {
            "delete": "are deleted",
            "reinstall": "are kept, their operating system is installed anew",
        }[self.request.worker_nodes_policy]
        machines = f"nodes: {listed(nodes)}; the nodes {fate}" if nodes else "it has no nodes"
        return f"node pools: {listed(pools) or 'none'}; {machines}"


def plan_reset(current: CurrentCluster, request: ResetRequest, kept: Preserved = NOTHING_PRESERVED) -> ResetPlan:
    """Compare the request with the cluster as it is.

    ``kept`` is from a reset that was interrupted: where the cluster has nothing (any more), it is what to restore.
    Raises RefusedError and ValidationError as plan_customization does.
    """
    cluster = current.cluster
    reason = cluster.without_kube_proxy()
    if reason:
        raise RefusedError(f"{cluster.label()} has no kube-proxy whose mode could be changed: {reason}")
    network = request.network.applied_to(cluster.network)
    customization = request.customization.applied_to(cluster.customization)
    restrictions = request.ip_restrictions
    preserved = Preserved(
        current.ip_restrictions or kept.ip_restrictions if restrictions is None else restrictions,
        current.open_id_connect or kept.open_id_connect,
    )
    reasons = tuple(reset_reasons(cluster, request))
    changes: tuple[Change, ...] = ()
    if reasons:
        desired = _desired(cluster, request, customization, network)
        # Judged by the mode that the cluster will have.
        settings = request.customization.kube_proxy
        warnings = check_settings(customization.kube_proxy, settings, request.mode, cluster.name)
    else:
        in_place = plan_in_place(cluster, request.customization, request.network)
        desired, changes = in_place.desired, _with_restored(in_place.changes, current, preserved)
        warnings = (*in_place.warnings, *_version_warning(cluster, request))
    before = side_of_diff(
        cluster.customization,
        cluster.network,
        kube_proxy_mode=cluster.mode,
        version=cluster.minor_version,
        ip_restrictions=sorted(current.ip_restrictions),
    )
    after = side_of_diff(
        customization,
        network,
        kube_proxy_mode=request.mode,
        version=desired.minor_version or cluster.minor_version,
        ip_restrictions=sorted(preserved.ip_restrictions),
    )
    return ResetPlan(changes, desired, before, after, warnings, current, request, reasons, preserved)


def reset_reasons(cluster: Cluster, request: ResetRequest) -> list[str]:
    """Why the request needs a reset; empty when less suffices, or there is nothing to do."""
    reasons = []
    if cluster.mode != request.mode:
        reasons.append(f"kube_proxy_mode is {cluster.mode} and should be {request.mode}")
    network = request.network.applied_to(cluster.network)
    for option in cluster.network.changed_only_by_reset(network):
        current, desired = getattr(cluster.network, option), getattr(network, option)
        reasons.append(f"{option} is {current or 'not set'} and should be {desired or 'removed'}")
    if request.force:
        reasons.append("force is set")
    return reasons


def _desired(cluster: Cluster, request: ResetRequest, customization: Customization, network: Network) -> Desired:
    """All that a reset would return to a default; neither region nor plan, which its body has no members for.

    All of it is verified: the API was seen to come up in another mode than requested (Terraform provider, #1425).
    """
    return Desired(
        customization,
        network=network,
        mode=request.mode,
        update_policy=cluster.update_policy,
        name=cluster.name or None,
        minor_version=request.version or cluster.minor_version,
        ip_allocation_policy=cluster.ip_allocation_policy,
        # All that is kept counts as well; what somebody else sets beside it does not.
        request=dataclasses.replace(request.customization, kube_proxy=customization.kube_proxy, api_server=None)
        if request.customization.kube_proxy is not None
        else CustomizationRequest(customization.kube_proxy),
        removed=cluster.network.removed_in(network),
    )


def _with_restored(changes: tuple[Change, ...], current: CurrentCluster, preserved: Preserved) -> tuple[Change, ...]:
    """The changes, between those that restore IP restrictions, which are urgent, and OpenID Connect."""
    if set(preserved.ip_restrictions) != set(current.ip_restrictions):
        changes = (IpRestrictionsChange(preserved.ip_restrictions), *changes)
    if preserved.open_id_connect != current.open_id_connect:
        changes = (*changes, OpenIdConnectChange(preserved.open_id_connect or {}))
    return changes


def _version_warning(cluster: Cluster, request: ResetRequest) -> tuple[Notice, ...]:
    """A version alone is no reason to destroy a cluster: an upgrade is another operation of the API."""
    if not request.version or request.version == cluster.minor_version:
        return ()
    text = (
        f"version: {cluster.label()} runs {cluster.minor_version}, not {request.version}; that alone does not reset "
        f"it. Upgrade it in the OVHcloud control panel, or set force to reset it to that version"
    )
    return (Notice(text),)
