# SPDX-License-Identifier: GPL-3.0-or-later

"""What a configuration is right in itself, and wrong for all nodes of a cluster."""

from __future__ import annotations

import typing as t

from ..common.printable import printable
from ..kube_proxy.addresses import address, cidr, ip_family
from .program import Program


def fit_warnings(config: t.Mapping[str, t.Any], program: Program, nodes: int) -> list[str]:
    """Sentences without their full stops; ``nodes`` is how many nodes read this configuration."""
    return [*_one_name_for_all(config, program, nodes), *_families(config)]


def ip_families(config: t.Mapping[str, t.Any]) -> list[str]:
    """The IP families of the pods; none without a ``clusterCIDR``, which kube-proxy does not always need."""
    return sorted(_families_of_pods(config))


def _one_name_for_all(config: t.Mapping[str, t.Any], program: Program, nodes: int) -> t.Iterator[str]:
    name = config.get("hostnameOverride")
    # The flag counts more than the file, and kubeadm gives it with the name of each node.
    if name and nodes > 1 and not program.names_its_node:
        yield (
            f"hostnameOverride: {nodes} nodes read this configuration, and each takes itself for "
            f"{printable(str(name))}; kube-proxy then finds neither its node nor its local endpoints. Take it out, or "
            f"start kube-proxy with --hostname-override=$(NODE_NAME)"
        )


def _families(config: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """Addresses of a family that the pods do not have; kube-proxy skips them without an error."""
    pods = _families_of_pods(config)
    if not pods:
        return
    bind = address(str(config.get("bindAddress") or ""))
    named = [] if bind is None or bind.is_unspecified else [("bindAddress", str(bind), ip_family(bind))]
    ranges = config.get("nodePortAddresses")
    for text in ranges if isinstance(ranges, list) else []:
        network = cidr(str(text))
        if network is not None:
            named.append(("nodePortAddresses", str(text), ip_family(network.network_address)))
    others = " and ".join(sorted(pods))
    for key, text, family in named:
        if family not in pods:
            yield f"{key}: {text} is {family}, and clusterCIDR has {others} only; kube-proxy makes no use of it"


def _families_of_pods(config: t.Mapping[str, t.Any]) -> set[str]:
    found = [cidr(text.strip()) for text in str(config.get("clusterCIDR") or "").split(",")]
    return {ip_family(network.network_address) for network in found if network is not None}
