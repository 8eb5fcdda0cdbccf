# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""The words: which settings exist, how each is called in options and in the API, and which values it may take.

Options are snake_case; the OVHcloud API and kube-proxy's own configuration share the camelCase names.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

KUBE_PROXY_MODES = ("iptables", "ipvs")
# The API's own enumeration; kube-proxy itself knows more (wrr, wlc, lblc, ...), which the API refuses.
OVH_SCHEDULERS = ("dh", "lc", "nq", "rr", "sed", "sh")
ADMISSION_PLUGINS = ("AlwaysPullImages", "NodeRestriction")
UPDATE_POLICIES = ("ALWAYS_UPDATE", "MINIMAL_DOWNTIME", "NEVER_UPDATE")
WORKER_NODES_POLICIES = ("delete", "reinstall")
PLANS = ("free", "standard")


@dataclass(frozen=True)
class Setting:
    """One member of a kube-proxy section."""

    option: str
    api: str
    kind: t.Literal["duration", "scheduler"] = "duration"


_PERIODS = (Setting("min_sync_period", "minSyncPeriod"), Setting("sync_period", "syncPeriod"))

SECTIONS: t.Mapping[str, tuple[Setting, ...]] = {
    "iptables": _PERIODS,
    "ipvs": (
        *_PERIODS,
        Setting("scheduler", "scheduler", "scheduler"),
        Setting("tcp_timeout", "tcpTimeout"),
        Setting("tcp_fin_timeout", "tcpFinTimeout"),
        Setting("udp_timeout", "udpTimeout"),
    ),
}


def by_api_name(section: str, api: str) -> Setting | None:
    """The setting behind an API name; None for what the API knows and this collection does not (yet)."""
    return next((setting for setting in SECTIONS.get(section, ()) if setting.api == api), None)
