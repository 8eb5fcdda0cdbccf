# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents for clusters that are yet to be made, and the files that they may take the place of."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_plan import ConfigPlan
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_request import (
    config_request,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.rendered import (
    plan_rendered,
    replacement_problem,
)

from .plans import config

V1_30, V1_34, V1_37 = KubeProxyVersion(1, 30), KubeProxyVersion(1, 34, 9), KubeProxyVersion(1, 37)


def rendered(version: KubeProxyVersion = V1_34, **params: t.Any) -> ConfigPlan:
    return plan_rendered(config_request(params), version)


def refused(version: KubeProxyVersion = V1_34, **params: t.Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        rendered(version, **params)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_keys_are_in_kubeadms_order_and_durations_in_go_text() -> None:
    plan = rendered(
        mode="ipvs",
        ipvs={"tcp_timeout": "PT15M", "sync_period": "90s", "scheduler": "lc", "exclude_cidrs": ["192.0.2.0/24"]},
        config={"clusterCIDR": "10.244.0.0/16", "featureGates": {"AllBeta": True, "AllAlpha": False}},
    )
    assert plan.text == (
        "apiVersion: kubeproxy.config.k8s.io/v1alpha1\n"
        "clusterCIDR: 10.244.0.0/16\n"
        "featureGates:\n  AllAlpha: false\n  AllBeta: true\n"
        "ipvs:\n  excludeCIDRs:\n  - 192.0.2.0/24\n  scheduler: lc\n  syncPeriod: 1m30s\n  tcpTimeout: 15m0s\n"
        "kind: KubeProxyConfiguration\n"
        "mode: ipvs\n"
    )
    assert plan.effective["ipvs"]["tcpTimeout"] == "15m0s"


@pytest.mark.parametrize("spelling", ["60s", "1m", "PT1M", "PT60S"])
def test_spellings_of_a_duration_make_one_document(spelling: str) -> None:
    text = rendered(mode="iptables", iptables={"sync_period": spelling}).text
    assert text == rendered(mode="iptables", iptables={"sync_period": "1m0s"}).text


def test_every_problem_of_the_version_is_told_with_its_path() -> None:
    found = refused(
        V1_30,
        mode="nftables",
        iptables={"min_sync_period": "1m"},
        ipvs={"scheduler": "nope"},
        config={"windowsRunAsService": True, "featureGates": {"Nope": True}},
    )
    config_paths = {"config.windowsRunAsService", "config.featureGates.Nope"}
    assert set(found) == {"mode", "iptables.min_sync_period", "ipvs.scheduler", *config_paths}


def test_the_key_of_another_version_is_refused_whatever_its_value() -> None:
    """In a ConfigMap it may be left alone; here somebody asks for it."""
    assert set(refused(V1_30, mode="iptables", config={"windowsRunAsService": False})) == {"config.windowsRunAsService"}


@pytest.mark.parametrize(("version", "means"), [(V1_30, "iptables"), (V1_34, "iptables"), (V1_37, "iptables")])
def test_a_mode_that_is_left_out_is_warned_of(version: KubeProxyVersion, means: str) -> None:
    plan = rendered(version)
    assert plan.text == "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
    assert plan.mode == means
    (warning,) = plan.warnings
    assert f"which means {means} on Kubernetes {version.release}" in warning
    assert "nftables in 1.40: set mode" in warning
    assert rendered(version, mode=means).warnings == ()


def test_a_deprecated_mode_is_warned_of() -> None:
    assert any("deprecated since Kubernetes 1.35" in each for each in rendered(V1_37, mode="ipvs").warnings)


REPLACEABLE = {
    "nothing": "",
    "comments": "# to come\n---\n",
    "one": config("mode: ipvs\n"),
    "one between separators": f"---\n{config('mode: ipvs')}\n---\n",
    "one with a mark of its encoding": f"\ufeff{config('')}",
    "one of a version that is yet to come": config("").replace("v1alpha1", "v1"),
    "JSON": '{"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration"}',
}


@pytest.mark.parametrize("kind", REPLACEABLE)
def test_a_file_with_nothing_else_may_be_replaced(kind: str) -> None:
    assert replacement_problem(REPLACEABLE[kind].encode()) is None


CLUSTER = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
FOREIGN = {
    CLUSTER: "ClusterConfiguration",
    f"{CLUSTER}---\n{CLUSTER.replace('Cluster', 'Init')}": "ClusterConfiguration, InitConfiguration",
    f"{config('mode: ipvs')}\n---\n{CLUSTER}": "ClusterConfiguration",
    "mode: ipvs\n": "an object without kind",
    "kind:\n": "an object without kind",
    "kind: [KubeProxyConfiguration]\n": "an object without kind",
    "? {kind: KubeProxyConfiguration}\n: 1\n": "an object without kind",
    "- KubeProxyConfiguration\n": "a document that is no object of Kubernetes",
    "root:x:0:0:root:/root:/bin/bash\n": "a document that is no object of Kubernetes",
    'kind: "Secret\\e[31m"\n': r"Secret\x1b[31m",
}


@pytest.mark.parametrize("text", FOREIGN)
def test_a_file_with_something_else_is_refused_by_its_kind(text: str) -> None:
    problem = replacement_problem(text.encode())
    assert problem is not None
    assert problem.startswith(f"it holds {FOREIGN[text]}, which would be lost")
    assert "the result rendered" in problem


@pytest.mark.parametrize("content", [b"a: b: c", b"\xff\xfe", b"{", b"a: \x00", b"[" * 5000])
def test_a_file_that_cannot_be_read_is_refused(content: bytes) -> None:
    problem = replacement_problem(content)
    assert problem is not None
    assert problem.startswith("it holds something that cannot be read as YAML")
    assert "remove the file" in problem
