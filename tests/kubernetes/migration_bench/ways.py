# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured: from which mode to which, and by which way."""

from __future__ import annotations

import typing as t

#: Of the DaemonSet's pods; longer than two emulated nodes take.
_PATIENCE = "--timeout=900s"
#: The edit of kubespray's tasks: a whole ConfigMap through sed.
_EDIT = (
    "kubectl --namespace=kube-system get configmap kube-proxy --output=yaml "
    "| sed --regexp-extended 's/^( *)mode: .*$/\\1mode: {mode}/' | kubectl replace --filename=-"
)
_PODS = "kubectl --namespace=kube-system delete pod --selector=k8s-app=kube-proxy"
_ROLLOUT = "kubectl --namespace=kube-system rollout {verb} daemonset/kube-proxy"


class Direction(t.NamedTuple):
    former: str
    mode: str

    @classmethod
    def parse(cls, text: str) -> Direction:
        """``ipvs:nftables``; raises ValueError."""
        former, _colon, mode = text.partition(":")
        found = cls(former, mode)
        if found not in DIRECTIONS:
            raise ValueError(f"{text!r} is none of {', '.join(map(str, DIRECTIONS))}")
        return found

    def __str__(self) -> str:
        return f"{self.former}:{self.mode}"

    @property
    def file_name(self) -> str:
        return f"{self.former}-to-{self.mode}"


#: In an order in which each begins where the one before it ended.
DIRECTIONS = (
    Direction("iptables", "ipvs"),
    Direction("ipvs", "iptables"),
    Direction("iptables", "nftables"),
    Direction("nftables", "ipvs"),
    Direction("ipvs", "nftables"),
    Direction("nftables", "iptables"),
)

#: By name: what it is called in the table, and the commands of a shell.
WAYS: t.Mapping[str, tuple[str, t.Sequence[str]]] = {
    "ours": (
        "playbook migrate_mode",
        # Emulated nodes are slow.
        (
            "ansible-playbook clusterops.kube_proxy.migrate_mode --inventory={inventory} "
            '--extra-vars=\'{{"self_hosted_hosts": "nodes", "kube_proxy_mode": "{mode}", '
            '"self_hosted_cluster_timeout": 180, "mode_migration_node_timeout": 600}}\'',
        ),
    ),
    "restart": (
        "edit, rollout restart",
        (_EDIT, _ROLLOUT.format(verb="restart"), f"{_ROLLOUT.format(verb='status')} {_PATIENCE}"),
    ),
    "delete": ("edit, delete all pods", (_EDIT, f"{_PODS} {_PATIENCE}")),
    "kubespray": ("edit, force-delete all pods (kubespray)", (_EDIT, f"{_PODS} --force --grace-period=0")),
}


def commands(way: str, mode: str, inventory: str) -> list[str]:
    """For a shell, one after the other."""
    return [line.format(mode=mode, inventory=inventory) for line in WAYS[way][1]]


def possible(minor: int) -> tuple[Direction, ...]:
    """What Kubernetes 1.MINOR has without a feature gate."""
    return tuple(direction for direction in DIRECTIONS if minor >= 31 or "nftables" not in direction)


def in_order(directions: t.Collection[Direction], mode: str) -> list[Direction]:
    """The same, beginning with the mode that is there, so that few changes are made only to come to a beginning."""
    left = [direction for direction in DIRECTIONS if direction in directions]
    ordered = []
    while left:
        following = next((direction for direction in left if direction.former == mode), left[0])
        left.remove(following)
        ordered.append(following)
        mode = following.mode
    return ordered
