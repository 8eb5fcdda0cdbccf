# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that is wrong with the options of a module, told at once, each with its path.

They are read here before Ansible's own check, in the way in which the variables of roles are, and what the module would
say of those that are right is told with the rest.
"""

from __future__ import annotations

import contextlib
import typing as t

from .._domain.common.problems import Problem, RefusedError, ValidationError
from .checked_options import checked_options
from .given_options import missed

if t.TYPE_CHECKING:
    from .given_options import Given
    from .module_spec import ModuleSpec, Params


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


def refused_options(spec: ModuleSpec, given: Given) -> tuple[str, list[Problem]] | None:
    """What is wrong with the options: the message, and the problems one by one; None when Ansible may check them.

    Ansible would stop at its first problem, show values as they came, and fail at what is no mapping where one belongs.
    """
    values, problems = checked_options(spec.argument_spec, given.params)
    lacking = list(_lacking(spec, given.params, values))
    if not problems and not lacking:
        return None
    problems += missed("; ".join(lacking), given.blank)
    # Without what is missing the module may not be able to read the rest.
    with contextlib.suppress(Exception):
        seen = {problem.path for problem in problems}
        problems += [
            problem
            for problem in refused_by_module(spec, values)
            if problem.path not in seen and problem.path.partition(".")[0].partition("[")[0] in values
        ]
    return "; ".join([*lacking, *map(str, problems)]), problems


def _lacking(spec: ModuleSpec, params: Params, values: Params) -> t.Iterator[str]:
    """Which of several options are missing, in Ansible's words. One that is wrong is there."""
    there = {
        name: option["default"] for name, option in spec.argument_spec.items() if option.get("default") is not None
    }
    there.update(params)
    there.update(values)
    missed_already: set[str] = set()
    for names in spec.required_one_of:
        if not there.keys() & set(names):
            missed_already.update(names)
            yield f"one of the following is required: {', '.join(names)}"
    for option, value, names, *one_is_enough in spec.required_if:
        missing = [name for name in names if name not in there]
        enough = any(one_is_enough) and len(missing) < len(names)
        if there.get(option) == value and not enough and not missed_already.issuperset(missing):
            how = "any" if any(one_is_enough) else "all"
            yield f"{option} is {value} but {how} of the following are missing: {', '.join(missing)}"


def _completed(spec: t.Mapping[str, t.Mapping[str, t.Any]], options: Params) -> Params:
    """The options as Ansible hands them to a module: with defaults, and with null for what is not given."""
    params: Params = {}
    for name, option in spec.items():
        value = options.get(name, option.get("default"))
        params[name] = (
            _completed(option["options"], value) if isinstance(value, dict) and "options" in option else value
        )
    return params
