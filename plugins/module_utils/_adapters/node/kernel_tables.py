# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""What the modes of kube-proxy have in the kernel of this node.

Tools load modules to answer, which reading must not do: each is asked only about what is there already.
"""

from __future__ import annotations

import typing as t

from ..._domain.node import chains as rules
from ..._domain.node import ipvs_table as ipvs
from ..._domain.node.kernel_modules import Evidence
from .kernel import KUBE_IPVS
from .node_files import Files
from .tools import Tools

Json = dict[str, t.Any]

IPVS_TABLE = "/proc/net/ip_vs"
_IPSETS = "KUBE-"


def virtual_services(files: Files) -> tuple[list[Json] | None, str | None]:
    """The IPVS table, or None and why it is not known. Without IPVS there is none, which is known."""
    table = files.text(IPVS_TABLE)
    if table is None:
        if files.exists(IPVS_TABLE):
            return None, f"{IPVS_TABLE} may not be read; become root"
        return [], "IPVS is not loaded"
    try:
        return ipvs.services(table), None
    except (ValueError, IndexError) as error:
        return None, f"{IPVS_TABLE} has a line that is not understood: {error}"


def ipvs_state(files: Files, tools: Tools, evidence: Evidence, services: list[Json] | None, reason: str | None) -> Json:
    ipsets, ipsets_reason = _ipsets(tools, evidence)
    verdict = evidence.verdict("ip_vs")
    return {
        "available": None if verdict.state == "unknown" else verdict.ready,
        "reason": reason,
        "services": services,
        "interface": _interface(files, tools),
        "timeouts": _timeouts(files, tools),
        "ipsets": ipsets,
        "ipsets_reason": ipsets_reason,
    }


def _interface(files: Files, tools: Tools) -> Json:
    state: Json = {"name": KUBE_IPVS, "present": files.exists(f"/sys/class/net/{KUBE_IPVS}"), "addresses": None}
    tool = tools.path("ip")
    if state["present"] and tool is not None:
        told = tools.output(tool, "-o", "address", "show", "dev", KUBE_IPVS)
        state["addresses"] = None if told.error else ipvs.addresses(told.out)
    elif not state["present"]:
        state["addresses"] = []
    return state


def _timeouts(files: Files, tools: Tools) -> dict[str, int] | None:
    tool = tools.path("ipvsadm")
    if tool is None or not files.exists(IPVS_TABLE):
        return None
    return ipvs.timeouts(tools.output(tool, "-L", "--timeout").out)


def _ipsets(tools: Tools, evidence: Evidence) -> tuple[list[str] | None, str | None]:
    if not may_ask(evidence, "ip_set"):
        return [], "ip_set is not loaded"
    tool = tools.path("ipset")
    if tool is None:
        return None, "ipset is not installed"
    told = tools.output(tool, "list", "-n")
    if told.error:
        return None, told.error
    return sorted(name for name in told.out.split() if name.startswith(_IPSETS)), None


def may_ask(evidence: Evidence, module: str) -> bool:
    """Whether a tool can be asked without making the kernel load the module; if not, there is nothing to ask about."""
    return evidence.verdict(module).state not in ("loadable", "absent")


def tables(files: Files, tools: Tools, evidence: Evidence) -> tuple[Json, Json]:
    """The chains of kube-proxy in iptables with both backends, and its tables in nftables."""
    nft = _nft(tools, evidence)
    legacy = _legacy(files, tools)
    known = [part for part in (nft, legacy) if part.tables is not None]
    reasons = [part.reason for part in (nft, legacy) if part.tables is None and part.reason]
    iptables = {
        "available": len(known) == 2,
        "reason": "; ".join(reasons) or None,
        "rules": [rule for part in known for rule in rules.iptables_rules(part.tables or {}, part.backend)]
        if known
        else None,
    }
    whole = nft.tables is not None and nft.reason is None
    nftables = {
        "available": whole,
        "reason": nft.reason,
        "tables": rules.nftables_tables(nft.tables or {}) if whole else None,
    }
    return iptables, nftables


class _Part(t.NamedTuple):
    """Tables of a backend, None if they are not known; ``reason`` says what is not known."""

    backend: str
    tables: rules.Tables | None
    reason: str | None = None


def _nft(tools: Tools, evidence: Evidence) -> _Part:
    """Everything in nf_tables, which iptables uses as well on most distributions."""
    if not may_ask(evidence, "nf_tables"):
        return _Part("nft", {})
    nft = tools.path("nft")
    if nft is not None:
        told = tools.output(nft, "list", "chains")
        return _Part("nft", None, told.error) if told.error else _Part("nft", rules.listed(told.out))
    found: rules.Tables = {}
    for family in ("ip", "ip6"):
        save = tools.path(f"{family}tables-nft-save") or (
            tools.path(f"{family}tables-save") if _is_nft(tools) else None
        )
        if save is None:
            return _Part("nft", None, "neither nft nor an iptables that uses nf_tables is installed")
        told = tools.output(save)
        if told.error:
            return _Part("nft", None, told.error)
        found.update(rules.saved(told.out, family))
    # iptables shows its own tables, and cannot tell whether kube-proxy has some besides.
    return _Part("nft", found, "nft is not installed")


def _legacy(files: Files, tools: Tools) -> _Part:
    """The tables of ip_tables, of which the kernel tells which are in use."""
    found: rules.Tables = {}
    for family in ("ip", "ip6"):
        names = f"/proc/net/{family}_tables_names"
        in_use = files.text(names)
        if in_use is None and files.exists(names):
            return _Part("legacy", None, f"{names} may not be read; become root")
        if not (in_use or "").strip():
            continue
        save = tools.path(f"{family}tables-legacy-save") or (
            None if _is_nft(tools) else tools.path(f"{family}tables-save")
        )
        if save is None:
            return _Part("legacy", None, f"{family}tables-legacy-save is not installed")
        told = tools.output(save)
        if told.error:
            return _Part("legacy", None, told.error)
        found.update(rules.saved(told.out, family))
    return _Part("legacy", found)


def _is_nft(tools: Tools) -> bool:
    """Whether the iptables without a suffix is the one for nf_tables; releases before 1.8 had no other than legacy."""
    tool = tools.path("iptables")
    return tool is not None and "nf_tables" in tools.output(tool, "--version").out
