# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes as virtual machines: made from the node image and booted in the bench's network."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from . import commands, host, network, node_files, processes
from .errors import BenchError
from .kubeadm import Kubeadm
from .node_image import NodeImage

#: Seconds a node may take to boot, and again to serve: half a minute each on an idle machine without KVM.
PATIENCE = 600.0
#: The processor where there is no KVM. Emulating the wide registers takes longer than doing without: with them, the
#: same work of kubelet, Python and OpenSSL took 34 s of processor time in place of 28.
EMULATED = "max,avx=off,avx2=off"
_NO_HOST_KEYS = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR")
_MODE = "curl --silent --fail --max-time 3 http://127.0.0.1:10249/proxyMode && cat /proc/sys/kernel/random/boot_id"


@dataclass(frozen=True)
class Machine:
    """What one virtual machine gets. ``accelerator`` is kvm or tcg; None, whichever works, is settled by ``up``."""

    memory: int = 768  # MiB
    cpus: int = 1
    accelerator: str | None = None


class Node:
    def __init__(self, number: int, directory: Path, namespace: str, image: NodeImage, machine: Machine) -> None:
        self.number = number
        self.name = f"node{number}"
        self.address = network.node_address(number)
        self.directory = directory / self.name
        self._namespace = namespace
        self._image = image
        self._machine = machine
        self._pid_file = self.directory / "pid"
        self._overlay = self.directory / "disk.qcow2"
        self._seed = self.directory / "seed.tar"

    def prepare(self, control_plane: Kubeadm, count: int) -> None:
        """Write the second disk: the node's own files, with credentials from kubeadm."""
        self.directory.mkdir(parents=True, exist_ok=True)
        own = Kubeadm(
            control_plane.programs, control_plane.directory, control_plane.advertise, control_plane.endpoint, self.name
        )
        own.write()
        own.phase("kubeconfig", "kubelet", "--kubeconfig-dir", self.directory)
        peers = {
            network.pod_network(other): network.node_address(other)
            for other in range(1, count + 1)
            if other != self.number
        }
        pods = network.pod_network(self.number)
        files = node_files.node_files(self.name, self.address, network.GATEWAY, pods, peers)
        files["etc/kubernetes/kubelet.conf"] = (self.directory / "kubelet.conf").read_text(encoding="utf-8")
        files["etc/kubernetes/pki/ca.crt"] = (own.pki / "ca.crt").read_text(encoding="utf-8")
        with tarfile.open(self._seed, "w") as seed:
            for path, text in files.items():
                member = tarfile.TarInfo(path)
                member.size = len(text.encode())
                seed.addfile(member, io.BytesIO(text.encode()))

    def start(self) -> None:
        """Boot from the image as it was made, whatever the node had on its disk."""
        self._overlay.unlink(missing_ok=True)
        commands.run(
            "qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", self._image.disk, self._overlay, attempts=2
        )
        self._boot()

    def end(self) -> None:
        """The disk is not needed again: no reason to let the system shut down."""
        processes.end(self._pid_file, self.directory, at_once=True)

    def runs(self) -> bool:
        return processes.alive(self._pid_file, self.directory) is not None

    def ssh(self, command: str) -> subprocess.CompletedProcess[str]:
        options = ["-i", str(self._image.key), *_NO_HOST_KEYS, "-o", "ConnectTimeout=30", "-o", "BatchMode=yes"]
        line = network.inside(self._namespace, "ssh", *options, f"root@{self.address}", command)
        try:
            return subprocess.run(
                line, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
            )
        except subprocess.TimeoutExpired as error:
            return subprocess.CompletedProcess(line, 255, "", str(error))

    def wait_for_ssh(self) -> None:
        deadline = time.monotonic() + PATIENCE
        starts = 1
        while self.ssh("true").returncode != 0:
            if not self.runs() and starts < 3:
                host.say(f"QEMU of {self.name} ended, starting it again")
                self._boot()
                starts += 1
            self._not_later_than(deadline, "answer to ssh")

    def wait_until_serving(self, api: httpx.Client) -> None:
        """Until kube-proxy answers on the node, and the API knows this boot of it and calls it ready."""
        deadline = time.monotonic() + PATIENCE
        while True:
            said = self.ssh(_MODE)
            if said.returncode == 0 and self._is_ready(api, boot=said.stdout[-37:].strip()):
                return
            self._not_later_than(deadline, "run kube-proxy")

    def _is_ready(self, api: httpx.Client, boot: str) -> bool:
        answer = api.get(f"/api/v1/nodes/{self.name}")
        if answer.status_code != 200:
            return False
        status = answer.json()["status"]
        ready = any(item["type"] == "Ready" and item["status"] == "True" for item in status.get("conditions", []))
        return ready and status["nodeInfo"]["bootID"] == boot

    def _not_later_than(self, deadline: float, what: str) -> None:
        if not self.runs():
            raise BenchError(f"{self.name} does not {what}: its QEMU has ended. See {self.directory}/console.log")
        if time.monotonic() > deadline:
            raise BenchError(
                f"{self.name} does not {what} within {PATIENCE:g} seconds. See {self.directory}/console.log"
            )
        time.sleep(1)

    def _boot(self) -> None:
        kvm = self._machine.accelerator == "kvm"
        command = [
            "qemu-system-x86_64",
            *("-name", self.name),
            *("-accel", "kvm" if kvm else "tcg,thread=multi,tb-size=256"),
            *("-cpu", "host" if kvm else EMULATED),
            *("-m", str(self._machine.memory)),
            *("-smp", str(self._machine.cpus)),
            *("-display", "none"),
            *("-serial", f"file:{self.directory / 'console.log'}"),
            *("-kernel", str(self._image.kernel)),
            *("-initrd", str(self._image.initrd)),
            *("-append", "root=/dev/vda rw console=ttyS0 panic=-1 mitigations=off quiet"),
            *("-drive", f"file={self._overlay},format=qcow2,if=virtio,cache=unsafe"),
            *("-drive", f"file={self._seed},format=raw,if=virtio,readonly=on"),
            *("-device", "virtio-rng-pci"),
            *("-netdev", f"tap,id=net,ifname={network.tap(self.number)},script=no,downscript=no"),
            *("-device", f"virtio-net-pci,netdev=net,mac=52:54:00:00:00:{self.number:02x}"),
            *("-daemonize", "-pidfile", str(self._pid_file)),
        ]
        commands.run(*network.inside(self._namespace, *command), attempts=2, timeout=60)


def best_accelerator(image: NodeImage) -> str:
    """kvm where the nodes' kernel gets to its end without a root file system: some KVM runs firmware and no Linux."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    command = [
        "qemu-system-x86_64",
        *("-accel", "kvm", "-cpu", "host", "-m", "256", "-display", "none", "-nodefaults", "-no-reboot"),
        *("-serial", "stdio", "-kernel", str(image.kernel), "-append", "console=ttyS0 panic=-1"),
    ]
    try:
        done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=10)
    except subprocess.TimeoutExpired:
        return "tcg"
    return "kvm" if b"Kernel panic" in done.stdout else "tcg"
