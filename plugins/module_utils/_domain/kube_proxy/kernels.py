# SPDX-License-Identifier: GPL-3.0-or-later

"""Which kernels kube-proxy accepts, and how a kernel's release is read."""

from __future__ import annotations

import re

from .versions import KubeProxyVersion

_RELEASE = re.compile(r"([0-9]+)\.([0-9]+)")


def kernel_version(release: str) -> tuple[int, int] | None:
    """``(5, 15)`` for the release ``5.15.0-91-generic``; None for a release that does not begin with two numbers."""
    match = _RELEASE.match(release)
    return (int(match[1]), int(match[2])) if match else None


def minimum_kernel(mode: str | None, version: KubeProxyVersion | None) -> tuple[int, int] | None:
    """The oldest kernel that kube-proxy accepts for the mode: for nftables 5.13 since 1.31, and 5.4 before."""
    if mode != "nftables":
        return None
    return (5, 4) if version is not None and not version.at_least(31) else (5, 13)
