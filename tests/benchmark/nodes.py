# SPDX-License-Identifier: GPL-3.0-or-later

"""What a play over the nodes of a self-hosted cluster costs that changes nothing, as their number grows.

Every module is the stand-in of the tests of roles (tests/functional/roles), for us and for the others: what is measured
is Ansible, roles and filters. The others are the tasks that kubespray runs for the same purpose in the mode ipvs, by
its files of August 2026 (roles/kubernetes/node, roles/kubernetes/kubeadm): so many modules on each node, and so many
once.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import resource
import sys
import tempfile
import time
import types
from pathlib import Path

from .measure import ROOT

#: Reserved ports, br_netfilter (modinfo, two folders, modprobe, its file), four sysctls, six modules of IPVS, and
#: that of conntrack.
KUBESPRAY_ON_EACH_NODE = 17
#: The ConfigMap read, changed and read again, and the pods deleted where it changed.
KUBESPRAY_ONCE = 3


@dataclasses.dataclass(frozen=True)
class Played:
    way: str
    nodes: int
    #: Module executions.
    modules: int
    #: Seconds.
    wall: float
    #: Seconds of all processes.
    cpu: float


def measure(number: int) -> list[Played]:
    """Ours and kubespray's over so many nodes."""
    roles = _of_tests("roles/conftest.py")
    nodes = tuple(f"node{position}" for position in range(1, number + 1))
    found = []
    for way in ("ours", "kubespray"):
        with tempfile.TemporaryDirectory(prefix="kube-proxy-bench-") as name:
            playbooks = roles.Playbooks(Path(name))
            playbook = "clusterops.kube_proxy.self_hosted" if way == "ours" else str(_kubespray(Path(name)))
            before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
            outcome = playbooks.run(playbook, "--forks", "20", nodes=nodes, variables={"kube_proxy_mode": "iptables"})
            wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
            if outcome.status:
                sys.exit(f"{outcome.output[-4000:]}\nWhat is measured failed")
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            found.append(Played(way, number, len(outcome.calls), round(wall, 2), round(cpu, 2)))
    return found


def table(played: list[Played]) -> str:
    lines = [
        "| Play that changes nothing | Nodes | Modules run | Processor time per node | Wall time |",
        "|---|---:|---:|---:|---:|",
    ]
    titles = {"ours": "playbook `self_hosted`", "kubespray": "as many modules as kubespray runs"}
    lines += [
        f"| {titles[one.way]} | {one.nodes} | {one.modules} | {one.cpu / one.nodes:.2f} s | {one.wall:.0f} s |"
        for one in played
    ]
    return "\n".join(lines) + "\n"


def _kubespray(work: Path) -> Path:
    stand_in = {"clusterops.kube_proxy.kube_proxy_node_info": {"mode": "iptables"}}
    tasks = [{"name": f"On each node {number}", **stand_in} for number in range(KUBESPRAY_ON_EACH_NODE)]
    tasks += [{"name": f"Once {number}", **stand_in, "run_once": True} for number in range(KUBESPRAY_ONCE)]
    path = work / "kubespray.json"
    path.write_text(json.dumps([{"hosts": "kube_nodes", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    return path


def _of_tests(name: str) -> types.ModuleType:
    sys.path.insert(0, str(ROOT / "tests" / "functional"))
    spec = importlib.util.spec_from_file_location("stand_ins", ROOT / "tests" / "functional" / name)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
