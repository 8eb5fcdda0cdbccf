# SPDX-License-Identifier: GPL-3.0-or-later

"""The feature gates that change what kube-proxy does on Linux, per minor version.

kube-proxy does not start with a gate that its version does not know, nor with a locked one set to the other value. It
knows every gate of Kubernetes of its version; the others do nothing in it, and are not in this table. Where it is not
certain in which version a locked gate was removed, the table drops it early: nothing can be set with it.
"""

from __future__ import annotations

import typing as t


class Stage(t.NamedTuple):
    """What a gate is from a minor version on, until the next stage."""

    since: int
    maturity: str
    default: bool = False
    locked: bool = False


_ALPHA, _BETA, _GA, _DEPRECATED, _REMOVED = "alpha", "beta", "ga", "deprecated", "removed"

GATES: t.Mapping[str, tuple[Stage, ...]] = {
    "EndpointSlice": (Stage(16, _ALPHA), Stage(18, _BETA, True), Stage(21, _GA, True, True), Stage(25, _REMOVED)),
    "EndpointSliceProxying": (
        Stage(18, _ALPHA),
        Stage(19, _BETA, True),
        Stage(22, _GA, True, True),
        Stage(25, _REMOVED),
    ),
    "EndpointSliceTerminatingCondition": (
        Stage(20, _ALPHA),
        Stage(22, _BETA, True),
        Stage(26, _GA, True, True),
        Stage(28, _REMOVED),
    ),
    "IPv6DualStack": (Stage(15, _ALPHA), Stage(21, _BETA, True), Stage(23, _GA, True, True), Stage(25, _REMOVED)),
    "KubeProxyDrainingTerminatingNodes": (
        Stage(28, _ALPHA),
        Stage(30, _BETA, True),
        Stage(31, _GA, True, True),
        Stage(33, _REMOVED),
    ),
    "KubeProxyIPVS": (
        Stage(37, _DEPRECATED, True),
        Stage(40, _DEPRECATED),
        Stage(43, _DEPRECATED, False, True),
        Stage(46, _REMOVED),
    ),
    "KubeProxyNFTablesLocalhostNodePorts": (Stage(37, _ALPHA), Stage(38, _BETA, True)),
    "MinimizeIPTablesRestore": (
        Stage(26, _ALPHA),
        Stage(27, _BETA, True),
        Stage(28, _GA, True, True),
        Stage(30, _REMOVED),
    ),
    "LoadBalancerIPMode": (
        Stage(29, _ALPHA),
        Stage(30, _BETA, True),
        Stage(32, _GA, True, True),
        Stage(35, _REMOVED),
    ),
    "NFTablesProxyMode": (
        Stage(29, _ALPHA),
        Stage(31, _BETA, True),
        Stage(33, _GA, True, True),
        # Still known to 1.36.2.
        Stage(37, _REMOVED),
    ),
    "PreferSameTrafficDistribution": (Stage(33, _ALPHA), Stage(34, _BETA, True), Stage(35, _GA, True, True)),
    "ProxyTerminatingEndpoints": (
        Stage(22, _ALPHA),
        Stage(26, _BETA, True),
        Stage(28, _GA, True, True),
        Stage(30, _REMOVED),
    ),
    "ServiceInternalTrafficPolicy": (
        Stage(21, _ALPHA),
        Stage(22, _BETA, True),
        Stage(26, _GA, True, True),
        Stage(28, _REMOVED),
    ),
    "ServiceTopology": (Stage(17, _ALPHA), Stage(22, _REMOVED)),
    "ServiceTrafficDistribution": (
        Stage(30, _ALPHA),
        Stage(31, _BETA, True),
        Stage(33, _GA, True, True),
        Stage(36, _REMOVED),
    ),
    "TopologyAwareHints": (
        Stage(21, _ALPHA),
        Stage(23, _BETA),
        Stage(24, _BETA, True),
        Stage(33, _GA, True, True),
        Stage(36, _REMOVED),
    ),
    "LoggingAlphaOptions": (Stage(24, _ALPHA),),
    "LoggingBetaOptions": (Stage(24, _BETA, True),),
    "ContextualLogging": (Stage(24, _ALPHA), Stage(30, _BETA, True)),
}

#: Switch every gate of that maturity that is not named itself.
GROUPS: t.Mapping[str, str] = {"AllAlpha": _ALPHA, "AllBeta": _BETA}


def stage(name: str, minor: int) -> Stage | None:
    """The gate's stage in that minor version; None when that version does not know it."""
    stages = [stage for stage in GATES.get(name, ()) if stage.since <= minor]
    return stages[-1] if stages and stages[-1].maturity != _REMOVED else None


def enabled(name: str, minor: int, given: t.Mapping[str, t.Any]) -> bool:
    """Whether the gate is on in that minor version, with what the configuration says about it and about its group."""
    now = stage(name, minor)
    if now is None:
        return False
    if now.locked:
        return now.default
    for key in (name, *(group for group, maturity in GROUPS.items() if maturity == now.maturity)):
        if isinstance(given.get(key), bool):
            return bool(given[key])
    return now.default


def is_known(name: str) -> bool:
    """Whether the gate, or group of gates, is one of this table's, in whichever version."""
    return name in GATES or name in GROUPS


def objection(name: str, value: bool, minor: int) -> str | None:
    """Why kube-proxy of that minor version does not start with this gate set to this value; None when it does."""
    if name in GROUPS:
        return None
    now = stage(name, minor)
    if now is None:
        if name not in GATES:
            return (
                "is not a feature gate of kube-proxy that this collection knows; gates of other components have no "
                "effect on it, and it does not start with one that its version does not know: remove it"
            )
        known = [each for each in sorted(GATES) if stage(each, minor)]
        return f"kube-proxy 1.{minor} does not know this feature gate and would not start; it knows {', '.join(known)}"
    if now.locked and value != now.default:
        return f"kube-proxy 1.{minor} has this feature gate locked to {str(now.default).lower()}; remove it"
    return None


def combination_problem(given: t.Mapping[str, t.Any], minor: int) -> str | None:
    """Why kube-proxy of that minor version does not start with these gates together; None when it does.

    V21 (up to 1.22), and V22: Kubernetes checks from 1.35 on that what a gate depends on is enabled too, and some alpha
    gates depend on beta ones (not checked by 1.34.9, fatal in 1.36.2).
    """
    if minor <= 22 and enabled("IPv6DualStack", minor, given) and not enabled("EndpointSlice", minor, given):
        return "EndpointSlice must be on while IPv6DualStack is"
    if minor >= 35 and given.get("AllAlpha") is True and given.get("AllBeta") is False:
        return "AllBeta must not be off while AllAlpha is on: alpha feature gates depend on beta ones"
    return None
