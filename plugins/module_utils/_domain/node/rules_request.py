# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do with the rules of other modes on a node: the options of kube_proxy_node_rules, checked."""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass

from ..common.blank import given
from ..common.problems import Problem, ValidationError
from ..kube_proxy.addresses import Endpoint
from ..kube_proxy.defaults import METRICS_PORT
from ..kube_proxy.versions import KubeProxyVersion
from .request import METRICS_ADDRESS

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


def rules_request(params: t.Mapping[str, t.Any]) -> RulesRequest:
    """Read the options; blank ones count as not given. Raises ValidationError with every problem."""
    problems: list[Problem] = []
    state = given(params["state"], STATES[0])

    def read(option: str, reader: t.Callable[[str], t.Any], default: str | None = None) -> t.Any:
        text = given(params[option], default)
        try:
            return None if text is None else reader(text)
        except ValueError as error:
            problems.append(Problem(option, str(error)))

    needed = _NEEDED.get(state)
    if needed is not None and given(params[needed]) is None:
        problems.append(Problem(needed, f"missing; state {state} needs {_FOR_WHAT[needed]}"))
    lifetime, drain = params["lifetime"], params["drain_timeout"]
    if not SHORTEST_LIFETIME <= lifetime <= LONGEST_LIFETIME:
        problems.append(
            Problem(
                "lifetime",
                f"{lifetime} is not a number of seconds from {SHORTEST_LIFETIME} to {LONGEST_LIFETIME}: a copy must "
                f"live until the new rules are there, and knows nothing of what changes meanwhile",
            )
        )
    if not 0 <= drain <= LONGEST_DRAIN or math.isnan(drain):
        problems.append(Problem("drain_timeout", f"{drain} is not a number of seconds from 0 to {LONGEST_DRAIN:g}"))
    request = RulesRequest(
        state=state,
        mode=given(params["mode"], ""),
        former_mode=given(params["former_mode"], ""),
        lifetime=lifetime,
        drain_timeout=drain,
        kubelet=read("kubelet_version", KubeProxyVersion.parse),
        metrics=read("metrics_address", lambda text: Endpoint.parse(text, METRICS_PORT), METRICS_ADDRESS),
    )
    if problems:
        raise ValidationError(problems)
    return request
