# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a task that are given: blank ones are taken out before Ansible checks what remains.

Ansible's own check would refuse a blank choice, number, list or mapping, and let a blank text pass where one is
required. With blanks gone, defaults apply and what is required is missed, whatever the type of the option.
"""

from __future__ import annotations

import ast
import json
import typing as t

from ansible.module_utils.common.validation import check_type_dict, check_type_list

from .._domain.common.blank import is_blank
from .._domain.common.problems import Problem

if t.TYPE_CHECKING:
    from .module_spec import Params, Spec


class Given(t.NamedTuple):
    """The options that are given, and those that were blank, by path, each with its part of the spec.

    ``forms`` are the lists and mappings that are there with nothing but blanks in them: a form that was left blank. It
    is not missing, so that Ansible's check gets it empty, but it asks for nothing: see :meth:`without_forms`.
    """

    params: Params
    blank: dict[str, dict[str, t.Any]]
    forms: tuple[str, ...]

    def without_forms(self, spec: Spec, checked: Params) -> Params:
        """The options after Ansible's check, with the default for a form that was left blank."""
        return {**checked, **{name: spec[name].get("default") for name in self.forms}}


def given_options(spec: Spec, params: Params) -> Given:
    """Take out what is blank: null, a text without a character, and a list or mapping that has nothing else in it.

    An empty list or mapping is an answer. A text for a list or a mapping is read as Ansible reads it, and as JSON. What
    the spec does not describe stays as it is: options that do not exist, which Ansible refuses, and the content of a
    mapping without options of its own, where null can mean something.
    """
    blank: dict[str, dict[str, t.Any]] = {}
    members = _given_members(spec, params, "", blank)
    forms = {name: spec[name]["type"] for name in blank if name in spec and not is_blank(params[name])}
    empty: Params = {name: {} if kind == "dict" else [] for name, kind in forms.items()}
    return Given(
        {**members, **empty}, {path: option for path, option in blank.items() if path not in forms}, tuple(forms)
    )


def missed(message: str, blank: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[Problem]:
    """The blank options that a message of Ansible's check calls missing, with what to give for them."""
    words = set(message.replace(",", " ").replace(";", " ").split())
    if not words & {"missing", "missing:", "required", "required:"}:
        return []
    return [
        Problem(path, f"is blank, which counts as not given; give {expected(option)}")
        for path, option in blank.items()
        if path.rpartition(".")[2] in words
    ]


def expected(option: t.Mapping[str, t.Any]) -> str:
    """What to give for an option, at the end of a sentence."""
    return f"one of {', '.join(option['choices'])}" if option.get("choices") else "it a value"


def _given_members(spec: Spec, params: Params, prefix: str, blank: dict[str, dict[str, t.Any]]) -> Params:
    by_name = {name: option for key, option in spec.items() for name in (key, *option.get("aliases", ()))}
    given = {}
    for name, value in params.items():
        option = by_name.get(name)
        if option is None:
            given[name] = value
            continue
        kept = _given_value(option, value, f"{prefix}{name}", blank)
        if kept is None:
            blank[f"{prefix}{name}"] = option
        else:
            given[name] = kept
    return given


def _given_value(option: dict[str, t.Any], value: t.Any, path: str, blank: dict[str, dict[str, t.Any]]) -> t.Any:
    """The value without its blank parts; None when nothing is given."""
    if is_blank(value):
        return None
    value = structured(option.get("type"), value)
    if isinstance(value, dict) and option.get("type") == "dict" and option.get("options"):
        return _given_members(option["options"], value, f"{path}.", blank) or (None if value else {})
    if isinstance(value, list) and option.get("type") == "list":
        items = [
            _given_members(option["options"], item, f"{path}[{number}].", blank)
            if isinstance(item, dict) and option.get("options")
            else item
            for number, item in enumerate(value)
        ]
        return [item for item in items if not is_blank(item)] or (None if value else [])
    return value


def structured(kind: str | None, value: t.Any) -> t.Any:
    """A text in the type of its option; what cannot be read is left to Ansible, which says so."""
    if kind not in ("dict", "list") or not isinstance(value, str):
        return value
    text = value.strip()
    try:
        if kind == "dict":
            return check_type_dict(text)
        # Ansible would split the JSON at its commas, and keep the spaces after those of a plain text.
        return _literal(text) if text.startswith("[") else [item.strip() for item in check_type_list(text)]
    except (TypeError, ValueError, SyntaxError, RecursionError, MemoryError):
        return value


def _literal(text: str) -> t.Any:
    """A list in JSON, or as Jinja writes it into a longer text. Ansible reads mappings in the same two ways."""
    try:
        return json.loads(text)
    except ValueError:
        return ast.literal_eval(text)
