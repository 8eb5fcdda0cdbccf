# SPDX-License-Identifier: GPL-3.0-or-later

"""The desired state of a cluster: what a creation or a reset sends, and what a read-back has to show afterwards."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .cluster import Cluster
from .customization import Customization
from .network import IpAllocationPolicy, Network


@dataclass(frozen=True)
class Desired:
    """The cluster as it should be; None for what is neither requested nor to be preserved.

    ``parts`` says which parts of the customization count (``kube_proxy``, ``api_server``), so that a change that
    somebody else makes to the other part is no drift.
    """

    customization: Customization
    parts: tuple[str, ...] = ("kube_proxy", "api_server")
    network: Network | None = None
    mode: str | None = None
    update_policy: str | None = None
    name: str | None = None
    minor_version: str | None = None
    region: str | None = None
    plan: str | None = None
    ip_allocation_policy: IpAllocationPolicy | None = None

    def drift(self, cluster: Cluster) -> str | None:
        """How the cluster differs, in words; None when it does not.

        Region, plan and address ranges do not count: nothing changes them after the creation.
        """
        differences = [
            f"{option} is {current} instead of {desired}"
            for option, desired, current in self._comparisons(cluster)
            if desired is not None and desired != current
        ]
        desired, current = self.customization, cluster.customization
        if "kube_proxy" in self.parts and current.kube_proxy != desired.kube_proxy:
            differences.append(
                f"kube_proxy is {current.kube_proxy.as_result()} instead of {desired.kube_proxy.as_result()}"
            )
        if "api_server" in self.parts and not current.api_server.holds(desired.api_server):
            differences.append(
                f"api_server is {current.api_server.as_result()} instead of {desired.api_server.as_result()}"
            )
        return "; ".join(differences) or None

    def _comparisons(self, cluster: Cluster) -> t.Iterator[tuple[str, t.Any, t.Any]]:
        """Option, desired value, current value."""
        yield "kube_proxy_mode", self.mode, cluster.mode
        yield "name", self.name, cluster.name
        yield "version", self.minor_version, cluster.minor_version
        yield "update_policy", self.update_policy, cluster.update_policy
        if self.network is not None:
            # What is not on a private network is left to the API, which may fill it in.
            for option in ("private_network_id", "nodes_subnet_id", "load_balancers_subnet_id"):
                yield option, getattr(self.network, option), getattr(cluster.network, option)
            desired, current = self.network.effective_configuration, cluster.network.effective_configuration
            yield (
                "private_network_configuration",
                desired.as_result() if desired else None,
                current.as_result() if current else None,
            )
