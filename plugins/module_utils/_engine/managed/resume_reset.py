# SPDX-License-Identifier: GPL-3.0-or-later

"""Finishing a reset that an earlier run did not finish, from its record."""

from __future__ import annotations

from ..._adapters.failures import JournalError
from ..._adapters.local.journal import Journal
from ..._domain.managed.cluster import Cluster, Phase
from ..._domain.managed.reset_record import ResetRecord
from ..common.run import EngineError, WaitTimeoutError
from .apply import wait_until_idle
from .context import Context
from .read_cluster import read_cluster
from .restore_ip_restrictions import RestrictionsGuard
from .wait import begun, moved, until_ready

PURPOSE = "the reset"


def load_record(ctx: Context, cluster: Cluster, journal: Journal) -> ResetRecord | None:
    """The record of an earlier reset, with a warning that there is one; None without one."""
    content = journal.load(cluster.id)
    if content is None:
        return None
    try:
        record = ResetRecord.from_json(content)
    except ValueError as error:
        raise journal.unreadable(cluster.id, error) from error
    ctx.warn(
        f"{cluster.label()}: an earlier reset ({record.begun}) did not finish; what it had to put back is taken from "
        f"{journal.path(cluster.id)}. Remove that file if nothing in it should be restored"
    )
    return record


def finish_earlier(
    ctx: Context, cluster: Cluster, record: ResetRecord, guard: RestrictionsGuard, journal: Journal
) -> tuple[Cluster, bool]:
    """Wait for a reset that an earlier run sent or was about to send; the last value says whether it took place."""
    try:
        return _finish(ctx, cluster, record, guard)
    except WaitTimeoutError as error:
        close_or_warn(ctx, cluster, guard, journal)
        raise WaitTimeoutError(
            f"{error}. If that reset is known to be over, remove {journal.path(cluster.id)}"
        ) from error
    except Exception:
        close_or_warn(ctx, cluster, guard, journal)
        raise


def _finish(ctx: Context, cluster: Cluster, record: ResetRecord, guard: RestrictionsGuard) -> tuple[Cluster, bool]:
    if not ctx.waiting.wait:
        raise EngineError(
            f"{cluster.label()}: the reset of {record.begun} is not finished, and a run that does not wait "
            f"cannot finish it. Set wait to true"
        )
    untouched = cluster.phase is Phase.READY and not moved(record.status, record.updated_at, cluster)
    if untouched and record.sent:
        # The API accepted it, so that it will come: to send another would destroy twice what is restored.
        return until_ready(ctx, cluster.id, PURPOSE, must_start=True, each_read=guard.try_early), True
    if untouched and not begun(ctx, cluster):
        return cluster, False
    if cluster.phase is Phase.READY:
        # Accepting it may have moved the time of the last update: only time shows whether it ran or is yet to start.
        return until_ready(ctx, cluster.id, PURPOSE, each_read=guard.try_early), True
    return wait_until_idle(ctx, read_cluster(ctx, cluster.id), guard.try_early), True


def seems_begun(cluster: Cluster, record: ResetRecord) -> bool:
    """Whether an earlier reset was accepted or shows, as far as one read can tell."""
    return record.sent or cluster.phase is not Phase.READY or moved(record.status, record.updated_at, cluster)


def close_or_warn(ctx: Context, cluster: Cluster, guard: RestrictionsGuard, journal: Journal) -> None:
    """For a run that fails while a reset is not finished: the IP restrictions first, whatever else is wrong."""
    guard.last_attempt(cluster)
    ctx.facts["api_server_open_seconds"] = guard.open_seconds
    if guard.still_open:
        ctx.warn(
            f"{cluster.label()}: its API server is open to every address until its IP restrictions are back. The "
            f"next run puts them back, from {journal.path(cluster.id)}"
        )


def discard_record(ctx: Context, journal: Journal, kube_id: str) -> None:
    """Everything is restored; a file that cannot be removed is no reason to call that a failure."""
    try:
        journal.discard(kube_id)
    except JournalError as error:
        ctx.warn(str(error))
