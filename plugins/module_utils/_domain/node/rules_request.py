# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do with the rules of other modes on a node: the options of kube_proxy_node_rules, checked."""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass

from ..common.blank import given
from ..common.option_reader import OptionReader
from ..common.problems import Problem
from ..kube_proxy.addresses import Endpoint
from ..kube_proxy.versions import KubeProxyVersion
from .request import metrics_endpoint

STATES = ("clean", "frozen", "absent")
#: Seconds. A copy that lives for less is gone before a slow node has its new rules.
LIFETIME = 300
SHORTEST_LIFETIME, LONGEST_LIFETIME = 10, 3600
LONGEST_DRAIN = 86_400.0

_NEEDED = {"clean": "mode", "frozen": "former_mode"}
_FOR_WHAT = {
    "mode": "the mode that kube-proxy runs in, so that what the others left can be removed",
    "former_mode": "the mode whose rules are copied",
}


@dataclass(frozen=True)
class RulesRequest:
    """``mode`` is set for the state clean, ``former_mode`` for frozen; times are in seconds."""

    state: str
    mode: str
    former_mode: str
    lifetime: int
    drain_timeout: float
    kubelet: KubeProxyVersion | None
    metrics: Endpoint

    @property
    def kubelet_since_1_28(self) -> bool:
        """Whether the kubelet is known not to own nat KUBE-MARK-MASQ and its like."""
        return self.kubelet is not None and self.kubelet.at_least(28)


def lifetimes(lifetime: int, drain_timeout: float) -> dict[str, int]:
    """Seconds that a copy of each mode has to live: one of ipvs is in place while connections end, too."""
    draining = math.ceil(min(LONGEST_DRAIN, max(0.0, drain_timeout)))
    return {"iptables": lifetime, "ipvs": lifetime + draining, "nftables": lifetime}


def rules_request(params: t.Mapping[str, t.Any]) -> RulesRequest:
    """Read the options; blank ones count as not given. Raises ValidationError with every problem."""
    read = OptionReader()
    state = given(params["state"], STATES[0])

    needed = _NEEDED.get(state)
    if needed is not None and given(params[needed]) is None:
        read.problems.append(Problem(needed, f"missing; state {state} needs {_FOR_WHAT[needed]}"))
    lifetime, drain = params["lifetime"], params["drain_timeout"]
    if not SHORTEST_LIFETIME <= lifetime <= LONGEST_LIFETIME:
        read.problems.append(
            Problem(
                "lifetime",
                f"{lifetime} is not a number of seconds from {SHORTEST_LIFETIME} to {LONGEST_LIFETIME}: a copy must "
                f"live until the new rules are there, and knows nothing of what changes meanwhile",
            )
        )
    if not 0 <= drain <= LONGEST_DRAIN or math.isnan(drain):
        read.problems.append(
            Problem("drain_timeout", f"{drain} is not a number of seconds from 0 to {LONGEST_DRAIN:g}")
        )
    elif state == "frozen" and given(params["former_mode"]) == "ipvs" and drain >= lifetime:
        read.problems.append(
            Problem(
                "lifetime",
                f"{lifetime} is not longer than drain_timeout ({drain:g}), so that the copy would be gone before "
                f"kube-proxy starts in its new mode",
            )
        )
    request = RulesRequest(
        state=state,
        mode=given(params["mode"], ""),
        former_mode=given(params["former_mode"], ""),
        lifetime=lifetime,
        drain_timeout=drain,
        kubelet=read("kubelet_version", params["kubelet_version"], KubeProxyVersion.parse),
        metrics=metrics_endpoint(params, read),
    )
    read.check()
    return request
