# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands for each module of self-hosted clusters: notes how it was called, and answers what the test wrote down.

It imports nothing of Ansible, which has the arguments written into the text below: a play has dozens of executions, and
each would unpack and compile what a module usually imports.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

ARGUMENTS = json.loads(r"""<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>""")


def main() -> None:
    options = {name: value for name, value in ARGUMENTS.items() if not name.startswith("_ansible_")}
    name, host = ARGUMENTS["_ansible_module_name"].rpartition(".")[2], os.environ["STUB_HOST"]
    state = Path(os.environ["STUB_STATE"])
    number = len(list(state.glob(f"{name}-{host}-*.json")))
    call = {
        "at": time.monotonic(),
        "module": name,
        "host": host,
        "check": ARGUMENTS["_ansible_check_mode"],
        "became": os.environ.get("STUB_BECAME"),
        "options": options,
    }
    (state / f"{name}-{host}-{number}.json").write_text(json.dumps(call), encoding="utf-8")
    scripts = json.loads((state / "answers.json").read_text(encoding="utf-8"))
    script = scripts.get(f"{name} {host}", scripts.get(name, []))
    wanted = script[min(number, len(script) - 1)] if script else {}
    if "cut" in wanted:
        (state / f"cut-{host}").write_text(wanted.pop("cut"), encoding="utf-8")
    healthy = {} if wanted.get("failed") else {"changed": False, **answer(name, scripts["nodes"], options)}
    print(json.dumps({**healthy, **wanted}))


def answer(name: str, nodes: list[str], options: dict[str, object]) -> dict[str, object]:
    """What a module answers in a healthy cluster that is changed from iptables to ipvs."""
    if name == "kube_proxy_info":
        return {
            "mode": "iptables",
            "effective": {"mode": "iptables"},
            "kube_proxy_version": "1.33.1",
            "config_checksum": "sha256:old",
            "rollout_pending": False,
            "nodes": [
                {"node": node, "ready": True, "up_to_date": True, "mode": "iptables" if options.get("probe") else None}
                for node in nodes
            ],
            "migration": None,
            "migration_plan": {"former": "iptables", "mode": "nftables", "blocked": False, "findings": []},
        }
    if name == "kube_proxy_migration":
        return migration(nodes, options)
    if name == "kube_proxy_node_rules":
        return {"changed": True}
    if name == "kube_proxy_node_probe":
        return {"changed": True, **probe(options)}
    if name == "kube_proxy_config":
        return {
            "changed": True,
            "mode": "ipvs",
            "effective": {"mode": "ipvs", "ipvs": {"scheduler": "lc"}},
            "kube_proxy_version": "1.33.1",
            "config_checksum": "sha256:new",
        }
    if name == "kube_proxy_rollout":
        return {"changed": True, "restarted": True, "nodes_skipped": []}
    sysctls = {"net.ipv4.ip_forward": "1"}
    interface = {"name": "kube-ipvs0", "present": False, "addresses": []}
    return {
        "drift": [],
        "found": {
            "ipvs": {
                "services": [],
                "reason": None,
                "interface": interface,
                "ipsets": [],
                "node_ports": [],
                "node_addresses": [],
            }
        },
        "kube_proxy": {"mode": "iptables"},
        "kernel": {"distribution": {"name": "Rocky Linux 8", "family": "redhat"}},
        "required": {"mode": options["mode"], "load": [], "load_now": [], "missing": [], "unknown": []},
        "tools": {tool: {"path": f"/sbin/{tool}"} for tool in ("modprobe", "conntrack", "iptables", "nft")},
        "systemd": True,
        "modules_load_file": {"path": "/nonexistent", "modules": []},
        "sysctls": sysctls,
        "sysctl_file": {"path": "/nonexistent", "sysctls": sysctls},
    }


def probe(options: dict[str, object]) -> dict[str, object]:
    """What kube_proxy_node_probe answers of a node on which no connection failed."""
    target = {"address": "10.96.0.1:443", "protocol": "tcp", "label": "", "hold": None, "errors": {}, "gap_at": 1.0}
    figures = {"connections": 240, "failures": 0, "longest_gap": 0.07}
    latency = dict.fromkeys(("all", "before", "during", "after"))
    slices = {"connections": [1] * 240, "failures": [0] * 240}
    measured = [{**target, **figures, "latency": latency, "slices": slices}] if options["state"] == "stopped" else []
    switches = [{"former": "iptables", "mode": "nftables", "left": 6.1, "arrived": 9.4}]
    begun = {"started_at": "2026-11-26T04:20:00Z", "seconds": 12.0, "complete": True}
    return {**begun, **figures, "switches": switches, "marks": [], "targets": measured}


def migration(nodes: list[str], options: dict[str, object]) -> dict[str, object]:
    """What kube_proxy_migration answers in a healthy cluster that is changed from iptables to nftables."""
    moving = options.get("nodes") or ()
    stages = [{"node": node, "stage": "moved" if node in moving else "former"} for node in nodes]
    return {
        "changed": True,
        "mode": "nftables",
        "config": {"mode": "nftables", "conntrack": {"tcpBeLiberal": True}},
        "effective": {"mode": "nftables"},
        "kube_proxy_version": "1.34.1",
        "config_checksum": "sha256:new",
        "migration": {"nodes": stages, "summary": ""},
    }


if __name__ == "__main__":
    main()
