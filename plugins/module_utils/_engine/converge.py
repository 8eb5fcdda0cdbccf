# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Sending changes that a running cluster takes, each only while it is READY, until a read-back shows them all."""

from __future__ import annotations

import typing as t

from .._domain.changes import Change, Route
from .._domain.cluster import Cluster, Phase
from .._ovh.errors import ApiError, ConflictError, TransportError
from .context import Context
from .read import read_cluster
from .wait import GRACE, Deviation, begun, nothing_asked, refuse_end_state, until_ready

#: The changes a cluster, as it was just read, still needs.
Replan = t.Callable[[Cluster], t.Sequence[Change]]


def settled(ctx: Context, cluster: Cluster, purpose: str) -> Cluster:
    """The cluster, once nothing is under way on it any more; in check mode, or without waiting, as it is.

    An end state is refused here, before anything is sent, and in check mode just as for real.
    """
    refuse_end_state(cluster, purpose)
    if cluster.phase is Phase.READY:
        return cluster
    if ctx.check_mode or not ctx.waiting.wait:
        ctx.warn(
            f"{cluster.label()} has the status {cluster.status}: an operation is under way that may still change "
            f"what was compared here"
        )
        return cluster
    return until_ready(ctx, cluster.id, "the operation already under way", started=True)


def converge(ctx: Context, cluster: Cluster, replan: Replan, deviation: Deviation, purpose: str) -> Cluster:
    """Send what ``replan`` says, one change at a time; returns the last read.

    Without waiting, changes are sent and not followed.
    """
    # What is done with its answer goes first: it must not wait for what makes the cluster busy.
    routes = sorted({change.route for change in replan(cluster)}, key=lambda route: (route.waits, route.value))
    for position, route in enumerate(routes):
        cluster, done = _send_when_free(ctx, cluster, replan, route)
        if ctx.waiting.wait and route.waits:
            last = position == len(routes) - 1
            expected = deviation if last else nothing_asked
            cluster = until_ready(ctx, cluster.id, purpose, deviation=expected, started=done)
    return cluster


def _send_when_free(ctx: Context, cluster: Cluster, replan: Replan, route: Route) -> tuple[Cluster, bool]:
    """Send the change of one route, again after a conflict when something else is under way.

    It is planned anew then: a request whose answer was lost may have taken effect and be the very thing under way. The
    second value tells that it was, and was waited for.
    """
    in_vain_since: float | None = None
    while (change := _of_route(replan(cluster), route)) is not None:
        try:
            send(ctx, cluster.id, change)
            return cluster, False
        except ConflictError:
            now = ctx.clock.now()
            in_vain_since = now if in_vain_since is None else in_vain_since
            # Refused although READY all that time: no waiting makes that go away (NEVER_UPDATE is such a case).
            if not ctx.waiting.wait or now - in_vain_since >= GRACE:
                raise
        except (ApiError, TransportError) as error:
            if not error.maybe_processed or not begun(ctx, cluster):
                raise
            return cluster, False
        ctx.clock.sleep(ctx.waiting.sleep)
        cluster = read_cluster(ctx, cluster.id)
        if cluster.phase is not Phase.READY:
            cluster = until_ready(ctx, cluster.id, "the operation already under way", started=True)
            in_vain_since = None
    return cluster, True


def send(ctx: Context, kube_id: str, change: Change) -> None:
    """The one request of a change."""
    api, body = ctx.api, change.body
    if change.route is Route.CUSTOMIZATION:
        api.put_customization(kube_id, body)
    elif change.route is Route.NETWORK_CONFIGURATION:
        api.put_private_network_configuration(kube_id, body)
    elif change.route is Route.LOAD_BALANCERS_SUBNET:
        api.set_load_balancers_subnet(kube_id, body["loadBalancersSubnetId"])
    elif change.route is Route.IP_RESTRICTIONS:
        api.replace_ip_restrictions(kube_id, body["ips"])
    elif change.route is Route.OPEN_ID_CONNECT:
        api.create_open_id_connect(kube_id, body)
    else:
        api.set_update_policy(kube_id, body["updatePolicy"])


def passes_by_itself(error: Exception) -> bool:
    """Whether the same request may well succeed a little later, or was even processed without an answer."""
    if isinstance(error, TransportError):
        return True
    return isinstance(error, ApiError) and (error.status in (408, 409, 429) or error.status >= 500)


def _of_route(changes: t.Sequence[Change], route: Route) -> Change | None:
    return next((change for change in changes if change.route is route), None)
