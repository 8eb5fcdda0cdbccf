# SPDX-License-Identifier: GPL-3.0-or-later

"""Applying changes that a running cluster takes: each is sent while it is READY, until a read-back shows them all."""

from __future__ import annotations

import typing as t

from ..._adapters.ovh import convert
from ..._adapters.ovh.api_errors import ApiError, ConflictError, TransportError
from ..._domain.common.problems import RefusedError, ValidationError
from ..._domain.managed.changes import (
    Change,
    ChangeKind,
    CustomizationChange,
    IpRestrictionsChange,
    LoadBalancersSubnetChange,
    NetworkConfigurationChange,
    OpenIdConnectChange,
    UpdatePolicyChange,
)
from ..._domain.managed.cluster import Cluster, Phase
from ..._domain.managed.plan import Plan
from ..common.run import DriftError, EngineError
from .context import Context
from .read_cluster import read_cluster
from .wait import GRACE, Drift, EachRead, begun, no_drift, refuse_end_state, until_ready


class Pending(t.NamedTuple):
    """What a cluster, as it was just read, still needs, and how a later read differs from the desired state."""

    changes: t.Sequence[Change]
    drift: Drift

    @classmethod
    def of(cls, plan: Plan) -> Pending:
        return cls(plan.changes, plan.drift)


Replan = t.Callable[[Cluster], Pending]


def wait_until_idle(ctx: Context, cluster: Cluster, each_read: EachRead | None = None) -> Cluster:
    """The cluster, once no operation is under way on it; in check mode, or without waiting, as it is.

    An end state is refused here, before anything is sent, and in check mode just as for real.
    """
    refuse_end_state(cluster)
    if cluster.phase is Phase.READY:
        return cluster
    if ctx.check_mode or not ctx.waiting.wait:
        ctx.warn(
            f"{cluster.label()} has the status {cluster.status}: an operation is under way that may still change what "
            f"was compared here"
        )
        return cluster
    return until_ready(ctx, cluster.id, "the operation already under way", started=True, each_read=each_read)


def apply_changes(ctx: Context, cluster: Cluster, replan: Replan, purpose: str) -> Cluster:
    """Send the changes that ``replan`` returns, one at a time; returns the last read.

    Without waiting, the changes are sent and not followed, which can only be one that makes the cluster busy.
    """
    pending = replan(cluster)
    # What is done with its answer goes first: it must not wait for what makes the cluster busy.
    kinds = sorted({change.kind for change in pending.changes}, key=lambda kind: (kind.waits, kind.value))
    busying = [kind for kind in kinds if kind.waits]
    if not ctx.waiting.wait:
        refuse_several(busying)
    for position, kind in enumerate(kinds):
        cluster, pending, started = _send_when_free(ctx, cluster, replan, pending, kind)
        if ctx.waiting.wait and kind.waits:
            drift = pending.drift if position == len(kinds) - 1 else no_drift
            cluster = until_ready(ctx, cluster.id, purpose, drift=drift, started=started)
    if not ctx.waiting.wait or not busying:
        cluster = read_cluster(ctx, cluster.id)
    found = pending.drift(cluster)
    if ctx.waiting.wait and found is not None:
        raise DriftError(
            f"{cluster.label()} is not what was asked for after {purpose}: {found}. The API accepted the request "
            f"and did something else; report it to OVHcloud's support"
        )
    return cluster


def refuse_several(kinds: t.Sequence[ChangeKind]) -> None:
    """Raises EngineError for several changes that a run without waiting cannot send one after the other."""
    if len(kinds) > 1:
        raise EngineError(
            f"wait: {', '.join(kind.label for kind in kinds)} differ, and the API takes the next of them only when it "
            f"is done with the one before. Set wait to true; nothing was sent"
        )


def _send_when_free(
    ctx: Context, cluster: Cluster, replan: Replan, pending: Pending, kind: ChangeKind
) -> tuple[Cluster, Pending, bool]:
    """Send the change of one kind, again after a conflict when something else is under way.

    It is planned anew then: a request whose answer was lost may have taken effect and be the very thing under way. The
    last value says that this was seen.
    """
    in_vain_since: float | None = None
    started = False
    while (change := next((change for change in pending.changes if change.kind is kind), None)) is not None:
        try:
            send(ctx, cluster.id, change)
            return cluster, pending, False
        except ConflictError:
            now = ctx.clock.now()
            in_vain_since = now if in_vain_since is None else in_vain_since
            # Refused although READY all that time: no waiting makes that go away (NEVER_UPDATE is such a case).
            if not ctx.waiting.wait or now - in_vain_since >= GRACE or ctx.out_of_time():
                raise
        except (ApiError, TransportError) as error:
            if not error.maybe_processed or not begun(ctx, cluster):
                raise
            ctx.accepted()
            return cluster, pending, False
        ctx.clock.sleep(ctx.waiting.sleep)
        cluster = read_cluster(ctx, cluster.id)
        if cluster.phase is not Phase.READY:
            cluster = until_ready(ctx, cluster.id, "the operation already under way", started=True)
            in_vain_since, started = None, True
        pending = _again(ctx, replan, cluster)
    return cluster, pending, started


def _again(ctx: Context, replan: Replan, cluster: Cluster) -> Pending:
    try:
        return replan(cluster)
    except (RefusedError, ValidationError) as error:
        if not ctx.facts.get("changed"):
            raise
        # What is refused here was right when the first request was sent: it must not be called unchanged.
        raise EngineError(f"{cluster.label()} was changed in part, then somebody else changed it: {error}") from error


def send(ctx: Context, kube_id: str, change: Change) -> None:
    """The one request of a change."""
    api = ctx.api
    if isinstance(change, CustomizationChange):
        api.put_customization(kube_id, convert.change_body(change))
    elif isinstance(change, NetworkConfigurationChange):
        api.put_private_network_configuration(kube_id, convert.change_body(change))
    elif isinstance(change, LoadBalancersSubnetChange):
        api.set_load_balancers_subnet(kube_id, change.subnet_id)
    elif isinstance(change, IpRestrictionsChange):
        api.replace_ip_restrictions(kube_id, change.blocks)
    elif isinstance(change, OpenIdConnectChange):
        api.create_open_id_connect(kube_id, convert.change_body(change))
    elif isinstance(change, UpdatePolicyChange):
        api.set_update_policy(kube_id, change.policy)
    else:
        raise TypeError(f"{change!r} has no route")
    ctx.accepted()
