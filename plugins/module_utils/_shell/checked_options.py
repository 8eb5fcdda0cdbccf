# SPDX-License-Identifier: GPL-3.0-or-later

"""Options in the types that their spec asks for, and everything that is wrong with them, each with its path.

Ansible's own check of a module stops at the first problem and names an option without its path; that of a role also
refuses what is blank. Text is taken for every type: extra variables of the command line and answers to a survey of AWX
are text.
"""

from __future__ import annotations

import json
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from .._domain.common.listed import remedy_for
from .._domain.common.printable import printable, quoted
from .._domain.common.problems import Problem
from .given_options import expected, given_options
from .module_spec import ONLY_TEXT

if t.TYPE_CHECKING:
    from .module_spec import Params, Spec

#: Characters of a value that a message shows.
LONGEST_VALUE = 60
#: A longer number is a mistake, and nothing that counts or waits could take it.
_BITS = 63

#: What to give for a type, at the end of a sentence.
_WANTED = {
    "str": "text",
    "path": "text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "list": "a list",
    "dict": "a dictionary, or its text in JSON",
}


def checked_options(spec: Spec, params: Params) -> tuple[Params, list[Problem]]:
    """The options that are given and right, and the problems of all others. What is blank is not given.

    An option with a problem is left out, as is one that does not exist.
    """
    given = given_options(spec, params)
    problems: list[Problem] = []
    values = _members(spec, {name: value for name, value in given.params.items() if name not in given.forms}, problems)
    return values, problems


def _members(spec: Spec, params: Params, problems: list[Problem], prefix: str = "") -> Params:
    names = {name: key for key, option in spec.items() for name in (key, *option.get("aliases", ()))}
    known = {names[name]: value for name, value in params.items() if name in names}
    problems += [
        Problem(f"{prefix}{printable(str(name), LONGEST_VALUE)}", f"no such option; {remedy_for(str(name), spec)}")
        for name in params
        if name not in names
    ]
    problems += [
        Problem(f"{prefix}{name}", f"missing or blank; give {expected(option)}")
        for name, option in spec.items()
        if option.get("required") and name not in known
    ]
    values = {}
    for name, value in known.items():
        found: list[Problem] = []
        typed = _value(spec[name], value, f"{prefix}{name}", found)
        problems += found
        # What is right in a dictionary counts beside what is wrong in it.
        if typed is not None and not (found and not isinstance(typed, dict)):
            values[name] = typed
    return values


def _value(option: t.Mapping[str, t.Any], value: t.Any, path: str, problems: list[Problem]) -> t.Any:
    """The value in its type; None, with a problem, if it has another one."""
    kind = option.get("type", "str")
    if _is_altered(option, value):
        why = ", because YAML reads 1.30 as 1.3" if isinstance(value, float) else ""
        problems.append(Problem(path, f"{_shown(option, value)} is not text; put it in quotes{why}"))
        return None
    try:
        typed = _TYPED[kind](value)
    except (TypeError, ValueError, OverflowError):
        problems.append(Problem(path, f"{_shown(option, value)} is not {_WANTED[kind]}"))
        return None
    if kind == "dict" and option.get("options"):
        return _members(option["options"], typed, problems, f"{path}.")
    if kind == "list":
        member = {key: option[key] for key in ("choices", "no_log", "options", ONLY_TEXT) if key in option}
        member["type"] = option.get("elements", "raw")
        return [_value(member, item, f"{path}[{number}]", problems) for number, item in enumerate(typed)]
    choices = option.get("choices")
    if choices and typed not in choices:
        problems.append(Problem(path, f"{_shown(option, value)} is not possible; choose {expected(option)}"))
        return None
    return typed


def _shown(option: t.Mapping[str, t.Any], value: t.Any) -> str:
    """The value as a message may show it. A file's name can be its content, so that it is as secret as what is."""
    if isinstance(value, dict):
        return "a dictionary"
    if isinstance(value, (list, tuple)):
        return "a list"
    if option.get("type") == "path":
        return "the value" if isinstance(value, str) else json.dumps(value, default=str)
    if option.get("no_log"):
        return "the value"
    return quoted(value) if isinstance(value, str) else printable(json.dumps(value, default=str), LONGEST_VALUE)


def _is_altered(option: t.Mapping[str, t.Any], value: t.Any) -> bool:
    """Whether YAML made something else of a text without quotes, of which Ansible would make another text.

    A whole number is mostly the text that was written, and what it is right for, its reader knows.
    """
    if option.get("choices") or isinstance(value, (str, dict, list, tuple)):
        return False
    return bool(option.get(ONLY_TEXT)) or (option.get("type", "str") == "str" and isinstance(value, (bool, float)))


def _text(value: t.Any) -> str:
    """Numbers as Ansible hands them to a module: whether one is right, such as 1.3 for a version, its reader knows."""
    if isinstance(value, (dict, list, tuple)):
        raise TypeError
    return value if isinstance(value, str) else str(value)


def _bool(value: t.Any) -> bool:
    return bool(boolean(value))


def _int(value: t.Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise TypeError
    number = int(value)
    if number.bit_length() > _BITS:
        raise OverflowError
    return number


def _float(value: t.Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    number = float(value)
    return value if isinstance(value, int) else number


def _list(value: t.Any) -> list[t.Any]:
    if not isinstance(value, (list, tuple)):
        raise TypeError
    return list(value)


def _dict(value: t.Any) -> dict[str, t.Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value


_TYPED: t.Mapping[str, t.Callable[[t.Any], t.Any]] = {
    "raw": lambda value: value,
    "str": _text,
    "path": _text,
    "bool": _bool,
    "int": _int,
    "float": _float,
    "list": _list,
    "dict": _dict,
}
