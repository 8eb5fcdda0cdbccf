# SPDX-License-Identifier: GPL-3.0-or-later

"""Modes of kube-proxy on Linux: which there are, by version, and what is planned for them (KEP-5343, KEP-5495)."""

from __future__ import annotations

import typing as t

from . import feature_gates
from .versions import KubeProxyVersion

#: Modes that a user can choose.
MODES = ("iptables", "ipvs", "nftables")
#: Modes that a running kube-proxy can report; userspace is gone from 1.26 on.
REPORTED = (*MODES, "userspace")


def available(version: KubeProxyVersion, gates: t.Mapping[str, t.Any] | None = None) -> tuple[str, ...]:
    """What ``mode`` may be in this version with these feature gates; the empty mode is always allowed too."""
    given = gates or {}
    found = ["iptables"]
    if not version.at_least(40) or feature_gates.enabled("KubeProxyIPVS", version.minor, given):
        found.append("ipvs")
    if version.at_least(33) or (
        version.at_least(29) and feature_gates.enabled("NFTablesProxyMode", version.minor, given)
    ):
        found.append("nftables")
    if not version.at_least(26):
        found.append("userspace")
    return tuple(found)


def default_mode(version: KubeProxyVersion) -> str:
    """The mode of an empty ``mode``: iptables, and from 1.40 on (planned, KEP-5343) nftables."""
    return "nftables" if version.at_least(40) else "iptables"


def interrupts(former: str, mode: str) -> bool:
    """Whether Services do not answer for a moment while kube-proxy changes so.

    To and from nftables, it removes the former rules before it has its own (kube-proxy 1.29 and later).
    """
    return former != mode and "nftables" in (former, mode)


def deprecation(mode: str, version: KubeProxyVersion) -> str | None:
    """What the user should know about the future of this ``mode`` (as written; empty when it is left to kube-proxy)."""
    if mode == "ipvs" and version.at_least(35):
        return (
            "mode ipvs is deprecated since Kubernetes 1.35. Kubernetes plans to turn it off by default in 1.40 and to "
            "remove it in 1.43: plan the move to nftables"
        )
    if mode == "userspace" and version.at_least(23):
        return "mode userspace is deprecated since Kubernetes 1.23 and removed in 1.26: move to iptables"
    if not mode and version.at_least(37):
        return empty_mode(version)
    return None


def empty_mode(version: KubeProxyVersion) -> str:
    """What an empty ``mode`` means now, and what is planned for it."""
    return (
        f"mode is left empty, which means {default_mode(version)} on Kubernetes {version.release}. Kubernetes plans "
        f"to change the default to nftables in 1.40: set mode"
    )
