# SPDX-License-Identifier: GPL-3.0-or-later

"""Kernels: their versions, and the oldest one for a mode."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.kernels import (
    kernel_version,
    minimum_kernel,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion


@pytest.mark.parametrize(
    ("mode", "version", "kernel"),
    [
        ("nftables", None, (5, 13)),
        ("nftables", KubeProxyVersion(1, 31), (5, 13)),
        ("nftables", KubeProxyVersion(1, 30), (5, 4)),
        ("ipvs", None, None),
        (None, None, None),
    ],
)
def test_minimum_kernel(mode: str | None, version: KubeProxyVersion | None, kernel: tuple[int, int] | None) -> None:
    assert minimum_kernel(mode, version) == kernel


@pytest.mark.parametrize(
    ("release", "version"),
    [("5.15.0-91-generic", (5, 15)), ("4.18.0-553.el8_10.x86_64", (4, 18)), ("6.1.0", (6, 1)), ("rolling", None)],
)
def test_version_of_a_kernel_release(release: str, version: tuple[int, int] | None) -> None:
    assert kernel_version(release) == version
