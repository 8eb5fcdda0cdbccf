# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for what a running cluster takes without a reset: its customization, and network and update policy."""

from __future__ import annotations

import dataclasses

from ..common.problems import RefusedError, Remedy
from .changes import (
    Change,
    CustomizationChange,
    LoadBalancersSubnetChange,
    NetworkConfigurationChange,
    UpdatePolicyChange,
)
from .cluster import Cluster
from .customization import Customization
from .desired import Desired
from .plan import Plan, side_of_diff
from .request import CustomizationRequest, NetworkRequest
from .validation import check_settings


def check_mode(cluster: Cluster, mode: str | None) -> None:
    """Raises RefusedError where the cluster runs another mode than this one; None accepts every mode."""
    if not mode:
        return
    without = cluster.without_kube_proxy()
    if without:
        raise RefusedError(
            f"kube_proxy_mode: {cluster.label()} exists and has no kube-proxy: {without}. Leave kube_proxy_mode out"
        )
    if cluster.mode != mode:
        raise RefusedError(
            f"kube_proxy_mode: {cluster.label()} exists and runs {cluster.mode or 'no kube-proxy mode'}, not {mode}. "
            f"Only a reset, which destroys the cluster's data, changes the mode",
            Remedy.RESET,
        )


def plan_customization(cluster: Cluster, request: CustomizationRequest) -> Plan:
    """Compare the request with the cluster's customization.

    Raises RefusedError for settings of kube-proxy on a cluster without kube-proxy, and ValidationError for settings
    with which kube-proxy would not start in the mode of their section.
    """
    if request.kube_proxy is not None:
        reason = cluster.without_kube_proxy()
        if reason:
            raise RefusedError(
                f"{cluster.label()} has no kube-proxy to customize: {reason}. Leave kube_proxy out for this cluster"
            )
    current, parts = cluster.customization, request.parts
    desired = request.applied_to(current)
    warnings = check_settings(desired.kube_proxy, request.kube_proxy, cluster.mode, cluster.name)
    return Plan(
        _customization_changes(current, desired),
        Desired(desired, parts, request=request),
        side_of_diff(current, parts=parts),
        side_of_diff(desired, parts=parts),
        warnings,
    )


def plan_in_place(
    cluster: Cluster,
    request: CustomizationRequest,
    network_request: NetworkRequest,
    update_policy: str | None = None,
) -> Plan:
    """What of customization, network and update policy differs and can be changed without a reset.

    Raises what plan_customization raises.
    """
    plan = plan_customization(cluster, request)
    changes: list[Change] = [*plan.changes]
    current, network = cluster.network, network_request.applied_to(cluster.network)
    if network.configuration and network.effective_configuration != current.effective_configuration:
        changes.append(NetworkConfigurationChange(network.configuration))
    if network.load_balancers_subnet_id != current.load_balancers_subnet_id:
        changes.append(LoadBalancersSubnetChange(network.load_balancers_subnet_id))
    policy = cluster.update_policy
    if update_policy and update_policy != policy:
        changes.append(UpdatePolicyChange(update_policy))
    desired = dataclasses.replace(
        plan.desired,
        network=network,
        update_policy=update_policy,
        network_request=network_request,
        removed=current.removed_in(network),
    )
    parts = request.parts
    return Plan(
        tuple(changes),
        desired,
        side_of_diff(cluster.customization, current, parts=parts, update_policy=policy),
        side_of_diff(desired.customization, network, parts=parts, update_policy=update_policy or policy),
        plan.warnings,
    )


def _customization_changes(current: Customization, desired: Customization) -> tuple[Change, ...]:
    """Only the parts that change: the API keeps a part that is left out, and a PUT restarts kube-proxy."""
    kube_proxy = desired.kube_proxy if desired.kube_proxy != current.kube_proxy else None
    api_server = desired.api_server if desired.api_server != current.api_server else None
    if kube_proxy is None and api_server is None:
        return ()
    return (CustomizationChange(kube_proxy, api_server),)
