# SPDX-License-Identifier: GPL-3.0-or-later

"""Schedulers by version of kube-proxy and of the kernel."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import defaults, schedulers
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed import overlay


@pytest.mark.parametrize(("minor", "known"), [(20, False), (26, False), (27, True), (36, True)])
def test_young_schedulers_are_known_from_1_27_on(minor: int, known: bool) -> None:
    assert ("mh" in schedulers.known(KubeProxyVersion(1, minor))) is known
    assert defaults.SCHEDULER in schedulers.known(KubeProxyVersion(1, minor))


@pytest.mark.parametrize(
    ("version", "required"),
    [
        (None, ("lc", "rr", "wrr", "sh")),
        (KubeProxyVersion(1, 26), ("lc", "rr", "wrr", "sh")),
        (KubeProxyVersion(1, 27), ("lc",)),
    ],
)
def test_kube_proxy_before_1_27_requires_more(version: KubeProxyVersion | None, required: tuple[str, ...]) -> None:
    assert schedulers.required("lc", version) == required
    assert schedulers.required("sh", version).count("sh") == 1


def test_kernels_that_have_the_young_ones() -> None:
    assert schedulers.kernel_since(schedulers.kernel_module("mh")) == (4, 18)
    assert schedulers.kernel_since("ip_vs_rr") is None
    assert schedulers.kernel_since("nf_conntrack") is None


def test_what_ovhcloud_offers_is_known_to_every_kube_proxy() -> None:
    assert set(overlay.SCHEDULERS) <= set(schedulers.CLASSIC)
