# SPDX-License-Identifier: GPL-3.0-or-later

"""From options to a request: everything that is wrong whatever the cluster's state and version is refused here."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ..common.blank import is_blank, section_is_given, without_blanks
from ..common.duration import Duration, DurationError
from ..common.listed import remedy_for
from ..common.printable import printable, quoted
from ..common.problems import Problem, ValidationError
from ..kube_proxy import limits
from ..kube_proxy.settings import BY_PATH, SECTION_OPTIONS, Field, Path, is_struct, option_path
from .config_text import Values
from .decoding import type_problem, unknown_key

Strategy = t.Literal["merge", "replace"]

#: Characters of the path of a key that somebody wrote.
_LONGEST_PATH = 120

# What templates make of a boolean, as Ansible and YAML write it.
_TRUE = frozenset(("true", "yes", "on"))
_FALSE = frozenset(("false", "no", "off"))


@dataclass(frozen=True)
class ConfigRequest:
    """What the user gave, in the configuration's own terms.

    ``values`` is the tree of camelCase keys to set, durations in Go text; ``removals`` are the paths to take out;
    ``sections`` are those that were given as options, which the strategy ``replace`` replaces as a whole.
    """

    values: Values = field(default_factory=dict)
    removals: tuple[Path, ...] = ()
    strategy: Strategy = "merge"
    sections: tuple[str, ...] = ()

    def leaves(self) -> t.Iterator[tuple[Path, t.Any]]:
        """Every field that is set, with its value; feature gates as one map."""
        return _leaves((), self.values)


def _leaves(path: Path, values: t.Mapping[str, t.Any]) -> t.Iterator[tuple[Path, t.Any]]:
    for key, value in values.items():
        here = (*path, key)
        if is_struct(here):
            yield from _leaves(here, value)
        else:
            yield here, value


class UnreadableError(ValidationError):
    """Some of the options cannot be read: ``unread`` are their fields, and ``rest`` is what the others ask for."""

    def __init__(self, problems: t.Sequence[Problem], rest: ConfigRequest, unread: t.Iterable[Path]) -> None:
        super().__init__(problems)
        self.rest = rest
        self.unread = frozenset(unread)


def config_request(params: t.Mapping[str, t.Any]) -> ConfigRequest:
    """Read the options ``mode``, ``iptables``, ``ipvs``, ``nftables``, ``conntrack``, ``config`` and ``strategy``.

    Blank options are not given (:mod:`..common.blank`). In ``config`` null takes a key out. Raises UnreadableError with
    every problem found.
    """
    reader = _Reader()
    if not is_blank(params.get("mode")):
        reader.put(("mode",), params["mode"])
    sections = [name for name in SECTION_OPTIONS if reader.section(name, params.get(name))]
    config = params.get("config")
    if config is not None and not isinstance(config, t.Mapping):
        reader.refuse("config", f"{quoted(config)} is not a mapping of keys to values")
    else:
        reader.config((), config or {})
    reader.check_contradictions()
    strategy: Strategy = params.get("strategy") or "merge"
    request = ConfigRequest(reader.values, tuple(reader.removals), strategy, tuple(sections))
    if reader.problems:
        raise UnreadableError(reader.problems, request, reader.unread)
    return request


class _Reader:
    def __init__(self) -> None:
        self.values: Values = {}
        self.removals: list[Path] = []
        self.problems: list[Problem] = []
        self.unread: list[Path] = []

    def refuse(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message))

    def put(self, path: Path, value: t.Any) -> None:
        try:
            typed = _typed(BY_PATH[path], value)
        except ValueError as error:
            self.refuse(option_path(path), str(error))
            self.unread.append(path)
            return
        tree = self.values
        for key in path[:-1]:
            tree = tree.setdefault(key, {})
        tree[path[-1]] = typed

    def section(self, name: str, options: t.Mapping[str, t.Any] | None) -> bool:
        """Read one section; whether it was given."""
        if options is None:
            return False
        by_option = {field.option: field for field in SECTION_OPTIONS[name]}
        for option in sorted(set(options) - set(by_option)):
            self.refuse(f"{name}.{option}", f"no such option; {remedy_for(option, by_option)}")
        given = {option: value for option, value in without_blanks(options).items() if option in by_option}
        for option, value in given.items():
            self.put(by_option[option].path, value)
        return section_is_given(options)

    def config(self, path: Path, values: t.Mapping[str, t.Any]) -> None:
        for key, value in values.items():
            here = (*path, str(key))
            if here in (("apiVersion",), ("kind",)):
                self.refuse(option_path(here), "is fixed and cannot be set; leave it out")
            elif value is None:
                self.removals.append(here)
            elif here in BY_PATH and BY_PATH[here].option:
                self.refuse(f"config.{'.'.join(here)}", f"has an option of its own; use the option {option_path(here)}")
            elif here == ("featureGates",) and isinstance(value, t.Mapping):
                self._gates(here, value)
            elif here in BY_PATH:
                self.put(here, value)
            elif not is_struct(here):
                self.refuse(option_path(here), unknown_key(here))
            elif isinstance(value, t.Mapping):
                self.config(here, value)
            else:
                self.refuse(f"config.{'.'.join(here)}", f"{quoted(value)} is not a mapping of keys to values")
                self.unread.append(here)

    def _gates(self, path: Path, given: t.Mapping[str, t.Any]) -> None:
        self.removals.extend((*path, str(name)) for name, value in given.items() if value is None)
        switched = {str(name): _boolean(value) for name, value in given.items() if value is not None}
        if switched:
            self.put(path, switched)

    def check_contradictions(self) -> None:
        request = ConfigRequest(self.values)
        requested = [path for path, _value in request.leaves() if path != ("featureGates",)]
        requested += [("featureGates", name) for name in self.values.get("featureGates", {})]
        for removal in self.removals:
            for path in requested:
                if path[: len(removal)] == removal:
                    removed = printable(".".join(removal), _LONGEST_PATH)
                    self.refuse(option_path(path), f"is set, and config removes {removed}; give only one of the two")


def _typed(field: Field, value: t.Any) -> t.Any:
    """The value in the type of the field, where templates made a text of it; raises ValueError with what is allowed."""
    if field.kind in ("duration", "flush") and isinstance(value, str):
        value = _duration(field, value)
    elif field.kind == "bool":
        value = _boolean(value)
    elif field.kind in ("int32", "uint32") and isinstance(value, str) and re.fullmatch(r"[-+]?[0-9]{1,12}", value):
        value = int(value)
    elif (
        field.kind == "float32" and isinstance(value, str) and re.fullmatch(r"[-+]?[0-9]{1,12}(\.[0-9]{1,12})?", value)
    ):
        value = float(value)
    message = type_problem(field, value)
    if message:
        raise ValueError(message)
    return list(value) if isinstance(value, tuple) else value


def _boolean(value: t.Any) -> t.Any:
    word = value.lower() if isinstance(value, str) else None
    return word in _TRUE if word in _TRUE | _FALSE else value


def _duration(field: Field, text: str) -> str:
    duration = Duration.parse(text)
    problem = limits.duration_problem(field, duration)
    if problem:
        raise DurationError(f"{quoted(text)} {problem}")
    return duration.go()
