# SPDX-License-Identifier: GPL-3.0-or-later

"""Taints of nodes that keep a DaemonSet's pods from starting there again.

The DaemonSet controller leaves a pod alone when its node gets a taint NoSchedule, and starts none in its place when it
has ended (Kubernetes documentation: Taints and Tolerations; DaemonSet; the same from 1.20 to 1.36). So a node may run a
kube-proxy that it can lose, and not get again.
"""

from __future__ import annotations

import typing as t

from ..common.json_types import Json
from ..common.listed import listed
from .daemon_set import DaemonSet

#: Effects that keep pods out; PreferNoSchedule does not.
_EFFECTS = ("NoSchedule", "NoExecute")
_CONDITION = "node.kubernetes.io/"
#: What the controller lets every pod of a DaemonSet tolerate (Kubernetes documentation: DaemonSet).
_OF_EVERY_POD: t.Final[tuple[Json, ...]] = (
    *(
        {"key": f"{_CONDITION}{name}", "operator": "Exists", "effect": "NoExecute"}
        for name in ("not-ready", "unreachable")
    ),
    *(
        {"key": f"{_CONDITION}{name}", "operator": "Exists", "effect": "NoSchedule"}
        for name in ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
    ),
)
_OF_HOST_NETWORK: t.Final[Json] = {
    "key": f"{_CONDITION}network-unavailable",
    "operator": "Exists",
    "effect": "NoSchedule",
}


def keeping_out(node: Json, daemon_set: DaemonSet) -> list[str]:
    """The node's taints that the DaemonSet's pods do not tolerate, as kubectl writes them: "key=value:NoSchedule"."""
    spec = daemon_set.raw["spec"]["template"]["spec"]
    tolerations = [*(spec.get("tolerations") or ()), *_OF_EVERY_POD]
    if spec.get("hostNetwork"):
        tolerations.append(_OF_HOST_NETWORK)
    taints = (node.get("spec") or {}).get("taints") or ()
    return [
        _text(taint)
        for taint in taints
        if taint.get("effect") in _EFFECTS and not any(_tolerates(each, taint) for each in tolerations)
    ]


def closed_nodes(nodes: t.Iterable[Json], daemon_set: DaemonSet) -> dict[str, str]:
    """The nodes where the DaemonSet could start no pod, each with why not, such as "taint key:NoSchedule"."""
    found = {str(node["metadata"]["name"]): keeping_out(node, daemon_set) for node in nodes}
    return {
        name: f"{'taint' if len(taints) == 1 else 'taints'} {listed(taints)}"
        for name, taints in found.items()
        if taints
    }


def would_be_lost(nodes: t.Mapping[str, str], daemon_set: DaemonSet) -> str:
    """Why nothing may end kube-proxy's pods on these nodes, as :func:`closed_nodes` tells of them."""
    told = listed([f"{name} ({why})" for name, why in sorted(nodes.items())])
    return (
        f"{daemon_set.where} does not tolerate taints of the nodes {told}: kube-proxy runs there, and would not be "
        f"started again. Let it tolerate them, or take them from the nodes meanwhile."
    )


def _tolerates(toleration: Json, taint: Json) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    operator = toleration.get("operator") or "Equal"
    if not toleration.get("key"):
        # Only with Exists, and then every key.
        return bool(operator == "Exists")
    if toleration["key"] != taint.get("key"):
        return False
    if operator == "Equal":
        return bool((toleration.get("value") or "") == (taint.get("value") or ""))
    # Exists. Operators that compare numbers (Kubernetes 1.35) are left to the API server, rather than refuse wrongly.
    return True


def _text(taint: Json) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint.get('key')}{value}:{taint['effect']}"
