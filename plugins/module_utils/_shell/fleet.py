# SPDX-License-Identifier: GPL-3.0-or-later

"""What the inventory plugin reads, as data like the modules of :mod:`.managed_modules`, and the options of a source."""

from __future__ import annotations

import contextlib
import datetime
import json
import typing as t

from ansible.module_utils.common.validation import check_type_path

from .._adapters.failures import ConfigurationError
from .._adapters.ovh.connection import resolve
from .._adapters.ovh.fleet_api import FleetApi
from .._domain.common.blank import is_blank
from .._domain.common.option_reader import OptionReader
from .._domain.common.problems import Problem, ValidationError
from .._domain.managed import identifiers
from .._engine.common.report import Report
from .._engine.managed.read_fleet import read_fleet
from . import options, specs
from .checked_options import checked_options
from .managed_modules import LIBRARIES, client_of
from .module_spec import Host, ModuleSpec, Operation, Params
from .refused_options import refused_by_module

#: Other words for types, which a plugin's documentation may have.
_TYPES = {"boolean": "bool", "integer": "int", "string": "str", "dictionary": "dict"}
_CHECKED = ("str", "path", "bool", "int", "float", "list", "dict")
#: What YAML makes of some words without quotes. Ansible would show it when it refuses it.
_NO_TEXT = (datetime.date, bytes, set, frozenset)


@contextlib.contextmanager
def _connect(params: Params, host: Host) -> t.Iterator[FleetApi]:
    with client_of(params, host) as (client, service_name):
        yield FleetApi(client, service_name, host.deadline)


def _read(params: Params) -> Operation:
    read = OptionReader()
    paths = ((f"service_names[{number}]", text) for number, text in enumerate(params["service_names"] or ()))
    given = [read(path, text, identifiers.project_id) for path, text in paths]
    read.check()
    service_names = [service_name for service_name in given if service_name is not None]
    return lambda ctx: Report(False, facts={"projects": read_fleet(ctx, service_names)})


FLEET = ModuleSpec(
    argument_spec={**specs.ovh(), "service_names": {"type": "list", "elements": "str"}},
    prepare=_read,
    connect=_connect,
    libraries=LIBRARIES,
    waiting=options.waiting,
)


class Source(t.NamedTuple):
    """An inventory source: the options that :data:`FLEET` has, and those that Ansible reads itself."""

    params: Params
    of_ansible: Params


def read_source(
    documented: t.Mapping[str, t.Mapping[str, t.Any]], given: t.Any, render: t.Callable[[t.Any], t.Any]
) -> Source:
    """The options in a file; raises ValidationError with everything that is wrong with them.

    ``documented`` are the options of the plugin, as its documentation has them. ``render`` renders the templates in a
    value, and raises ValueError with what is wrong with one. Ansible's own reader comes after this one, because it
    shows the values that it refuses, has no word for options that do not exist, and renders nothing.
    """
    if not isinstance(given, dict):
        raise ValidationError([Problem("the file", "its content is not a dictionary of options; write NAME: VALUE")])
    spec = {**FLEET.argument_spec, **{name: _option(option) for name, option in documented.items() if _foreign(name)}}
    problems: list[Problem] = []
    values: Params = {}
    for name, value in given.items():
        try:
            rendered = render(value) if _may_be_template(FLEET.argument_spec.get(name), value) else value
        except ValueError as error:
            problems.append(Problem(name, f"the template cannot be rendered: {error}"))
            continue
        odd = list(_no_text(spec.get(name, {}), rendered, name))
        problems += odd
        if not odd:
            values[name] = rendered
    checked, found = checked_options(spec, values)
    problems += found
    ours = {name: _as_text(FLEET.argument_spec[name], value) for name, value in checked.items() if not _foreign(name)}
    seen = {problem.path for problem in problems}
    problems += [problem for problem in refused_by_module(FLEET, ours) if problem.path not in seen]
    if problems:
        raise ValidationError(problems)
    return Source(
        {name: ours.get(name, option.get("default")) for name, option in FLEET.argument_spec.items()},
        {name: value for name, value in given.items() if _foreign(name) and not is_blank(value)},
    )


def question(params: Params, environ: t.Mapping[str, str]) -> str | None:
    """What a source asks, where, and by whose credentials: a secret. None if the latter are not known."""
    try:
        connection = resolve(params, environ)
    except ConfigurationError:
        return None
    projects = params["service_names"] or [connection.service_name or ""]
    return json.dumps([connection.base_url, sorted(connection.secrets()), sorted({*projects})])


def _foreign(name: t.Any) -> bool:
    return name not in FLEET.argument_spec


def _option(documented: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A documented option as specs have it. A type that only plugins have is left to Ansible."""
    kind = documented.get("type", "str")
    kind = _TYPES.get(kind, kind)
    option = {key: documented[key] for key in ("required", "choices", "elements") if key in documented}
    option["type"] = kind if kind in _CHECKED else "raw"
    members: t.Mapping[str, t.Any] = documented.get("suboptions") or {}
    if members:
        option["options"] = {name: _option(member) for name, member in members.items()}
    return option


def _may_be_template(option: t.Mapping[str, t.Any] | None, value: t.Any) -> bool:
    """Whether to render an option of ours. What will be refused is not: Ansible shows lines of the file around it."""
    if option is None:
        return False
    items = value if option["type"] == "list" and isinstance(value, list) else [value]
    return not any(isinstance(item, (dict, list, tuple, *_NO_TEXT)) for item in items)


def _no_text(option: t.Mapping[str, t.Any], value: t.Any, path: str) -> t.Iterator[Problem]:
    if option.get("type") == "list" and isinstance(value, list):
        for number, item in enumerate(value):
            yield from _no_text({}, item, f"{path}[{number}]")
    elif isinstance(value, _NO_TEXT):
        yield Problem(path, "the value is not text as YAML reads it; put it in quotes")


def _as_text(option: t.Mapping[str, t.Any], value: t.Any) -> t.Any:
    """As Ansible makes text of what a module is given: of numbers, and of paths from the home directory."""
    if option["type"] == "list":
        return [str(item) for item in value]
    if option["type"] == "path":
        return check_type_path(str(value))
    return str(value) if option["type"] == "str" else value
