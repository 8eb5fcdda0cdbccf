# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools that are looked for on a node, and the kernel module that each loads merely by being started."""

from __future__ import annotations

import typing as t

from .kernel_modules import Evidence

#: None for a tool that loads no module.
LOADS: t.Mapping[str, str | None] = {
    "conntrack": None,
    "ip": None,
    "ipset": "ip_set",
    "iptables": "nfnetlink",
    "ipvsadm": "ip_vs",
    "modprobe": None,
    "nft": "nfnetlink",
    "sysctl": None,
}
#: Nothing depends on the version of these.
WITHOUT_VERSION = ("ip", "sysctl")


def version_is_read(tool: str, evidence: Evidence) -> bool:
    """Whether to ask the tool for its version: reading must change nothing, so its module has to be at work already."""
    module = LOADS[tool]
    return tool not in WITHOUT_VERSION and (module is None or evidence.at_work(module))
