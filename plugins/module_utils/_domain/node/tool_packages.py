# SPDX-License-Identifier: GPL-3.0-or-later

"""Tools that people and checks use on a node, and the packages that bring them. kube-proxy in a pod has its own."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

#: By mode.
TOOLS: t.Mapping[str, tuple[str, ...]] = {
    "iptables": ("modprobe", "conntrack", "iptables"),
    "ipvs": ("modprobe", "conntrack", "iptables", "ipset", "ipvsadm"),
    "nftables": ("modprobe", "conntrack", "nft"),
}

_COMMON = {
    "modprobe": "kmod",
    "conntrack": "conntrack-tools",
    "iptables": "iptables",
    "ipset": "ipset",
    "ipvsadm": "ipvsadm",
    "nft": "nftables",
}
#: By family of distributions, the package of each tool.
PACKAGES: t.Mapping[str, t.Mapping[str, str]] = {
    "debian": {**_COMMON, "conntrack": "conntrack"},
    # iptables is a package up to release 8 and provided by iptables-nft later on.
    "redhat": _COMMON,
    "suse": _COMMON,
    "arch": {**_COMMON, "iptables": "iptables-nft"},
    "alpine": _COMMON,
}
#: By family, the command that installs the packages that follow it.
INSTALLERS: t.Mapping[str, tuple[str, ...]] = {
    "debian": ("apt-get", "--yes", "install"),
    "redhat": ("dnf", "--assumeyes", "install"),
    "suse": ("zypper", "--non-interactive", "install", "--no-recommends"),
    "arch": ("pacman", "--sync", "--noconfirm", "--needed"),
    "alpine": ("apk", "add"),
}


@dataclass(frozen=True)
class ToolPackages:
    """``missing`` are tools; ``packages`` and the ``command`` that installs them are empty for an unknown family."""

    family: str
    missing: list[str]
    packages: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)


def package_of(tool: str, family: str = "") -> str:
    """The package that brings the tool; the most common name where the family's is not known."""
    return PACKAGES.get(family, {}).get(tool) or {**_COMMON, "ip": "iproute2"}.get(tool, tool)


def tool_packages(mode: str | None, family: str | None, absent: t.Collection[str]) -> ToolPackages:
    """What to install for the mode on a node that lacks the tools in ``absent``, whether the mode needs them or not."""
    missing = [tool for tool in TOOLS.get(mode or "", ()) if tool in absent]
    if family is None or family not in PACKAGES:
        return ToolPackages(family or "", missing)
    packages = sorted(PACKAGES[family][tool] for tool in missing)
    return ToolPackages(family, missing, packages, [*INSTALLERS[family], *packages])
