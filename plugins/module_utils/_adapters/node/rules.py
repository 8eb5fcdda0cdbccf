# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of kube-proxy in this node's kernel, with all that is in them, and their changes.

No tool runs that would load a kernel module to find nothing.
"""

from __future__ import annotations

import typing as t

from ..._domain.node import chains, ipvs_table
from ..._domain.node.clean_plan import CleanPlan
from ..._domain.node.facts import Interface, VirtualService
from ..._domain.node.frozen_copy.removal import Xtables
from ..._domain.node.ip_sets import IpSets, read_sets
from ..._domain.node.kernel_modules import Evidence
from ..._domain.node.kernel_rules import SPOKEN, KernelRules
from ..._domain.node.mode_signatures import INTERFACE
from ..._domain.node.saved_rules import SavedRules, read_saved
from ..._domain.node.tool_packages import package_of
from ..failures import AdapterError
from . import ipvs_netlink, kernel, xtables
from .kernel_tables import read_ipvs_table, read_node_addresses
from .tools import Output, Tools

#: Seconds to wait for the lock of iptables, which kube-proxy holds for one synchronisation.
_LOCK = "--wait=10"


class RulesError(AdapterError):
    """Rules of the node can be neither read nor changed as asked; what was done before stays done."""


def read_rules(tools: Tools, *modes: str) -> KernelRules:
    """Raises RulesError for whatever cannot be read: what is not seen cannot be removed, and must not be guessed.

    Only nft may be missing where none of ``modes`` is nftables: on the way from nftables kube-proxy removes its table.
    """
    services = read_services(tools)
    evidence = kernel.evidence(tools.files, frozenset(service.scheduler for service in services))
    nft = _nft_chains(tools, evidence, needed="nftables" in modes)
    return KernelRules(
        saved=tuple(_saved(tools, evidence, nft)),
        services=services,
        interface=_interface(tools),
        sets=_sets(tools, evidence),
        nft=nft or {},
        node_addresses=read_node_addresses(tools.files),
        unread=() if nft is not None else (_WITHOUT_NFT,),
    )


def read_services(tools: Tools) -> tuple[VirtualService, ...]:
    """The IPVS table, of kube-proxy and of others."""
    table = read_ipvs_table(tools.files)
    if table.services is None:
        raise RulesError(f"{table.reason}")
    return table.services


def read_nft_table(tools: Tools, family: str, name: str) -> str:
    """A table as nft writes it."""
    return _out(tools.run(_installed(tools, "nft"), "list", "table", family, name))


def restore(tools: Tools, backend: str, family: str, text: str) -> None:
    """All of the text or nothing, table by table; other chains stay as they are."""
    tool = xtables.program(tools, backend, family, "restore")
    if tool is None:
        raise _missing(f"{family}tables-{backend}-restore", "iptables")
    _out(tools.run(tool, "--noflush", _LOCK, text=text))


def load_nft(tools: Tools, text: str) -> None:
    """All of the text or nothing."""
    _out(tools.run(_installed(tools, "nft"), "-f", "-", text=text))


def remove_rules(tools: Tools, plan: CleanPlan) -> None:
    """The chains and rules of the plan."""
    for (backend, family), text in plan.restores().items():
        restore(tools, backend, family, text)
    if plan.nft_tables:
        load_nft(tools, "".join(f"delete table {family} {name}\n" for family, name in plan.nft_tables))


def remove_ipvs(tools: Tools, plan: CleanPlan) -> None:
    """Virtual services first, while the interface shows which are kube-proxy's; sets last, while it needs them too."""
    if plan.virtual_services:
        try:
            ipvs_netlink.delete_services(plan.virtual_services)
        except OSError as error:
            raise RulesError(f"The virtual services of kube-proxy cannot be removed: {error.strerror}") from error
    if plan.interface:
        _out(tools.run(_installed(tools, "ip"), "link", "delete", plan.interface))
    if plan.ip_sets:
        text = "".join(f"destroy {name}\n" for name in plan.ip_sets)
        _out(tools.run(_installed(tools, "ipset"), "-exist", "restore", text=text))


def run_script(tools: Tools, script: str) -> None:
    _out(tools.run("/bin/sh", "-c", script))


def nft_program(tools: Tools) -> str:
    return _installed(tools, "nft")


def programs(tools: Tools, saved: SavedRules) -> Xtables:
    """What reads and writes the rules of this backend and family."""
    save = xtables.program(tools, saved.backend, saved.family, "save")
    write = xtables.program(tools, saved.backend, saved.family, "restore")
    if save is None or write is None:
        raise _missing(f"{saved.family}tables-{saved.backend}-restore", "iptables")
    return Xtables(save, write)


def _saved(tools: Tools, evidence: Evidence, nft: chains.Tables | None) -> t.Iterator[SavedRules]:
    for backend in ("nft", "legacy"):
        for family in chains.FAMILIES:
            if not _in_use(tools, evidence, backend, family):
                continue
            save = xtables.program(tools, backend, family, "save")
            if save is not None:
                yield _read(tools, save, backend, family)
            elif backend == "legacy" or _has_rules(nft, family):
                raise _missing(f"{family}tables-{backend}-save", "iptables")


def _read(tools: Tools, save: str, backend: str, family: str) -> SavedRules:
    try:
        return read_saved(_out(tools.run(save)), backend, family)
    except ValueError as error:
        raise RulesError(
            f"The {SPOKEN[family]} rules of this node cannot be read with {save}: {error}. kube-proxy's image may have "
            f"a newer iptables: install a release of the node's iptables that is as new"
        ) from error


def _in_use(tools: Tools, evidence: Evidence, backend: str, family: str) -> bool:
    if backend == "nft":
        return evidence.at_work("nf_tables")
    # The kernel lists the tables that are in use.
    return bool((tools.files.text(f"/proc/net/{family}_tables_names") or "").strip())


def _has_rules(nft: chains.Tables | None, family: str) -> bool:
    """Whether iptables has, or may have, chains of kube-proxy or the kubelet in nf_tables."""
    return nft is None or any(
        its_family == family and any(chain.startswith("KUBE-") for chain in names)
        for (its_family, _table), names in nft.items()
    )


def _nft_chains(tools: Tools, evidence: Evidence, *, needed: bool) -> chains.Tables | None:
    if not evidence.at_work("nf_tables"):
        return {}
    tool = tools.path("nft")
    if tool is None and not needed:
        return None
    return chains.from_nft(_out(tools.run(_installed(tools, "nft"), "list", "chains")))


def _sets(tools: Tools, evidence: Evidence) -> IpSets:
    if not evidence.at_work("ip_set"):
        return {}
    return read_sets(_out(tools.run(_installed(tools, "ipset"), "save")))


def _interface(tools: Tools) -> Interface:
    if not tools.files.exists(f"/sys/class/net/{INTERFACE}"):
        return Interface(INTERFACE, present=False, addresses=())
    shown = _out(tools.run(_installed(tools, "ip"), "-o", "address", "show", "dev", INTERFACE))
    return Interface(INTERFACE, present=True, addresses=ipvs_table.interface_addresses(shown))


_WITHOUT_NFT = "nft is not installed, so that a table that mode nftables may have left is not seen"


def _installed(tools: Tools, name: str) -> str:
    path = tools.path(name)
    if path is None:
        raise _missing(name, package_of(name))
    return path


def _missing(tool: str, package: str) -> RulesError:
    return RulesError(
        f"{tool} is not installed on this node, and its kernel has something of kube-proxy that needs it: install the "
        f"package {package}. The role clusterops.kube_proxy.node_prerequisites installs the tools of a mode if "
        f"node_prerequisites_packages is true"
    )


def _out(output: Output) -> str:
    if output.error is not None:
        raise RulesError(output.error)
    return output.out
