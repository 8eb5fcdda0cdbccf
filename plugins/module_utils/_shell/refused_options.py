# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that is wrong with the options of a module, told at once, each with its path.

Ansible's own check speaks before the module and stops at its first problem. What it found besides is told with it, and
so is what the module would say of the other options.
"""

from __future__ import annotations

import contextlib
import re
import typing as t

from .._domain.common.problems import Problem, RefusedError, ValidationError
from .checked_options import checked_options
from .given_options import missed

if t.TYPE_CHECKING:
    from .given_options import Given
    from .module_spec import ModuleSpec, Params

#: What Ansible says of one that is no dictionary, beside its message with the option's name.
_NOISE = re.compile(r"^dictionary requested, could not parse|must be of type dict or list of dicts$")
#: Ansible's words for options that are required.
_MISSING = re.compile(r"\b(required|missing)\b[^:]*: ")


def refused_by_module(spec: ModuleSpec, options: Params) -> list[Problem]:
    """What the module says of options that have their types, and that Ansible has not filled in with defaults yet."""
    if spec.libraries:
        # Imported only for a module that needs libraries. Where they are missing, the module says so, and no more.
        from .._deps import missing

        if missing(*(name for name in spec.libraries if name == "isodate")):
            return []
    params = _completed(spec.argument_spec, options)
    problems: list[Problem] = []
    for read in (spec.prepare, spec.waiting):
        # What depends on more than the options is for the module to say.
        with contextlib.suppress(RefusedError):
            try:
                read(params)
            except ValidationError as error:
                problems += error.problems
    return problems


def told_at_once(spec: ModuleSpec, given: Given, messages: t.Sequence[str]) -> tuple[str, list[Problem]]:
    """The message for options that Ansible refuses with these messages, and the problems one by one."""
    values, problems = checked_options(spec.argument_spec, given.params)
    texts = [_with_path(message, problems) for message in _said_once(messages)]
    more = []
    # What is missing is in Ansible's words already, and without it the module may not be able to read the rest.
    with contextlib.suppress(Exception):
        seen = {problem.path for problem in problems}
        more = [
            problem
            for problem in refused_by_module(spec, values)
            if problem.path not in seen and problem.path.partition(".")[0].partition("[")[0] in values
        ]
    more = [*missed("; ".join(texts), given.blank), *more]
    return "; ".join([*texts, *map(str, more)]), [*problems, *more]


def _said_once(messages: t.Sequence[str]) -> t.Iterator[str]:
    """Without what another message says better, and those that miss only options that an earlier one has missed."""
    missing: set[str] = set()
    for message in [message for message in messages if not _NOISE.search(message)] or messages:
        if _MISSING.search(message):
            names = set(message.rpartition(": ")[2].split(", "))
            if names <= missing:
                continue
            missing |= names
        yield message


def _with_path(message: str, problems: t.Sequence[Problem]) -> str:
    """Ansible's message with the path of a nested option in front, which Ansible writes with arrows behind it."""
    for problem in problems:
        parents, _dot, name = problem.path.rpartition(".")
        about = (f"value of {name} must", f"argument '{name}' is of type", f"Elements value for option '{name}'")
        if (
            parents
            and message.startswith(about)
            and f"found in {parents.replace('.', ' -> ')}" in message.replace("'", "")
        ):
            return message if message.startswith(problem.path) else f"{problem.path}: {message}"
    return message


def _completed(spec: t.Mapping[str, t.Mapping[str, t.Any]], options: Params) -> Params:
    """The options as Ansible hands them to a module: with defaults, and with null for what is not given."""
    params: Params = {}
    for name, option in spec.items():
        value = options.get(name, option.get("default"))
        params[name] = (
            _completed(option["options"], value) if isinstance(value, dict) and "options" in option else value
        )
    return params
