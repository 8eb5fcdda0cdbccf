# SPDX-License-Identifier: GPL-3.0-or-later

"""The desired state of a cluster: what a creation or a reset sends, and what a read-back has to show afterwards."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..common.problems import ValidationError
from .cluster import Cluster
from .customization import Customization
from .identifiers import NONE
from .network import IDS, IpAllocationPolicy, Network
from .request import CustomizationRequest, NetworkRequest


class Difference(t.NamedTuple):
    """An option in which a cluster is not as desired."""

    option: str
    current: t.Any
    desired: t.Any

    def __str__(self) -> str:
        return f"{self.option} is {self.current} instead of {self.desired}"


@dataclass(frozen=True)
class Desired:
    """The cluster as it should be; None for what is neither requested nor to be preserved.

    ``parts`` says which parts of the customization count (``kube_proxy``, ``api_server``).
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
    #: What of customization and network a read-back is judged by: only what a request names is its business, so that
    #: what somebody else sets beside it is no drift. None stands for all of it.
    request: CustomizationRequest | None = None
    network_request: NetworkRequest | None = None
    #: Options of the network that are to have no value; other ones without a value are left to the API.
    removed: tuple[str, ...] = ()

    def drift(self, cluster: Cluster) -> str | None:
        """How the cluster differs, in words; None when it does not."""
        return "; ".join(str(difference) for difference in self.differences(cluster)) or None

    def differences(self, cluster: Cluster) -> tuple[Difference, ...]:
        """How the cluster differs, option by option.

        Region, plan and address ranges do not count: nothing changes them after the creation.
        """
        different = [
            Difference(option, current, desired)
            for option, desired, current in self._comparisons(cluster)
            if desired is not None and desired != current
        ]
        different += [
            Difference(option, getattr(cluster.network, option), NONE)
            for option in self.removed
            if getattr(cluster.network, option)
        ]
        current = cluster.customization
        desired = self.customization
        if self.request is not None:
            named = self.request.applied_to(current)
            kube_proxy = desired.kube_proxy if self.request.kube_proxy is None else named.kube_proxy
            api_server = desired.api_server if self.request.api_server is None else named.api_server
            desired = Customization(kube_proxy, api_server)
        if "kube_proxy" in self.parts and current.kube_proxy != desired.kube_proxy:
            different.append(Difference("kube_proxy", current.kube_proxy.as_result(), desired.kube_proxy.as_result()))
        if "api_server" in self.parts and not current.api_server.holds(desired.api_server):
            different.append(Difference("api_server", current.api_server.as_result(), desired.api_server.as_result()))
        return tuple(different)

    def _comparisons(self, cluster: Cluster) -> t.Iterator[tuple[str, t.Any, t.Any]]:
        """Option, desired value, current value."""
        yield "kube_proxy_mode", self.mode, cluster.mode
        yield "name", self.name, cluster.name
        yield "version", self.minor_version, cluster.minor_version
        yield "update_policy", self.update_policy, cluster.update_policy
        network = self._network(cluster.network)
        if network is not None:
            # What is not on a private network is left to the API, which may fill it in.
            for option in IDS:
                yield option, getattr(network, option), getattr(cluster.network, option)
            desired, current = network.effective_configuration, cluster.network.effective_configuration
            yield (
                "private_network_configuration",
                desired.as_result() if desired else None,
                current.as_result() if current else None,
            )

    def _network(self, current: Network) -> Network | None:
        if self.network_request is None:
            return self.network
        try:
            return self.network_request.applied_to(current)
        except ValidationError:
            # What is there now has no room for the request: it is not in force.
            return self.network
