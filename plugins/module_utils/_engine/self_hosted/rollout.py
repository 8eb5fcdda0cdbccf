# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Rolling kube-proxy's DaemonSet to the present ConfigMap, and going back to the last good one."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._adapters.kubernetes.server_errors import ConflictError, KubernetesError
from ..._domain.common.problems import RefusedError
from ..._domain.self_hosted.config_checksum import checksum
from ..._domain.self_hosted.daemon_set import DaemonSet, Pod, is_ready, owned
from ..._domain.self_hosted.last_good import last_good
from ..._domain.self_hosted.rollout_plan import Current, RolloutOptions, plan_restore, plan_rollout
from ..common.report import Report
from ..common.run import EngineError, WaitTimeoutError
from .context import KubernetesContext
from .edit_config import ATTEMPTS, with_text, write_config_map
from .read_current import Target, program, read_current, text_of

Json = dict[str, t.Any]

#: Lines of a crashed pod's log that are shown; kube-proxy's reason stands in its last ones.
LOG_LINES = 20


class RolloutStoppedError(EngineError):
    """A pod with the present configuration does not stay up."""


def roll(ctx: KubernetesContext, target: Target, options: RolloutOptions, expected: str | None = None) -> Report:
    """Replace the pods if, and only if, they do not run the present ConfigMap; wait until all do and stay up.

    ``expected`` is the checksum of the only content to roll to. In check mode that may be what the ConfigMap is yet to
    hold, so that editing and rolling can be looked at in one go.

    Raises RollStoppedError with the first pod that does not stay up, WaitTimeoutError, and RefusedError before anything
    is changed.
    """
    current = read_current(ctx, target)
    if expected is not None and expected != current.checksum:
        if not ctx.check_mode:
            raise RefusedError(f"{_held(target, current, expected)} No pod was touched. Run again.")
        current = current.with_content(expected)
    down: frozenset[str] = frozenset()
    if current.needs_rollout() or current.unfinished(options.ignored_nodes):
        down = _down(ctx, current)
        _refuse_unexpected(down - options.ignored_nodes)
    return _rolled(ctx, target, options, current, down=down)


def undo(ctx: KubernetesContext, target: Target, options: RolloutOptions, expected: str | None = None) -> Report:
    """Put the last good configuration back into the ConfigMap and roll to it.

    ``expected`` is the checksum of the only content to replace. Nodes that are not Ready are left out, because what is
    undone may be the reason; they follow when they are back.

    Raises as :func:`roll` does.
    """
    for _attempt in range(ATTEMPTS):
        current = read_current(ctx, target)
        good = last_good(current, target.key)
        if good is None:
            raise RefusedError(
                f"undo: {target.where} holds no earlier configuration; one is noted when kube_proxy_config changes it, "
                f"and lost when kubeadm upgrades the cluster. Nothing was changed."
            )
        present = text_of(current, target)
        restored = checksum({**current.config_map["data"], target.key: good}, target.key)
        # By checksum: what somebody broke by hand cannot be read, and is the more reason to go back.
        to_write = restored != current.checksum
        if to_write and expected not in (None, current.checksum):
            raise RefusedError(f"{_held(target, current, expected)} It was not replaced, and no pod was touched.")
        down = _down(ctx, current)
        if to_write:
            try:
                written = write_config_map(ctx, with_text(current, target, good, going_back=True))
            except ConflictError:
                continue
            current = dataclasses.replace(current, config_map=written, checksum=restored)
        skipped = down - options.ignored_nodes
        if skipped:
            ctx.warn(
                f"The nodes {', '.join(sorted(skipped))} are not Ready and were left out; their kube-proxy pods follow "
                f"when they are back."
            )
        options = dataclasses.replace(options, ignored_nodes=options.ignored_nodes | down)
        diff = {
            "before": present,
            "after": good,
            "before_header": target.where,
            "after_header": target.where,
        }
        report = _rolled(ctx, target, options, current, down=down, config_diff=diff if to_write else None)
        return dataclasses.replace(report, facts={**report.facts, "nodes_skipped": sorted(skipped)})
    raise EngineError(f"{target.where} was changed by somebody else {ATTEMPTS} times in a row; run again")


def _held(target: Target, current: Current, expected: str | None) -> str:
    return (
        f"config_checksum: {target.where} holds {current.checksum} and not {expected}; somebody changed it meanwhile."
    )


def _rolled(
    ctx: KubernetesContext,
    target: Target,
    options: RolloutOptions,
    current: Current,
    *,
    down: frozenset[str],
    config_diff: Json | None = None,
) -> Report:
    before = {pod.name: pod.restarts for pod in current.pods}
    options = dataclasses.replace(options, awaited=ctx.waiting.wait)
    plan = plan_rollout(current, options, down)
    if plan.restarts and not options.awaited and current.daemon_set.strategy.get("type") == "OnDelete":
        raise RefusedError(
            f"wait: {current.daemon_set.where} has the update strategy OnDelete, which replaces no pod by itself; "
            f"with wait=true it is changed for the duration of the roll. No pod was touched."
        )
    if plan.preparation is not None and not ctx.check_mode:
        current = _patched(ctx, target, current, lambda now: plan_rollout(now, options, down).preparation)
        current = _until_settled(ctx, target, options, current)
    current = _patched(ctx, target, current, lambda now: plan_rollout(now, options, down).patch)
    if options.awaited:
        if not ctx.check_mode:
            current = _until_rolled(ctx, target, options, current, before)
        current = _patched(ctx, target, current, lambda now: plan_restore(now.daemon_set))
    shown = [{"before": plan.before, "after": plan.after}] if plan.changed or config_diff is None else []
    diffs = [*([config_diff] if config_diff else []), *shown]
    changed = plan.changed or config_diff is not None
    facts = {**_facts(current), "restarted": plan.restarts, "nodes_skipped": []}
    # One diff as it is: whoever reads results finds before and after where they always are.
    return Report(changed, diffs[0] if len(diffs) == 1 else diffs, facts)


def _down(ctx: KubernetesContext, current: Current) -> frozenset[str]:
    """The nodes with a pod that are not Ready."""
    hosts = {pod.node for pod in current.pods}
    return frozenset({node["metadata"]["name"] for node in ctx.api.nodes() if not is_ready(node)} & hosts)


def _refuse_unexpected(nodes: frozenset[str]) -> None:
    if nodes:
        raise RefusedError(
            f"The nodes {', '.join(sorted(nodes))} are not Ready, so their kube-proxy pods cannot be replaced and the "
            f"roll would never end; bring them back, or name them in ignore_nodes. No pod was touched."
        )


def _until_rolled(
    ctx: KubernetesContext, target: Target, options: RolloutOptions, current: Current, before: dict[str, int]
) -> Current:
    told = current.daemon_set.checksum
    while True:
        counted = [pod for pod in current.pods if pod.node not in options.ignored_nodes and not pod.terminating]
        # Pods that run the present content without saying so were there before a first roll.
        present = [pod for pod in counted if current.up_to_date(pod)]
        for pod in present:
            if pod.failing(before.get(pod.name, 0)):
                _stop(ctx, target, current, pod)
        ignored = [pod for pod in current.pods if pod.node in options.ignored_nodes]
        lagging = {pod.node for pod in ignored if not (current.up_to_date(pod) and pod.ready)}
        # Until it is gone, a pod that was told to go serves, and the controller may count it as available.
        going = any(pod.terminating and pod.node not in options.ignored_nodes for pod in current.pods)
        done = not going and all(current.up_to_date(pod) and pod.ready for pod in counted)
        if done and current.daemon_set.rolled_out(len(lagging)):
            _refuse_edited_meanwhile(ctx, target, current)
            return current
        if ctx.out_of_time():
            raise WaitTimeoutError(
                f"{current.daemon_set.where} did not finish rolling within {ctx.waiting.timeout:g} seconds: "
                f"{_standing(current)}. Kubernetes goes on with it; another run of the same task waits on."
            )
        ctx.clock.sleep(ctx.waiting.sleep)
        current = _read_again(ctx, target, current)
        if current.daemon_set.checksum != told:
            raise EngineError(
                f"{current.daemon_set.where} was told to run another configuration while this roll was waited for; "
                f"somebody else rolls it. Run again when they are done."
            )
        ctx.facts.update(_facts(current))


def _refuse_edited_meanwhile(ctx: KubernetesContext, target: Target, current: Current) -> None:
    """A container that was started while somebody edited runs what they wrote, whatever its pod is marked with."""
    data = ctx.api.config_map(target.namespace, target.config_map).get("data") or {}
    if checksum(data, target.key) != current.checksum:
        raise EngineError(
            f"{target.where} was changed by somebody else while {current.daemon_set.where} was rolled. Run again."
        )


def _patched(
    ctx: KubernetesContext, target: Target, current: Current, patch_for: t.Callable[[Current], Json | None]
) -> Current:
    """Send the patch that fits the DaemonSet as it is now, made anew when somebody else changed it meanwhile.

    The controller does so as well: it writes the status of a DaemonSet that rolls.
    """
    for _attempt in range(ATTEMPTS):
        patch = patch_for(current)
        if patch is None:
            return current
        try:
            raw = ctx.api.patch_daemon_set(target.namespace, target.daemon_set, patch, dry_run=ctx.check_mode)
        except ConflictError:
            fresh = DaemonSet(ctx.api.daemon_set(target.namespace, target.daemon_set))
            current = dataclasses.replace(current, daemon_set=fresh)
            continue
        if ctx.check_mode:
            return current
        ctx.accepted()
        return dataclasses.replace(current, daemon_set=DaemonSet(raw))
    raise EngineError(f"{current.daemon_set.where} was changed by somebody else {ATTEMPTS} times in a row; run again")


def _until_settled(ctx: KubernetesContext, target: Target, options: RolloutOptions, current: Current) -> Current:
    """Wait until pods that were just started count as available by the new ``minReadySeconds``, which is as long as it
    takes at most: what is not available then will not be."""
    last = ctx.clock.now() + options.min_ready_seconds + ctx.waiting.sleep
    while True:
        current = _read_again(ctx, target, current)
        ready = [pod for pod in current.pods if pod.ready and not pod.terminating]
        wait_until_idle = current.daemon_set.observed and current.daemon_set.counts.available >= len(ready)
        if wait_until_idle or ctx.clock.now() > last or ctx.out_of_time():
            return current
        ctx.clock.sleep(ctx.waiting.sleep)


def _read_again(ctx: KubernetesContext, target: Target, current: Current) -> Current:
    daemon_set = DaemonSet(ctx.api.daemon_set(target.namespace, target.daemon_set))
    pods = owned(ctx.api.pods(target.namespace, daemon_set.labels), daemon_set)
    return dataclasses.replace(current, daemon_set=daemon_set, pods=pods)


def _stop(ctx: KubernetesContext, target: Target, current: Current, pod: Pod) -> t.NoReturn:
    log = _log(ctx, target, current, pod)
    exit_code = "" if pod.exit_code is None else f", exit status {pod.exit_code}"
    said = f" Termination message: {pod.termination_message}" if pod.termination_message else ""
    last = " / ".join(log[-3:])
    ctx.facts.update(_facts(current))
    ctx.facts["failed_pod"] = {
        "name": pod.name,
        "node": pod.node,
        "state": pod.state,
        "restarts": pod.restarts,
        "exit_code": pod.exit_code,
        "termination_message": pod.termination_message,
        "log": log,
    }
    raise RolloutStoppedError(
        f"The roll of {current.daemon_set.where} was stopped at node {pod.node}: pod {pod.name} does not stay up "
        f"({pod.state}, {pod.restarts} restarts{exit_code}).{said} Its last words: {last or 'none'}. "
        f"Go back with undo=true, or correct the configuration and roll again."
    )


def _log(ctx: KubernetesContext, target: Target, current: Current, pod: Pod) -> list[str]:
    container = program(current, target).container
    reason = "its log is empty"
    # Of a container that is just being started again, the words are in the log of the one before.
    for previous in (True, False):
        try:
            text = ctx.api.pod_log(target.namespace, pod.name, container, lines=LOG_LINES, previous=previous)
        except KubernetesError as error:
            reason = str(error)
        else:
            if text.strip():
                return [line.rstrip() for line in text.splitlines()]
    return [f"({reason})"]


def _standing(current: Current) -> str:
    counts = current.daemon_set.counts
    late = [
        f"{pod.node} ({pod.name}: {pod.state}, {'present' if current.up_to_date(pod) else 'former'} configuration)"
        for pod in current.pods
        if not (current.up_to_date(pod) and pod.ready)
    ]
    return (
        f"{counts.updated} of {counts.desired} pods are updated and {counts.available} available; not done: "
        f"{', '.join(late) or 'none that can be seen'}"
    )


def _facts(current: Current) -> Json:
    counts = current.daemon_set.counts
    return {
        "config_checksum": current.checksum,
        "daemon_set": dataclasses.asdict(counts),
        "nodes": [pod_facts(current, pod) for pod in current.pods if not pod.terminating],
    }


def pod_facts(current: Current, pod: Pod) -> Json:
    """One node's kube-proxy; ``up_to_date`` is null when nothing can tell which configuration it runs."""
    return {
        "node": pod.node,
        "pod": pod.name,
        "state": pod.state,
        "ready": pod.ready,
        "restarts": pod.restarts,
        "started": pod.started,
        "up_to_date": current.up_to_date(pod),
    }
