# SPDX-License-Identifier: GPL-3.0-or-later

"""Which feature gates kube-proxy of a version takes, and what they are set to.

kube-proxy does not start with a gate that its version does not know, nor with a locked one set to the other value. It
knows every gate of Kubernetes of its version, also those that do nothing in it: installers give all components the
same ones. The table is :mod:`.feature_gate_table`.
"""

from __future__ import annotations

import difflib
import functools
import re
import typing as t

from . import feature_gate_table as table

Maturity = t.Literal["alpha", "beta", "ga", "deprecated", "removed"]


class Stage(t.NamedTuple):
    """What a gate is from a minor version on, until the next stage."""

    since: int
    maturity: Maturity
    default: bool = False
    locked: bool = False


_MATURITIES: t.Mapping[str, Maturity] = {"a": "alpha", "b": "beta", "g": "ga", "d": "deprecated", "-": "removed"}
_STAGE = re.compile(r"(?P<since>[0-9]+)(?P<maturity>[abgd-])(?P<on>\+?)(?P<locked>!?)")

#: Switch every gate of that maturity that is not named itself.
GROUPS: t.Mapping[str, Maturity] = {"AllAlpha": "alpha", "AllBeta": "beta"}


def _stage(text: str) -> Stage:
    found = _STAGE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return Stage(int(found["since"]), _MATURITIES[found["maturity"]], bool(found["on"]), bool(found["locked"]))


@functools.cache
def gates() -> t.Mapping[str, tuple[Stage, ...]]:
    """Every gate with its stages, from the first on."""
    return {name: tuple(map(_stage, stages)) for name, *stages in map(str.split, table.STAGES.strip().splitlines())}


def _needed(name: str, minor: int) -> tuple[str, ...]:
    """The gates that must be on where this one is, in that minor version."""
    return next((gates for since, gates in reversed(_needs().get(name, ())) if since <= minor), ())


@functools.cache
def _needs() -> t.Mapping[str, list[tuple[int, tuple[str, ...]]]]:
    found: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
    for name, since, *needed in map(str.split, table.NEEDS.strip().splitlines()):
        found.setdefault(name, []).append((int(since), tuple(needed)))
    return found


def stage(name: str, minor: int) -> Stage | None:
    """The gate's stage in that minor version; None when that version does not know it."""
    stages = [stage for stage in gates().get(name, ()) if stage.since <= max(minor, table.FIRST)]
    return stages[-1] if stages and stages[-1].maturity != "removed" else None


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
    """Whether it is a gate, or group of gates, of some version in the table."""
    return name in gates() or name in GROUPS


def objection(name: str, value: bool, minor: int) -> str | None:
    """Why kube-proxy of that minor version does not start with this gate set to this value; None when it does."""
    if name in GROUPS:
        return None
    now = stage(name, minor)
    if now is None:
        return f"{_unknown(name, minor)}, and kube-proxy does not start with a gate that it does not know: remove it"
    if now.locked and value != now.default:
        default = str(now.default).lower()
        return f"kube-proxy 1.{minor} has this feature gate locked to {default} and would not start: remove it"
    return None


def _unknown(name: str, minor: int) -> str:
    stages = gates().get(name)
    if stages is None:
        if minor > table.LAST:
            range_ = f"Kubernetes 1.{table.FIRST} to 1.{table.LAST}"
            return f"this collection knows the feature gates of {range_} and none of this name"
        close = difflib.get_close_matches(name, (each for each in gates() if stage(each, minor)), n=1, cutoff=0.8)
        hint = f" (did you mean {close[0]}?)" if close else ""
        return f"Kubernetes 1.{minor} has no feature gate of this name{hint}"
    if stages[0].since > minor:
        return f"kube-proxy 1.{minor} does not have this feature gate yet, it came with 1.{stages[0].since}"
    return f"kube-proxy 1.{minor} does not have this feature gate any more, it was removed in 1.{stages[-1].since}"


def combination_problem(given: t.Mapping[str, t.Any], minor: int) -> str | None:
    """Why kube-proxy of that minor version does not start with these gates together; None when it does.

    V21 (up to 1.22), and V22: Kubernetes checks from 1.35 on that what a gate needs is on too (not checked by 1.34.9,
    fatal in 1.36.2). A group can switch on what needs something that is off.
    """
    if minor <= 22 and enabled("IPv6DualStack", minor, given) and not enabled("EndpointSlice", minor, given):
        return "EndpointSlice must be on while IPv6DualStack is"
    unmet = [
        f"{name} needs {needed}"
        for name in _needs()
        if enabled(name, minor, given)
        for needed in _needed(name, minor)
        if not enabled(needed, minor, given)
    ]
    if not unmet:
        return None
    if given.get("AllAlpha") is True and given.get("AllBeta") is False:
        return f"AllBeta must not be off while AllAlpha is on: alpha feature gates need beta ones ({unmet[0]})"
    if minor > table.LAST:
        return None
    return f"kube-proxy 1.{minor} does not start while a feature gate is on and one that it needs is off: " + "; ".join(
        unmet
    )
