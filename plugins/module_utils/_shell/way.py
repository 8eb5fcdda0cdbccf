# SPDX-License-Identifier: GPL-3.0-or-later

"""What the variables and the environment of a task say of the way it runs: in Ansible's worker, or as a module."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible.module_utils.parsing.convert_bool import boolean

from .._domain.common.printable import printable
from .._domain.common.problems import ValidationError
from .._engine.common.progress import Telling
from .checked_options import LONGEST_VALUE, checked_options

#: Variable with which a user turns off that tasks run in Ansible's worker.
SWITCH: t.Final = "clusterops_in_process"
#: Variable with the seconds between two lines about a task that waits; zero for none.
PROGRESS: t.Final = "clusterops_progress"
VARIABLES: t.Final = (SWITCH, PROGRESS)

#: What a library or the interpreter reads of the environment when a process begins.
_AT_START: t.Final = ("PYTHON", "LD_", "DYLD_", "OPENSSL_CONF", "GLIBC_TUNABLES", "MALLOC_")
#: A shell takes other words for commands. The module is started by one.
_NAME: t.Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: What a shell sets itself. A bash refuses all but the first.
_OF_SHELL: t.Final = frozenset(("_", "BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID"))


@dataclass(frozen=True)
class Wishes:
    """What the user says; ``every`` is the seconds between two lines, and none are wanted unless it is positive."""

    in_process: bool = True
    every: float = Telling.every


def wishes(variables: t.Mapping[str, t.Any]) -> Wishes:
    """From the variables, of which a blank one is not given; raises ValidationError."""
    said = {**variables, PROGRESS: _seconds(variables.get(PROGRESS))}
    given, problems = checked_options({SWITCH: {"type": "bool"}, PROGRESS: {"type": "float"}}, said)
    if problems:
        raise ValidationError(problems)
    return Wishes(given.get(SWITCH, Wishes.in_process), given.get(PROGRESS, Wishes.every))


def _seconds(value: t.Any) -> t.Any:
    """A truth value as a number, since it says as much; anything else as it is."""
    try:
        if not isinstance(value, bool):
            float(value)
            return value
    except (TypeError, ValueError):
        pass
    try:
        return Wishes.every if boolean(value) else 0
    except TypeError:
        return value


def why_own_process(environment: t.Iterable[t.Any]) -> str | None:
    """Why variables of these names need a process that is started with them; None if they do not."""
    names = sorted(map(str, environment))
    early = [name for name in names if name.startswith(_AT_START)]
    if early:
        return f"a new process has to read {_listed(early)} of its environment"
    odd = [name for name in names if not _NAME.fullmatch(name) or name in _OF_SHELL]
    if odd:
        return f"it is for a shell to judge {_listed(odd)} in its environment"
    return None


def _listed(names: t.Iterable[str]) -> str:
    return ", ".join(printable(name, LONGEST_VALUE) or "''" for name in names)
