# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m kubernetes_bench``: Kubernetes' programs, a fast cluster, the node image, benches of virtual machines."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

if __package__ in (None, ""):
    # Started by the path of its folder, which works in every environment and folder.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    __package__ = "kubernetes_bench"

from kubernetes_bench import fast_process, host, keeper, node_image, nodes, programs
from kubernetes_bench.audit import AuditLog
from kubernetes_bench.bench import Bench
from kubernetes_bench.errors import BenchError, MissingProgramsError, UnsuitableHostError

#: The exit status by which harnesses of tests tell "could not run" from "failed".
_CANNOT_RUN = 77

_READY = """\
The bench runs: {count} nodes, Kubernetes {version}. State: {state}
  a command inside its network:  {me} run --state {state} -- kubectl get nodes
  its nodes by Ansible:          {me} run --state {state} -- ansible all -i {state}/inventory.yml -m ping
  nodes as new:                  {me} reset-nodes --state {state}
  the end:                       {me} down --state {state}
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kubernetes_bench", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    assets = commands.add_parser("assets", help="make sure the programs exist and print their folder")
    assets.add_argument("--fast", action="store_true", help="only those the fast tier runs")
    assets.add_argument("--find", action="store_true", help="build nothing: exit with status 77 when there are none")
    fast = commands.add_parser("fast", help="run a fast cluster, with a control API, until SIGTERM")
    fast.add_argument("--nodes", type=int, default=3, metavar="N")
    fast.add_argument("--ready-file", type=Path, metavar="PATH", help="where to write what is printed as well")
    fast.add_argument("--exit-with-parent", action="store_true", help="stop when the starting process is gone")
    commands.add_parser("image", help="make sure the node image exists and print its folder")
    up = commands.add_parser("up", help="start a control plane and nodes")
    up.add_argument("--nodes", type=int, default=2, metavar="N")
    up.add_argument("--memory", type=int, default=nodes.Machine.memory, metavar="MIB", help="of each node")
    up.add_argument("--cpus", type=int, default=nodes.Machine.cpus, metavar="N", help="of each node")
    up.add_argument("--accelerator", choices=("kvm", "tcg"), help="whichever works when not said")
    commands_on_a_bench = {
        "down": "end everything and remove all but the logs",
        "run": "run a command inside the bench's network, with KUBECONFIG set",
        "reset-nodes": "boot nodes, all when none is named, from the image as it was made",
        "reset-objects": "kube-proxy's ConfigMap and DaemonSet as kubeadm makes them",
        # What the bench calls inside its network.
        "_keep": "",
        "_reset-objects": "",
        "_wait": "",
    }
    audit = commands.add_parser("audit", help="what was asked of the API server by others than Kubernetes, as JSON")
    audit.add_argument("--mark", action="store_true", help="print where the log ends now instead")
    audit.add_argument("--since", type=int, default=0, metavar="MARK", help="only what was asked after that mark")
    on_a_bench = [up, audit]
    for name, text in commands_on_a_bench.items():
        added = commands.add_parser(name, help=text) if text else commands.add_parser(name)
        on_a_bench.append(added)
        if name == "run":
            added.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND ...")
        elif name in ("reset-nodes", "_wait"):
            added.add_argument("names", nargs="*", metavar="NODE")
    for command in on_a_bench:
        command.add_argument("--state", type=Path, required=True, metavar="DIR", help="the folder of the bench")
    return parser


def _do(arguments: argparse.Namespace) -> None:
    match arguments.command:
        case "assets":
            if not arguments.fast and not arguments.find:
                host.require(host.KERNEL_RULES)
            names = programs.FAST if arguments.fast else programs.NODES
            print((programs.find if arguments.find else programs.provide)(names).folder)
            return
        case "fast":
            fast_process.serve(
                nodes=arguments.nodes,
                ready_file=arguments.ready_file,
                exit_with_parent=arguments.exit_with_parent,
            )
            return
        case "image":
            print(node_image.provide(programs.provide(programs.NODES)).folder)
            return
    bench = Bench(arguments.state)
    match arguments.command:
        case "up":
            bench.up(arguments.nodes, nodes.Machine(arguments.memory, arguments.cpus, arguments.accelerator))
            version = programs.provide(programs.NODES).version.text
            me = "python -m kubernetes_bench"
            host.say(_READY.format(count=arguments.nodes, version=version, state=bench.state, me=me))
        case "down":
            bench.down()
        case "audit":
            log = AuditLog(bench.audit_log, arguments.since)
            found = [{**asdict(request), "mutating": request.mutating} for request in log.requests()]
            print(log.mark() if arguments.mark else json.dumps(found))
        case "run":
            words = arguments.words[1:] if arguments.words[:1] == ["--"] else arguments.words
            if not words:
                raise BenchError("run: say which command, after --")
            bench.run(words)
        case "reset-nodes":
            bench.reset_nodes(arguments.names)
        case "reset-objects":
            bench.reset_objects()
        case "_keep":
            keeper.keep(bench.state / "control-plane", programs.find(programs.NODES))
        case "_reset-objects":
            bench.reset_objects_inside()
        case "_wait":
            bench.wait_inside(arguments.names)


def main() -> int:
    host.adapt_path()
    arguments = _parser().parse_args()
    try:
        _do(arguments)
    except BenchError as error:
        host.say(f"{arguments.command}: {error}")
        only_looking = isinstance(error, MissingProgramsError) and arguments.command == "assets" and arguments.find
        return _CANNOT_RUN if only_looking or isinstance(error, UnsuitableHostError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
