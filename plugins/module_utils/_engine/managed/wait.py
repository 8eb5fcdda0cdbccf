# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for the API's asynchronous work.

The API answers before it starts, and the status flips some reads later; a READY that stands right after a request
therefore proves nothing. Done is: a read-back equal to the desired state, READY on two reads in a row, and either the
work was seen to start or GRACE has passed.
"""

from __future__ import annotations

import typing as t

from ..._adapters.ovh.api_errors import ApiError, NotFoundError, OvhError, TransportError
from ..._domain.managed import usual_time
from ..._domain.managed.blame import cause
from ..._domain.managed.cluster import ADVICE, Cluster, Phase
from ..._domain.managed.desired import Desired
from ..common.run import ClusterStateError, DriftError, WaitTimeoutError
from .context import Context
from .read_cluster import read_cluster

#: Seconds in which the status may still stand at its old value. Terraform's provider waited 5 s, later 20 s, and still
#: took an old READY for success at times.
GRACE = 30.0


class Verification:
    """Compares reads with a desired state, and remembers what tells why one is not as desired in the end.

    ``before`` is the cluster as it was when an existing one was changed, None after a creation or a reset.
    """

    def __init__(self, desired: Desired | None, before: Cluster | None = None) -> None:
        self._desired = desired
        self._before = before
        self._seen_in_force = False

    def drift(self, cluster: Cluster) -> str | None:
        """How the cluster differs, in words; None when it does not, or when nothing is to be verified."""
        if self._desired is None:
            return None
        found = self._desired.drift(cluster)
        self._seen_in_force = self._seen_in_force or found is None
        return found

    def error(self, cluster: Cluster, purpose: str, found: str) -> DriftError:
        """The error for a cluster that stays different, with the cause as far as it can be told."""
        why = cause(self._desired, cluster, self._before, self._seen_in_force) if self._desired else ""
        return DriftError(f"{cluster.label()} is {purpose}, but is not what was asked for: {found}. {why}")


class Noticed(t.NamedTuple):
    """What a look at a read led to."""

    #: A request was sent, whose work then has to be seen to start as well.
    sent: bool = False
    #: There is a sign beside the status that the work which is waited for has begun.
    begun: bool = False


#: Called with every read.
EachRead = t.Callable[[Cluster], Noticed]


def until_ready(
    ctx: Context,
    kube_id: str,
    purpose: str,
    *,
    usual: str = usual_time.CHANGE,
    verification: Verification | None = None,
    started: bool = False,
    must_start: bool = False,
    appears: bool = False,
    each_read: EachRead | None = None,
) -> Cluster:
    """Poll the cluster until it is READY and shows no drift; returns the last read.

    ``usual`` is how long that usually takes. ``started`` says that the work is known to be under way already,
    ``must_start`` that nothing but seeing it start proves it (the read-back is the same before and after), ``appears``
    that the cluster may not be found at first.
    Raises WaitTimeoutError, ClusterStateError for an end state, DriftError when the work was seen to end with
    something else, and NotFoundError when the cluster goes away.
    """
    verification = verification or Verification(None)
    begin = ctx.clock.now()
    ready_since: float | None = None
    ready_reads = 0
    # Whether the work was ever seen: unlike ``started``, a request that is sent meanwhile does not take it back.
    worked = started
    standing = "it was never read"
    reads = _Reads(ctx, kube_id, appears)
    while True:
        cluster, trouble = reads.next()
        now = ctx.clock.now()
        if cluster is None:
            standing = trouble
        else:
            ctx.facts["status"] = cluster.status
            noticed = each_read(cluster) if each_read is not None else Noticed()
            started, worked = started or noticed.begun, worked or noticed.begun
            if noticed.sent:
                must_start = must_start and not started
                begin, started, ready_since, ready_reads = now, False, None, 0
            _stop_at_end_state(cluster, purpose)
            if cluster.phase is Phase.READY:
                ready_reads += 1
                ready_since = now if ready_since is None else ready_since
                found = verification.drift(cluster)
                seen = started or (not must_start and now - begin >= GRACE)
                if found is None and seen and ready_reads >= 2:
                    return cluster
                if found is not None and worked and now - ready_since >= GRACE:
                    raise verification.error(cluster, f"READY again after {purpose}", found)
                standing = f"its status is READY and {found or 'the change has not been seen to start'}"
            else:
                started, worked, ready_since, ready_reads = True, True, None, 0
                standing = f"its status is {cluster.status}"
        _pause(ctx, kube_id, purpose, usual, standing)


def until_gone(ctx: Context, kube_id: str) -> None:
    """Poll until the API knows the cluster no more."""
    begin = ctx.clock.now()
    started = False
    reads = _Reads(ctx, kube_id)
    while True:
        try:
            cluster, standing = reads.shown()
        except NotFoundError as error:
            if not _listed(ctx, kube_id):
                return
            cluster, standing = None, f"the API lists it and does not show it ({error})"
        if cluster is not None:
            if cluster.status == "DELETED":
                return
            ctx.facts["status"] = cluster.status
            started = started or cluster.status == "DELETING"
            # A failed creation is the commonest reason to delete: until the status flips, ERROR is the old one.
            if cluster.phase is Phase.FAILED and (started or ctx.clock.now() - begin >= GRACE):
                _stop_at_end_state(cluster, "the deletion")
            standing = f"its status is {cluster.status}"
        _pause(ctx, kube_id, "the deletion", usual_time.DELETION, standing)


def _listed(ctx: Context, kube_id: str) -> bool:
    """Whether the project's list has it, or cannot be read: a single odd 404 must not pass for the end of a bill."""
    try:
        return kube_id in ctx.api.list_ids()
    except (ApiError, TransportError):
        return True


def begun(ctx: Context, before: Cluster) -> bool:
    """Whether a request whose answer was lost took effect, seen from what the cluster does within GRACE.

    ``before`` is the cluster as it was read before the request. A request that would act twice is not repeated to find
    out.
    """
    watched_until = ctx.clock.now() + GRACE
    reads = _Reads(ctx, before.id)
    while True:
        try:
            cluster, _trouble = reads.shown()
        except NotFoundError:
            return True
        if cluster is not None and moved(before.status, before.updated_at, cluster):
            return True
        if ctx.out_of_time() or ctx.clock.now() + ctx.waiting.sleep > watched_until:
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


def _pause(ctx: Context, kube_id: str, purpose: str, usual: str, standing: str) -> None:
    if ctx.out_of_time():
        raise WaitTimeoutError(
            f"Waited for {purpose} of cluster {kube_id}, in all {ctx.waiting.timeout:.0f} s: {standing}. The API "
            f"goes on with its work: run again to wait on, or set a longer wait_timeout. Usual time: {usual}"
        )
    ctx.progress.see(f"Waiting for {purpose} of cluster {kube_id}", standing)
    ctx.clock.sleep(ctx.waiting.sleep)


class _Reads:
    """Reads that survive transient errors and odd answers: the work goes on whether or not it can be read."""

    def __init__(self, ctx: Context, kube_id: str, appears: bool = False) -> None:
        self._ctx = ctx
        self._kube_id = kube_id
        self._appears = appears
        self._odd_since: float | None = None

    def next(self) -> tuple[Cluster | None, str]:
        """One read, or None and why there is none; an answer that stays odd for GRACE is raised as an error."""
        try:
            cluster, trouble = self.shown()
        except NotFoundError as error:
            if self._appears:
                return None, f"the API does not show it yet ({error})"
            return None, self._odd(error)
        # Once it was shown, it does not go away by itself.
        self._appears = self._appears and cluster is None
        return cluster, trouble

    def shown(self) -> tuple[Cluster | None, str]:
        """The same, but that the API does not know the cluster is the caller's NotFoundError."""
        try:
            cluster = read_cluster(self._ctx, self._kube_id)
        except NotFoundError:
            raise
        except TransportError as error:
            return None, f"the last read failed ({error})"
        except ApiError as error:
            if error.transient:
                return None, f"the last read failed ({error})"
            if not answered(error):
                raise
            return None, self._odd(error)
        self._odd_since = None
        return cluster, ""

    def _odd(self, error: ApiError) -> str:
        """A single answer that does not fit says nothing about the cluster; one that stays does."""
        now = self._ctx.clock.now()
        self._odd_since = now if self._odd_since is None else self._odd_since
        if now - self._odd_since >= GRACE or self._ctx.out_of_time():
            raise error
        return f"the last read failed ({error})"


def answered(error: OvhError) -> bool:
    """Whether the API reported a success and its answer cannot be used."""
    return isinstance(error, ApiError) and error.status < 300
