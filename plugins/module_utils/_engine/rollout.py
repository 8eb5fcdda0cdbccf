# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Rolling kube-proxy's DaemonSet to the present ConfigMap, and going back to the last good one."""

from __future__ import annotations

import dataclasses
import typing as t

from .._domain.errors import RefusedError
from .._domain.proxy.daemon_set import DaemonSet, Pod, is_ready, owned
from .._domain.proxy.document import checksum
from .._domain.proxy.last_good import last_good
from .._domain.proxy.rollout import RollOptions, Situation, plan_restore, plan_roll
from .._kubernetes.errors import ConflictError, KubernetesError
from .context import EngineError, KubernetesContext, WaitTimeoutError
from .proxy_config import ATTEMPTS, with_text, write_config_map
from .proxy_read import Target, program, read_situation, text_of
from .report import Report

Json = dict[str, t.Any]

#: Lines of a crashed pod's log that are shown; kube-proxy's reason stands in its last ones.
LOG_LINES = 20


class RollStoppedError(EngineError):
    """A pod with the present configuration does not stay up."""


def roll(ctx: KubernetesContext, target: Target, options: RollOptions, expected: str | None = None) -> Report:
    """Replace the pods if, and only if, they do not run the present ConfigMap; wait until all do and stay up.

    ``expected`` is the checksum of the only content to roll to. In check mode that may be what the ConfigMap is yet to
    hold, so that editing and rolling can be looked at in one go.

    Raises RollStoppedError with the first pod that does not stay up, WaitTimeoutError, and RefusedError before anything
    is changed.
    """
    situation = read_situation(ctx, target)
    if expected is not None and expected != situation.checksum:
        if not ctx.check_mode:
            raise RefusedError(f"{_held(target, situation, expected)} No pod was touched. Run again.")
        situation = situation.about_to_hold(expected)
    down: frozenset[str] = frozenset()
    if situation.needs_roll() or situation.unfinished(options.ignored_nodes):
        down = _down(ctx, situation)
        _refuse_unexpected(down - options.ignored_nodes)
    return _rolled(ctx, target, options, situation, down=down)


def undo(ctx: KubernetesContext, target: Target, options: RollOptions, expected: str | None = None) -> Report:
    """Put the last good configuration back into the ConfigMap and roll to it.

    ``expected`` is the checksum of the only content to replace. Nodes that are not Ready are left out, because what is
    undone may be the reason; they follow when they are back.

    Raises as :func:`roll` does.
    """
    for _attempt in range(ATTEMPTS):
        situation = read_situation(ctx, target)
        good = last_good(situation, target.key)
        if good is None:
            raise RefusedError(
                f"undo: {target.where} holds no earlier configuration; one is noted when kube_proxy_config changes it, "
                f"and lost when kubeadm upgrades the cluster. Nothing was changed."
            )
        present = text_of(situation, target)
        restored = checksum({**situation.config_map["data"], target.key: good}, target.key)
        # By checksum: what somebody broke by hand cannot be read, and is the more reason to go back.
        to_write = restored != situation.checksum
        if to_write and expected not in (None, situation.checksum):
            raise RefusedError(f"{_held(target, situation, expected)} It was not replaced, and no pod was touched.")
        down = _down(ctx, situation)
        if to_write:
            try:
                written = write_config_map(ctx, with_text(situation, target, good, going_back=True))
            except ConflictError:
                continue
            situation = dataclasses.replace(situation, config_map=written, checksum=restored)
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
        report = _rolled(ctx, target, options, situation, down=down, config_diff=diff if to_write else None)
        return dataclasses.replace(report, facts={**report.facts, "nodes_skipped": sorted(skipped)})
    raise EngineError(f"{target.where} was changed by somebody else {ATTEMPTS} times in a row; run again")


def _held(target: Target, situation: Situation, expected: str | None) -> str:
    return (
        f"config_checksum: {target.where} holds {situation.checksum} and not {expected}; somebody changed it meanwhile."
    )


def _rolled(
    ctx: KubernetesContext,
    target: Target,
    options: RollOptions,
    situation: Situation,
    *,
    down: frozenset[str],
    config_diff: Json | None = None,
) -> Report:
    before = {pod.name: pod.restarts for pod in situation.pods}
    options = dataclasses.replace(options, awaited=ctx.waiting.wait)
    plan = plan_roll(situation, options, down)
    if plan.rolls and not options.awaited and situation.daemon_set.strategy.get("type") == "OnDelete":
        raise RefusedError(
            f"wait: {situation.daemon_set.where} has the update strategy OnDelete, which replaces no pod by itself; "
            f"with wait=true it is changed for the duration of the roll. No pod was touched."
        )
    if plan.preparation is not None and not ctx.check_mode:
        situation = _patched(ctx, target, situation, lambda now: plan_roll(now, options, down).preparation)
        situation = _until_settled(ctx, target, options, situation)
    situation = _patched(ctx, target, situation, lambda now: plan_roll(now, options, down).patch)
    if options.awaited:
        if not ctx.check_mode:
            situation = _until_rolled(ctx, target, options, situation, before)
        situation = _patched(ctx, target, situation, lambda now: plan_restore(now.daemon_set))
    shown = [{"before": plan.before, "after": plan.after}] if plan.changed or config_diff is None else []
    diffs = [*([config_diff] if config_diff else []), *shown]
    changed = plan.changed or config_diff is not None
    facts = {**_facts(situation), "rolled": plan.rolls, "nodes_skipped": []}
    # One diff as it is: whoever reads results finds before and after where they always are.
    return Report(changed, diffs[0] if len(diffs) == 1 else diffs, facts)


def _down(ctx: KubernetesContext, situation: Situation) -> frozenset[str]:
    """The nodes with a pod that are not Ready."""
    hosts = {pod.node for pod in situation.pods}
    return frozenset({node["metadata"]["name"] for node in ctx.api.nodes() if not is_ready(node)} & hosts)


def _refuse_unexpected(nodes: frozenset[str]) -> None:
    if nodes:
        raise RefusedError(
            f"The nodes {', '.join(sorted(nodes))} are not Ready, so their kube-proxy pods cannot be replaced and the "
            f"roll would never end; bring them back, or name them in ignore_nodes. No pod was touched."
        )


def _until_rolled(
    ctx: KubernetesContext, target: Target, options: RollOptions, situation: Situation, before: dict[str, int]
) -> Situation:
    told = situation.daemon_set.checksum
    while True:
        counted = [pod for pod in situation.pods if pod.node not in options.ignored_nodes and not pod.leaving]
        # Pods that run the present content without saying so were there before a first roll.
        present = [pod for pod in counted if situation.runs_present(pod)]
        for pod in present:
            if pod.failing(before.get(pod.name, 0)):
                _stop(ctx, target, situation, pod)
        ignored = [pod for pod in situation.pods if pod.node in options.ignored_nodes]
        lagging = {pod.node for pod in ignored if not (situation.runs_present(pod) and pod.ready)}
        # Until it is gone, a pod that was told to go serves, and the controller may count it as available.
        going = any(pod.leaving and pod.node not in options.ignored_nodes for pod in situation.pods)
        done = not going and all(situation.runs_present(pod) and pod.ready for pod in counted)
        if done and situation.daemon_set.rolled_out(len(lagging)):
            _refuse_edited_meanwhile(ctx, target, situation)
            return situation
        if ctx.out_of_time():
            raise WaitTimeoutError(
                f"{situation.daemon_set.where} did not finish rolling within {ctx.waiting.timeout:g} seconds: "
                f"{_standing(situation)}. Kubernetes goes on with it; another run of the same task waits on."
            )
        ctx.clock.sleep(ctx.waiting.sleep)
        situation = _read_again(ctx, target, situation)
        if situation.daemon_set.checksum != told:
            raise EngineError(
                f"{situation.daemon_set.where} was told to run another configuration while this roll was waited for; "
                f"somebody else rolls it. Run again when they are done."
            )
        ctx.facts.update(_facts(situation))


def _refuse_edited_meanwhile(ctx: KubernetesContext, target: Target, situation: Situation) -> None:
    """A container that was started while somebody edited runs what they wrote, whatever its pod is marked with."""
    data = ctx.api.config_map(target.namespace, target.config_map).get("data") or {}
    if checksum(data, target.key) != situation.checksum:
        raise EngineError(
            f"{target.where} was changed by somebody else while {situation.daemon_set.where} was rolled. Run again."
        )


def _patched(
    ctx: KubernetesContext, target: Target, situation: Situation, patch_for: t.Callable[[Situation], Json | None]
) -> Situation:
    """Send the patch that fits the DaemonSet as it is now, made anew when somebody else changed it meanwhile.

    The controller does so as well: it writes the status of a DaemonSet that rolls.
    """
    for _attempt in range(ATTEMPTS):
        patch = patch_for(situation)
        if patch is None:
            return situation
        try:
            raw = ctx.api.patch_daemon_set(target.namespace, target.daemon_set, patch, dry_run=ctx.check_mode)
        except ConflictError:
            fresh = DaemonSet(ctx.api.daemon_set(target.namespace, target.daemon_set))
            situation = dataclasses.replace(situation, daemon_set=fresh)
            continue
        if ctx.check_mode:
            return situation
        ctx.accepted()
        return dataclasses.replace(situation, daemon_set=DaemonSet(raw))
    raise EngineError(f"{situation.daemon_set.where} was changed by somebody else {ATTEMPTS} times in a row; run again")


def _until_settled(ctx: KubernetesContext, target: Target, options: RollOptions, situation: Situation) -> Situation:
    """Wait until pods that were just started count as available by the new ``minReadySeconds``, which is as long as it
    takes at most: what is not available then will not be."""
    last = ctx.clock.now() + options.min_ready_seconds + ctx.waiting.sleep
    while True:
        situation = _read_again(ctx, target, situation)
        ready = [pod for pod in situation.pods if pod.ready and not pod.leaving]
        settled = situation.daemon_set.observed and situation.daemon_set.counts.available >= len(ready)
        if settled or ctx.clock.now() > last or ctx.out_of_time():
            return situation
        ctx.clock.sleep(ctx.waiting.sleep)


def _read_again(ctx: KubernetesContext, target: Target, situation: Situation) -> Situation:
    daemon_set = DaemonSet(ctx.api.daemon_set(target.namespace, target.daemon_set))
    pods = owned(ctx.api.pods(target.namespace, daemon_set.labels), daemon_set)
    return dataclasses.replace(situation, daemon_set=daemon_set, pods=pods)


def _stop(ctx: KubernetesContext, target: Target, situation: Situation, pod: Pod) -> t.NoReturn:
    log = _log(ctx, target, situation, pod)
    exit_code = "" if pod.exit_code is None else f", exit status {pod.exit_code}"
    said = f" Termination message: {pod.termination_message}" if pod.termination_message else ""
    last = " / ".join(log[-3:])
    ctx.facts.update(_facts(situation))
    ctx.facts["failed_pod"] = {
        "name": pod.name,
        "node": pod.node,
        "state": pod.state,
        "restarts": pod.restarts,
        "exit_code": pod.exit_code,
        "termination_message": pod.termination_message,
        "log": log,
    }
    raise RollStoppedError(
        f"The roll of {situation.daemon_set.where} was stopped at node {pod.node}: pod {pod.name} does not stay up "
        f"({pod.state}, {pod.restarts} restarts{exit_code}).{said} Its last words: {last or 'none'}. "
        f"Go back with undo=true, or correct the configuration and roll again."
    )


def _log(ctx: KubernetesContext, target: Target, situation: Situation, pod: Pod) -> list[str]:
    container = program(situation, target).container
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


def _standing(situation: Situation) -> str:
    counts = situation.daemon_set.counts
    late = [
        f"{pod.node} ({pod.name}: {pod.state}, {'present' if situation.runs_present(pod) else 'former'} configuration)"
        for pod in situation.pods
        if not (situation.runs_present(pod) and pod.ready)
    ]
    return (
        f"{counts.updated} of {counts.desired} pods are updated and {counts.available} available; not done: "
        f"{', '.join(late) or 'none that can be seen'}"
    )


def _facts(situation: Situation) -> Json:
    counts = situation.daemon_set.counts
    return {
        "config_checksum": situation.checksum,
        "daemon_set": dataclasses.asdict(counts),
        "nodes": [pod_facts(situation, pod) for pod in situation.pods if not pod.leaving],
    }


def pod_facts(situation: Situation, pod: Pod) -> Json:
    """One node's kube-proxy; ``runs_present`` is null when nothing can tell which configuration it runs."""
    return {
        "node": pod.node,
        "pod": pod.name,
        "state": pod.state,
        "ready": pod.ready,
        "restarts": pod.restarts,
        "started": pod.started,
        "runs_present": situation.runs_present(pod),
    }
