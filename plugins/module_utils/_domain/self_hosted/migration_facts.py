# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plan of a change of the mode goes by, as far as the API server shows it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..kube_proxy.versions import KubeProxyVersion
from .config_text import Values
from .effective import effective, effective_mode, lookup
from .neighbours import Neighbours
from .services import Service


@dataclass(frozen=True)
class ClusterNode:
    """``kernel`` is the release that the kubelet reports, blank where it reports none.

    ``closed`` are the taints for which a pod of kube-proxy that ends there would be the last one.
    """

    name: str
    kernel: str = ""
    closed: str = ""


@dataclass(frozen=True)
class MigrationFacts:
    """``current`` and ``desired`` are the configurations as written; None of what could not be read."""

    version: KubeProxyVersion
    current: t.Mapping[str, t.Any]
    desired: t.Mapping[str, t.Any]
    nodes: tuple[ClusterNode, ...] = ()
    services: tuple[Service, ...] | None = None
    neighbours: Neighbours | None = None

    @property
    def former(self) -> str:
        return effective_mode(self.current, self.version)

    @property
    def mode(self) -> str:
        return effective_mode(self.desired, self.version)

    def before(self, *path: str) -> t.Any:
        """The value of a field that is in effect now."""
        return lookup(self._effective(self.current), path)

    def after(self, *path: str) -> t.Any:
        """The value of a field that will be in effect."""
        return lookup(self._effective(self.desired), path)

    def _effective(self, values: t.Mapping[str, t.Any]) -> Values:
        return effective(values, self.version)
