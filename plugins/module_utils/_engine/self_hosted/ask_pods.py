# SPDX-License-Identifier: GPL-3.0-or-later

"""What kube-proxy itself reports, asked through the API server: one answer of each pod that is ready."""

from __future__ import annotations

import typing as t

from ..._adapters.kubernetes.server_errors import KubernetesError
from ..._domain.self_hosted.current import Current
from .context import KubernetesContext

Value = t.TypeVar("Value")


def reported(
    ctx: KubernetesContext,
    current: Current,
    subject: str,
    ask: t.Callable[[str], tuple[int, str]],
    read: t.Callable[[str], Value],
) -> dict[str, Value | None]:
    """By node; None, with a warning that names the subject, without an answer. ``ask`` gets the name of a pod."""

    def answer(node: str, pod: str) -> Value | None:
        try:
            status, body = ask(pod)
        except KubernetesError as error:
            ctx.warn(f"kube-proxy on node {node} did not report its {subject}: {error}")
            return None
        if status != 200:
            ctx.warn(f"kube-proxy on node {node} did not report its {subject}: HTTP status {status}")
            return None
        return read(body)

    return {pod.node: answer(pod.node, pod.name) for pod in current.pods if pod.ready and not pod.terminating}
