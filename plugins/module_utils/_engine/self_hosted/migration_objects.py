# SPDX-License-Identifier: GPL-3.0-or-later

"""What a migration needs beside the nodes' labels: made before the first node moves, taken away after the last.

The second ConfigMap is the first thing that is made and the last that goes, so that as long as anything is there the
next run knows of it.
"""

from __future__ import annotations

import contextlib

from ..._adapters.kubernetes.server_errors import ObjectNotFoundError
from ..._domain.self_hosted.annotations import MIGRATION
from ..._domain.self_hosted.current import Current
from ..._domain.self_hosted.last_good import replaced
from ..._domain.self_hosted.migration import (
    Record,
    Stage,
    plan_admission,
    plan_end,
    plan_exclusion,
    plan_mark,
    second_config_map,
    second_daemon_set,
)
from ..._domain.self_hosted.migration_state import Migration
from ..._domain.self_hosted.revisions import HASH, relabelled
from ..common.run import WaitTimeoutError
from .context import KubernetesContext
from .edit_config import with_text, write_config_map
from .patch_daemon_set import patched
from .read_current import Target, read_again, text_of
from .read_migration_state import second_target


def prepare(ctx: KubernetesContext, target: Target, state: Migration, text: str, record: Record) -> None:
    """Make the second ConfigMap and DaemonSet, and have the first one leave labelled nodes alone.

    No node has a label yet, so no pod of the second DaemonSet runs, and none of the first is touched.
    """
    body = second_config_map(state.first.config_map, target.key, text, record)
    if state.record is None:
        ctx.api.create_config_map(body, dry_run=ctx.check_mode)
        _accepted(ctx)
    elif state.record != record:
        # One of a migration that was prepared, and to which no node has moved.
        current = ctx.api.config_map(target.namespace, body["metadata"]["name"])
        body["metadata"]["resourceVersion"] = current["metadata"]["resourceVersion"]
        ctx.api.replace_config_map(body, dry_run=ctx.check_mode)
        _accepted(ctx)
    first = patched(ctx, target, state.first, lambda now: plan_exclusion(now.daemon_set))
    wanted = second_daemon_set(first.daemon_set, target.config_map, record.desired.checksum)
    if state.desired is not None:
        shown = state.desired.daemon_set.raw["spec"]
        if all(shown.get(name) == wanted["spec"][name] for name in ("selector", "template")):
            return
        if not ctx.check_mode:
            _delete_daemon_set(ctx, target)
    if state.desired is None or not ctx.check_mode:
        ctx.api.create_daemon_set(wanted, dry_run=ctx.check_mode)
        _accepted(ctx)


def write_desired(ctx: KubernetesContext, target: Target, state: Migration, text: str) -> None:
    """Put the desired configuration into the first ConfigMap; the former one becomes the last good one.

    Raises ConflictError when somebody else wrote it meanwhile.
    """
    noted = replaced(text_of(state.first, target), text)
    write_config_map(ctx, with_text(state.first, target, text, noted))


def mark(ctx: KubernetesContext, target: Target, state: Migration, content: str) -> None:
    """Mark the first DaemonSet's template with its ConfigMap's content, and wait until the controller goes by that."""
    wait_until_observed(ctx, target, patched(ctx, target, state.first, lambda now: plan_mark(now.daemon_set, content)))


def wait_until_in_force(ctx: KubernetesContext, target: Target, state: Migration) -> None:
    """Until both DaemonSets go by the labels of nodes."""
    wait_until_observed(ctx, target, state.first)
    if state.desired is not None:
        wait_until_observed(ctx, second_target(target), state.desired)


def wait_until_observed(ctx: KubernetesContext, target: Target, current: Current) -> Current:
    """Until the controller has seen the DaemonSet as it is now; before that, labels of nodes have no effect."""
    while not (current.daemon_set.observed or ctx.check_mode):
        if ctx.out_of_time():
            raise WaitTimeoutError(
                f"The controller of DaemonSets did not look at {current.daemon_set.where} within "
                f"{ctx.waiting.timeout:g} seconds; see whether kube-controller-manager runs, then run again."
            )
        ctx.pause()
        current = read_again(ctx, target, current)
    return current


def take_away(ctx: KubernetesContext, target: Target, state: Migration) -> None:
    """Everything that is left of a migration when no node needs the second DaemonSet any more; no pod is restarted."""
    if ctx.check_mode:
        return
    for name in state.at(Stage.BETWEEN, Stage.MOVED):
        # Of nodes that are down: the others have been waited for.
        with contextlib.suppress(ObjectNotFoundError):
            ctx.api.label_node(name, {MIGRATION: None}, dry_run=False)
            ctx.accepted()
    if state.desired is not None:
        _delete_daemon_set(ctx, target)
    first = patched(ctx, target, state.first, lambda now: plan_admission(now.daemon_set))
    if MIGRATION in first.daemon_set.annotations:
        _spare(ctx, target, wait_until_observed(ctx, target, first))
    patched(ctx, target, first, lambda now: plan_end(now.daemon_set))
    if state.record is not None:
        theirs = second_target(target)
        with contextlib.suppress(ObjectNotFoundError):
            ctx.api.delete_config_map(theirs.namespace, theirs.config_map)
            ctx.accepted()


def _spare(ctx: KubernetesContext, target: Target, first: Current) -> None:
    """Pods that were started during the migration are what the DaemonSet would start now: let none be restarted."""
    revisions = ctx.api.controller_revisions(target.namespace, first.daemon_set.labels)
    pods = read_again(ctx, target, first).pods
    for name, value in relabelled(first.daemon_set, revisions, pods).items():
        with contextlib.suppress(ObjectNotFoundError):
            ctx.api.label_pod(target.namespace, name, {HASH: value})
            ctx.accepted()


def _delete_daemon_set(ctx: KubernetesContext, target: Target) -> None:
    theirs = second_target(target)
    with contextlib.suppress(ObjectNotFoundError):
        ctx.api.delete_daemon_set(theirs.namespace, theirs.daemon_set)
        ctx.accepted()


def _accepted(ctx: KubernetesContext) -> None:
    if not ctx.check_mode:
        ctx.accepted()
