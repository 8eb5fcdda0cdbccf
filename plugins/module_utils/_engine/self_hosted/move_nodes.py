# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing nodes from one DaemonSet to the other, some at a time, never with two kube-proxies on a node.

Each node: a pod tries whether kube-proxy's image can be started there; its label takes it out of both DaemonSets; its
pod ends; its label gives it to the other one; that one's pod starts and stays up. Every step may be the last one of a
run that is killed: the next begins with what it finds.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing as t
from dataclasses import dataclass

from ..._adapters.kubernetes.server_errors import ObjectNotFoundError
from ..._domain.common.json_types import Json
from ..._domain.common.listed import listed
from ..._domain.self_hosted.annotations import MIGRATION
from ..._domain.self_hosted.current import Current
from ..._domain.self_hosted.migration import Stage
from ..._domain.self_hosted.migration_state import Migration
from ..._domain.self_hosted.pods import Pod
from ..._domain.self_hosted.rollout_plan import RolloutOptions, pods_at_once
from ..._domain.self_hosted.usual_time import at_the_limit, described
from ..common.run import EngineError, WaitTimeoutError
from .context import KubernetesContext
from .pod_report import failed_pod, why_it_fails
from .read_current import Target
from .read_migration_state import migration_facts, read_nodes, second_target
from .try_nodes import try_nodes


class MigrationStoppedError(EngineError):
    """A pod does not stay up on a node with its new configuration."""


@dataclass(frozen=True)
class Order:
    """Which nodes go where, in their order: to the second DaemonSet (Stage.MOVED), or back to the first (Stage.FORMER).

    ``put_back`` says whether a node whose pod does not stay up returns to where it came from. ``tried`` says that they
    need not be seen to start kube-proxy's image.
    """

    names: tuple[str, ...]
    to: Stage
    put_back: bool
    pace: RolloutOptions
    tried: bool = False

    def back(self, names: t.Sequence[str]) -> Order:
        """The order for those that did not stay up, all at once."""
        other = Stage.FORMER if self.to is Stage.MOVED else Stage.MOVED
        pace = dataclasses.replace(self.pace, max_unavailable=str(len(names)))
        return Order(tuple(names), other, False, pace, tried=True)

    def at_once(self, state: Migration) -> int:
        """How many nodes change at the same time."""
        return pods_at_once(self.pace.max_unavailable or 1, len(state.nodes))

    def usual_time(self, state: Migration) -> str | None:
        """How long that usually takes from here on; None where nothing is waited for."""
        awaited = state.awaited(self.names, self.to)
        return described(len(awaited), self.at_once(state), self.pace.min_ready_seconds) if awaited else None

    def pods(self, state: Migration) -> tuple[tuple[Pod, ...], tuple[Pod, ...]]:
        """Those that have to come, and those that have to go."""
        if self.to is Stage.MOVED:
            return state.leaving, state.first.pods
        return state.first.pods, state.leaving


def change_nodes(ctx: KubernetesContext, target: Target, state: Migration, order: Order) -> Migration:
    """Bring the nodes there; raises MigrationStoppedError at the first that does not stay up.

    In check mode only the first request for each node is sent, as a dry run.
    """
    size, usual = order.at_once(state), order.usual_time(state)
    for begin in range(0, len(order.names), size):
        part = dataclasses.replace(order, names=order.names[begin : begin + size])
        state = _Batch(ctx, target, state, part, usual).change()
    return state


class _Batch:
    """Nodes that change at the same time; ``usual`` is the usual time of all batches."""

    def __init__(
        self, ctx: KubernetesContext, target: Target, state: Migration, order: Order, usual: str | None
    ) -> None:
        self._ctx, self._target, self._state, self._order, self._usual = ctx, target, state, order, usual
        self._names = list(order.names)
        coming, _going = order.pods(state)
        # Restarts from before count for a pod that is up; one that crashes at this moment does not get that credit.
        self._restarts = {pod.name: pod.restarts for pod in coming if pod.ready}
        self._ready_since: dict[str, float] = {}
        self._arriving = [name for name in self._names if self._label(name) != order.to.label]

    def change(self) -> Migration:
        self._try()
        for name in self._arriving:
            if self._label(name) != Stage.BETWEEN.value:
                self._set(name, Stage.BETWEEN)
        if self._ctx.check_mode:
            return self._state
        self._wait_until_gone()
        for name in self._arriving:
            self._set(name, self._order.to)
        self._look()
        self._wait_until_up()
        return self._state

    def _try(self) -> None:
        """A node that has a kube-proxy must not lose it to a pod that cannot be started there."""
        nodes = (self._state.node(name) for name in self._arriving)
        losing = [node.name for node in nodes if node and node.ready and node.pod and node.pod.ready]
        if losing and not self._order.tried:
            owner = self._state.desired.config_map if self._state.desired else None
            try_nodes(self._ctx, self._target_of_pods(), self._current(), owner, losing)

    def _label(self, name: str) -> str | None:
        node = self._state.node(name)
        return None if node is None else node.stage.label

    def _set(self, name: str, stage: Stage) -> None:
        if name not in self._names:
            return
        try:
            self._ctx.api.label_node(name, {MIGRATION: stage.label}, dry_run=self._ctx.check_mode)
        except ObjectNotFoundError:
            self._gone(name)
            return
        if not self._ctx.check_mode:
            self._ctx.accepted()

    def _gone(self, name: str) -> None:
        """A node that somebody took out of the cluster meanwhile must not be the end of all others."""
        self._names.remove(name)
        self._ctx.warn(f"node {name} is not in the cluster any more")

    def _look(self) -> None:
        self._state = read_nodes(self._ctx, self._target, self._state)
        self._ctx.facts["migration"] = migration_facts(self._state)
        for name in list(self._names):
            if name not in self._state.ready:
                self._gone(name)

    def _wait_until_gone(self) -> None:
        """Two kube-proxies on one node would fight over its rules and its ports."""
        while True:
            self._look()
            _coming, going = self._order.pods(self._state)
            late = [pod for pod in going if pod.node in self._arriving and pod.node in self._names]
            # The pods of a node that is down do not end, and do nothing either: it goes back without them.
            if self._order.to is Stage.FORMER:
                late = [pod for pod in late if self._is_ready(pod.node)]
            if not late:
                return
            if self._ctx.out_of_time():
                raise self._not_gone(late)
            pods = listed([f"{pod.name} of node {pod.node}" for pod in late])
            self._ctx.progress.see("Waiting for the end of pods", pods)
            self._ctx.pause()

    def _not_gone(self, late: t.Sequence[Pod]) -> WaitTimeoutError:
        where = "Their nodes are between the two configurations"
        if self._order.to is Stage.MOVED:
            # They are not gone from there yet, so that is where they can stay.
            for name in self._arriving:
                self._set(name, Stage.FORMER)
            where = f"{listed(self._arriving)} keep the former configuration"
        pods = [f"{pod.name} of node {pod.node} ({self._condition(pod.node)})" for pod in late]
        return WaitTimeoutError(
            f"These pods did not end within {self._ctx.waiting.timeout:g} seconds: {listed(pods)}. {where}; see what "
            f"keeps the pods, and run again.{at_the_limit(self._usual)}"
        )

    def _is_ready(self, name: str) -> bool:
        return self._state.ready.get(name, False)

    def _condition(self, name: str) -> str:
        if not self._is_ready(name):
            return "the node is NOT Ready"
        closed = self._state.closed.get(name)
        return f"the node is Ready, and keeps pods out: {closed}" if closed else "the node is Ready"

    def _wait_until_up(self) -> None:
        failed: dict[str, Json] = {}
        while True:
            for name, pod in self._crashed():
                if name not in failed:
                    failed[name] = self._failed(pod)
                    reason = why_it_fails(pod, failed[name]["log"])
                    failed[name]["reason"] = f"node {name}: {reason}"
            late = [name for name in self._names if name not in failed and not self._up(name)]
            if not late:
                break
            if self._ctx.out_of_time() and not failed:
                raise self._too_late(late)
            if self._ctx.out_of_time():
                break
            done = f"{len(self._names) - len(late)} of {len(self._names)} nodes"
            self._ctx.progress.see("Waiting for kube-proxy on its nodes", f"{done}, not yet {listed(late)}")
            self._ctx.pause()
            self._look()
        if failed:
            self._stop(failed)

    def _current(self) -> Current:
        current = self._state.desired if self._order.to is Stage.MOVED else self._state.first
        if current is None:
            raise EngineError(
                f"Somebody deleted DaemonSet {self._target.namespace}/{second_target(self._target).daemon_set} during "
                f"the migration. Run with state=absent, which returns every node to its former configuration."
            )
        return current

    def _target_of_pods(self) -> Target:
        return second_target(self._target) if self._order.to is Stage.MOVED else self._target

    def _crashed(self) -> t.Iterator[tuple[str, Pod]]:
        current = self._current()
        for pod in current.pods:
            concerned = pod.node in self._names and self._is_ready(pod.node) and current.up_to_date(pod) is not False
            if concerned and pod.crashed(self._restarts.get(pod.name, 0)):
                yield pod.node, pod

    def _up(self, name: str) -> bool:
        """Whether the node's kube-proxy is the right one alone, and has been up for as long as it has to be."""
        if not self._is_ready(name) and self._order.to is Stage.FORMER:
            # It gets its pod when it is back.
            return True
        coming, going = self._order.pods(self._state)
        current = self._current()
        here = [pod for pod in coming if pod.node == name]
        if any(pod.node == name for pod in going) and self._is_ready(name):
            return False
        if len(here) != 1 or not here[0].ready or here[0].terminating or current.up_to_date(here[0]) is False:
            return False
        now = self._ctx.clock.now()
        # What this run has started has to be seen up for that long, whatever the node's clock says.
        before = 0.0 if name in self._arriving else self._age(here[0])
        since = self._ready_since.setdefault(here[0].name, now - before)
        return now - since >= self._order.pace.min_ready_seconds

    def _age(self, pod: Pod) -> float:
        """Seconds since its container started, by the node's clock; zero for a clock that is ahead of ours."""
        if pod.started is None:
            return 0.0
        try:
            started = datetime.datetime.fromisoformat(pod.started.replace("Z", "+00:00")).timestamp()
        except ValueError:
            return 0.0
        return max(0.0, self._ctx.clock.wall() - started)

    def _failed(self, pod: Pod) -> Json:
        return failed_pod(self._ctx, self._target_of_pods(), self._current(), pod)

    def _too_late(self, late: t.Sequence[str]) -> WaitTimeoutError:
        coming, going = self._order.pods(self._state)
        names = []
        for name in late:
            pods = [f"{pod.name}: {pod.state}" for pod in (*coming, *going) if pod.node == name] or ["no pod yet"]
            names.append(f"{name} ({', '.join([*pods, self._condition(name)])})")
        return WaitTimeoutError(
            f"kube-proxy did not come up within {self._ctx.waiting.timeout:g} seconds on the nodes {listed(names)}. No "
            f"further node was touched. Run again to go on waiting, or return them with state=returned."
            f"{at_the_limit(self._usual)}"
        )

    def _stop(self, failed: dict[str, Json]) -> t.NoReturn:
        reasons = "; ".join(str(pod.pop("reason")) for pod in failed.values())
        self._ctx.facts["failed_pods"] = list(failed.values())
        message = f"The migration was stopped: {reasons}. No further node was touched."
        if not self._order.put_back:
            raise MigrationStoppedError(message)
        if self._ctx.out_of_time():
            raise MigrationStoppedError(
                f"{message} No time was left to put {listed(sorted(failed))} back; "
                f"{'run with state=returned' if self._order.to is Stage.MOVED else 'run again'}."
            )
        try:
            self._state = change_nodes(self._ctx, self._target, self._state, self._order.back(sorted(failed)))
        except EngineError as error:
            raise MigrationStoppedError(f"{message} Putting {listed(sorted(failed))} back failed: {error}") from None
        self._ctx.facts["migration"] = migration_facts(self._state)
        raise MigrationStoppedError(
            f"{message} {listed(sorted(failed))} went back and run{'s' if len(failed) == 1 else ''} as before."
        )
