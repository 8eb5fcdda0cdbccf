# SPDX-License-Identifier: GPL-3.0-or-later

"""config.conf as text and as values, and how two of them are compared.

The text is read as kube-proxy reads it: JSON, or YAML by :mod:`.go_yaml`.
"""

from __future__ import annotations

import json
import math
import re
import typing as t
from dataclasses import dataclass

from ..._deps import yaml
from ..common.blank import is_blank
from ..common.json_types import Json
from ..common.problems import Problem, ValidationError
from ..kube_proxy.settings import API_VERSION, KIND
from . import go_yaml
from .go_yaml import ReadError

#: A tree of camelCase keys as plain Python values.
Values = Json


@dataclass(frozen=True)
class Document:
    """A KubeProxyConfiguration: its tree of camelCase keys as plain Python values, in the order of the text."""

    values: Values
    comments: bool = False


def parse(text: str, where: str) -> Document:
    """Read a configuration; ``where`` names its place in messages (``ConfigMap kube-system/kube-proxy, key ...``).

    Raises ValidationError for what kube-proxy does not start with (no YAML, no apiVersion), and for what misleads a
    reader (a second document, a key given twice).
    """
    try:
        values = _read_json(text) if text.lstrip().startswith("{") else _read_yaml(text)
    except (ReadError, RecursionError) as error:
        message = "it is nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())
        raise ValidationError([Problem(where, f"cannot be read as kube-proxy reads it: {message}")]) from error
    problems = [
        Problem(
            f"{where}: {key}",
            f"is {_value_or_missing(values, key)}, kube-proxy starts only with {right!r}; correct it by hand",
        )
        for key, right in (("apiVersion", API_VERSION), ("kind", KIND))
        if values.get(key) != right
    ]
    if problems:
        raise ValidationError(problems)
    return Document(values, comments=not text.lstrip().startswith("{") and go_yaml.has_comments(text))


def _value_or_missing(values: Values, key: str) -> str:
    return "missing" if is_blank(values.get(key)) else repr(values[key])


def _read_json(text: str) -> Values:
    def pairs(items: list[tuple[str, t.Any]]) -> Values:
        found: Values = {}
        for key, value in items:
            if key in found:
                raise ReadError(f"the key {key!r} is given twice, and kube-proxy uses the last one; leave one")
            found[key] = value
        return found

    def number(digits: str) -> float:
        value = float(digits)
        if not math.isfinite(value) or value.is_integer():
            raise ReadError(
                f"kube-proxy does not read the number {digits} from JSON; write whole numbers without fraction and "
                f"exponent"
            )
        return value

    def constant(name: str) -> t.Any:
        raise ReadError(f"{name} is not a number in JSON")

    try:
        found = json.loads(text, object_pairs_hook=pairs, parse_float=number, parse_constant=constant)
    except ValueError as error:
        raise ReadError(f"a text that begins with {{ must be JSON: {error}") from error
    return t.cast(Values, found)


def _read_yaml(text: str) -> Values:
    values = go_yaml.read(text)
    if not isinstance(values, dict):
        raise ReadError(f"it is not a mapping; it must begin with 'apiVersion: {API_VERSION}'")
    return values


def render(document: Document) -> str:
    """YAML in kubeadm's style: blocks, the keys in the document's order, text quoted where it would read otherwise."""
    return render_values(document.values)


def render_values(values: t.Mapping[str, t.Any]) -> str:
    """A tree of values as YAML; reading it again gives the same values."""
    # Built here: the library may be missing where this file is only imported.
    dumper: t.Any = type("_Dumper", (yaml.SafeDumper,), {"ignore_aliases": lambda self, data: True})
    dumper.add_representer(str, _represent_text)
    return yaml.dump(
        values, Dumper=dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=math.inf, indent=2
    )


# Characters that only double quotes carry: elsewhere they are line breaks, or not allowed.
_SPECIAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


def _represent_text(dumper: t.Any, text: str) -> t.Any:
    style = None
    if _SPECIAL.search(text):
        style = '"'
    elif "\n" in text:
        style = "|"
    elif _ambiguous(text):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _ambiguous(text: str) -> bool:
    """Whether some YAML reader takes it for something other than text; go-yaml quotes by the same rule."""
    if text[:1] == "=" or text == "<<" or text[:1] in ("", "."):
        return True
    # Base 60 numbers and dates: text to kube-proxy, but not to every reader of YAML 1.1.
    if re.fullmatch(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*", text):
        return True
    try:
        return not isinstance(go_yaml.resolve(text), str)
    except ReadError:
        return True
