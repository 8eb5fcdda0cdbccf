# SPDX-License-Identifier: GPL-3.0-or-later

"""What OVHcloud's API offers of kube-proxy's settings, and where it is stricter than kube-proxy itself.

An overlay on :mod:`..kube_proxy.settings`: the fields, their defaults and kube-proxy's own rules come from there.
Source: OVHcloud API schema, ``cloud.kube`` (models ``Customization``, ``KubeProxyModeEnum``, ``IpvsSchedulerEnum``).
"""

from __future__ import annotations

import typing as t

from ..common.duration import SECOND, Duration
from ..kube_proxy.settings import SECTION_OPTIONS, Field

MODES = ("iptables", "ipvs")
#: The API's own enumeration; kube-proxy itself knows more (wrr, wlc, lblc, ...), which the API refuses.
SCHEDULERS = ("dh", "lc", "nq", "rr", "sed", "sh")
ADMISSION_PLUGINS = ("AlwaysPullImages", "NodeRestriction")
UPDATE_POLICIES = ("ALWAYS_UPDATE", "MINIMAL_DOWNTIME", "NEVER_UPDATE")
WORKER_NODES_POLICIES = ("delete", "reinstall")
PLANS = ("free", "standard")

_OFFERED = {
    "iptables": ("min_sync_period", "sync_period"),
    "ipvs": ("min_sync_period", "sync_period", "scheduler", "tcp_timeout", "tcp_fin_timeout", "udp_timeout"),
}

#: The fields that the API offers, by section, in the order of the documentation.
SECTIONS: t.Mapping[str, tuple[Field, ...]] = {
    section: tuple(next(field for field in SECTION_OPTIONS[section] if field.option == option) for option in options)
    for section, options in _OFFERED.items()
}

#: API schema: an idle TCP session may not be dropped sooner, as in-cluster networking would suffer.
SHORTEST_TCP_TIMEOUT = Duration(5 * SECOND)


#: What the documentation adds to the text of a field, where the API is stricter.
NOTES: t.Mapping[tuple[str, str], tuple[str, ...]] = {
    ("ipvs", "tcp_timeout"): ("The API refuses values above 0 and below 5 seconds.",),
}


def by_option(section: str, option: str) -> Field | None:
    """The field behind an option; None for a member that the API has and this collection does not (yet)."""
    return next((field for field in SECTIONS.get(section, ()) if field.option == option), None)


def by_api_name(section: str, api: str) -> Field | None:
    """The field behind an API name, which is also the name in kube-proxy's own configuration; None as above."""
    return next((field for field in SECTIONS.get(section, ()) if field.api == api), None)
