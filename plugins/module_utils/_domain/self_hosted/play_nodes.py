# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes of the cluster a play of the role self_hosted_cluster covers, and how long a rollout on them may take."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ..common.blank import is_blank
from ..common.listed import counted, listed
from ..common.problems import Problem
from ..common.waits import wait_problem

#: What is enough for three nodes is too little for a hundred, which would be rolled back in the middle of it.
_SECONDS_PER_NODE = 60
_SHORTEST_TIMEOUT = 600

_NAME = re.compile(r'[^][\s,"]+')


@dataclass(frozen=True)
class PlayNodes:
    """Names of nodes in the cluster. ``covered`` have a pod of kube-proxy and are not ignored; ``uncovered`` of them
    are no hosts of the play, and ``unknown`` are hosts without such a pod. ``problem`` says so, blank without one.
    ``rollout_timeout`` is in seconds.
    """

    ignored: list[str]
    covered: list[str]
    uncovered: list[str]
    unknown: list[str]
    rollout_timeout: int

    @property
    def problem(self) -> str:
        if not (self.uncovered or self.unknown):
            return ""
        parts = [
            "Nothing was changed. All nodes share one configuration of kube-proxy, so every node must be a host of "
            "this play (without limit and serial), or be listed in self_hosted_cluster_ignore_nodes."
        ]
        if self.uncovered:
            parts.append(f"Nodes that are not: {listed(self.uncovered)}.")
        if self.unknown:
            parts.append(
                f"Hosts without a pod of kube-proxy: {listed(self.unknown)}; set self_hosted_cluster_node_name to "
                f"the name of a host in the cluster."
            )
        return " ".join(parts)


def node_names(given: str | t.Iterable[str | None] | None) -> list[str]:
    """The names in a list, or in a text with commas or spaces between them, or that is a list in JSON."""
    if given is None or isinstance(given, str):
        return _NAME.findall(given or "")
    return [name for name in given if name is not None and not is_blank(name)]


def node_names_problems(given: t.Any) -> list[Problem]:
    """What cannot be names of nodes; the path is the place in the list, and blank for the value as a whole."""
    if given is None or isinstance(given, str):
        return []
    if not isinstance(given, (list, tuple)):
        shown = "a dictionary" if isinstance(given, dict) else str(given).lower()
        return [Problem("", f"{shown} is no list of names; give one, or text with commas between the names")]
    return [
        Problem(f"[{number}]", "this is no name of a node but something else than text; put names in quotes")
        for number, name in enumerate(given)
        if not (name is None or isinstance(name, str))
    ]


def verify_problems(retries: int, delay: int) -> list[Problem]:
    """What is wrong with the number of checks of a node, and with the seconds between two of them."""
    problems = []
    if retries < 0:
        problems.append(Problem("verify_retries", f"{retries} is not a number of checks; give zero or more"))
    fault = wait_problem(delay)
    if fault is not None:
        problems.append(Problem("verify_delay", fault))
    if not problems and wait_problem(retries * max(1, delay)) is not None:
        reason = f"{retries} checks, {counted(delay, 'second')} apart, take more than a year; give less"
        problems.append(Problem("verify_retries", reason))
    return problems


def play_nodes(pods_on: t.Iterable[str], hosts: t.Iterable[str], ignored: list[str]) -> PlayNodes:
    """From the nodes with a pod of kube-proxy, and the hosts of the play by their names in the cluster."""
    nodes, played, left_out = set(pods_on), set(hosts), set(ignored)
    return PlayNodes(
        ignored=ignored,
        covered=sorted(nodes - left_out),
        uncovered=sorted(nodes - played - left_out),
        unknown=sorted(played - nodes - left_out),
        rollout_timeout=max(_SHORTEST_TIMEOUT, _SECONDS_PER_NODE * len(nodes)),
    )
