# SPDX-License-Identifier: GPL-3.0-or-later

"""A managed cluster as it was read, in the collection's names, and what its status means.

Source: OVHcloud API, model ``cloud.kube.Cluster`` and its enumeration of statuses. The names of the API's fields are
known to ``_adapters/ovh/convert.py`` only.
"""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass, field

from ..common.json_types import Json
from ..common.printable import printable
from .customization import Customization
from .network import IpAllocationPolicy, Network


class Phase(enum.Enum):
    """What a status means while a run waits. The API has no task id: the status is the only sign of progress."""

    READY = "ready"
    TRANSIENT = "transient"
    FAILED = "failed"
    STOPPED = "stopped"


#: Characters of a name or an id in a message.
_SHOWN = 100

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


@dataclass(frozen=True)
class Cluster:
    """One read of a cluster; None is what the API shows as null or leaves out. Times are text, as the API writes them.

    ``version`` is the whole one (``1.34.1-0``), ``mode`` the kube-proxy mode, nullable in the newest schema.
    """

    id: str
    name: str = ""
    region: str = ""
    status: str = "UNKNOWN"
    version: str | None = None
    plan: str | None = None
    mode: str | None = None
    update_policy: str | None = None
    network: Network = field(default_factory=Network)
    ip_allocation_policy: IpAllocationPolicy | None = None
    customization: Customization = field(default_factory=Customization)
    next_upgrade_versions: t.Sequence[str] | None = None
    is_up_to_date: bool | None = None
    control_plane_is_up_to_date: bool | None = None
    url: str | None = None
    nodes_url: str | None = None
    created_at: str | None = None
    updated_at: str | None = None

    @property
    def phase(self) -> Phase:
        """An unknown status is transient: the API gained UPDATING that way, and clients that gave up broke."""
        return _PHASES.get(self.status, Phase.TRANSIENT)

    @property
    def minor_version(self) -> str | None:
        """``1.34`` for ``1.34.1-0``: creation and reset take the minor version only."""
        parts = (self.version or "").split(".")
        return ".".join(parts[:2]) if len(parts) > 1 else None

    def label(self) -> str:
        """How messages name the cluster."""
        name, kube_id, region = (printable(text, _SHOWN) for text in (repr(self.name), self.id, self.region))
        return f"cluster {name} ({kube_id}, {region})"

    def without_kube_proxy(self) -> str | None:
        """Why this cluster has no kube-proxy to customize, or None.

        The API has no field for the CNI. The plan Standard runs Cilium, which replaces kube-proxy. A customization of
        cilium says the same, and so does a missing mode unless the plan is known to be free.
        """
        if self.plan == "standard":
            return "its plan is Standard, where Cilium replaces kube-proxy"
        if self.customization.other.get("cilium"):
            return "it has a cilium customization: Cilium replaces kube-proxy there"
        if self.mode is None and self.plan != "free":
            return "the API names no kube-proxy mode for it"
        return None

    def as_result(self) -> Json:
        configuration = self.network.configuration
        return {
            "id": self.id,
            "name": self.name,
            "region": self.region,
            "plan": self.plan,
            "status": self.status,
            "version": self.version,
            "next_upgrade_versions": self.next_upgrade_versions,
            "is_up_to_date": self.is_up_to_date,
            "control_plane_is_up_to_date": self.control_plane_is_up_to_date,
            "kube_proxy_mode": self.mode,
            "update_policy": self.update_policy,
            "url": self.url,
            "nodes_url": self.nodes_url,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            **self.network.as_result(),
            # Null members are shown as such: this is what the API has, and not what a change would do.
            "private_network_configuration": None if configuration is None else configuration.as_result(),
            "ip_allocation_policy": self.ip_allocation_policy.as_result() if self.ip_allocation_policy else None,
            "customization": self.customization.as_result(),
        }
