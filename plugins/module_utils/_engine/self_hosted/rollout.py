# SPDX-License-Identifier: GPL-3.0-or-later

"""The rollout: make every pod run the current ConfigMap, wait until all do, and stop at the first crash."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._domain.common.json_types import Json
from ..._domain.common.listed import listed
from ..._domain.common.problems import RefusedError
from ..._domain.self_hosted.config_checksum import checksum
from ..._domain.self_hosted.current import Current
from ..._domain.self_hosted.pods import Pod, is_ready
from ..._domain.self_hosted.rollout_plan import RolloutOptions, plan_restore, plan_rollout
from ..._domain.self_hosted.taints import closed_nodes, would_be_lost
from ..._domain.self_hosted.usual_time import at_the_limit
from ..common.report import Report
from ..common.run import EngineError, WaitTimeoutError
from .context import KubernetesContext
from .patch_daemon_set import patched
from .pod_report import failed_pod, progress, rollout_facts, why_it_fails
from .read_current import Target, read_again, read_settled


class RolloutStoppedError(EngineError):
    """A pod with the current configuration does not stay up."""


def rollout(
    ctx: KubernetesContext, target: Target, options: RolloutOptions, config_checksum: str | None = None
) -> Report:
    """Replace the pods if, and only if, they do not run the current ConfigMap; wait until all do and stay up.

    ``config_checksum`` is the checksum of the only content to roll out. In check mode the ConfigMap need not hold it
    yet, so that edit and rollout can be checked in one go.

    Raises RolloutStoppedError with the first pod that does not stay up, WaitTimeoutError, and RefusedError before
    anything is changed.
    """
    current = read_settled(ctx, target)
    if config_checksum is not None and config_checksum != current.checksum:
        if not ctx.check_mode:
            message = unexpected_content(target, current, config_checksum)
            raise RefusedError(f"{message} No pod was touched. Run again.")
        current = current.with_content(config_checksum)
    down: frozenset[str] = frozenset()
    if current.needs_rollout() or current.unfinished(options.ignored_nodes):
        nodes = ctx.api.nodes()
        down = nodes_down(nodes, current)
        _refuse_nodes_down(down - options.ignored_nodes)
        _refuse_losing(nodes, current, down)
    return roll_out(ctx, target, options, current, down=down)


def roll_out(
    ctx: KubernetesContext,
    target: Target,
    options: RolloutOptions,
    current: Current,
    *,
    down: frozenset[str],
    config_diff: Json | None = None,
) -> Report:
    """Plan, apply and wait, with what was read; ``config_diff`` is that of a ConfigMap that was written just now."""
    restarts_before = {pod.name: pod.restarts for pod in current.pods}
    options = dataclasses.replace(options, awaited=ctx.waiting.wait)
    plan = plan_rollout(current, options, down)
    if plan.restarts and not options.awaited and current.daemon_set.strategy.get("type") == "OnDelete":
        raise RefusedError(
            f"wait: {current.daemon_set.where} has the update strategy OnDelete, which replaces no pod by itself; "
            f"with wait=true it is changed for the duration of the rollout. No pod was touched."
        )
    if plan.preparation is not None and not ctx.check_mode:
        current = patched(ctx, target, current, lambda now: plan_rollout(now, options, down).preparation)
        current = _wait_until_available(ctx, target, options, current)
    current = patched(ctx, target, current, lambda now: plan_rollout(now, options, down).patch)
    if options.awaited:
        if not ctx.check_mode:
            current = _wait_until_rolled_out(ctx, target, options, current, restarts_before, usual=plan.usual_time)
        current = patched(ctx, target, current, lambda now: plan_restore(now.daemon_set))
    diffs = [] if config_diff is None else [config_diff]
    if plan.changed or config_diff is None:
        diffs.append({"before": plan.before, "after": plan.after})
    facts = {**rollout_facts(current), "restarted": plan.restarts, "nodes_skipped": []}
    if plan.usual_time is not None:
        facts["usual_time"] = plan.usual_time
    # A single diff is no list: before and after are where readers of results look for them.
    return Report(plan.changed or config_diff is not None, diffs[0] if len(diffs) == 1 else diffs, facts)


def unexpected_content(target: Target, current: Current, config_checksum: str | None) -> str:
    """The beginning of a refusal: the ConfigMap does not hold what the caller expects there."""
    return (
        f"config_checksum: {target.where} holds {current.checksum} and not {config_checksum}; somebody changed it "
        f"meanwhile."
    )


def nodes_down(nodes: t.Iterable[Json], current: Current) -> frozenset[str]:
    """The nodes with a pod that are not Ready, of those of the cluster."""
    hosts = {pod.node for pod in current.pods}
    return frozenset({node["metadata"]["name"] for node in nodes if not is_ready(node)} & hosts)


def nodes_losing(nodes: t.Iterable[Json], current: Current, down: t.Collection[str]) -> dict[str, str]:
    """The nodes that a rollout would take kube-proxy from for good, each with why; not those that are down."""
    replaced = {pod.node for pod in current.pods if pod.ready and pod.node not in down}
    if current.template_up_to_date():
        replaced -= {pod.node for pod in current.pods if current.up_to_date(pod)}
    closed = closed_nodes(nodes, current.daemon_set)
    return {name: why for name, why in closed.items() if name in replaced}


def _refuse_losing(nodes: t.Iterable[Json], current: Current, down: t.Collection[str]) -> None:
    """The controller ends the pods of these nodes all the same, whatever is in ignore_nodes."""
    losing = nodes_losing(nodes, current, down)
    if losing:
        raise RefusedError(f"{would_be_lost(losing, current.daemon_set)} No pod was touched.")


def _refuse_nodes_down(nodes: frozenset[str]) -> None:
    if nodes:
        raise RefusedError(
            f"The nodes {listed(sorted(nodes))} are not Ready, so their kube-proxy pods cannot be replaced and the "
            f"rollout would never end; bring them back, or name them in ignore_nodes. No pod was touched."
        )


def _wait_until_rolled_out(
    ctx: KubernetesContext,
    target: Target,
    options: RolloutOptions,
    current: Current,
    restarts_before: dict[str, int],
    *,
    usual: str | None,
) -> Current:
    template_checksum = current.daemon_set.checksum
    while True:
        _stop_at_crash(ctx, target, options, current, restarts_before)
        if _rolled_out(options, current):
            _refuse_edited_meanwhile(ctx, target, current)
            return current
        if ctx.out_of_time():
            raise WaitTimeoutError(
                f"The rollout of {current.daemon_set.where} did not finish within {ctx.waiting.timeout:g} seconds: "
                f"{progress(current)}. Kubernetes continues it; run the same task again to wait for its end."
                f"{at_the_limit(usual)}"
            )
        ctx.progress.see(f"Waiting for the rollout of {current.daemon_set.where}", progress(current))
        ctx.clock.sleep(ctx.waiting.sleep)
        current = read_again(ctx, target, current)
        if current.daemon_set.checksum != template_checksum:
            raise EngineError(
                f"Somebody else started a rollout of {current.daemon_set.where} to another configuration while this "
                f"one was waited for. Run again when it is done."
            )
        ctx.facts.update(rollout_facts(current))


def _rolled_out(options: RolloutOptions, current: Current) -> bool:
    """Whether every pod but those of ignored nodes runs the current content, is ready, and the controller agrees."""
    counted = [pod for pod in current.pods if pod.node not in options.ignored_nodes]
    ignored = [pod for pod in current.pods if pod.node in options.ignored_nodes]
    # A terminating pod serves until it is deleted, and the controller may count it as available.
    if not all(current.up_to_date(pod) and pod.ready and not pod.terminating for pod in counted):
        return False
    lagging = {pod.node for pod in ignored if not (current.up_to_date(pod) and pod.ready)}
    return current.daemon_set.rolled_out(len(lagging))


def _stop_at_crash(
    ctx: KubernetesContext, target: Target, options: RolloutOptions, current: Current, restarts_before: dict[str, int]
) -> None:
    for pod in current.pods:
        # Unmarked pods that run the current content already are older than a first rollout, and may have restarts.
        if pod.node in options.ignored_nodes or not current.up_to_date(pod):
            continue
        if pod.crashed(restarts_before.get(pod.name, 0)):
            ctx.facts.update(rollout_facts(current))
            ctx.facts["failed_pod"] = failed = failed_pod(ctx, target, current, pod)
            raise RolloutStoppedError(_crash_message(current, pod, failed["log"]))


def _crash_message(current: Current, pod: Pod, log: list[str]) -> str:
    return (
        f"The rollout of {current.daemon_set.where} was stopped at node {pod.node}: {why_it_fails(pod, log)}. Run "
        f"again with undo=true to return to the last good configuration, or correct the configuration and run again."
    )


def _refuse_edited_meanwhile(ctx: KubernetesContext, target: Target, current: Current) -> None:
    """A container that was started while somebody edited runs what they wrote, whatever its pod is marked with."""
    data = ctx.api.config_map(target.namespace, target.config_map).get("data") or {}
    if checksum(data, target.key) != current.checksum:
        raise EngineError(
            f"{target.where} was changed by somebody else during the rollout of {current.daemon_set.where}. Run again."
        )


def _wait_until_available(ctx: KubernetesContext, target: Target, options: RolloutOptions, current: Current) -> Current:
    """Wait until pods that were just started count as available by the new ``minReadySeconds``.

    Not longer than that takes: a pod that is not available then will not be.
    """
    last = ctx.clock.now() + options.min_ready_seconds + ctx.waiting.sleep
    while True:
        current = read_again(ctx, target, current)
        ready = [pod for pod in current.pods if pod.ready and not pod.terminating]
        all_available = current.daemon_set.observed and current.daemon_set.counts.available >= len(ready)
        if all_available or ctx.clock.now() > last or ctx.out_of_time():
            return current
        ctx.clock.sleep(ctx.waiting.sleep)
