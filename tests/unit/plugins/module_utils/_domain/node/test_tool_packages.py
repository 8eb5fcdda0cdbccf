# SPDX-License-Identifier: GPL-3.0-or-later

"""Which packages bring the tools that a node lacks."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.tool_packages import (
    INSTALLERS,
    PACKAGES,
    TOOLS,
    tool_packages,
)

EVERY_TOOL = {tool for tools in TOOLS.values() for tool in tools}


@pytest.mark.parametrize(
    ("mode", "family", "command"),
    [
        ("iptables", "debian", ["apt-get", "--yes", "install", "conntrack", "iptables", "kmod"]),
        # Release 8 of the family has no package iptables-nft.
        ("iptables", "redhat", ["dnf", "--assumeyes", "install", "conntrack-tools", "iptables", "kmod"]),
        (
            "iptables",
            "arch",
            ["pacman", "--sync", "--noconfirm", "--needed", "conntrack-tools", "iptables-nft", "kmod"],
        ),
        ("ipvs", "alpine", ["apk", "add", "conntrack-tools", "ipset", "iptables", "ipvsadm", "kmod"]),
        (
            "nftables",
            "suse",
            ["zypper", "--non-interactive", "install", "--no-recommends", "conntrack-tools", "kmod", "nftables"],
        ),
    ],
)
def test_the_command_of_each_family(mode: str, family: str, command: list[str]) -> None:
    assert tool_packages(mode, family, EVERY_TOOL).command == command


def test_only_what_is_missing_is_installed() -> None:
    assert tool_packages("iptables", "arch", ["iptables"]).packages == ["iptables-nft"]
    found = tool_packages("ipvs", "debian", ["ipvsadm", "nft"])
    assert (found.missing, found.packages) == (["ipvsadm"], ["ipvsadm"])


@pytest.mark.parametrize("family", ["gentoo", "", None])
def test_an_unknown_family_has_no_command(family: str | None) -> None:
    found = tool_packages("iptables", family, ["conntrack"])
    assert (found.missing, found.packages, found.command) == (["conntrack"], [], [])


@pytest.mark.parametrize("mode", [None, "", "userspace"])
def test_without_a_mode_no_tool_is_missing(mode: str | None) -> None:
    assert tool_packages(mode, "debian", EVERY_TOOL).missing == []


def test_every_family_has_a_package_for_every_tool() -> None:
    assert set(PACKAGES) == set(INSTALLERS)
    assert all(set(packages) == EVERY_TOOL for packages in PACKAGES.values())
