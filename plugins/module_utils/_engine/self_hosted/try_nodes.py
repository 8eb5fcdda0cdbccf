# SPDX-License-Identifier: GPL-3.0-or-later

"""Seeing that nodes can start kube-proxy's containers while the kube-proxy that runs there still runs."""

from __future__ import annotations

import contextlib
import typing as t

from ..._adapters.kubernetes.server_errors import KubernetesError, RefusedByServerError
from ..._domain.common.json_types import Json
from ..._domain.common.listed import listed
from ..._domain.self_hosted.annotations import MIGRATION
from ..._domain.self_hosted.current import Current
from ..._domain.self_hosted.pods import Pod
from ..._domain.self_hosted.trial import TRIAL, Trial, judge, trial_pod
from ..common.run import EngineError, WaitTimeoutError
from .context import KubernetesContext
from .read_current import Target, program_of


class NodesRefusedError(EngineError):
    """Nodes that cannot start kube-proxy's containers; nothing was changed about them."""


def try_nodes(
    ctx: KubernetesContext, target: Target, current: Current, owner: Json | None, nodes: t.Sequence[str]
) -> None:
    """Start a pod on each of the nodes that needs the images of ``current``'s DaemonSet, and take it away again.

    ``owner`` is the migration's ConfigMap, where it is there: a run that dies leaves the pod to whoever deletes that.

    Raises NodesRefusedError, and WaitTimeoutError for nodes that start no pod in time. A node that does not take the
    pod for another reason is warned of: that says nothing about its kube-proxy.
    """
    path = program_of(current, target).path
    names: dict[str, str] = {}
    try:
        for node in nodes:
            try:
                body = trial_pod(current.daemon_set, path, node, owner)
                names[node] = ctx.api.create_pod(body, dry_run=ctx.check_mode)
            except RefusedByServerError as refused:
                # A quota, for one: what it says of this pod, it need not say of kube-proxy's.
                if not refused.by_admission:
                    raise
                _warn(ctx, node, refused.api_message)
        if not ctx.check_mode:
            _wait(ctx, target, names)
    finally:
        for name in () if ctx.check_mode else names.values():
            # One that stays behind has ended, and goes with its owner.
            with contextlib.suppress(KubernetesError):
                ctx.api.delete_pod(target.namespace, name)


def _wait(ctx: KubernetesContext, target: Target, names: t.Mapping[str, str]) -> None:
    while True:
        pods = {pod.name: pod for pod in map(Pod, ctx.api.pods(target.namespace, {MIGRATION: TRIAL}))}
        trials = {node: judge(pods.get(name)) for node, name in names.items()}
        late = [node for node, trial in trials.items() if not trial.over]
        if any(trial.refused for trial in trials.values()) or not late:
            break
        if ctx.out_of_time():
            states = [f"{node} ({names[node]}: {pods[names[node]].state})" for node in late]
            raise WaitTimeoutError(
                f"These nodes did not start a pod with kube-proxy's image within {ctx.waiting.timeout:g} seconds: "
                f"{listed(states)}. Their kube-proxy was not touched; see their kubelet, and run again."
            )
        ctx.progress.see("Waiting for nodes to start kube-proxy's image", listed(late))
        ctx.pause()
    for node, trial in trials.items():
        if trial.unknown:
            _warn(ctx, node, trial.unknown)
    _refuse(trials)


def _warn(ctx: KubernetesContext, node: str, why: str) -> None:
    ctx.warn(f"node {node}: whether it has kube-proxy's image could not be tried ({why})")


def _refuse(trials: t.Mapping[str, Trial]) -> None:
    refused = {node: trial.refused for node, trial in trials.items() if trial.refused}
    if refused:
        reasons = "; ".join(f"node {node} cannot start kube-proxy's image: {said}" for node, said in refused.items())
        raise NodesRefusedError(
            f"The migration was stopped: {reasons}. Its kube-proxy could not be started again there in any mode, and "
            f"was not touched, nor was any other node. Bring the image to the node, or make it possible to pull it "
            f"there, and run again."
        )
