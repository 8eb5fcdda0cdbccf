# SPDX-License-Identifier: GPL-3.0-or-later

"""The bench's nodes over SSH, from inside its network. One connection stays open for each: a new one costs a second.

Addresses and keys are those of the bench's inventory.
"""

from __future__ import annotations

import shlex
import socket
import subprocess
import time
import typing as t
from pathlib import Path

import yaml

from kubernetes_bench.errors import BenchError

from . import leftovers
from .services import Service

#: Seconds a node may take for what it always does in the end.
PATIENCE = 600.0
_MODE = "curl --silent --fail --max-time 3 http://127.0.0.1:10249/proxyMode || true"
#: A connection, established or not: through a ClusterIP only the node itself can make one.
_CONNECT = "timeout 2 bash -c 'exec 3<>/dev/tcp/{address}/{port}' 2>/dev/null && echo connected || true"


class Node:
    def __init__(self, name: str, facts: t.Mapping[str, t.Any], sockets: Path) -> None:
        self.name = name
        self.address = str(facts["ansible_host"])
        options = [*shlex.split(facts["ansible_ssh_common_args"]), "-o", "LogLevel=ERROR", "-o", "BatchMode=yes"]
        options += [
            "-o",
            "ControlMaster=auto",
            "-o",
            "ControlPersist=600s",
            "-o",
            f"ControlPath={sockets}/%h.migration",
        ]
        options += ["-o", "ConnectTimeout=30", "-o", "ServerAliveInterval=10"]
        self._ssh = ["ssh", "-i", facts["ansible_ssh_private_key_file"], *options, f"root@{self.address}"]

    def disconnect(self) -> None:
        """End the connection that is kept; the next command makes a new one."""
        command = [*self._ssh[:-1], "-O", "exit", self._ssh[-1]]
        subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True)

    def run(self, command: str) -> str:
        """What the command prints; raises BenchError when it fails."""
        try:
            done = subprocess.run(
                [*self._ssh, command],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                # The connection that stays open keeps standard error open as well.
                stderr=subprocess.DEVNULL,
                text=True,
                timeout=120,
            )
        except subprocess.TimeoutExpired:
            raise BenchError(f"{self.name} does not answer") from None
        if done.returncode != 0:
            raise BenchError(f"{self.name}: {command} ended with exit status {done.returncode}")
        return done.stdout

    def mode(self) -> str:
        """As kube-proxy reports it; empty if it does not."""
        return self.run(_MODE).strip()

    def kernel(self) -> dict[str, str]:
        return {name: self.run(command) for name, command in leftovers.READ.items()}

    def reaches(self, service: Service) -> dict[str, bool]:
        """Whether a connection stands, by path: from the node, and from outside, where its NodePort is used."""
        said = self.run(_CONNECT.format(address=service.cluster_ip, port=80))
        return {"ClusterIP": "connected" in said, "NodePort": _connects(self.address, service.node_port)}


def _connects(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=2).close()
    except OSError:
        return False
    return True


def of_inventory(inventory: Path, sockets: Path) -> list[Node]:
    group = yaml.safe_load(inventory.read_text(encoding="utf-8"))["all"]["children"]["nodes"]
    return [Node(name, {**group["vars"], **facts}, sockets) for name, facts in group["hosts"].items()]


def wait(condition: t.Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Raises BenchError that says what did not come."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise BenchError(f"Not within {patience:g} seconds: {what}")
        time.sleep(2)
