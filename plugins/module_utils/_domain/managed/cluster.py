# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""A managed cluster as the API shows it (OVHcloud API schema, cloud.kube.Cluster)."""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass

from .customization import Customization, Json


class Phase(enum.Enum):
    """What a status means to somebody who waits. The API has no task id: the status is the only sign of progress."""

    READY = "ready"
    TRANSIENT = "transient"
    FAILED = "failed"
    STOPPED = "stopped"


_PHASES = {
    "READY": Phase.READY,
    "ERROR": Phase.FAILED,
    "USER_ERROR": Phase.FAILED,
    "USER_QUOTA_ERROR": Phase.FAILED,
    "USER_WEBHOOK_PREVENTING_OPERATIONS_ERROR": Phase.FAILED,
    "SUSPENDED": Phase.STOPPED,
    "DELETED": Phase.STOPPED,
}

ADVICE = {
    "ERROR": "look at the cluster in the OVHcloud control panel and ask OVHcloud's support, with the cluster's id",
    "USER_ERROR": "the customer's own configuration stops OVHcloud's operation; see the control panel for what it is",
    "USER_QUOTA_ERROR": "the project's quota does not suffice; raise it in the control panel, then run again",
    "USER_WEBHOOK_PREVENTING_OPERATIONS_ERROR": "an admission webhook of yours blocks OVHcloud in kube-system; exclude "
    "that namespace from the webhook, then run again",
    "SUSPENDED": "the project is suspended; settle that in the OVHcloud control panel, then run again",
    "DELETED": "the cluster is gone",
}

# Read-only names of the API's object, in our words; what is not listed here is left out of results.
_RESULT_FIELDS = {
    "id": "id",
    "name": "name",
    "region": "region",
    "plan": "plan",
    "status": "status",
    "version": "version",
    "nextUpgradeVersions": "next_upgrade_versions",
    "isUpToDate": "is_up_to_date",
    "controlPlaneIsUpToDate": "control_plane_is_up_to_date",
    "kubeProxyMode": "kube_proxy_mode",
    "updatePolicy": "update_policy",
    "url": "url",
    "nodesUrl": "nodes_url",
    "privateNetworkId": "private_network_id",
    "nodesSubnetId": "nodes_subnet_id",
    "loadBalancersSubnetId": "load_balancers_subnet_id",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
}


@dataclass(frozen=True)
class Cluster:
    """One read of ``GET /cloud/project/{serviceName}/kube/{kubeId}``; unknown extra fields are tolerated."""

    raw: t.Mapping[str, t.Any]

    @property
    def id(self) -> str:
        return str(self.raw["id"])

    @property
    def name(self) -> str:
        return str(self.raw.get("name") or "")

    @property
    def region(self) -> str:
        return str(self.raw.get("region") or "")

    @property
    def status(self) -> str:
        return str(self.raw.get("status") or "UNKNOWN")

    @property
    def phase(self) -> Phase:
        """A status never heard of is transient: the API gained UPDATING that way, and clients that gave up broke."""
        return _PHASES.get(self.status, Phase.TRANSIENT)

    @property
    def mode(self) -> str | None:
        """The kube-proxy mode; nullable in the newest schema."""
        return self.raw.get("kubeProxyMode") or None

    @property
    def minor_version(self) -> str | None:
        """``1.34`` for ``1.34.1-0``: creation and reset take the minor version only."""
        parts = str(self.raw.get("version") or "").split(".")
        return ".".join(parts[:2]) if len(parts) > 1 else None

    @property
    def customization(self) -> Customization:
        return Customization.from_api(self.raw.get("customization"))

    def label(self) -> str:
        return f"cluster {self.name!r} ({self.id}, {self.region})"

    def without_kube_proxy(self) -> str | None:
        """Why this cluster has no kube-proxy to customize, or None.

        The API has no field for the CNI. The plan Standard runs Cilium, which replaces kube-proxy; a cilium
        customization tells the same, and so does a missing mode unless the plan is known to be free.
        """
        if self.raw.get("plan") == "standard":
            return "its plan is Standard, where Cilium replaces kube-proxy"
        if (self.raw.get("customization") or {}).get("cilium"):
            return "it has a cilium customization: Cilium replaces kube-proxy there"
        if self.mode is None and self.raw.get("plan") != "free":
            return "the API names no kube-proxy mode for it"
        return None

    def as_result(self) -> Json:
        result: Json = {ours: self.raw.get(api) for api, ours in _RESULT_FIELDS.items()}
        result["private_network_configuration"] = network_configuration_result(
            self.raw.get("privateNetworkConfiguration")
        )
        result["ip_allocation_policy"] = ip_allocation_result(self.raw.get("ipAllocationPolicy"))
        result["customization"] = self.customization.as_result()
        return result


def network_configuration_result(raw: Json | None) -> Json | None:
    if not raw:
        return None
    return {
        "default_vrack_gateway": raw.get("defaultVrackGateway"),
        "private_network_routing_as_default": raw.get("privateNetworkRoutingAsDefault"),
    }


def ip_allocation_result(raw: Json | None) -> Json | None:
    if not raw:
        return None
    return {"pods_ipv4_cidr": raw.get("podsIpv4Cidr"), "services_ipv4_cidr": raw.get("servicesIpv4Cidr")}
