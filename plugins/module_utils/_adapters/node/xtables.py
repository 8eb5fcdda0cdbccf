# SPDX-License-Identifier: GPL-3.0-or-later

"""Which programs of iptables are for which backend of the kernel: nft (nf_tables) or legacy (ip_tables)."""

from __future__ import annotations

from .tools import Tools


def program(tools: Tools, backend: str, family: str, verb: str) -> str | None:
    """The path of ``save`` or ``restore`` for a backend and family (ip or ip6); None if it is not installed."""
    named = tools.path(f"{family}tables-{backend}-{verb}")
    if named is not None or uses_nf_tables(tools) != (backend == "nft"):
        return named
    return tools.path(f"{family}tables-{verb}")


def uses_nf_tables(tools: Tools) -> bool:
    """Whether the iptables without a suffix is the one for nf_tables; releases before 1.8 had no other than legacy."""
    tool = tools.path("iptables")
    return tool is not None and "nf_tables" in tools.output(tool, "--version").out
