# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""The result of an operation, before a shell gives it to Ansible."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._domain.managed.cluster import Cluster
from ..._domain.managed.customization import Customization, Json


@dataclass(frozen=True)
class Report:
    changed: bool
    #: ``before`` and ``after``, as objects or as text, and headers for the latter; several make a list
    diff: dict[str, t.Any] | list[dict[str, t.Any]] | None = None
    facts: dict[str, t.Any] = field(default_factory=dict)


def cluster_facts(cluster: Cluster, customization: Customization | None = None) -> Json:
    """What every operation on one cluster returns; the customization given instead is one not in force yet."""
    return {
        "kube_id": cluster.id,
        "name": cluster.name,
        "region": cluster.region,
        "status": cluster.status,
        "kube_proxy_mode": cluster.mode,
        "customization": (customization or cluster.customization).as_result(),
    }
