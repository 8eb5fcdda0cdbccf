# SPDX-License-Identifier: GPL-3.0-or-later

"""config.conf as text and as values, and how two of them are compared.

The text is read as kube-proxy reads it (sigs.k8s.io/yaml over go-yaml v2, in every version from 1.20 on), which is
neither YAML 1.1 nor 1.2 nor what PyYAML makes of it: ``yes`` and ``on`` are booleans, ``010`` is 8, ``1:30`` is text.
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

#: A tree of camelCase keys as plain Python values.
Values = Json

#: More than any configuration holds; an alias can multiply a short text into more than memory.
_MOST_NODES = 20_000


@dataclass(frozen=True)
class Document:
    """A KubeProxyConfiguration: its tree of camelCase keys as plain Python values, in the order of the text."""

    values: Values
    comments: bool = False


class _ReadError(Exception):
    """What is wrong with the text."""


def parse(text: str, where: str) -> Document:
    """Read a configuration; ``where`` names its place in messages (``ConfigMap kube-system/kube-proxy, key ...``).

    Raises ValidationError for what kube-proxy does not start with (no YAML, no apiVersion), for what misleads a reader
    (a second document, a key given twice), and for YAML that nobody needs here (tags, directives, merge keys).
    """
    try:
        values = _read_json(text) if text.lstrip().startswith("{") else _read_yaml(text)
    except (_ReadError, RecursionError, yaml.YAMLError) as error:
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
    return Document(values, comments=_has_comments(text))


def _value_or_missing(values: Values, key: str) -> str:
    return "missing" if is_blank(values.get(key)) else repr(values[key])


def _read_json(text: str) -> Values:
    def pairs(items: list[tuple[str, t.Any]]) -> Values:
        found: Values = {}
        for key, value in items:
            if key in found:
                raise _ReadError(f"the key {key!r} is given twice, and kube-proxy uses the last one; leave one")
            found[key] = value
        return found

    def number(digits: str) -> float:
        value = float(digits)
        if not math.isfinite(value) or value.is_integer():
            raise _ReadError(
                f"kube-proxy does not read the number {digits} from JSON; write whole numbers without fraction and "
                f"exponent"
            )
        return value

    def constant(name: str) -> t.Any:
        raise _ReadError(f"{name} is not a number in JSON")

    try:
        found = json.loads(text, object_pairs_hook=pairs, parse_float=number, parse_constant=constant)
    except ValueError as error:
        raise _ReadError(f"a text that begins with {{ must be JSON: {error}") from error
    return t.cast(Values, found)


def _read_yaml(text: str) -> Values:
    for token in yaml.scan(text, Loader=yaml.BaseLoader):
        if isinstance(token, (yaml.TagToken, yaml.DirectiveToken)):
            raise _ReadError(
                f"line {token.start_mark.line + 1}: tags and directives of YAML are not supported here; take it out"
            )
    documents = list(yaml.compose_all(text, Loader=yaml.BaseLoader))
    if len(documents) > 1:
        raise _ReadError("it holds several YAML documents, and kube-proxy reads only the first; leave one")
    if not documents or not isinstance(documents[0], yaml.MappingNode):
        raise _ReadError(f"it is not a mapping; it must begin with 'apiVersion: {API_VERSION}'")
    return t.cast(Values, _Reader().value(documents[0]))


class _Reader:
    """From YAML nodes to values, with aliases written out."""

    def __init__(self) -> None:
        self._nodes = 0
        self._open: list[t.Any] = []

    def value(self, node: t.Any) -> t.Any:
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise _ReadError(f"it has more than {_MOST_NODES} values")
        if isinstance(node, yaml.ScalarNode):
            return _resolve(node.value, node.start_mark.line + 1) if node.style is None else node.value
        if any(node is parent for parent in self._open):
            raise _ReadError(f"line {node.start_mark.line + 1}: it contains itself")
        self._open.append(node)
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item) for item in node.value]
            return self._mapping(node)
        finally:
            self._open.pop()

    def _mapping(self, node: t.Any) -> Values:
        found: Values = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self._key(key_node, line)
            if key in found:
                raise _ReadError(
                    f"line {line}: the key {key!r} is given twice, and kube-proxy uses the last one; leave one"
                )
            found[key] = self.value(value_node)
        return found

    def _key(self, node: t.Any, line: int) -> str:
        key = self.value(node)
        if node.value == "<<" and node.style is None:
            raise _ReadError(f"line {line}: merge keys (<<) are not supported here; write the values out")
        if isinstance(key, bool):
            return str(key).lower()
        if isinstance(key, (str, int)):
            return str(key)
        raise _ReadError(f"line {line}: a key must be a word")


# The plain scalars of go-yaml v2 (resolve.go).
_TRUE = frozenset(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"))
_FALSE = frozenset(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"))
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))"
)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def _resolve(text: str, line: int = 0) -> t.Any:
    """What a plain scalar is to go-yaml v2: null, a boolean, a number or text."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _NO_NUMBER.fullmatch(text):
        raise _ReadError(f"line {line}: {text} is not a number in JSON")
    if text[0] == ".":
        return _finite(text) if _FLOAT.fullmatch(text) else text
    if text[0] not in "+-0123456789":
        return text
    plain = text.replace("_", "")
    match = _INTEGER.fullmatch(plain)
    if match:
        value = _integer(match)
        # Beyond 64 bits (unsigned ones without a sign) go-yaml goes on to its other readings.
        if -(2**63) <= value < (2**64 if not match["sign"] else 2**63):
            return value
    return _finite(plain, text) if _FLOAT.fullmatch(plain) else text


def _integer(match: re.Match[str]) -> int:
    for group, base in (("hex", 16), ("bin", 2), ("oct", 8), ("dec", 10)):
        if match[group] is not None:
            return int(match["sign"] + match[group], base)
    raise AssertionError(match)


def _finite(digits: str, text: str | None = None) -> float | str:
    value = float(digits)
    return value if math.isfinite(value) else text or digits


def _has_comments(text: str) -> bool:
    """Whether the YAML has comments, which are lost when it is written anew."""
    if not re.search(r"(?m)(?:^|\s)#", text) or text.lstrip().startswith("{"):
        return False
    scalars = [
        (token.start_mark.index, token.end_mark.index)
        for token in yaml.scan(text, Loader=yaml.BaseLoader)
        if isinstance(token, yaml.ScalarToken)
    ]
    return any(
        not any(start <= match.end() - 1 < end for start, end in scalars)
        for match in re.finditer(r"(?m)(?:^|\s)#", text)
    )


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
        return not isinstance(_resolve(text), str)
    except _ReadError:
        return True
