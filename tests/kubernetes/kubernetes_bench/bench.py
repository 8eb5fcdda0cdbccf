# SPDX-License-Identifier: GPL-3.0-or-later

"""The node tier: a control plane and virtual machines in a network namespace, kept in one state folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import typing as t
from dataclasses import asdict, replace
from pathlib import Path

import yaml

from . import backends, cache, host, kubeconfig, network, node_image, processes, programs
from .errors import BenchError
from .kubeadm import Kubeadm
from .nodes import Machine, Node, best_accelerator

#: Seconds until the control plane must be there.
_PATIENCE = 400.0
_KUBE_PROXY = (
    "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy",
    "/api/v1/namespaces/kube-system/configmaps/kube-proxy",
)
PACKAGE = Path(__file__).resolve().parent


class Bench:
    """Everything of one bench is in ``state``; two benches with different folders do not know of each other."""

    def __init__(self, state: Path) -> None:
        self.state = state.absolute()
        self.namespace = f"bench-{cache.key(str(self.state))[:8]}"
        self.kubeconfig = self.state / "admin.conf"
        self.audit_log = self._plane / "audit.log"

    @property
    def _plane(self) -> Path:
        return self.state / "control-plane"

    @property
    def _facts_file(self) -> Path:
        return self.state / "bench.json"

    @property
    def _sockets(self) -> Path:
        """For ssh: names of sockets have an end after 107 bytes, and the way to the state folder can be long."""
        return Path("/run") / self.namespace

    @property
    def _keeper_pid(self) -> Path:
        return self.state / "keeper.pid"

    def up(self, count: int, machine: Machine) -> None:
        """Start, or leave alone what runs as asked already; what is left of a former run goes first."""
        host.require_root("The node tier")
        if self._runs(count, machine):
            return
        host.require(host.NODES)
        chosen = programs.provide(programs.NODES)
        image = node_image.provide(chosen)
        self.down()
        self.state.mkdir(parents=True, exist_ok=True)
        if machine.accelerator is None:
            machine = replace(machine, accelerator=best_accelerator(image))
        self._write_facts(chosen, image, count, machine)
        network.create(self.namespace, count)
        self._start_keeper(chosen)
        shutil.copy(self._plane / "admin.conf", self.kubeconfig)
        nodes = self._nodes()
        for node in nodes:
            node.prepare(self._kubeadm(), count)
        self._boot(nodes)
        self._write_inventory(nodes, image)

    def down(self) -> None:
        """End every process and remove the network and all files but logs; nothing to do is fine as well."""
        if self.state.exists() and not self.state.is_dir():
            raise BenchError(f"{self.state} is not a folder")
        if self.state.is_dir() and not self._facts_file.exists():
            strangers = [path for path in self.state.rglob("*") if path.is_file() and path.suffix != ".log"]
            if strangers:
                raise BenchError(f"{self.state} holds files that are not the bench's, {strangers[0]} for instance")
        for node in sorted(self.state.glob("node*")):
            processes.end(node / "pid", node)
        processes.end(self._keeper_pid, self.state)
        network.remove(self.namespace)
        shutil.rmtree(self._sockets, ignore_errors=True)
        # The facts go last: they say that the other files are the bench's.
        files = [path for path in self.state.rglob("*") if path.is_symlink() or not path.is_dir()]
        for path in sorted(files, key=lambda path: path == self._facts_file):
            if path.suffix != ".log":
                path.unlink()
        for folder in sorted((path for path in self.state.rglob("*") if path.is_dir()), reverse=True):
            if not any(folder.iterdir()):
                folder.rmdir()

    def run(self, command: t.Sequence[str]) -> t.NoReturn:
        """Become the command, inside the network, with the cluster's kubeconfig in the environment."""
        path = os.pathsep.join([self._facts()["programs"], os.environ.get("PATH", os.defpath)])
        administrator = str(self.kubeconfig)
        environment = {**os.environ, "PATH": path, "KUBECONFIG": administrator, "K8S_AUTH_KUBECONFIG": administrator}
        line = network.inside(self.namespace, *command)
        os.execvpe(line[0], line, environment)  # noqa: S606 - there is no shell to be had

    def reset_nodes(self, names: t.Sequence[str]) -> None:
        """Boot these nodes, or all of them, from the image as it was made."""
        self._boot(self._chosen(names), again=True)

    def reset_objects(self) -> None:
        """kube-proxy's ConfigMap and DaemonSet as kubeadm makes them. Nodes follow in their own time."""
        self._facts()
        # kubeadm, and the requests below, must run where the API server can be reached.
        done = subprocess.run(network.inside(self.namespace, *_self("_reset-objects", self.state)), check=False)
        if done.returncode != 0:
            raise BenchError("The objects could not be reset")

    def reset_objects_inside(self) -> None:
        with kubeconfig.client(self.kubeconfig) as api:
            for path in _KUBE_PROXY:
                api.request("DELETE", path, json={"propagationPolicy": "Foreground"})
            deadline = time.monotonic() + _PATIENCE
            while any(api.get(path).status_code != 404 for path in _KUBE_PROXY):
                if time.monotonic() > deadline:
                    raise BenchError("kube-proxy's objects do not go away")
                time.sleep(0.5)
        self._kubeadm().kube_proxy()

    def wait_inside(self, names: t.Sequence[str]) -> None:
        with kubeconfig.client(self.kubeconfig) as api:
            for node in self._chosen(names):
                node.wait_until_serving(api)

    def _boot(self, nodes: t.Sequence[Node], *, again: bool = False) -> None:
        # All at once: a node boots on one processor, so that one after the other leaves the rest of them idle.
        for node in nodes:
            if again:
                node.end()
            node.start()
        for node in nodes:
            node.wait_for_ssh()
            host.say(f"{node.name} has booted")
        names = [node.name for node in nodes]
        done = subprocess.run(network.inside(self.namespace, *_self("_wait", self.state, *names)), check=False)
        if done.returncode != 0:
            raise BenchError("Not every node serves")

    def _runs(self, count: int, machine: Machine) -> bool:
        if not (self._facts_file.exists() and (self.state / "inventory.yml").exists()):
            return False
        facts = self._facts()
        running = Machine(**facts["machine"])
        same = facts["count"] == count and machine in (running, replace(running, accelerator=None))
        keeper = processes.alive(self._keeper_pid, self.state)
        return same and keeper is not None and all(node.runs() for node in self._nodes())

    def _start_keeper(self, chosen: programs.Programs) -> None:
        self._plane.mkdir(exist_ok=True)
        environment = {**os.environ, programs.VARIABLE: str(chosen.folder)}
        with (self.state / "keeper.log").open("ab") as log:
            process = subprocess.Popen(
                network.inside(self.namespace, *_self("_keep", self.state)),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._keeper_pid.write_text(f"{process.pid}\n", encoding="utf-8")
        ready = self._plane / "ready"
        deadline = time.monotonic() + _PATIENCE
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"The control plane does not start, see {self.state}/keeper.log")
            time.sleep(0.2)
        error = json.loads(ready.read_text(encoding="utf-8"))["error"]
        if error is not None:
            raise BenchError(error)

    def _write_facts(
        self, chosen: programs.Programs, image: node_image.NodeImage, count: int, machine: Machine
    ) -> None:
        facts = {
            "namespace": self.namespace,
            "version": chosen.version.text,
            "programs": str(chosen.folder),
            "image": str(image.folder),
            "count": count,
            "machine": asdict(machine),
            "audit_log": str(self.audit_log),
            "service": f"http://{backends.CLUSTER_IP}/",
            "backends": list(network.BACKENDS),
        }
        self._facts_file.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")

    def _write_inventory(self, nodes: t.Sequence[Node], image: node_image.NodeImage) -> None:
        common = {
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(image.key),
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
            # An emulated node on a busy host answers after more than the ten seconds that Ansible gives it.
            "ansible_timeout": 60,
            "ansible_python_interpreter": "/usr/bin/python3",
            # Machines without help of the processor take seconds for every command that one connection saves.
            "ansible_pipelining": True,
            "ansible_ssh_args": "-o ControlMaster=auto -o ControlPersist=120s",
            "ansible_control_path_dir": str(self._sockets),
        }
        hosts = {node.name: {"ansible_host": node.address, "bench_node_name": node.name} for node in nodes}
        document = {
            "all": {
                "vars": {"bench_kubeconfig": str(self.kubeconfig)},
                "children": {"nodes": {"hosts": hosts, "vars": common}},
            }
        }
        text = yaml.safe_dump(document, sort_keys=False)
        (self.state / "inventory.yml").write_text(text, encoding="utf-8")

    def _facts(self) -> dict[str, t.Any]:
        if not self._facts_file.exists():
            raise BenchError(f"No bench in {self.state}: start one with: up --state {self.state}")
        return dict(json.loads(self._facts_file.read_text(encoding="utf-8")))

    def _nodes(self) -> list[Node]:
        facts = self._facts()
        image = node_image.NodeImage(Path(facts["image"]))
        machine = Machine(**facts["machine"])
        numbers = range(1, facts["count"] + 1)
        return [Node(number, self.state, self.namespace, image, machine) for number in numbers]

    def _chosen(self, names: t.Sequence[str]) -> list[Node]:
        nodes = {node.name: node for node in self._nodes()}
        unknown = [name for name in names if name not in nodes]
        if unknown:
            raise BenchError(f"No node {', '.join(unknown)}: there are {', '.join(nodes)}")
        return [nodes[name] for name in names or nodes]

    def _kubeadm(self) -> Kubeadm:
        chosen = programs.Programs(Path(self._facts()["programs"]))
        return Kubeadm(chosen, self._plane, network.GATEWAY, f"{network.GATEWAY}:6443")


def _self(command: str, state: Path, *arguments: str) -> list[str]:
    """This program again, to run inside the namespace."""
    return [sys.executable, str(PACKAGE), command, "--state", str(state), *arguments]
