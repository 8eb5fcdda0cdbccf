# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for the API's asynchronous work.

The API answers before it starts, and the status flips some reads later; a READY that stands right after a request
therefore proves nothing. Done is: a read-back equal to the desired state, READY on two reads in a row, and either the
work was seen to start or GRACE has passed.
"""

from __future__ import annotations

import typing as t

from ..._adapters.ovh.api_errors import ApiError, NotFoundError, TransportError
from ..._domain.managed.cluster import ADVICE, Cluster, Phase
from ..common.run import ClusterStateError, DriftError, WaitTimeoutError
from .context import Context
from .read_cluster import read_cluster

#: Seconds in which the status may still stand at its old value. Terraform's provider waited 5 s, later 20 s, and still
#: took an old READY for success at times.
GRACE = 30.0

#: How a read differs from the desired state, in words; None when it does not.
Drift = t.Callable[[Cluster], "str | None"]
#: Called with every read; says whether it sent a request, whose work then has to be seen to start as well.
EachRead = t.Callable[[Cluster], bool]


def no_drift(_cluster: Cluster) -> str | None:
    return None


def until_ready(
    ctx: Context,
    kube_id: str,
    purpose: str,
    *,
    drift: Drift = no_drift,
    started: bool = False,
    must_start: bool = False,
    appears: bool = False,
    each_read: EachRead | None = None,
) -> Cluster:
    """Poll the cluster until it is READY and shows no drift; returns the last read.

    ``started`` says that the work is known to be under way already, ``must_start`` that nothing but seeing it start
    proves it (the read-back is the same before and after), ``appears`` that the cluster may not be found at first.
    Raises WaitTimeoutError, ClusterStateError for an end state, DriftError when the work was seen to end with
    something else, and NotFoundError when the cluster goes away.
    """
    begin = ctx.clock.now()
    ready_since: float | None = None
    ready_reads = 0
    standing = "it was never read"
    while True:
        cluster, trouble = _read(ctx, kube_id, appears)
        now = ctx.clock.now()
        if cluster is None:
            standing = trouble
        else:
            ctx.facts["status"] = cluster.status
            if each_read is not None and each_read(cluster):
                begin, started, must_start, ready_reads = now, False, False, 0
            _stop_at_end_state(cluster, purpose)
            if cluster.phase is Phase.READY:
                ready_reads += 1
                ready_since = now if ready_since is None else ready_since
                found = drift(cluster)
                seen = started or (not must_start and now - begin >= GRACE)
                if found is None and seen and ready_reads >= 2:
                    return cluster
                if found is not None and started and now - ready_since >= GRACE:
                    raise DriftError(
                        f"{cluster.label()} is READY again after {purpose}, but is not what was asked for: "
                        f"{found}. The API accepted the request and did something else; report it to OVHcloud's "
                        f"support"
                    )
                standing = f"its status is READY and {found or 'the change has not been seen to start'}"
            else:
                started, ready_since, ready_reads = True, None, 0
                standing = f"its status is {cluster.status}"
        _pause(ctx, kube_id, purpose, standing)


def until_gone(ctx: Context, kube_id: str) -> None:
    """Poll until the API knows the cluster no more."""
    begin = ctx.clock.now()
    started = False
    while True:
        try:
            cluster, standing = _read(ctx, kube_id, appears=False)
        except NotFoundError:
            return
        if cluster is not None:
            if cluster.status == "DELETED":
                return
            ctx.facts["status"] = cluster.status
            started = started or cluster.status == "DELETING"
            # A failed creation is the commonest reason to delete: until the status flips, ERROR is the old one.
            if cluster.phase is Phase.FAILED and (started or ctx.clock.now() - begin >= GRACE):
                _stop_at_end_state(cluster, "the deletion")
            standing = f"its status is {cluster.status}"
        _pause(ctx, kube_id, "the deletion", standing)


def begun(ctx: Context, before: Cluster) -> bool:
    """Whether a request whose answer was lost took effect, seen from what the cluster does within GRACE.

    ``before`` is the cluster as it was read before the request. A request that would act twice is not repeated to find
    out.
    """
    watched_until = ctx.clock.now() + GRACE
    while True:
        try:
            cluster, _trouble = _read(ctx, before.id, appears=False)
        except NotFoundError:
            return True
        if cluster is not None and moved(before.status, before.updated_at, cluster):
            return True
        if ctx.clock.now() + ctx.waiting.sleep > watched_until:
            return False
        ctx.clock.sleep(ctx.waiting.sleep)


def moved(status: str | None, updated_at: str | None, cluster: Cluster) -> bool:
    """Whether something happened to the cluster since it had this status and was last updated then."""
    return cluster.status != status or cluster.updated_at != updated_at


def refuse_end_state(cluster: Cluster) -> None:
    """Raises ClusterStateError for a cluster that takes no change, before one is sent to it."""
    if cluster.phase in (Phase.FAILED, Phase.STOPPED):
        raise ClusterStateError(
            f"{cluster.label()} takes no change while its status is {cluster.status}; nothing was sent. "
            f"{_advice(cluster)}"
        )


def _stop_at_end_state(cluster: Cluster, purpose: str) -> None:
    if cluster.phase in (Phase.FAILED, Phase.STOPPED):
        raise ClusterStateError(
            f"{cluster.label()} has the status {cluster.status}, which ends {purpose}. {_advice(cluster)}"
        )


def _advice(cluster: Cluster) -> str:
    return f"What to do: {ADVICE.get(cluster.status, 'see the OVHcloud control panel')}"


def _pause(ctx: Context, kube_id: str, purpose: str, standing: str) -> None:
    if ctx.out_of_time():
        raise WaitTimeoutError(
            f"Waited for {purpose} of cluster {kube_id}, in all {ctx.waiting.timeout:.0f} s: {standing}. The API "
            f"goes on with its work: run again to wait on, or set a longer wait_timeout"
        )
    ctx.clock.sleep(ctx.waiting.sleep)


def _read(ctx: Context, kube_id: str, appears: bool) -> tuple[Cluster | None, str]:
    """One read that survives transient errors: the work goes on whether or not it can be read."""
    try:
        return read_cluster(ctx, kube_id), ""
    except NotFoundError as error:
        if not appears:
            raise
        return None, f"the API does not show it yet ({error})"
    except TransportError as error:
        return None, f"the last read failed ({error})"
    except ApiError as error:
        if not error.transient:
            raise
        return None, f"the last read failed ({error})"
