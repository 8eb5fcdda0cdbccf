# SPDX-License-Identifier: GPL-3.0-or-later

"""In which order the nodes of a cluster change their mode: canaries first, then batches."""

from __future__ import annotations

import math
import re
import typing as t
from dataclasses import dataclass

from ..common.listed import listed
from ..common.printable import quoted
from ..common.problems import Problem, ValidationError
from ..common.waits import DAY, limit_problem

#: Seconds of a batch beside those for which its steps wait.
_TASKS = 120.0
#: A larger number of nodes is a mistake.
_DIGITS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Canaries:
    """Which nodes go first: those with these names, then those with the label, which are the nodes ``labelled``."""

    names: t.Sequence[str] = ()
    label: str = ""
    labelled: t.Collection[str] = ()

    def among(self, nodes: t.Sequence[str]) -> tuple[list[str], list[Problem]]:
        """The canaries in their order, and what is wrong with them."""
        unknown = [name for name in self.names if name not in nodes]
        problems = [Problem("mode_migration_canaries", f"no nodes of this play: {listed(unknown)}")] if unknown else []
        labelled = [name for name in nodes if name in self.labelled]
        if self.label and not labelled:
            problems.append(
                Problem("mode_migration_canary_label", f"no node of this play has the label {quoted(self.label)}")
            )
        return list(dict.fromkeys([*self.names, *labelled])), problems


def batches(nodes: t.Sequence[str], moved: t.Collection[str], canaries: Canaries, size: str | int) -> list[list[str]]:
    """Names of nodes, those that change together in one list.

    Nodes that ``moved`` in an earlier run come first, all together: they change nothing, but that run may have ended
    before they were verified. Then come the canaries, one after the other; without any named, the first of the others
    is one. ``size`` is the number of nodes in each of the following batches, or a percentage of all ``nodes``, rounded
    up. Raises ValidationError for names that are no nodes, a label that no node has, and a size that is none.
    """
    wanted, problems = canaries.among(nodes)
    if problems:
        raise ValidationError(problems)
    fault = batch_problem(size)
    if fault is not None:
        raise ValidationError([Problem("mode_migration_batch", fault)])
    number = _number(size, len(nodes))
    before = [name for name in nodes if name in moved]
    left = [name for name in nodes if name not in moved]
    first = [name for name in wanted if name in left]
    # Once a node has moved there was a canary.
    first = first or ([] if before else left[:1])
    others = [name for name in left if name not in first]
    in_turn = [others[start : start + number] for start in range(0, len(others), number)]
    return [*([before] if before else []), *([name] for name in first), *in_turn]


def longest_batch(node_timeout: float, drain_timeout: float, verify_timeout: float) -> float:
    """Seconds that a batch may take at most.

    It waits for the change and for the new rules, and where one fails, once more for each on the way back. Connections
    have time to end before the change or after it.
    """
    change, drain, verify = (min(DAY, max(0.0, wait)) for wait in (node_timeout, drain_timeout, verify_timeout))
    return 4 * change + drain + verify + _TASKS


def batch_problem(size: str | int) -> str | None:
    """Why this is no number of nodes for a batch; None where it is one."""
    text = str(size).strip()
    digits = text.removesuffix("%")
    if _DIGITS.fullmatch(digits) and int(digits) > 0 and not (text.endswith("%") and int(digits) > 100):
        return None
    return f"{quoted(text)} is neither a number of nodes from 1 nor a percentage of them"


def node_timeout_problem(seconds: float) -> str | None:
    """Why a node cannot have so many seconds to change its mode; None where it can."""
    if seconds > DAY:
        return f"{seconds:g} seconds are more than a day; give less"
    return limit_problem(seconds, "a node to change its mode")


def _number(size: str | int, nodes: int) -> int:
    text = str(size).strip()
    digits = text.removesuffix("%")
    return max(1, math.ceil(nodes * int(digits) / 100)) if text.endswith("%") else int(digits)
