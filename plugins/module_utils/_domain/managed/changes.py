# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes that a cluster takes while it keeps running: each is one request with a route of its own."""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass

from ..common.json_types import Json
from .customization import AdmissionPlugins, KubeProxySettings
from .network import NetworkConfiguration


class ChangeKind(enum.Enum):
    """What is changed, and whether the API then works on it for a while (status) or is done with the answer."""

    CUSTOMIZATION = ("customization", True)
    NETWORK_CONFIGURATION = ("private_network_configuration", True)
    LOAD_BALANCERS_SUBNET = ("load_balancers_subnet_id", True)
    IP_RESTRICTIONS = ("ip_restrictions", True)
    OPEN_ID_CONNECT = ("open_id_connect", True)
    UPDATE_POLICY = ("update_policy", False)

    @property
    def label(self) -> str:
        """How results and messages name it; the option, where there is one."""
        return self.value[0]

    @property
    def waits(self) -> bool:
        return self.value[1]


@dataclass(frozen=True)
class Change:
    """One request that needs no reset, with desired values; the converter makes its body."""

    kind: t.ClassVar[ChangeKind]


@dataclass(frozen=True)
class CustomizationChange(Change):
    """The parts that change, each whole: the API keeps a part that is left out, and replaces one that is sent."""

    kind = ChangeKind.CUSTOMIZATION
    kube_proxy: KubeProxySettings | None
    api_server: AdmissionPlugins | None


@dataclass(frozen=True)
class NetworkConfigurationChange(Change):
    kind = ChangeKind.NETWORK_CONFIGURATION
    configuration: NetworkConfiguration


@dataclass(frozen=True)
class LoadBalancersSubnetChange(Change):
    kind = ChangeKind.LOAD_BALANCERS_SUBNET
    subnet_id: str | None


@dataclass(frozen=True)
class IpRestrictionsChange(Change):
    """Address blocks in normal form; none opens the API server to every address."""

    kind = ChangeKind.IP_RESTRICTIONS
    blocks: tuple[str, ...]


@dataclass(frozen=True)
class OpenIdConnectChange(Change):
    """Settings as the API showed them, under its own names: they are sent back unchanged."""

    kind = ChangeKind.OPEN_ID_CONNECT
    settings: Json


@dataclass(frozen=True)
class UpdatePolicyChange(Change):
    kind = ChangeKind.UPDATE_POLICY
    policy: str
