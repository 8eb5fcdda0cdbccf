# SPDX-License-Identifier: GPL-3.0-or-later

"""A network namespace with one bridge: the control plane and the nodes see each other and nothing else."""

from __future__ import annotations

import contextlib
from pathlib import Path

from . import commands
from .errors import BenchError

_PREFIX = "172.31.250"
#: The bridge's own address, at which the API server listens.
GATEWAY = f"{_PREFIX}.1"
#: The two addresses at which backends of the Service "web" listen.
BACKENDS = (GATEWAY, f"{_PREFIX}.2")
BRIDGE = "br0"


def node_address(number: int) -> str:
    return f"{_PREFIX}.{10 + number}"


def pod_network(number: int) -> str:
    return f"10.244.{number}.0/24"


def tap(number: int) -> str:
    return f"tap{number}"


def path(namespace: str) -> Path:
    return Path("/run/netns") / namespace


def inside(namespace: str, *command: str | Path) -> list[str]:
    """The command line that runs the command in the namespace."""
    return ["nsenter", f"--net={path(namespace)}", "--", *map(str, command)]


def create(namespace: str, nodes: int) -> None:
    commands.run("ip", "netns", "add", namespace)
    lines = [
        "link set lo up",
        f"link add {BRIDGE} type bridge",
        *(f"addr add {address}/24 dev {BRIDGE}" for address in BACKENDS),
        f"link set {BRIDGE} up",
    ]
    for number in range(1, nodes + 1):
        lines += [f"tuntap add dev {tap(number)} mode tap", f"link set {tap(number)} master {BRIDGE} up"]
    for line in lines:
        commands.run(*inside(namespace, "ip", *line.split()))


def remove(namespace: str) -> None:
    if path(namespace).exists():
        # A namespace that only its name was left of after a crash of the machine cannot be entered, but deleted.
        with contextlib.suppress(BenchError):
            commands.run("ip", "netns", "delete", namespace)
        path(namespace).unlink(missing_ok=True)
