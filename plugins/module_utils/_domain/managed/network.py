# SPDX-License-Identifier: GPL-3.0-or-later

"""The network of a managed cluster, what combinations the API has room for, and which parts only a reset can change.

Source: OVHcloud API, ``cloud.kube``: the routes for changes of the private network's configuration and of the load
balancers' subnet are the only ones, so that every other part of the network takes a reset.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t
from dataclasses import dataclass, field

from ..common.json_types import Json
from ..common.printable import printable, quoted
from ..common.problems import Problem, ValidationError

#: The options of a network that are ids.
IDS = ("private_network_id", "nodes_subnet_id", "load_balancers_subnet_id")
#: API schema: the longest prefix of an address range of pods or services.
SMALLEST_RANGE = 16


@dataclass(frozen=True)
class NetworkConfiguration:
    """Gateway and routing of a private network; None where the API shows null. Nothing set counts as no configuration.

    ``other`` is what else the API holds, under its own names: it is sent back unchanged.
    """

    default_vrack_gateway: str | None = None
    private_network_routing_as_default: bool | None = None
    other: t.Mapping[str, t.Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self != NetworkConfiguration()

    def completed(self) -> NetworkConfiguration:
        """With the API's defaults (model ``PrivateNetworkConfiguration``) for what is not set."""
        return dataclasses.replace(
            self,
            default_vrack_gateway=self.default_vrack_gateway or "",
            private_network_routing_as_default=self.private_network_routing_as_default or False,
        )

    def as_result(self) -> Json:
        return {
            "default_vrack_gateway": self.default_vrack_gateway,
            "private_network_routing_as_default": self.private_network_routing_as_default,
        }


@dataclass(frozen=True)
class IpAllocationPolicy:
    """Address ranges of pods and services, fixed at creation; ``other`` as above."""

    pods_ipv4_cidr: str | None = None
    services_ipv4_cidr: str | None = None
    other: t.Mapping[str, t.Any] = field(default_factory=dict)

    def as_result(self) -> Json:
        return {"pods_ipv4_cidr": self.pods_ipv4_cidr, "services_ipv4_cidr": self.services_ipv4_cidr}


def ip_allocation_range(text: str) -> str:
    """An address range of pods or services (model ``IpAllocationPolicy``); ValueError for what the API refuses."""
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError as error:
        raise ValueError(f"{printable(str(error), 200)}; write an IPv4 network such as '10.240.0.0/13'") from None
    if network.prefixlen > SMALLEST_RANGE:
        raise ValueError(f"{quoted(text)} is too small; the API takes networks of /{SMALLEST_RANGE} or larger")
    return str(network)


@dataclass(frozen=True)
class Network:
    """The network that a cluster has or should have; all None is the public network."""

    private_network_id: str | None = None
    nodes_subnet_id: str | None = None
    load_balancers_subnet_id: str | None = None
    configuration: NetworkConfiguration | None = None

    @property
    def effective_configuration(self) -> NetworkConfiguration | None:
        """With the API's defaults, which it may show as null: to request a default is no change."""
        return (self.configuration or NetworkConfiguration()).completed() if self.private_network_id else None

    def check(self) -> None:
        """Raises ValidationError for combinations that the API has no room for."""
        problems = []
        if self.nodes_subnet_id and not self.private_network_id:
            problems.append(Problem("nodes_subnet_id", "needs private_network_id, the network that the subnet is in"))
        if self.load_balancers_subnet_id and not self.nodes_subnet_id:
            problems.append(Problem("load_balancers_subnet_id", "needs private_network_id and nodes_subnet_id as well"))
        if self.configuration and not self.private_network_id:
            problems.append(Problem("private_network_configuration", "needs private_network_id"))
        if problems:
            raise ValidationError(problems)

    def as_result(self) -> Json:
        return {
            "private_network_id": self.private_network_id,
            "nodes_subnet_id": self.nodes_subnet_id,
            "load_balancers_subnet_id": self.load_balancers_subnet_id,
            "private_network_configuration": self.configuration.as_result() if self.configuration else None,
        }

    def removed_in(self, desired: Network) -> tuple[str, ...]:
        """Options that have a value here and none in the desired network."""
        return tuple(option for option in IDS if getattr(self, option) and not getattr(desired, option))

    def changed_only_by_reset(self, desired: Network) -> list[str]:
        """Options in which the desired network differs and for which the API has no route but the reset."""
        return [
            option
            for option in ("private_network_id", "nodes_subnet_id")
            if getattr(self, option) != getattr(desired, option)
        ]
