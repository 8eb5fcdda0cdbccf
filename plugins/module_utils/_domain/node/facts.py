# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of a node, as the adapters read it.

None means that the node did not show it; a ``reason`` or ``error`` beside it says why. Empty means that there is none.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..common.json_types import Json
from .distribution import Distribution
from .kernel_modules import Evidence


@dataclass(frozen=True)
class Healthz:
    """An answer of kube-proxy's ``/healthz``: the HTTP status, and the body if it is a JSON object."""

    status: int
    answer: Json | None = None


@dataclass(frozen=True)
class KubeProxyState:
    """What the kube-proxy of a node reports about itself; ``url`` is where its mode was to be read."""

    mode: str | None = None
    url: str | None = None
    #: the effective configuration, with the field names of kube-proxy's version
    config: Json | None = None
    healthz: Healthz | None = None
    error: str | None = None

    @property
    def healthy(self) -> bool | None:
        return None if self.healthz is None else self.healthz.status == 200


NOT_PROBED = KubeProxyState(error="not asked")


@dataclass(frozen=True)
class Backend:
    """A destination of a virtual service; ``forward`` is Masq, Route, Tunnel or Local."""

    address: str
    port: int
    forward: str
    weight: int
    active_connections: int
    inactive_connections: int


@dataclass(frozen=True)
class VirtualService:
    """One entry of the IPVS table. It goes by ``address`` and ``port``, or by the firewall ``mark``."""

    protocol: str
    scheduler: str
    persistent_seconds: int | None = None
    address: str | None = None
    port: int | None = None
    mark: int | None = None
    backends: tuple[Backend, ...] = ()


@dataclass(frozen=True)
class Interface:
    """The interface that carries the addresses of kube-proxy's virtual services."""

    name: str
    present: bool
    addresses: tuple[str, ...] | None


@dataclass(frozen=True)
class Timeouts:
    """IPVS timeouts of the kernel, in seconds."""

    tcp: int
    tcp_fin: int
    udp: int


@dataclass(frozen=True)
class IpvsState:
    """``reason`` is about ``services``; a kernel without IPVS has none, which is known.

    ``ipsets`` and ``node_ports``, pairs of protocol and port in those sets, are both None where sets cannot be read.
    ``node_addresses`` are all of the node, those of the interface among them.
    """

    available: bool | None
    services: tuple[VirtualService, ...] | None
    reason: str | None
    interface: Interface
    timeouts: Timeouts | None
    ipsets: tuple[str, ...] | None
    ipsets_reason: str | None
    node_ports: tuple[tuple[str, int], ...] | None = ()
    node_addresses: tuple[str, ...] | None = None


@dataclass(frozen=True)
class IptablesRules:
    """Chains of kube-proxy and the kubelet in one backend (nft or legacy) and family (ip or ip6), by table.

    Chains of single Services and endpoints are only counted.
    """

    backend: str
    family: str
    chains: t.Mapping[str, tuple[str, ...]]
    services: int
    endpoints: int


@dataclass(frozen=True)
class IptablesState:
    """``available``: both backends could be read."""

    available: bool
    reason: str | None
    rules: tuple[IptablesRules, ...] | None


@dataclass(frozen=True)
class NftTable:
    """A table of the mode nftables, and how many chains it has."""

    family: str
    name: str
    chains: int


@dataclass(frozen=True)
class NftablesState:
    available: bool
    reason: str | None
    tables: tuple[NftTable, ...] | None


@dataclass(frozen=True)
class KernelTables:
    """What each mode of kube-proxy has in the kernel, whichever is in effect."""

    ipvs: IpvsState
    iptables: IptablesState
    nftables: NftablesState


@dataclass(frozen=True)
class Tool:
    """A program of the node; the version is None where it was not read."""

    path: str
    version: str | None


@dataclass(frozen=True)
class NodeState:
    """Everything that is read on a node."""

    evidence: Evidence
    machine: str
    distribution: Distribution
    kube_proxy: KubeProxyState
    kernel_tables: KernelTables
    #: None for a tool that is not installed
    tools: t.Mapping[str, Tool | None]
    sysctls: t.Mapping[str, str | None]
    #: modules that are loaded at boot, with the file that lists them
    loaded_at_boot: t.Mapping[str, str]
    #: the modules in this collection's own file
    modules_load_file: tuple[str, ...] | None
    #: the sysctls in this collection's own file
    sysctl_file: t.Mapping[str, str] | None
    #: whether ansible.builtin.apt finds the library that it needs in check mode
    python_apt: bool
    #: whether a transient timer of systemd can be started
    systemd: bool
