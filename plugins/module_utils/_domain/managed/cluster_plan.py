# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""The plan for the cluster itself: create it, adopt and adjust the existing one, or delete it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..common.problems import RefusedError, ValidationError
from .changes import Change, plan_in_place
from .cluster import Cluster
from .customization import NO_CUSTOMIZATION_REQUEST, Customization, CustomizationRequest, Json
from .desired import Desired
from .network import NO_NETWORK_REQUEST, Network, NetworkRequest
from .validation import ineffective_settings, period_conflicts

RESET = "clusterops.kube_proxy.kube_cluster_reset"


@dataclass(frozen=True)
class ClusterRequest:
    """What a cluster shall be; None is 'not mentioned': the API's default at creation, as it is afterwards."""

    name: str
    region: str
    version: str | None = None
    plan: str | None = None
    mode: str | None = None
    update_policy: str | None = None
    customization: CustomizationRequest = NO_CUSTOMIZATION_REQUEST
    network: NetworkRequest = NO_NETWORK_REQUEST
    ip_allocation_policy: Json | None = None


@dataclass(frozen=True)
class ClusterPlan:
    """``create`` is the body of a creation, ``changes`` adjust an existing cluster; both empty: nothing to do."""

    create: Json | None
    changes: tuple[Change, ...]
    desired: Desired
    before: Json
    after: Json
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return self.create is not None or bool(self.changes)

    @property
    def action(self) -> t.Literal["create", "in_place", "none"]:
        return "create" if self.create is not None else "in_place" if self.changes else "none"

    def diff(self) -> dict[str, Json]:
        return {"before": self.before, "after": self.after}


def plan_creation(request: ClusterRequest) -> ClusterPlan:
    """The body names the mode whenever one was asked for: the documents disagree about the API's default."""
    settings = request.customization.kube_proxy
    warnings: tuple[str, ...] = ()
    if (settings is not None or request.mode) and request.plan == "standard":
        raise RefusedError(
            f"cluster {request.name!r} shall have the plan Standard, where Cilium replaces kube-proxy: leave kube_proxy "
            f"and kube_proxy_mode out, or choose the plan free"
        )
    expected = request.customization.applied_to(Customization())
    if settings is not None:
        problems = period_conflicts(expected.kube_proxy, settings)
        if problems:
            raise ValidationError(problems)
        warnings = tuple(ineffective_settings(settings, request.mode))
    network = request.network.applied_to(Network())
    body: dict[str, t.Any] = {
        "name": request.name,
        "region": request.region,
        "version": request.version,
        "plan": request.plan,
        "kubeProxyMode": request.mode,
        "updatePolicy": request.update_policy,
        "customization": _customization_body(request.customization, expected),
        "ipAllocationPolicy": request.ip_allocation_policy,
        **network.to_api(),
    }
    body = {key: value for key, value in body.items() if value is not None}
    after = {
        "name": request.name,
        "region": request.region,
        "version": request.version,
        "kube_proxy_mode": request.mode,
        "update_policy": request.update_policy,
        **expected.as_result(),
        **network.as_result(),
    }
    # What is left to the API's defaults is not known before, and would only be noise in the diff.
    after = {key: value for key, value in after.items() if value is not None}
    desired = Desired(
        expected, request.customization, network, request.mode, request.update_policy, request.name, request.version
    )
    return ClusterPlan(body, (), desired, {}, after, warnings)


def plan_adoption(cluster: Cluster, request: ClusterRequest) -> ClusterPlan:
    """Adjust the cluster that is already there; raises RefusedError for what only a reset could change."""
    without = cluster.without_kube_proxy()
    if request.mode and without:
        raise RefusedError(
            f"kube_proxy_mode: {cluster.label()} exists and has no kube-proxy: {without}. Leave kube_proxy_mode out"
        )
    if request.mode and cluster.mode != request.mode:
        raise RefusedError(
            f"kube_proxy_mode: {cluster.label()} exists and runs {cluster.mode or 'no kube-proxy mode'}, not "
            f"{request.mode}. Only a reset, which destroys the cluster's data, changes the mode: use {RESET}"
        )
    current = Network.of(cluster)
    network = request.network.applied_to(current)
    fixed = current.only_by_reset(network)
    if fixed:
        raise RefusedError(
            f"{', '.join(fixed)}: {cluster.label()} exists with another value. Only a reset, which destroys the "
            f"cluster's data, changes it: use {RESET}"
        )
    if request.plan and cluster.raw.get("plan") not in (None, request.plan):
        raise RefusedError(
            f"plan: {cluster.label()} exists with the plan {cluster.raw['plan']}, which cannot be changed"
        )
    allocation = cluster.raw.get("ipAllocationPolicy") or {}
    for key, value in (request.ip_allocation_policy or {}).items():
        if allocation.get(key) != value:
            raise RefusedError(
                f"ip_allocation_policy: {cluster.label()} exists with {allocation.get(key)} as {key}, which cannot be "
                f"changed to {value}"
            )
    in_place = plan_in_place(cluster, request.customization, network, request.update_policy)
    warnings = list(in_place.warnings)
    if request.version and cluster.minor_version not in (None, request.version):
        warnings.append(
            f"version: {cluster.label()} runs {cluster.minor_version}, not {request.version}; an existing cluster is "
            f"neither upgraded nor reset for that"
        )
    return ClusterPlan(None, in_place.changes, in_place.desired, in_place.before, in_place.after, tuple(warnings))


def deletion_under_way(cluster: Cluster) -> bool:
    """Whether a DELETE was sent before, for instance by a run that was interrupted while it waited."""
    return cluster.status in ("DELETING", "DELETED")


def check_deletion_confirmed(cluster: Cluster, confirm: str | None) -> None:
    """Raises RefusedError unless ``confirm`` is the cluster's name."""
    if not confirm or confirm != cluster.name:
        given = f"confirm is {confirm!r}, which is not the cluster's name" if confirm else "confirm is not set"
        raise RefusedError(
            f"Not deleted: {given}. Deleting {cluster.label()} destroys the cluster, its node pools and all data in "
            f"it. To go ahead, set confirm to {cluster.name!r}"
        )


def _customization_body(request: CustomizationRequest, expected: Customization) -> Json | None:
    body: Json = {}
    if request.kube_proxy is not None and expected.kube_proxy.values:
        body["kubeProxy"] = expected.kube_proxy.to_api()
    if request.api_server is not None:
        body["apiServer"] = expected.api_server.to_api()
    return body or None
