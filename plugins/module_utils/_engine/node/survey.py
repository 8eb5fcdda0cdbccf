# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Everything about a node in one pass."""

from __future__ import annotations

import importlib.util
import platform as python_platform
import typing as t

from ..._adapters.node import kernel, probe
from ..._adapters.node import kernel_tables as network
from ..._adapters.node.node_files import Files
from ..._adapters.node.tools import Runner, Tools
from ..._domain.common.json_types import Json
from ..._domain.node import system_files as platform
from ..._domain.node.drift import drift
from ..._domain.node.kernel_modules import Evidence
from ..._domain.node.leftovers import leftovers
from ..._domain.node.readiness import Node, Readiness, readiness
from ..._domain.node.request import NodeRequest
from ..common.report import Report
from ..common.run import Run

#: What kube-proxy sets itself, and what it or the network of a cluster relies on.
SYSCTLS = (
    "net.bridge.bridge-nf-call-ip6tables",
    "net.bridge.bridge-nf-call-iptables",
    "net.ipv4.conf.all.arp_announce",
    "net.ipv4.conf.all.arp_ignore",
    "net.ipv4.conf.all.route_localnet",
    "net.ipv4.ip_forward",
    "net.ipv4.vs.conn_reuse_mode",
    "net.ipv4.vs.conntrack",
    "net.ipv4.vs.expire_nodest_conn",
    "net.ipv4.vs.expire_quiescent_template",
    "net.ipv6.conf.all.forwarding",
    "net.netfilter.nf_conntrack_max",
    "net.netfilter.nf_conntrack_tcp_be_liberal",
    "net.netfilter.nf_conntrack_tcp_timeout_close_wait",
    "net.netfilter.nf_conntrack_tcp_timeout_established",
    "net.netfilter.nf_conntrack_udp_timeout",
    "net.netfilter.nf_conntrack_udp_timeout_stream",
)

# Tools with the module that they load merely by being started, whatever they are asked; None for those that load none.
_TOOLS = {
    "conntrack": None,
    "ip": None,
    "ipset": "ip_set",
    "iptables": "nfnetlink",
    "ipvsadm": "ip_vs",
    "modprobe": None,
    "nft": "nfnetlink",
    "sysctl": None,
}
# Nothing depends on the version of these.
_VERSIONLESS = ("ip", "sysctl")

# Where it is for the system's Python, to which ansible.builtin.apt turns if its own has none.
_PYTHON_APT = "/usr/lib/python3/dist-packages/apt/__init__.py"


def look(ctx: Run[Runner], request: NodeRequest) -> Report:
    """Look at the node; warns of needed modules that it does not show."""
    found = survey(request, ctx.api)
    unknown = found["required"]["unknown"]
    if unknown:
        ctx.warn(
            f"The node does not show whether its kernel has {', '.join(unknown)}, which mode "
            f"{found['required']['mode']} needs"
        )
    return Report(False, facts=found)


def survey(asked: NodeRequest, runner: Runner, files: Files | None = None) -> Json:
    """The result of the module kube_proxy_node_info."""
    files = files or Files()
    tools = Tools(files, runner)
    services, services_reason = network.virtual_services(files)
    schedulers = frozenset(service["scheduler"] for service in services or ())
    evidence = kernel.evidence(files, kernel.release(files), schedulers)
    distribution = platform.distribution(files.text("/etc/os-release") or files.text("/usr/lib/os-release") or "")
    proxy = probe.kube_proxy(asked.metrics, asked.healthz) if asked.probe else probe.not_asked()
    mode = asked.mode or proxy["mode"]
    persistent = kernel.persistent(files)
    kept = files.text(asked.modules_load_file)
    kept_modules = None if kept is None else platform.listed(kept)
    ready = readiness(
        Node(evidence, distribution, tools.path("modprobe") is not None),
        mode,
        asked.scheduler,
        asked.version,
        extra=asked.modules,
        also=kept_modules or (),
    )
    iptables, nftables = network.tables(files, tools, evidence)
    found = {
        "ipvs": network.ipvs_state(files, tools, evidence, services, services_reason),
        "iptables": iptables,
        "nftables": nftables,
    }
    return {
        "kernel": _kernel(evidence, distribution),
        "modules": _modules(ready, persistent),
        "required": {
            "mode": mode,
            "load": ready.load,
            "load_now": ready.load_now,
            "missing": [missing.as_result() for missing in ready.missing],
            "unknown": ready.unknown,
        },
        "kube_proxy": proxy,
        "found": found,
        "leftovers": leftovers(proxy["mode"], found) if proxy["mode"] else None,
        "drift": drift(asked.mode, asked.scheduler, proxy, found),
        "tools": {name: _tool(tools, evidence, name, module) for name, module in _TOOLS.items()},
        "sysctls": _sysctls(files, asked.sysctls),
        "modules_load_file": {"path": asked.modules_load_file, "modules": kept_modules},
        "sysctl_file": _sysctl_file(files, asked.sysctl_file),
        "python_apt": files.exists(_PYTHON_APT) or importlib.util.find_spec("apt_pkg") is not None,
    }


def _kernel(evidence: Evidence, distribution: platform.Distribution) -> Json:
    version = platform.kernel_version(evidence.release)
    return {
        "release": evidence.release,
        "version": None if version is None else f"{version[0]}.{version[1]}",
        "machine": python_platform.machine(),
        "distribution": {
            "id": distribution.id or None,
            "name": distribution.name or None,
            "version": distribution.version or None,
            "family": distribution.family or None,
        },
        "modules_supported": evidence.modules_supported,
        "modules_disabled": evidence.modules_disabled,
        "reboot_pending": evidence.reboot_pending,
    }


def _modules(ready: Readiness, persistent: t.Mapping[str, str]) -> Json:
    return {
        name: {
            "state": verdict.state,
            "evidence": verdict.evidence,
            "needed": ready.needed[name],
            "persistent": persistent.get(name),
            "package": ready.packages[name],
        }
        for name, verdict in sorted(ready.verdicts.items())
    }


def _tool(tools: Tools, evidence: Evidence, name: str, module: str | None) -> Json | None:
    path = tools.path(name)
    if path is None:
        return None
    silent = name in _VERSIONLESS or (module is not None and not network.may_ask(evidence, module))
    return {"path": path, "version": None if silent else tools.version(path)}


def _sysctls(files: Files, more: t.Iterable[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in sorted({*SYSCTLS, *more}):
        text = files.text(f"/proc/sys/{platform.sysctl_path(name)}")
        found[name] = None if text is None else platform.sysctl_value(text)
    return found


def _sysctl_file(files: Files, path: str) -> Json:
    text = files.text(path)
    return {"path": path, "sysctls": None if text is None else platform.assigned(text)}
