# SPDX-License-Identifier: GPL-3.0-or-later

"""What else handles Services or addresses in a cluster, recognised by its DaemonSets, pods and configuration.

Sources: the manifests of Calico 3.20 to 3.31, Cilium 1.12 to 1.18, kube-router 2, MetalLB 0.13 to 0.15, kube-vip 0.6 to
1.0, Flannel 0.25 to 0.27, and of NodeLocal DNSCache 1.22 to 1.26.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

from ..common.json_types import Json
from .images import image_name, image_tag

#: Where the configuration of neighbours is: (namespace, ConfigMap) by the word for it.
CONFIG_MAPS: t.Final = {
    "cilium": ("kube-system", "cilium-config"),
    "flannel": ("kube-flannel", "kube-flannel-cfg"),
}
#: Annotation of the pod that stands for a static one in the API server.
_MIRROR = "kubernetes.io/config.mirror"
_VERSION = re.compile(r"v?([0-9]+)\.([0-9]+)(?:[.+-].*)?")
_ON = ("true", "1", "yes", "t")


@dataclass(frozen=True)
class Container:
    image: str
    words: tuple[str, ...]
    env: t.Mapping[str, str]

    @property
    def name(self) -> str:
        return image_name(self.image)

    def flag(self, name: str, default: str = "") -> str:
        """The value of ``--name=value``, ``--name value`` or ``-name value``; ``true`` for a flag alone."""
        for number, word in enumerate(self.words):
            flag, equals, value = word.partition("=")
            if flag in (f"--{name}", f"-{name}"):
                following = self.words[number + 1] if number + 1 < len(self.words) else ""
                return value if equals else "true" if not following or following.startswith("-") else following
        return default

    def is_on(self, variable: str) -> bool:
        return self.env.get(variable, "").strip().lower() in _ON


@dataclass(frozen=True)
class Workload:
    """A DaemonSet or a pod, called as messages call it."""

    where: str
    containers: tuple[Container, ...]

    @classmethod
    def of_daemon_set(cls, found: Json) -> Workload:
        return cls(_where("DaemonSet", found), _containers(found["spec"]["template"]["spec"]))

    @classmethod
    def of_pods(cls, found: t.Iterable[Json]) -> list[Workload]:
        """The static pods among them: all others come from something else, such as a DaemonSet."""
        return [cls.of_pod(pod) for pod in found if _MIRROR in (pod["metadata"].get("annotations") or {})]

    @classmethod
    def of_pod(cls, found: Json) -> Workload:
        return cls(_where("pod", found), _containers(found["spec"]))


@dataclass(frozen=True)
class Calico:
    """``nftables`` is the mode of Felix: Enabled, Disabled or Auto; None where nothing says it."""

    where: str
    version: tuple[int, int] | None = None
    ebpf: bool = False
    nftables: str | None = None


@dataclass(frozen=True)
class KubeVip:
    """Of one or several workloads: whether it announces addresses with ARP, and has an IPVS table of its own."""

    where: str
    arp: bool = False
    ipvs: bool = False


@dataclass(frozen=True)
class NodeLocalDns:
    where: str
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flannel:
    """``nftables`` is None where its configuration was not read."""

    where: str
    nftables: bool | None = None


@dataclass(frozen=True)
class Neighbours:
    """None for one that is not there. Of ``cilium`` and ``kube_router`` only those that handle Services count."""

    calico: Calico | None = None
    cilium: str | None = None
    kube_router: str | None = None
    metallb: str | None = None
    kube_vip: KubeVip | None = None
    node_local_dns: NodeLocalDns | None = None
    flannel: Flannel | None = None


def neighbours(
    workloads: t.Iterable[Workload],
    config_maps: t.Mapping[str, t.Mapping[str, str]],
    felix: t.Mapping[str, t.Any] | None = None,
) -> Neighbours:
    """``config_maps`` are the data of those of CONFIG_MAPS that could be read, ``felix`` the spec of Calico's
    FelixConfiguration ``default``, None where it was not read.
    """
    pairs = [(workload.where, container) for workload in workloads for container in workload.containers]

    def first(*names: str) -> tuple[str, Container] | None:
        return next(((where, container) for where, container in pairs if container.name in names), None)

    return Neighbours(
        calico=_calico(first("node", "calico-node"), felix),
        cilium=_cilium(first("cilium", "cilium-ci"), config_maps.get("cilium")),
        kube_router=_kube_router(first("kube-router")),
        metallb=next((where for where, container in pairs if _is_metallb(container)), None),
        kube_vip=_kube_vip([(where, container) for where, container in pairs if container.name.startswith("kube-vip")]),
        node_local_dns=_node_local_dns(first("k8s-dns-node-cache")),
        flannel=_flannel(first("flannel"), config_maps.get("flannel")),
    )


def _where(kind: str, found: Json) -> str:
    return f"{kind} {found['metadata'].get('namespace') or 'default'}/{found['metadata']['name']}"


def _containers(spec: Json) -> tuple[Container, ...]:
    return tuple(
        Container(
            str(found.get("image") or ""),
            (*(found.get("command") or ()), *(found.get("args") or ())),
            {entry["name"]: entry.get("value") or "" for entry in found.get("env") or ()},
        )
        for found in spec["containers"]
    )


def _calico(found: tuple[str, Container] | None, felix: t.Mapping[str, t.Any] | None) -> Calico | None:
    # The image is called calico/node, and many others are called node.
    if found is None or "calico" not in found[1].image:
        return None
    where, container = found
    match = _VERSION.fullmatch(image_tag(container.image))
    spec = felix or {}
    # The environment counts more than the resource. What neither says is the default of the version.
    said = container.env.get("FELIX_NFTABLESMODE") or spec.get("nftablesMode")
    return Calico(
        where,
        (int(match[1]), int(match[2])) if match else None,
        ebpf=container.is_on("FELIX_BPFENABLED") or spec.get("bpfEnabled") is True,
        nftables=str(said).capitalize() if said else None,
    )


def _cilium(found: tuple[str, Container] | None, config: t.Mapping[str, str] | None) -> str | None:
    if found is None:
        return None
    where, container = found
    said = container.flag("kube-proxy-replacement") or (config or {}).get("kube-proxy-replacement", "")
    return where if said.strip().lower() in ("true", "strict") else None


def _kube_router(found: tuple[str, Container] | None) -> str | None:
    if found is None:
        return None
    where, container = found
    return where if container.flag("run-service-proxy", "true").lower() in _ON else None


def _is_metallb(container: Container) -> bool:
    return container.name in ("speaker", "metallb-speaker") and "metallb" in container.image


def _kube_vip(found: t.Sequence[tuple[str, Container]]) -> KubeVip | None:
    if not found:
        return None
    containers = [container for _where, container in found]
    return KubeVip(
        found[0][0],
        arp=any(container.is_on("vip_arp") or container.flag("arp").lower() in _ON for container in containers),
        ipvs=any(container.is_on("lb_enable") for container in containers),
    )


def _node_local_dns(found: tuple[str, Container] | None) -> NodeLocalDns | None:
    if found is None:
        return None
    where, container = found
    return NodeLocalDns(where, tuple(text.strip() for text in container.flag("localip").split(",") if text.strip()))


def _flannel(found: tuple[str, Container] | None, config: t.Mapping[str, str] | None) -> Flannel | None:
    if found is None:
        return None
    if config is None:
        return Flannel(found[0])
    try:
        network = json.loads(config.get("net-conf.json", ""))
    except ValueError:
        return Flannel(found[0])
    return Flannel(found[0], isinstance(network, dict) and network.get("EnableNFTables") is True)
