# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""What a read-back has to show before a change counts as done."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .cluster import Cluster, network_configuration_result
from .customization import Customization, CustomizationRequest
from .network import Network


@dataclass(frozen=True)
class Desired:
    """The cluster as it shall be; None for what was neither asked for nor has to be preserved.

    ``parts`` says which parts of the customization count, so that somebody else's change to another is not held
    against this one.
    """

    customization: Customization
    parts: CustomizationRequest
    network: Network | None = None
    mode: str | None = None
    update_policy: str | None = None
    name: str | None = None
    minor_version: str | None = None

    def drift(self, cluster: Cluster) -> str | None:
        """How the cluster differs, in words; None when it does not."""
        parts = []
        shown: dict[str, tuple[t.Any, t.Any]] = {
            "kube_proxy_mode": (self.mode, cluster.mode),
            "name": (self.name, cluster.name),
            "version": (self.minor_version, cluster.minor_version),
            "update_policy": (self.update_policy, cluster.raw.get("updatePolicy")),
        }
        if self.network is not None:
            current = Network.of(cluster)
            # What is not on a private network is left to the API, which may fill it in.
            for option in ("private_network_id", "nodes_subnet_id", "load_balancers_subnet_id"):
                shown[option] = (getattr(self.network, option), getattr(current, option))
            shown["private_network_configuration"] = (
                network_configuration_result(self.network.effective_configuration),
                network_configuration_result(current.effective_configuration),
            )
        for option, (wanted, actual) in shown.items():
            if wanted is not None and wanted != actual:
                parts.append(f"{option} is {actual} instead of {wanted}")
        due, is_now = self.customization, cluster.customization
        if self.parts.kube_proxy is not None and is_now.kube_proxy != due.kube_proxy:
            parts.append(f"kube_proxy is {is_now.kube_proxy.as_result()} instead of {due.kube_proxy.as_result()}")
        if self.parts.api_server is not None and not is_now.api_server.holds(due.api_server):
            parts.append(f"api_server is {is_now.api_server.as_result()} instead of {due.api_server.as_result()}")
        return "; ".join(parts) or None
