# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Sending changes that a running cluster takes, each only while it is READY, until a read-back shows them all."""

from __future__ import annotations

import typing as t

from ..._adapters.ovh.api_errors import ApiError, ConflictError, TransportError
from ..._domain.common.problems import RefusedError, ValidationError
from ..._domain.managed.changes import Change, ChangeKind
from ..._domain.managed.cluster import Cluster, Phase
from ..common.run import DriftError, EngineError
from .context import Context
from .read_cluster import read_cluster
from .wait import GRACE, Drift, EachRead, begun, no_drift, refuse_end_state, until_ready


class Pending(t.NamedTuple):
    """What a cluster, as it was just read, still needs, and how a later read differs from the outcome."""

    changes: t.Sequence[Change]
    drift: Drift


Replan = t.Callable[[Cluster], Pending]


def wait_until_idle(ctx: Context, cluster: Cluster, each_read: EachRead | None = None) -> Cluster:
    """The cluster, once nothing is under way on it any more; in check mode, or without waiting, as it is.

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
    """Send what ``replan`` says, one change at a time; returns the last read.

    Without waiting, the changes are sent and not followed, which can only be one that makes the cluster busy.
    """
    pending = replan(cluster)
    # What is done with its answer goes first: it must not wait for what makes the cluster busy.
    kinds = sorted({change.kind for change in pending.changes}, key=lambda kind: (kind.waits, kind.value))
    busying = [kind.value[0] for kind in kinds if kind.waits]
    if not ctx.waiting.wait and len(busying) > 1:
        raise EngineError(
            f"wait: {', '.join(busying)} differ, and the API takes the next of them only when it is done with the one "
            f"before. Set wait to true; nothing was sent"
        )
    for position, kind in enumerate(kinds):
        cluster, pending, started = _send_when_free(ctx, cluster, replan, pending, kind)
        if ctx.waiting.wait and kind.waits:
            expected = pending.drift if position == len(kinds) - 1 else no_drift
            cluster = until_ready(ctx, cluster.id, purpose, drift=expected, started=started)
    if not ctx.waiting.wait or not busying:
        cluster = read_cluster(ctx, cluster.id)
    different = pending.drift(cluster)
    if ctx.waiting.wait and different is not None:
        raise DriftError(
            f"{cluster.label()} is not what was asked for after {purpose}: {different}. The API accepted the request "
            f"and did something else; report it to OVHcloud's support"
        )
    return cluster


def _send_when_free(
    ctx: Context, cluster: Cluster, replan: Replan, pending: Pending, kind: ChangeKind
) -> tuple[Cluster, Pending, bool]:
    """Send the change of one route, again after a conflict when something else is under way.

    It is planned anew then: a request whose answer was lost may have taken effect and be the very thing under way. The
    last value tells that this was seen.
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
    api, body = ctx.api, change.body
    if change.kind is ChangeKind.CUSTOMIZATION:
        api.put_customization(kube_id, body)
    elif change.kind is ChangeKind.NETWORK_CONFIGURATION:
        api.put_private_network_configuration(kube_id, body)
    elif change.kind is ChangeKind.LOAD_BALANCERS_SUBNET:
        api.set_load_balancers_subnet(kube_id, body["loadBalancersSubnetId"])
    elif change.kind is ChangeKind.IP_RESTRICTIONS:
        api.replace_ip_restrictions(kube_id, body["ips"])
    elif change.kind is ChangeKind.OPEN_ID_CONNECT:
        api.create_open_id_connect(kube_id, body)
    else:
        api.set_update_policy(kube_id, body["updatePolicy"])
    ctx.accepted()
