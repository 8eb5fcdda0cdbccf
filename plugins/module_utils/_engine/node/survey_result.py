# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of kube_proxy_node_info, whose keys are made here and nowhere else."""

from __future__ import annotations

import typing as t

from ..._domain.common.json_types import Json
from ..._domain.common.printable import printable
from ..._domain.kube_proxy.kernels import kernel_version
from ..._domain.node.facts import (
    Backend,
    IptablesRules,
    IptablesState,
    IpvsState,
    KubeProxyState,
    NftablesState,
    NodeState,
    VirtualService,
)
from ..._domain.node.readiness import Missing, Readiness
from ..._domain.node.request import NodeRequest

#: Characters of a sentence.
_SENTENCE = 1000


def survey_result(
    request: NodeRequest,
    state: NodeState,
    mode: str | None,
    ready: Readiness,
    *,
    leftovers: list[str] | None,
    drift: list[str],
) -> Json:
    """``mode`` is what ``ready`` is about."""
    tables = state.kernel_tables
    return {
        "kernel": _kernel(state),
        "modules": _modules(ready, state.loaded_at_boot),
        "required": {
            "mode": mode,
            "load": ready.load,
            "load_now": ready.load_now,
            "missing": [_missing(missing) for missing in ready.missing],
            "unknown": ready.unknown,
        },
        "kube_proxy": _kube_proxy(state.kube_proxy),
        "found": {
            "ipvs": _ipvs(tables.ipvs),
            "iptables": _iptables(tables.iptables),
            "nftables": _nftables(tables.nftables),
        },
        "leftovers": leftovers,
        "drift": [printable(text, _SENTENCE) for text in drift],
        "tools": {
            name: None if tool is None else {"path": tool.path, "version": tool.version}
            for name, tool in state.tools.items()
        },
        "sysctls": dict(state.sysctls),
        "modules_load_file": {"path": request.modules_load_file, "modules": _list(state.modules_load_file)},
        "sysctl_file": {
            "path": request.sysctl_file,
            "sysctls": None if state.sysctl_file is None else dict(state.sysctl_file),
        },
        "python_apt": state.python_apt,
        "systemd": state.systemd,
    }


def _shown(sentence: str | None) -> str | None:
    """A sentence, which roles print, and which may quote a file or a command."""
    return None if sentence is None else printable(sentence, _SENTENCE)


def _list(items: t.Iterable[t.Any] | None) -> list[t.Any] | None:
    return None if items is None else list(items)


def _kernel(state: NodeState) -> Json:
    evidence, distribution = state.evidence, state.distribution
    version = kernel_version(evidence.release)
    return {
        "release": evidence.release,
        "version": None if version is None else f"{version[0]}.{version[1]}",
        "machine": state.machine,
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


def _modules(ready: Readiness, loaded_at_boot: t.Mapping[str, str]) -> Json:
    return {
        name: {
            "state": verdict.state,
            "evidence": verdict.evidence,
            "needed": ready.needed[name],
            "persistent": loaded_at_boot.get(name),
            "package": ready.packages[name],
        }
        for name, verdict in sorted(ready.verdicts.items())
    }


def _missing(missing: Missing) -> Json:
    return {
        "name": missing.name,
        "reason": missing.reason,
        "package": missing.package,
        "message": printable(missing.message, _SENTENCE),
    }


def _kube_proxy(state: KubeProxyState) -> Json:
    healthz = state.healthz
    return {
        "mode": state.mode,
        "url": state.url,
        "config": state.config,
        "healthy": state.healthy,
        "healthz": None if healthz is None else {"status": healthz.status, "answer": healthz.answer},
        "error": _shown(state.error),
    }


def _ipvs(state: IpvsState) -> Json:
    interface, timeouts = state.interface, state.timeouts
    return {
        "available": state.available,
        "reason": _shown(state.reason),
        "services": None if state.services is None else [_virtual_service(service) for service in state.services],
        "interface": {
            "name": interface.name,
            "present": interface.present,
            "addresses": _list(interface.addresses),
        },
        "timeouts": timeouts and {"tcp": timeouts.tcp, "tcp_fin": timeouts.tcp_fin, "udp": timeouts.udp},
        "ipsets": _list(state.ipsets),
        "node_ports": None
        if state.node_ports is None
        else [{"protocol": protocol, "port": port} for protocol, port in state.node_ports],
        "node_addresses": _node_addresses(state),
        "ipsets_reason": _shown(state.ipsets_reason),
    }


def _node_addresses(state: IpvsState) -> list[str] | None:
    """Without those of the interface, of which there are as many as Services."""
    of_interface = frozenset(state.interface.addresses or ())
    found = state.node_addresses
    return None if found is None else [address for address in found if address not in of_interface]


def _virtual_service(service: VirtualService) -> Json:
    by_mark = service.mark is not None
    return {
        **({"mark": service.mark} if by_mark else {"address": service.address, "port": service.port}),
        "protocol": service.protocol,
        "scheduler": service.scheduler,
        "persistent_seconds": service.persistent_seconds,
        "backends": [_backend(backend) for backend in service.backends],
    }


def _backend(backend: Backend) -> Json:
    return {
        "address": backend.address,
        "port": backend.port,
        "forward": backend.forward,
        "weight": backend.weight,
        "active_connections": backend.active_connections,
        "inactive_connections": backend.inactive_connections,
    }


def _iptables(state: IptablesState) -> Json:
    return {
        "available": state.available,
        "reason": _shown(state.reason),
        "rules": None if state.rules is None else [_rules(rules) for rules in state.rules],
    }


def _rules(rules: IptablesRules) -> Json:
    return {
        "backend": rules.backend,
        "family": rules.family,
        "chains": {table: list(chains) for table, chains in rules.chains.items()},
        "services": rules.services,
        "endpoints": rules.endpoints,
    }


def _nftables(state: NftablesState) -> Json:
    tables = state.tables
    return {
        "available": state.available,
        "reason": _shown(state.reason),
        "tables": None
        if tables is None
        else [{"family": table.family, "name": table.name, "chains": table.chains} for table in tables],
    }
