# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""The network part of a cluster: option names, API names, and which of them only a reset can change."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..common.problems import Problem, ValidationError
from .cluster import Cluster, network_configuration_result
from .customization import Json


@dataclass(frozen=True)
class NetworkRequest:
    """What was asked for; None is 'not mentioned'."""

    private_network_id: str | None = None
    nodes_subnet_id: str | None = None
    load_balancers_subnet_id: str | None = None
    default_vrack_gateway: str | None = None
    private_network_routing_as_default: bool | None = None

    @classmethod
    def from_options(cls, options: Json) -> NetworkRequest:
        configuration = options.get("private_network_configuration") or {}
        return cls(
            options.get("private_network_id") or None,
            options.get("nodes_subnet_id") or None,
            options.get("load_balancers_subnet_id") or None,
            configuration.get("default_vrack_gateway"),
            configuration.get("private_network_routing_as_default"),
        )

    def applied_to(self, current: Network) -> Network:
        """The network that fulfils the wish; raises ValidationError for combinations the API has no room for."""
        configuration = current.configuration
        if self.default_vrack_gateway is not None or self.private_network_routing_as_default is not None:
            configuration = {**DEFAULT_CONFIGURATION, **(configuration or {})}
            if self.default_vrack_gateway is not None:
                configuration["defaultVrackGateway"] = self.default_vrack_gateway
            if self.private_network_routing_as_default is not None:
                configuration["privateNetworkRoutingAsDefault"] = self.private_network_routing_as_default
        network = Network(
            self.private_network_id or current.private_network_id,
            self.nodes_subnet_id or current.nodes_subnet_id,
            self.load_balancers_subnet_id or current.load_balancers_subnet_id,
            configuration,
        )
        network.check()
        return network


NO_NETWORK_REQUEST = NetworkRequest()

DEFAULT_CONFIGURATION: Json = {"defaultVrackGateway": "", "privateNetworkRoutingAsDefault": False}


@dataclass(frozen=True)
class Network:
    """The network a cluster has or shall have; all None is the public network."""

    private_network_id: str | None = None
    nodes_subnet_id: str | None = None
    load_balancers_subnet_id: str | None = None
    configuration: Json | None = None

    @classmethod
    def of(cls, cluster: Cluster) -> Network:
        raw = cluster.raw
        return cls(
            raw.get("privateNetworkId") or None,
            raw.get("nodesSubnetId") or None,
            raw.get("loadBalancersSubnetId") or None,
            {k: v for k, v in (raw.get("privateNetworkConfiguration") or {}).items() if v is not None} or None,
        )

    @property
    def effective_configuration(self) -> Json | None:
        """With the API's defaults, which it may show as null: asking for a default is no change."""
        return {**DEFAULT_CONFIGURATION, **(self.configuration or {})} if self.private_network_id else None

    def check(self) -> None:
        problems = []
        if self.nodes_subnet_id and not self.private_network_id:
            problems.append(Problem("nodes_subnet_id", "needs private_network_id, the network that the subnet is in"))
        if self.load_balancers_subnet_id and not self.nodes_subnet_id:
            problems.append(Problem("load_balancers_subnet_id", "needs private_network_id and nodes_subnet_id as well"))
        if self.configuration and not self.private_network_id:
            problems.append(Problem("private_network_configuration", "needs private_network_id"))
        if problems:
            raise ValidationError(problems)

    def to_api(self) -> Json:
        body: dict[str, t.Any] = {
            "privateNetworkId": self.private_network_id,
            "nodesSubnetId": self.nodes_subnet_id,
            "loadBalancersSubnetId": self.load_balancers_subnet_id,
            "privateNetworkConfiguration": self.configuration,
        }
        return {key: value for key, value in body.items() if value is not None}

    def as_result(self) -> Json:
        return {
            "private_network_id": self.private_network_id,
            "nodes_subnet_id": self.nodes_subnet_id,
            "load_balancers_subnet_id": self.load_balancers_subnet_id,
            "private_network_configuration": network_configuration_result(self.configuration),
        }

    def only_by_reset(self, other: Network) -> list[str]:
        """Options in which the other network differs and for which the API has no route but the reset."""
        return [
            option
            for option in ("private_network_id", "nodes_subnet_id")
            if getattr(self, option) != getattr(other, option)
        ]
