# SPDX-License-Identifier: GPL-3.0-or-later

"""A kubeconfig as text and as values, so that what is not ours comes out of a rewrite as it went in.

Texts, numbers and times keep their spelling and quotes, keys their order; comments are lost, as with kubectl.
"""

from __future__ import annotations

import typing as t

from ..._deps import yaml
from ..common.json_types import Json
from ..common.printable import printable

#: List of a kubeconfig -> the member of its entries, beside the name.
LISTS: t.Mapping[str, str] = {"clusters": "cluster", "contexts": "context", "users": "user"}
#: Members of entries that are names or addresses.
_NAMES: t.Mapping[str, tuple[str, ...]] = {"clusters": ("server",), "contexts": ("cluster", "user"), "users": ()}
_MARKS = {"kind": "Config", "apiVersion": "v1"}
_TAG = "tag:yaml.org,2002:"
#: An alias can multiply a short text into more than memory.
_MOST_NODES = 200_000


class NotAKubeconfigError(Exception):
    """Why a text is no kubeconfig; the reason quotes no more of it than names."""


class Scalar(str):
    """A single value, with how it is written."""

    tag: str
    style: str | None

    @classmethod
    def of(cls, node: t.Any) -> Scalar:
        scalar = cls(node.value)
        scalar.tag, scalar.style = node.tag, node.style
        return scalar


def parse(text: str) -> Json:
    """The values of a kubeconfig, none for a text without content; raises NotAKubeconfigError."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        document = {} if node is None else _Reader().value(node)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        # The parser's own text quotes lines, which may hold a key.
        several = isinstance(error, yaml.composer.ComposerError) and "single document" in str(error.context)
        what = "it has more than one YAML document" if several else "it is not YAML that can be read"
        raise NotAKubeconfigError(f"{what}{_line(getattr(error, 'problem_mark', None))}") from None
    return _checked({} if document is None else document)


def _line(mark: t.Any) -> str:
    return "" if mark is None else f" (line {mark.line + 1})"


def dump(document: Json) -> str:
    """The text for the values."""
    return str(yaml.serialize(_Writer().node(document), Dumper=yaml.SafeDumper, width=2**31, allow_unicode=True))


def has_comments(text: str) -> bool:
    """Whether a rewrite loses something that a person wrote; comments at the end of a line do not count."""
    return any(line.lstrip().startswith("#") for line in text.splitlines())


def entries(document: Json, kind: str) -> dict[str, Json]:
    """What a list of the kubeconfig has, by name."""
    return {entry["name"]: entry.get(LISTS[kind]) or {} for entry in document.get(kind) or []}


def _checked(document: t.Any) -> Json:
    if not isinstance(document, dict):
        raise NotAKubeconfigError("it is no mapping")
    for name, right in _MARKS.items():
        if document.get(name) not in (None, "", right):
            raise NotAKubeconfigError(f"its {name} is not {right}")
    if document and not set(document) & {*_MARKS, *LISTS, "current-context"}:
        raise NotAKubeconfigError("it has no clusters, contexts or users")
    if not isinstance(document.get("current-context"), (str, type(None))):
        raise NotAKubeconfigError("its current-context is no text")
    for kind, member in LISTS.items():
        _check_list(document.get(kind), kind, member)
    return document


def _check_list(found: t.Any, kind: str, member: str) -> None:
    if not isinstance(found, (list, type(None))):
        raise NotAKubeconfigError(f"its {kind} are no list")
    names: set[str] = set()
    for entry in found or []:
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name or not isinstance(entry.get(member), (dict, type(None))):
            raise NotAKubeconfigError(f"its {kind} have an entry without name and {member}")
        if name in names:
            raise NotAKubeconfigError(
                f"its {kind} have two entries named {printable(name, 100)}, which kubectl refuses"
            )
        for key in _NAMES[kind]:
            if not isinstance((entry.get(member) or {}).get(key), (str, type(None))):
                raise NotAKubeconfigError(f"its {kind} have an entry whose {key} is no text")
        names.add(name)


class _Reader:
    """From nodes to values. An alias is the same object as what it stands for."""

    def __init__(self) -> None:
        self._known: dict[int, t.Any] = {}
        self._under_way: set[int] = set()
        self._count = 0

    def value(self, node: t.Any) -> t.Any:
        self._count += 1
        if id(node) in self._under_way or self._count > _MOST_NODES:
            raise NotAKubeconfigError("it contains itself, or more than any kubeconfig")
        if id(node) in self._known:
            return self._known[id(node)]
        self._under_way.add(id(node))
        if isinstance(node, yaml.MappingNode):
            found: t.Any = self._mapping(node)
        elif isinstance(node, yaml.SequenceNode):
            found = [self.value(item) for item in node.value]
        else:
            found = None if node.tag == f"{_TAG}null" else Scalar.of(node)
        self._under_way.remove(id(node))
        self._known[id(node)] = found
        return found

    def _mapping(self, node: t.Any) -> Json:
        found: Json = {}
        merged: Json = {}
        for key_node, value_node in node.value:
            key, value = self.value(key_node), self.value(value_node)
            if key_node.tag == f"{_TAG}merge":
                for other in value if isinstance(value, list) else [value]:
                    merged = {**dict(other), **merged}
            elif not isinstance(key, str):
                raise NotAKubeconfigError(f"it has a key that is no text{_line(key_node.start_mark)}")
            elif key in found:
                raise NotAKubeconfigError(f"it has a key twice in one mapping{_line(key_node.start_mark)}")
            else:
                found[key] = value
        return {**found, **{key: value for key, value in merged.items() if key not in found}}


class _Writer:
    """From values to nodes; what is the same object becomes an alias."""

    def __init__(self) -> None:
        self._known: dict[int, t.Any] = {}

    def node(self, value: t.Any) -> t.Any:
        if id(value) in self._known and isinstance(value, (dict, list)) and value:
            return self._known[id(value)]
        self._known[id(value)] = made = self._made(value)
        return made

    def _made(self, value: t.Any) -> t.Any:
        if isinstance(value, dict):
            pairs = [(self.node(key), self.node(member)) for key, member in value.items()]
            return yaml.MappingNode(f"{_TAG}map", pairs, flow_style=not value)
        if isinstance(value, list):
            return yaml.SequenceNode(f"{_TAG}seq", [self.node(item) for item in value], flow_style=not value)
        if value is None:
            return yaml.ScalarNode(f"{_TAG}null", "null")
        if isinstance(value, Scalar):
            return yaml.ScalarNode(value.tag, str(value), style=value.style)
        return yaml.ScalarNode(f"{_TAG}str", value)
