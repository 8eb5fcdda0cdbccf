# SPDX-License-Identifier: GPL-3.0-or-later

"""Neighbours are recognised by what their manifests say."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.images import (
    image_name,
    image_tag,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.neighbours import (
    Calico,
    Container,
    Flannel,
    KubeVip,
    Neighbours,
    NodeLocalDns,
    Workload,
    neighbours,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.services import Service


def daemon_set(image: str, *words: str, name: str = "ds", namespace: str = "kube-system", **env: str) -> Workload:
    container = {
        "name": "c",
        "image": image,
        "args": list(words),
        "env": [{"name": key, "value": value} for key, value in env.items()],
    }
    spec = {"containers": [{"name": "other", "image": "example.org/other:1"}, container]}
    return Workload.of_daemon_set(
        {"metadata": {"name": name, "namespace": namespace}, "spec": {"template": {"spec": spec}}}
    )


def found(
    *workloads: Workload,
    felix: t.Mapping[str, t.Any] | None = None,
    config_maps: t.Mapping[str, t.Mapping[str, str]] | None = None,
) -> Neighbours:
    return neighbours(workloads, config_maps or {}, felix)


CALICO = "docker.io/calico/node:v3.29.1"


def test_nobody() -> None:
    assert found(daemon_set("registry.k8s.io/kube-proxy:v1.34.9"), daemon_set("example.org/node:v1")) == Neighbours()


@pytest.mark.parametrize(
    ("image", "version"),
    [
        (CALICO, (3, 29)),
        ("quay.io/calico/node:v3.31.0-0.dev", (3, 31)),
        ("quay.io/calico/node@sha256:00", None),
        ("quay.io/calico/node:master", None),
        ("registry.example:5000/mirror/calico/node:3.9.2@sha256:00", (3, 9)),
    ],
)
def test_calico_and_its_version(image: str, version: tuple[int, int] | None) -> None:
    assert found(daemon_set(image, name="calico-node")).calico == Calico("DaemonSet kube-system/calico-node", version)


@pytest.mark.parametrize(
    ("env", "felix", "ebpf", "nftables"),
    [
        ({}, None, False, None),
        ({}, {}, False, None),
        ({}, {"nftablesMode": "Auto"}, False, "Auto"),
        ({}, {"nftablesMode": "Enabled", "bpfEnabled": False}, False, "Enabled"),
        ({"FELIX_NFTABLESMODE": "disabled"}, {"nftablesMode": "Enabled"}, False, "Disabled"),
        ({}, {"bpfEnabled": True}, True, None),
        ({"FELIX_BPFENABLED": "True"}, None, True, None),
        ({"FELIX_BPFENABLED": "false"}, {}, False, None),
    ],
)
def test_the_data_plane_of_calico(
    env: dict[str, str], felix: t.Mapping[str, t.Any] | None, ebpf: bool, nftables: str | None
) -> None:
    calico = found(daemon_set(CALICO, **env), felix=felix).calico
    assert calico is not None
    assert (calico.ebpf, calico.nftables) == (ebpf, nftables)


@pytest.mark.parametrize(
    ("config", "words", "replaces"),
    [
        ({"kube-proxy-replacement": "true"}, (), True),
        ({"kube-proxy-replacement": "strict"}, (), True),
        ({"kube-proxy-replacement": "partial"}, (), False),
        ({"kube-proxy-replacement": "false"}, (), False),
        ({}, (), False),
        (None, (), False),
        (None, ("--kube-proxy-replacement=true",), True),
    ],
)
def test_cilium_counts_where_it_replaces_kube_proxy(
    config: dict[str, str] | None, words: tuple[str, ...], replaces: bool
) -> None:
    workload = daemon_set("quay.io/cilium/cilium:v1.18.0", *words, name="cilium")
    config_maps = {} if config is None else {"cilium": config}
    assert found(workload, config_maps=config_maps).cilium == (workload.where if replaces else None)


@pytest.mark.parametrize(
    ("words", "replaces"),
    [
        ((), True),
        (("--run-router=true", "--run-service-proxy=true"), True),
        (("--run-service-proxy=false",), False),
        (("--run-service-proxy", "false"), False),
        (("--run-service-proxy", "--run-firewall"), True),
    ],
)
def test_kube_router_counts_where_it_is_the_proxy(words: tuple[str, ...], replaces: bool) -> None:
    workload = daemon_set("docker.io/cloudnativelabs/kube-router:v2.5.0", *words)
    assert found(workload).kube_router == (workload.where if replaces else None)


def test_metallb_is_its_speaker() -> None:
    speaker = daemon_set("quay.io/metallb/speaker:v0.15.2", namespace="metallb-system", name="speaker")
    assert found(daemon_set("quay.io/metallb/frr:v1"), speaker).metallb == "DaemonSet metallb-system/speaker"
    assert found(daemon_set("example.org/speaker:v1")).metallb is None


@pytest.mark.parametrize(
    ("env", "words", "arp", "ipvs"),
    [
        ({"vip_arp": "true"}, (), True, False),
        ({"vip_arp": "false", "lb_enable": "true"}, (), False, True),
        ({}, ("manager", "--arp"), True, False),
        ({}, ("manager",), False, False),
    ],
)
def test_kube_vip_is_often_a_static_pod(env: dict[str, str], words: tuple[str, ...], arp: bool, ipvs: bool) -> None:
    container = {
        "image": "ghcr.io/kube-vip/kube-vip:v0.9.1",
        "args": list(words),
        "env": [{"name": key, "value": value} for key, value in env.items()] + [{"name": "from_field"}],
    }
    pod = {"metadata": {"name": "kube-vip-a", "namespace": "kube-system"}, "spec": {"containers": [container]}}
    assert found(Workload.of_pod(pod)).kube_vip == KubeVip("pod kube-system/kube-vip-a", arp, ipvs)


def test_of_pods_only_static_ones_count() -> None:
    def pod(name: str, **annotations: str) -> dict[str, t.Any]:
        metadata = {"name": name, "namespace": "kube-system", "annotations": annotations}
        return {"metadata": metadata, "spec": {"containers": [{"image": "kube-vip"}]}}

    static = pod("kube-vip-a", **{"kubernetes.io/config.mirror": "0123"})
    bare = {"metadata": {"name": "x"}, "spec": {"containers": []}}
    assert [found.where for found in Workload.of_pods([static, pod("kube-vip-ds-x1"), bare])] == [
        "pod kube-system/kube-vip-a"
    ]


@pytest.mark.parametrize(
    ("words", "addresses"),
    [
        (("-localip", "169.254.20.10,10.96.0.10", "-conf", "/etc/Corefile"), ("169.254.20.10", "10.96.0.10")),
        (("-localip=169.254.20.10", "-upstreamsvc", "x"), ("169.254.20.10",)),
        ((), ()),
    ],
)
def test_where_nodelocal_dnscache_listens(words: tuple[str, ...], addresses: tuple[str, ...]) -> None:
    workload = daemon_set("registry.k8s.io/dns/k8s-dns-node-cache:1.26.4", *words, name="node-local-dns")
    assert found(workload).node_local_dns == NodeLocalDns("DaemonSet kube-system/node-local-dns", addresses)


@pytest.mark.parametrize(
    ("text", "nftables"),
    [
        ('{"Network": "10.244.0.0/16", "EnableNFTables": true}', True),
        ('{"Network": "10.244.0.0/16"}', False),
        ("{", None),
        ("[]", False),
        (None, None),
    ],
)
def test_the_rules_of_flannel(text: str | None, nftables: bool | None) -> None:
    workload = daemon_set("ghcr.io/flannel-io/flannel:v0.27.0", namespace="kube-flannel")
    config_maps = {} if text is None else {"flannel": {"net-conf.json": text}}
    assert found(workload, config_maps=config_maps).flannel == Flannel(workload.where, nftables)


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (("--flag=x",), "x"),
        (("-flag", "x"), "x"),
        (("--flag",), "true"),
        (("--flag", "--other"), "true"),
        (("--flagged=x",), "none"),
    ],
)
def test_flags(words: tuple[str, ...], value: str) -> None:
    assert Container("i", words, {}).flag("flag", "none") == value


@pytest.mark.parametrize(
    ("image", "name", "tag"),
    [
        ("registry.k8s.io/kube-proxy:v1.34.9", "kube-proxy", "v1.34.9"),
        ("localhost:5000/kube-proxy@sha256:00", "kube-proxy", ""),
        ("kube-proxy", "kube-proxy", ""),
    ],
)
def test_names_of_images(image: str, name: str, tag: str) -> None:
    assert (image_name(image), image_tag(image)) == (name, tag)


def test_a_service_as_it_is_read() -> None:
    spec = {
        "type": "LoadBalancer",
        "clusterIP": "10.96.0.20",
        "clusterIPs": ["10.96.0.20", "fd00::20"],
        "externalIPs": ["192.0.2.1"],
        "externalTrafficPolicy": "Local",
        "sessionAffinity": "ClientIP",
        "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 600}},
        "ports": [{"port": 80, "nodePort": 30080}, {"port": 81}],
    }
    status = {
        "loadBalancer": {"ingress": [{"ip": "192.0.2.9"}, {"ip": "192.0.2.8", "ipMode": "Proxy"}, {"hostname": "x"}]}
    }
    assert Service.of({"metadata": {"name": "web", "namespace": "a"}, "spec": spec, "status": status}) == Service(
        "a/web",
        "LoadBalancer",
        ("10.96.0.20", "fd00::20"),
        ("192.0.2.1",),
        ("192.0.2.9",),
        (30080,),
        600,
        True,
    )


def test_a_service_without_anything() -> None:
    assert Service.of({"metadata": {"name": "web"}, "spec": {"clusterIP": "None"}}) == Service("default/web")
    assert Service.of({"metadata": {"name": "w"}, "spec": {"clusterIP": "10.96.0.1"}}).cluster_ips == ("10.96.0.1",)
    sticky = Service.of({"metadata": {"name": "w"}, "spec": {"sessionAffinity": "ClientIP"}})
    assert sticky.affinity == 10800
