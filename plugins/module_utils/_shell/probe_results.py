# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role mode_migration does with the results of kube_proxy_node_probe.

These are functions of the private filters in plugins/filter/_roles.py.
"""

from __future__ import annotations

import typing as t

from .._domain.common.json_types import Json
from .._domain.node import probe_picture as pictures
from .._domain.node.probe_lines import lines
from .role_results import Result

#: Facts of the role, of each host.
NODE, MEASURED = "mode_migration_node", "mode_migration_measured"


def probe_measured(steps: t.Sequence[Result]) -> Json:
    """What counts of the tasks of one probe, in their order: the first that failed, or the last one's figures."""
    broken = (step for step in steps if step.get("failed") or step.get("unreachable"))
    return dict(next(broken, steps[-1]))


def probe_results(hosts: t.Iterable[str], hostvars: t.Mapping[str, Result]) -> Json:
    """What was measured so far, by the names of the nodes."""
    noted = [hostvars[host] for host in hosts if hostvars[host].get(MEASURED)]
    return {host[NODE]: host[MEASURED] for host in sorted(noted, key=lambda host: str(host[NODE]))}


def probe_lines(results: t.Mapping[str, Result], nodes: t.Collection[str]) -> list[str]:
    """What was measured on these nodes, in words."""
    return [line for name, result in results.items() if name in nodes for line in lines(name, result)]


def probe_picture(results: t.Mapping[str, Result], title: str) -> str:
    """The picture of what kube_proxy_node_probe measured, as HTML, from its results by the names of the nodes."""
    return pictures.picture(results, title)
