# SPDX-License-Identifier: GPL-3.0-or-later

"""kube-proxy's version, read from image tags and from what programs say."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion


def v(minor: int) -> KubeProxyVersion:
    return KubeProxyVersion(1, minor)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("v1.20.2", "1.20.2"),
        ("1.31", "1.31.0"),
        ("Kubernetes v1.33.1\n", "1.33.1"),
        ("v1.30.4-eks-abc", "1.30.4"),
        ("v1.20.2+k3s1", "1.20.2"),
        ("v1.34.0-alpha.1.5+0123abcdef", "1.34.0"),
        ("v1.36.3_coreos.0", "1.36.3"),
    ],
)
def test_reads_versions(text: str, told: str) -> None:
    assert str(KubeProxyVersion.parse(text)) == told


@pytest.mark.parametrize(
    "text", ["latest", "", "v1", "1.x", "sha256:0123456789abcdef", "v1.20.2 and more", "1.20.2.3@sha256:00", "v-1.2"]
)
def test_refuses_what_tells_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="not a version of kube-proxy"):
        KubeProxyVersion.parse(text)


@pytest.mark.parametrize("text", ["v3.4.2", "0.3.1", "2024.10.1", "v2.0", "Kubernetes v11.2.3", "01.31.4"])
def test_a_release_of_something_else_is_no_version_of_kubernetes(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a version of kube-proxy; .* Kubernetes 1, such as 'v1\.31\.4'"):
        KubeProxyVersion.parse(text)


@pytest.mark.parametrize(("text", "quoted"), [("1.3", "'1.30'"), ("1.2", "'1.20'"), (str(1.40), "'1.40'")])
def test_a_number_that_yaml_read_is_no_version(text: str, quoted: str) -> None:
    with pytest.raises(ValueError, match=rf"YAML reads .* as the number {text}: write it in quotes, {quoted}"):
        KubeProxyVersion.parse(text)


def test_at_least_counts_the_major_version() -> None:
    assert v(20).at_least(20)
    assert not v(20).at_least(21)
    assert KubeProxyVersion(2, 0).at_least(40)
