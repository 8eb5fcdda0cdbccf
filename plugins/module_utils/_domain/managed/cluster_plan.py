# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for the cluster itself: create it, adopt and adjust the existing one, or delete it."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from ..common.listed import listed
from ..common.printable import quoted
from ..common.problems import Notice, Problem, RefusedError, Remedy, ValidationError
from . import identifiers, usual_time
from .cluster import Cluster
from .confirmation import confirmation_problem
from .customization import Customization
from .customization_plan import check_mode, plan_in_place
from .desired import Desired
from .network import IpAllocationPolicy, Network
from .plan import Action, Plan, side_of_diff
from .request import ClusterRequest
from .validation import check_settings


@dataclass(frozen=True)
class CreationPlan(Plan):
    """The desired state is that of a new cluster."""

    @property
    def action(self) -> Action:
        return "create"

    @property
    def usual_time(self) -> str:
        return usual_time.CREATION


def plan_creation(request: ClusterRequest) -> CreationPlan:
    """A new cluster; the mode is named whenever it is requested, because the documents disagree about its default.

    Raises RefusedError for kube-proxy on a plan without it, and ValidationError for a name that no
    new cluster gets, and for values that cannot be combined.
    """
    try:
        identifiers.new_name(request.name)
    except ValueError as error:
        raise ValidationError([Problem("name", str(error))]) from None
    settings = request.customization.kube_proxy
    if (settings is not None or request.mode) and request.plan == "standard":
        raise RefusedError(
            f"cluster {quoted(request.name)} is requested with the plan Standard, where Cilium replaces "
            f"kube-proxy: leave kube_proxy and kube_proxy_mode out, or choose the plan free"
        )
    _check_settings_reach_kube_proxy(request)
    customization = request.customization.applied_to(Customization())
    warnings = check_settings(customization.kube_proxy, settings, request.mode, request.name)
    network = request.network.applied_to(Network())
    desired = Desired(
        customization,
        request.customization.parts,
        network,
        request.mode,
        request.update_policy,
        request.name,
        request.version,
        request.region,
        request.plan,
        request.ip_allocation_policy,
        request=request.customization,
        network_request=request.network,
    )
    after = side_of_diff(
        customization,
        network,
        name=request.name,
        region=request.region,
        version=request.version,
        kube_proxy_mode=request.mode,
        update_policy=request.update_policy,
    )
    # What is left to the API's defaults is not known before, and would only be noise in the diff.
    after = {key: value for key, value in after.items() if value is not None}
    return CreationPlan((), desired, {}, after, warnings)


def _check_settings_reach_kube_proxy(request: ClusterRequest) -> None:
    """Raises RefusedError for a new cluster in whose mode none of the settings has an effect.

    Only a reset, which destroys the cluster's data, would change the mode afterwards. Settings of both modes are a file
    of variables that serves several clusters, once the mode is named.
    """
    settings = request.customization.kube_proxy
    sections = sorted(settings.sections()) if settings else []
    if not sections or request.mode in sections:
        return
    given = " and ".join(f"kube_proxy.{section}" for section in sections)
    if request.mode is None:
        problem = (
            f"kube_proxy_mode: {given} would be set on a new cluster, and the API chooses the mode where none is "
            f"named, in which the settings may have no effect. Set kube_proxy_mode to {' or '.join(sections)}"
        )
    else:
        problem = (
            f"kube_proxy_mode: a new cluster would run {request.mode}, in which {given} has no effect. Set "
            f"kube_proxy_mode to {' or '.join(sections)}, or leave {given} out"
        )
    raise RefusedError(f"Nothing was created. {problem}. Only a reset changes the mode of a cluster later")


def plan_adoption(cluster: Cluster, request: ClusterRequest) -> Plan:
    """Adjust the cluster that exists; raises RefusedError for what only a reset, or nothing, can change."""
    check_mode(cluster, request.mode)
    network = request.network.applied_to(cluster.network)
    fixed = cluster.network.changed_only_by_reset(network)
    if fixed:
        raise RefusedError(
            f"{', '.join(fixed)}: {cluster.label()} exists with another value. Only a reset, which destroys the "
            f"cluster's data, changes it",
            Remedy.RESET,
        )
    if request.plan and cluster.plan not in (None, request.plan):
        raise RefusedError(f"plan: {cluster.label()} exists with the plan {cluster.plan}, which cannot be changed")
    _check_ip_allocation(cluster, request.ip_allocation_policy)
    plan = plan_in_place(cluster, request.customization, request.network, request.update_policy)
    if request.version and cluster.minor_version not in (None, request.version):
        other_version = Notice(
            f"version: {cluster.label()} runs {cluster.minor_version}, not {request.version}; an existing cluster is "
            f"neither upgraded nor reset for that"
        )
        plan = dataclasses.replace(plan, warnings=(*plan.warnings, other_version))
    return plan


def _check_ip_allocation(cluster: Cluster, request: IpAllocationPolicy | None) -> None:
    current = (cluster.ip_allocation_policy or IpAllocationPolicy()).as_result()
    for option, requested in (request.as_result() if request else {}).items():
        if requested and requested != current[option]:
            raise RefusedError(
                f"ip_allocation_policy: {cluster.label()} exists with {current[option]} as {option}, which cannot be "
                f"changed to {requested}"
            )


def deletion_under_way(cluster: Cluster) -> bool:
    """Whether a DELETE was sent before, for instance by a run that was interrupted while it waited."""
    return cluster.status in ("DELETING", "DELETED")


def check_deletion_confirmed(cluster: Cluster, confirm: str | None) -> None:
    """Raises RefusedError unless ``confirm`` is the cluster's name."""
    problem = confirmation_problem(cluster, confirm)
    if problem:
        raise RefusedError(
            f"Not deleted: {problem}. Deleting {cluster.label()} destroys the cluster, its node pools and all data in "
            f"it. To go ahead, set confirm to {cluster.name!r}"
        )


def twins_problem(ours: Cluster, others: t.Sequence[Cluster]) -> str:
    """What to say of clusters of one name that several runs created at once: the oldest stays, in whichever run."""
    twins = sorted((ours, *others), key=lambda cluster: (cluster.created_at or "", cluster.id))
    those = listed(
        f"{cluster.id} (created at {cluster.created_at or 'an unknown time'}"
        f"{', by this run' if cluster.id == ours.id else ''})"
        for cluster in twins
    )
    surplus = listed((cluster.id for cluster in twins[1:]), conjunction=" and ")
    return (
        f"name: {len(twins)} clusters are called {ours.name!r} in {ours.region}, since somebody else created one at "
        f"the same time: {those}. Each of them costs money. Delete {surplus}, by kube_id, and keep {twins[0].id}, the "
        f"oldest; the next run then adopts that one"
    )
