# SPDX-License-Identifier: GPL-3.0-or-later

"""How much kube-proxy has to do in a cluster, and how long that takes it on each node."""

from __future__ import annotations

import dataclasses

from ..._adapters.kubernetes.server_errors import KubernetesError
from ..._domain.common.json_types import Json
from ..._domain.kube_proxy.sync_metrics import sync_times
from ..._domain.self_hosted.current import Current
from .ask_pods import reported
from .context import KubernetesContext
from .read_current import Target


def number_of_services(ctx: KubernetesContext) -> int | None:
    """Of all namespaces; None, with a warning, where the account may not list them."""
    try:
        return ctx.api.number_of("Service")
    except KubernetesError as error:
        ctx.warn(f"the number of Services is not known: {error}")
        return None


def reported_times(ctx: KubernetesContext, current: Current, target: Target, port: int) -> dict[str, Json | None]:
    """What every ready pod reports of its writes of the rules, by node; None, with a warning, without an answer."""

    def ask(pod: str) -> tuple[int, str]:
        return ctx.api.metrics(target.namespace, pod, port)

    def read(body: str) -> Json | None:
        found = sync_times(body)
        return None if found is None else dataclasses.asdict(found)

    return reported(ctx, current, "metrics", ask, read)
