# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Changes that a cluster takes while it keeps running: each is one request of its own."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from .cluster import Cluster
from .customization import CustomizationRequest, Json
from .customization_plan import plan_customization
from .desired import Desired
from .network import Network


class ChangeKind(enum.Enum):
    """Where a change is sent; whether the API then works on it for a while (status) or is done with the answer."""

    CUSTOMIZATION = ("customization", True)
    NETWORK_CONFIGURATION = ("private_network_configuration", True)
    LOAD_BALANCERS_SUBNET = ("load_balancers_subnet_id", True)
    IP_RESTRICTIONS = ("ip_restrictions", True)
    OPEN_ID_CONNECT = ("open_id_connect", True)
    UPDATE_POLICY = ("update_policy", False)

    @property
    def waits(self) -> bool:
        return self.value[1]


@dataclass(frozen=True)
class Change:
    """One request that needs no reset."""

    kind: ChangeKind
    body: Json

    def as_result(self) -> Json:
        return {"change": self.kind.value[0], "body": self.body}


@dataclass(frozen=True)
class InPlace:
    """Changes of one cluster, what has to be read back after them, and what they show in the diff."""

    changes: tuple[Change, ...]
    desired: Desired
    before: Json
    after: Json
    warnings: tuple[str, ...] = ()


def plan_in_place(
    cluster: Cluster, request: CustomizationRequest, network: Network, update_policy: str | None = None
) -> InPlace:
    """What of customization, network and update policy differs and can be changed without a reset.

    Raises what plan_customization raises.
    """
    changes: list[Change] = []
    before: Json = {}
    after: Json = {}
    warnings: tuple[str, ...] = ()
    if request:
        plan = plan_customization(cluster, request)
        shown = plan.diff()
        before.update(shown["before"])
        after.update(shown["after"])
        warnings = plan.warnings
        if plan.body is not None:
            changes.append(Change(ChangeKind.CUSTOMIZATION, plan.body))
    current = Network.of(cluster)
    before.update(current.as_result())
    after.update(network.as_result())
    if network.effective_configuration != current.effective_configuration and network.configuration:
        changes.append(Change(ChangeKind.NETWORK_CONFIGURATION, network.configuration))
    if network.load_balancers_subnet_id != current.load_balancers_subnet_id:
        changes.append(
            Change(ChangeKind.LOAD_BALANCERS_SUBNET, {"loadBalancersSubnetId": network.load_balancers_subnet_id})
        )
    policy = cluster.raw.get("updatePolicy")
    before["update_policy"] = policy
    after["update_policy"] = update_policy or policy
    if update_policy and update_policy != policy:
        changes.append(Change(ChangeKind.UPDATE_POLICY, {"updatePolicy": update_policy}))
    desired = Desired(request.applied_to(cluster.customization), request, network, update_policy=update_policy)
    return InPlace(tuple(changes), desired, before, after, warnings)
