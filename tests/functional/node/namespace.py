# SPDX-License-Identifier: GPL-3.0-or-later

"""A node, its endpoints and a client outside the cluster in network namespaces of this machine, with the real kernel.

The node has 172.31.250.11 towards the client. Servers answer on 172.31.250.1 and .2 (fd00:250::1 and ::2), each with
its own address and the one that it sees of who asks. systemd is a stand-in that writes down what it was to start.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

from .bare_module import PROGRAM

RECORDED = Path(__file__).resolve().parents[2] / "unit/plugins/module_utils/_domain/node/modes_recorded"
TOOLS = ("iptables-nft-save", "iptables-legacy-save", "nft", "ipset", "ip", "unshare", "nsenter")
NODE = "172.31.250.11"

RULES = ("node_rules_module", "KUBE_PROXY_NODE_RULES")

SERVERS = """
import socket, socketserver, sys, threading

class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(f"{self.server.server_address[0]} {self.client_address[0]}".encode())

class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        self.request[1].sendto(self.server.server_address[0].encode(), self.client_address)

class V6(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6

servers = [socketserver.ThreadingTCPServer((ip, 8081), Echo) for ip in ("172.31.250.1", "172.31.250.2")]
servers += [socketserver.ThreadingTCPServer(("172.31.250.1", 80), Echo)]
servers += [V6((ip, 8081), Echo) for ip in ("fd00:250::1", "fd00:250::2")]
servers += [socketserver.ThreadingUDPServer((ip, 8053), Datagram) for ip in ("172.31.250.1", "172.31.250.2")]
for server in servers:
    threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
"""

# Tells the mode that is in the file argv[1], like kube-proxy.
KUBE_PROXY = """
import http.server, pathlib, sys, threading
mode = pathlib.Path(sys.argv[1])

class Mode(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        answer = mode.read_text().encode()
        self.send_response(200 if answer else 503)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    def log_message(self, *_args):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 10249), Mode)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
"""

# Ask argv[1] (tcp or udp) at argv[2] argv[3] so many times; prints the answers, an empty text for each failure.
ASK = """
import json, socket, sys
protocol, host, port, times = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
answers = []
for _ in range(times):
    try:
        if protocol == "tcp":
            with socket.create_connection((host, port), timeout=0.4) as connection:
                answers.append(connection.recv(100).decode())
        else:
            with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
                datagrams.settimeout(0.4)
                datagrams.sendto(b"?", (host, port))
                answers.append(datagrams.recv(100).decode())
    except OSError:
        answers.append("")
print(json.dumps(answers))
"""

SYSTEMD = {
    "systemd-run": """#!/bin/sh
for last in "$@"; do case "$last" in --unit=*) echo "${last#--unit=}" >> {units};; esac; done
printf '%s' "$last" > {script}
""",
    "systemctl": """#!/bin/sh
case "$1" in
list-units) [ -f {units} ] && sed 's/$/.timer loaded active waiting/' {units};;
stop) shift; for unit in "$@"; do sed -i "/^${unit%.timer}$/d" {units}; done;;
esac
exit 0
""",
}


def missing_tools() -> str:
    """Why tests cannot run here; empty if they can."""
    absent = [tool for tool in TOOLS if not (shutil.which(tool) or Path(f"/usr/sbin/{tool}").exists())]
    if absent:
        return f"not installed: {', '.join(absent)}"
    command = ["unshare", "--user", "--map-root-user", "--net", "--mount", "nft", "add", "table", "ip", "t"]
    done = subprocess.run(command, capture_output=True, check=False)
    return "" if done.returncode == 0 else "no namespace with nf_tables of its own can be made here"


class Network:
    """The namespaces ``node``, ``endpoints`` and ``client``, until ``close``."""

    def __init__(self, folder: Path) -> None:
        self.units, self.script, self.mode = (folder / name for name in ("units", "script", "mode"))
        self.mode.write_text("")
        programs = folder / "bin"
        programs.mkdir()
        for name, text in SYSTEMD.items():
            program = programs / name
            program.write_text(text.replace("{units}", str(self.units)).replace("{script}", str(self.script)))
            program.chmod(0o755)
        self.path = f"{programs}:/usr/sbin:/usr/bin:/sbin:/bin"
        self._processes: dict[str, subprocess.Popen[str]] = {}
        # /sys shows the interfaces of the namespace that mounted it.
        booted = "mount -t tmpfs none /run && mkdir -p /run/systemd/system && mount -t sysfs none /sys"
        unshare = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
        self._keep("node", [*unshare, "sh", "-c", f"{booted} && echo ready && exec cat"])
        for place in ("endpoints", "client"):
            self._keep(place, [*self._in("node"), "unshare", "--net", "sh", "-c", "echo ready && exec cat"])
        self.run(
            "ip link set lo up",
            f"ip link add back type veth peer name eth0 netns {self._processes['endpoints'].pid}",
            "ip address add 169.254.7.1/30 dev back",
            "ip address add fd00:7::1/64 dev back nodad",
            "ip link set back up",
            f"ip link add front type veth peer name eth0 netns {self._processes['client'].pid}",
            f"ip address add {NODE}/24 dev front",
            "ip link set front up",
            "ip route add 172.31.250.1 via 169.254.7.2",
            "ip route add 172.31.250.2 via 169.254.7.2",
            "ip route add default via 172.31.250.99",
            "ip -6 route add fd00:250::/64 via fd00:7::2",
            "ip -6 route add default via fd00:7::2",
            "sysctl -q -w net.ipv4.ip_forward=1",
        )
        self.run(
            "ip link set lo up",
            "ip address add 172.31.250.1/32 dev lo",
            "ip address add 172.31.250.2/32 dev lo",
            "ip address add fd00:250::1/128 dev lo nodad",
            "ip address add fd00:250::2/128 dev lo nodad",
            "ip address add 169.254.7.2/30 dev eth0",
            "ip address add fd00:7::2/64 dev eth0 nodad",
            "ip link set eth0 up",
            "ip route add default via 169.254.7.1 src 172.31.250.1",
            place="endpoints",
        )
        self.run(
            "ip link set lo up",
            "ip address add 172.31.250.99/24 dev eth0",
            "ip link set eth0 up",
            f"ip route add 10.96.0.0/12 via {NODE}",
            place="client",
        )
        python = [sys.executable, "-I", "-S", "-c"]
        self._keep("servers", [*self._in("endpoints"), *python, SERVERS])
        self._keep("kube-proxy", [*self._in("node"), *python, KUBE_PROXY, str(self.mode)])

    def _keep(self, name: str, command: list[str]) -> None:
        """Start a process that says when it is ready, and ends with its input."""
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._processes[name] = process
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

    def _in(self, place: str) -> list[str]:
        # What unshare and nsenter start takes their place, and so their process id.
        target = str(self._processes[place].pid)
        return ["nsenter", "--target", target, "--user", "--net", "--mount", "--preserve-credentials"]

    def close(self) -> None:
        for process in reversed(self._processes.values()):
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            process.wait(timeout=10)
            process.stdout.close()

    def run(self, *commands: str, text: str | None = None, place: str = "node") -> str:
        """Shell commands, and what they print."""
        done = subprocess.run(
            [*self._in(place), "sh", "-e", "-c", "\n".join(commands)],
            input=text or "",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={"PATH": self.path, "LC_ALL": "C"},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, host: str, port: int, times: int = 1, *, protocol: str = "tcp", place: str = "node") -> list[str]:
        """Answers of a Service; empty texts for what was not answered."""
        command = [*self._in(place), sys.executable, "-I", "-S", "-c", ASK, protocol, host, str(port), str(times)]
        return list(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))

    def module(self, *, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
        """The outcome of the module on the node."""
        command = [sys.executable, "-I", "-S", "-B", "-c", PROGRAM, *RULES, json.dumps(options), str(int(check))]
        done = subprocess.run(
            [*self._in("node"), *command],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={"PATH": self.path},
        )
        assert done.returncode == 0, done.stderr
        return t.cast(dict[str, t.Any], json.loads(done.stdout))

    def timers(self) -> list[str]:
        return self.units.read_text().split() if self.units.exists() else []

    def time_is_up(self) -> None:
        """What the timer runs, as systemd would."""
        self.run(self.script.read_text())


def recorded(state: str, name: str) -> str:
    """A recording, without the accounting of nfacct, of which this machine has no objects."""
    text = (RECORDED / state / f"{name}.txt").read_text()
    return re.sub(r"-m nfacct --nfacct-name +\S+ ", "", text)
