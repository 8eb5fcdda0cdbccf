# SPDX-License-Identifier: GPL-3.0-or-later

"""Sending a reset exactly once, following it, and restoring what it removed."""

from __future__ import annotations

from ..._adapters.failures import JournalError
from ..._adapters.local.journal import Journal
from ..._adapters.ovh import convert
from ..._adapters.ovh.api_errors import ApiError, ConflictError, TransportError
from ..._domain.common.json_types import Json
from ..._domain.managed.changes import OpenIdConnectChange
from ..._domain.managed.cluster import Cluster
from ..._domain.managed.reset_plan import ResetPlan
from ..._domain.managed.reset_record import ResetRecord
from ..common.run import DriftError, EngineError
from .apply import Pending, apply_changes
from .context import Context
from .read_cluster import read_cluster
from .restore_ip_restrictions import RestrictionsGuard
from .resume_reset import PURPOSE, close_or_warn, discard_record
from .wait import GRACE, Noticed, Verification, begun, until_ready


class BusyError(Exception):
    """The API refused to begin the reset because something else is under way."""

    def __init__(self, kube_id: str, conflict: ConflictError) -> None:
        super().__init__(str(conflict))
        self.kube_id = kube_id
        self.conflict = conflict


def planned_body(plan: ResetPlan) -> Json | None:
    """The body of the reset; None when there is none."""
    return convert.reset_body(plan.desired, plan.request.worker_nodes_policy) if plan.resets else None


def send_and_restore(
    ctx: Context, plan: ResetPlan, guard: RestrictionsGuard, journal: Journal, earlier: ResetRecord | None
) -> Cluster:
    """Record the reset, send it, and unless the run does not wait, follow it and restore what it removed.

    ``earlier`` is what the journal held before, from an earlier reset. Raises BusyError when the API takes no reset
    now, and DriftError, with everything restored, when the reset did something else than requested.
    """
    kube_id = plan.cluster.id
    record = _send(ctx, plan, journal, earlier)
    if not ctx.waiting.wait:
        if plan.preserved:
            ctx.warn(
                f"{plan.cluster.label()}: its IP restrictions and OpenID Connect settings are not put back, because "
                f"the run does not wait; until then its API server is open to every address. Run again with wait to "
                f"put them back"
            )
        cluster = read_cluster(ctx, kube_id)
        _note(ctx, plan, journal, record.accepted(cluster))
        return cluster
    try:
        cluster, failure = _follow(ctx, plan, record, guard, journal)
        cluster = guard.ensure(cluster)
        cluster = restore_open_id_connect(ctx, plan, cluster)
    except Exception:
        close_or_warn(ctx, plan.cluster, guard, journal)
        raise
    if failure is not None:
        ctx.facts["api_server_open_seconds"] = guard.open_seconds
        discard_record(ctx, journal, kube_id)
        raise failure
    return cluster


def _send(ctx: Context, plan: ResetPlan, journal: Journal, earlier: ResetRecord | None) -> ResetRecord:
    """Record and POST; the record says afterwards that the reset was sent."""
    kube_id = plan.cluster.id
    record = ResetRecord.begin(plan.cluster, planned_body(plan) or {}, plan.preserved, ctx.clock.wall())
    journal.keep(kube_id, record.to_json())
    _post(ctx, plan, record.body, journal, earlier)
    ctx.accepted()
    ctx.warn(f"{plan.cluster.label()} is being reset, because {'; '.join(plan.reasons)}. {plan.destroyed()}")
    _note(ctx, plan, journal, record.accepted())
    return record


def _note(ctx: Context, plan: ResetPlan, journal: Journal, record: ResetRecord) -> None:
    """Update the record of a reset that was sent; what has to be restored is in it already.

    A full disk is no reason to stop before the IP restrictions are back: what they are is known to this run.
    """
    try:
        journal.keep(plan.cluster.id, record.to_json())
    except JournalError as error:
        ctx.warn(
            f"{plan.cluster.label()}: the reset was sent, and the record of it in {journal.path(plan.cluster.id)} "
            f"cannot be updated ({error.__cause__ or error}). This run goes on and restores what the reset removes. "
            f"Should it be interrupted, make room for the file and run again when the cluster is READY: the record has "
            f"what is to be restored, but does not say that the reset was accepted"
        )


def _forget(ctx: Context, kube_id: str, journal: Journal, earlier: ResetRecord | None) -> None:
    """After a reset that was refused: the journal is as before; that it is not must not hide the refusal."""
    try:
        if earlier is None:
            journal.discard(kube_id)
        else:
            journal.keep(kube_id, earlier.to_json())
    except JournalError as error:
        ctx.warn(
            f"{journal.path(kube_id)} is the record of a reset that the API refused, and cannot be put back to what it "
            f"was ({error.__cause__ or error}). The next run finds that nothing was reset, and goes on from there"
        )


def _post(ctx: Context, plan: ResetPlan, body: Json, journal: Journal, earlier: ResetRecord | None) -> None:
    """The POST, exactly once: after a lost answer the cluster is watched for a sign of the reset."""
    kube_id = plan.cluster.id
    try:
        ctx.api.reset(kube_id, body)
    except (ApiError, TransportError) as error:
        if not error.maybe_processed:
            _forget(ctx, kube_id, journal, earlier)
            if isinstance(error, ConflictError):
                raise BusyError(kube_id, error) from error
            raise
        if begun(ctx, plan.cluster):
            return
        raise EngineError(
            f"The reset of {plan.cluster.label()} was sent and got no answer; {GRACE:.0f} s later the cluster shows "
            f"no sign of it. Look at it before running again: {error} What the reset would remove is recorded in "
            f"{journal.path(kube_id)}"
        ) from error


def _follow(
    ctx: Context, plan: ResetPlan, record: ResetRecord, guard: RestrictionsGuard, journal: Journal
) -> tuple[Cluster, DriftError | None]:
    """Wait until the reset is over; what it did other than requested is returned, to be raised once all is restored."""
    kube_id = plan.cluster.id
    unnoted = True

    def note_and_try_early(read: Cluster) -> Noticed:
        # Accepting the reset may have moved the time of the last update; only against this can a later run tell
        # whether it began.
        nonlocal unnoted
        if unnoted:
            _note(ctx, plan, journal, record.accepted(read))
            unnoted = False
        return guard.try_early(read)

    # Where the cluster is as desired before, only the start of the reset shows that it took place.
    must_start = plan.drift(plan.cluster) is None
    try:
        cluster = until_ready(
            ctx,
            kube_id,
            PURPOSE,
            verification=Verification(plan.desired),
            must_start=must_start,
            each_read=note_and_try_early,
        )
    except DriftError as error:
        return read_cluster(ctx, kube_id), error
    return cluster, None


def restore_open_id_connect(ctx: Context, plan: ResetPlan, cluster: Cluster) -> Cluster:
    """Set OpenID Connect as before, unless it is there."""
    settings = plan.preserved.open_id_connect
    if settings is None:
        return cluster
    shown = ctx.api.open_id_connect(cluster.id)
    if shown is None:
        change = OpenIdConnectChange(settings)

        def replan(read: Cluster) -> Pending:
            # After a conflict: a request whose answer was lost, or somebody else, may have set it up.
            return Pending(() if ctx.api.open_id_connect(read.id) is not None else (change,))

        cluster = apply_changes(ctx, cluster, replan, "the return of the OpenID Connect settings").cluster
        if not ctx.waiting.wait:
            return cluster
        shown = ctx.api.open_id_connect(cluster.id)
        if shown is None:
            # One answer without them may be an old one.
            ctx.clock.sleep(ctx.waiting.sleep)
            shown = ctx.api.open_id_connect(cluster.id)
    if shown is None:
        raise DriftError(
            f"{cluster.label()}: the API took the OpenID Connect settings and does not show them. Set them in the "
            f"OVHcloud control panel"
        )
    others = sorted(name for name, value in settings.items() if shown.get(name) != value)
    if others:
        ctx.warn(
            f"{cluster.label()}: its OpenID Connect settings were changed by somebody else meanwhile "
            f"({', '.join(others)}); they stay as they are"
        )
    return cluster
