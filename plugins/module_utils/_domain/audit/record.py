# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit knows of one cluster: one row of its report."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from ..common.json_types import Json
from .differences import Difference

World = t.Literal["managed", "self_hosted"]
#: In the order in which somebody has to look at them.
STATES = ("unreadable", "drifted", "unchecked", "in_order", "no_kube_proxy")


@dataclass(frozen=True)
class Sync:
    """How long kube-proxy takes to write its rules, in seconds, on the slowest node."""

    mean: float
    p99: float


@dataclass(frozen=True)
class Node:
    """kube-proxy on one node; None is what nobody knows.

    ``leftovers`` are what other modes have left in the kernel, ``error`` is why the node itself was not read.
    """

    name: str
    mode: str | None = None
    ready: bool | None = None
    up_to_date: bool | None = None
    sync: Sync | None = None
    leftovers: tuple[str, ...] | None = None
    error: str | None = None


@dataclass(frozen=True)
class Record:
    """One cluster; None is what is not known, or does not exist in its world.

    ``desired`` is whether the variables say what it should be, ``drift`` how it differs from that, or what runs from
    what is configured, in sentences. ``error`` is why it could not be read, ``without`` why it has no kube-proxy.
    """

    world: World
    name: str
    host: str
    kube_id: str | None = None
    region: str | None = None
    status: str | None = None
    plan: str | None = None
    version: str | None = None
    up_to_date: bool | None = None
    mode: str | None = None
    desired_mode: str | None = None
    desired: bool = False
    effective: t.Mapping[str, t.Any] | None = None
    drift: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    migration: str | None = None
    deprecation: str | None = None
    services: int | None = None
    nodes: tuple[Node, ...] = ()
    without: str | None = None
    error: str | None = None

    @property
    def state(self) -> str:
        """One of STATES."""
        if self.error is not None:
            return "unreadable"
        if self.without is not None:
            return "no_kube_proxy"
        if self.drift:
            return "drifted"
        return "in_order" if self.desired else "unchecked"

    @property
    def other_mode(self) -> bool:
        """Whether it runs another mode than is desired."""
        return bool(self.mode and self.desired_mode and self.mode != self.desired_mode)

    @property
    def sync(self) -> Sync | None:
        """That of the slowest node."""
        return max((node.sync for node in self.nodes if node.sync), key=lambda sync: sync.p99, default=None)

    @property
    def nodes_with_leftovers(self) -> int:
        return sum(bool(node.leftovers) for node in self.nodes)

    def as_result(self) -> Json:
        """As JSON, with what follows from the rest."""
        return {**dataclasses.asdict(self), "state": self.state, "sync": self.sync and dataclasses.asdict(self.sync)}
