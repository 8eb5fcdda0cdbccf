# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a restart of all pods may change the mode, from what the pods run now and what is desired.

kube-proxy never cleans up between iptables and ipvs: rules of the former mode that reject or answer stay in force
(since 1.15; seen on 1.34). To and from nftables it removes the former rules before it has its own, and until then new
connections fail (since 1.29; 4 to 14 seconds on 1.34).
"""

from __future__ import annotations

import typing as t

from ..common.listed import listed
from ..common.problems import Notice, Remedy
from ..kube_proxy.modes import MODES


class NodePod(t.NamedTuple):
    """kube-proxy on one node: whether its pod is ready, and runs the configuration in the ConfigMap (None: unknown).

    ``mode`` is the one that kube-proxy reports; None where it was not asked or did not answer.
    """

    node: str
    ready: bool = True
    up_to_date: bool | None = None
    mode: str | None = None


def has_to_ask(configured: str | None, desired: str, pods: t.Iterable[NodePod]) -> bool:
    """Whether pods may run another mode than the desired one, so that they have to be asked for it.

    ``configured`` is the mode in the ConfigMap; None where it cannot be read.
    """
    return any(configured != desired or pod.up_to_date is not True for pod in pods)


def refusal(configured: str | None, desired: str, pods: t.Iterable[NodePod]) -> Notice | None:
    """Why a restart of the pods must not bring the desired mode; None where it changes no mode.

    A pod that does not answer is taken to run the configured mode, and one that is not ready to run none: what it would
    leave cannot be told, and it is often there because its mode does not work.
    """
    nodes: dict[str, list[str]] = {}
    for pod in pods:
        former = pod.mode or configured
        # userspace, which only kube-proxy up to 1.25 has, has no migration.
        if pod.ready and former in MODES and former != desired:
            nodes.setdefault(former, []).append(pod.node)
    if not nodes or desired not in MODES:
        return None
    running = " and ".join(f"{former} on {listed(sorted(nodes[former]))}" for former in sorted(nodes))
    return Notice(
        f"Nothing was changed. kube-proxy runs in mode {running}, and {desired} is desired. {_harm(nodes, desired)} To "
        f"change the mode all the same, set self_hosted_cluster_allow_leftovers to true. To change it without that, "
        f"node by node",
        Remedy.MIGRATION,
    )


def _harm(former: t.Collection[str], desired: str) -> str:
    """What restarting the pods would do to the nodes in these modes, in sentences."""
    hole = [mode for mode in former if "nftables" in (mode, desired)]
    kept = sorted(mode for mode in former if mode not in hole)
    parts = []
    if kept:
        parts.append(
            f"kube-proxy does not remove the rules of its former mode {kept[0]}, and some of them go on rejecting or "
            f"answering connections until the node reboots."
        )
    if hole:
        parts.append(
            "kube-proxy removes the rules of its former mode before it has those of the new one, so that new "
            "connections to Services fail for seconds on every node."
        )
    return " ".join(parts)
