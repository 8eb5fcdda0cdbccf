# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML as kube-proxy reads it: sigs.k8s.io/yaml over go-yaml v2, in every version from 1.20 on.

That is neither YAML 1.1 nor 1.2 nor what PyYAML makes of it. Its scalars are their own: ``yes`` and ``on`` are
booleans, ``010`` is 8, ``1:30`` is text. Its scanner is libyaml's: tabs may stand wherever they do not indent, and some
of what PyYAML's own scanner takes is refused. PyYAML's C scanner is libyaml as well, but not every installation has it,
so the differences are put right here. kube-proxy reads the first document of a text and does not look at the rest.
"""

from __future__ import annotations

import base64
import binascii
import functools
import math
import re
import typing as t

from ..._deps import yaml
from ..common.json_types import Json

#: More than any configuration holds; an alias can multiply a short text into more than memory.
_MOST_NODES = 20_000

_BREAK = "\r\n\x85\u2028\u2029"
_BREAK_OR_END = "\0" + _BREAK
_BLANK_OR_END = "\t " + _BREAK_OR_END
_TAG = "tag:yaml.org,2002:"
#: The tag that the reader gives to a plain scalar without one.
_PLAIN = ""


class ReadError(Exception):
    """What is wrong with the text."""


def read(text: str) -> t.Any:
    """The values of the one document in the text; raises ReadError for what kube-proxy cannot read, or not to the end.

    A document after the first, which kube-proxy would not look at, and keys given twice are refused too.
    """
    try:
        loader = _loader_class()(text)
        # With no document at all it stands at the end of the stream.
        document = loader.get_node() if loader.check_node() else None
        value = None if document is None else _Reader().value(document)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise ReadError(" ".join(str(error).split())) from error
    if _goes_on(loader):
        raise ReadError("it holds several YAML documents, and kube-proxy reads only the first; leave one")
    return value


def _goes_on(loader: t.Any) -> bool:
    """Whether something follows the first document; a line of dashes alone, or a comment, is nothing."""
    try:
        while loader.check_node():
            node = loader.get_node()
            if not (isinstance(node, yaml.ScalarNode) and node.tag == _PLAIN and not node.value):
                return True
    except (ReadError, yaml.YAMLError, ValueError, OverflowError):
        return True
    return False


def has_comments(text: str) -> bool:
    """Whether the YAML has comments, which are lost when it is written anew."""
    if not re.search(r"(?m)(?:^|\s)#", text):
        return False
    scalars = [
        (token.start_mark.index, token.end_mark.index)
        for token in yaml.scan(text, Loader=_loader_class())
        if isinstance(token, yaml.ScalarToken)
    ]
    return any(
        not any(start <= match.end() - 1 < end for start, end in scalars)
        for match in re.finditer(r"(?m)(?:^|\s)#", text)
    )


class _Reader:
    """From YAML nodes to values, with aliases and merge keys written out."""

    def __init__(self) -> None:
        self._nodes = 0
        self._open: list[t.Any] = []

    def value(self, node: t.Any) -> t.Any:
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise ReadError(f"it has more than {_MOST_NODES} values")
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node.tag, node.value, node.start_mark.line + 1)
        if any(node is parent for parent in self._open):
            raise ReadError(f"line {node.start_mark.line + 1}: it contains itself")
        self._open.append(node)
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item) for item in node.value]
            return self._mapping(node)
        finally:
            self._open.pop()

    def _mapping(self, node: t.Any) -> Json:
        found: Json = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            merged = _is_merge(key_node)
            pairs = self._merged(value_node, line) if merged else {self._key(key_node, line): self.value(value_node)}
            for key, value in pairs.items():
                if key in found:
                    raise ReadError(
                        f"line {line}: the key {key!r} is given twice, and kube-proxy uses the last one; leave one"
                    )
                found[key] = value
        return found

    def _merged(self, node: t.Any, line: int) -> Json:
        found: Json = {}
        for each in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if not isinstance(each, yaml.MappingNode):
                raise ReadError(f"line {line}: only a mapping, or a list of them, can be merged with <<")
            for key, value in self.value(each).items():
                if key in found:
                    raise ReadError(f"line {line}: the key {key!r} is merged twice; leave one")
                found[key] = value
        return found

    def _key(self, node: t.Any, line: int) -> str:
        key = self.value(node)
        if isinstance(key, bool):
            return str(key).lower()
        if isinstance(key, (str, int)):
            return str(key)
        raise ReadError(f"line {line}: a key must be a word")


def _is_merge(node: t.Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value == "<<" and node.tag in (_PLAIN, f"{_TAG}merge")


def _scalar(tag: str, text: str, line: int) -> t.Any:
    """A scalar with its tag; go-yaml reads one with a tag that it does not know as text."""
    if tag == _PLAIN:
        return resolve(text, line)
    if tag == f"{_TAG}binary":
        try:
            return base64.b64decode(re.sub(r"[\r\n]", "", text), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError) as error:
            raise ReadError(f"line {line}: it is no base64") from error
    kind = tag[len(_TAG) :] if tag.startswith(_TAG) else ""
    if kind not in ("null", "bool", "int", "float", "timestamp"):
        return text
    value = resolve(text, line)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    fits = {
        "null": value is None,
        "bool": isinstance(value, bool),
        "int": number and isinstance(value, int),
        "float": number,
        "timestamp": isinstance(value, str) and re.match(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", value) is not None,
    }
    if not fits[kind]:
        raise ReadError(f"line {line}: {text!r} is not of the type that its tag says")
    return float(value) if kind == "float" else value


# The plain scalars of go-yaml v2 (resolve.go).
_TRUE = frozenset(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"))
_FALSE = frozenset(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"))
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))"
)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def resolve(text: str, line: int = 0) -> t.Any:
    """What a plain scalar is to go-yaml v2: null, a boolean, a number or text."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _NO_NUMBER.fullmatch(text):
        raise ReadError(f"line {line}: {text} is not a number in JSON")
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


@functools.cache
def _loader_class() -> t.Any:
    """PyYAML's reader, scanner, parser and composer with libyaml's and go-yaml's ways.

    Built when it is needed: the library may be missing where this file is only imported.
    """
    base: t.Any = yaml.BaseLoader

    def compose_node(self: t.Any, parent: t.Any, index: t.Any) -> t.Any:
        if not self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            # An anchor may be given again, and means the last one from there on.
            self.anchors.pop(event.anchor, None)
            # The composer takes this tag for none, go-yaml for one that makes a text.
            event.tag = f"{_TAG}str" if event.tag == "!" else event.tag
        return base.compose_node(self, parent, index)

    def resolve_tag(_self: t.Any, kind: t.Any, _value: t.Any, implicit: t.Any) -> str:
        plain = kind is yaml.ScalarNode and implicit[0]
        return _PLAIN if plain else f"{_TAG}str"

    def scan_tag(self: t.Any) -> t.Any:
        _blank_tab(self, _BLANK_OR_END)
        return base.scan_tag(self)

    def scan_directive(self: t.Any) -> t.Any:
        _blank_tab(self, _BREAK_OR_END)
        token = base.scan_directive(self)
        if token.name not in ("YAML", "TAG"):
            raise ReadError(f"line {token.start_mark.line + 1}: kube-proxy does not know the directive %{token.name}")
        return token

    def process_directives(self: t.Any) -> t.Any:
        found = base.process_directives(self)
        if self.yaml_version not in (None, (1, 1)):
            raise ReadError("kube-proxy reads YAML 1.1 only; leave the directive out")
        return found

    def scan_block_scalar_indentation(self: t.Any) -> t.Any:
        found = base.scan_block_scalar_indentation(self)
        _refuse_tab(self, math.inf)
        return found

    def scan_block_scalar_breaks(self: t.Any, indent: int) -> t.Any:
        found = base.scan_block_scalar_breaks(self, indent)
        _refuse_tab(self, indent)
        return found

    escapes = {key: value for key, value in base.ESCAPE_REPLACEMENTS.items() if key != "/"}
    overrides = {
        "ESCAPE_REPLACEMENTS": {**escapes, "'": "'"},
        "compose_node": compose_node,
        "process_directives": process_directives,
        "resolve": resolve_tag,
        "scan_block_scalar_breaks": scan_block_scalar_breaks,
        "scan_block_scalar_ignored_line": _scan_ignored_line,
        "scan_block_scalar_indentation": scan_block_scalar_indentation,
        "scan_block_scalar_indicators": _scan_indicators,
        "scan_directive": scan_directive,
        "scan_plain": _scan_plain,
        "scan_tag": scan_tag,
        "scan_to_next_token": _scan_to_next_token,
    }
    return type("_Loader", (base,), overrides)


def _scan_to_next_token(scanner: t.Any) -> None:
    """Blanks, comments and line breaks. A tab is a blank but where it would indent: where a key may begin."""
    while True:
        if scanner.index == 0 and scanner.peek() == "\ufeff":
            scanner.forward()
        while scanner.peek() == " " or (
            scanner.peek() == "\t" and (scanner.flow_level or not scanner.allow_simple_key)
        ):
            scanner.forward()
        if scanner.peek() == "#":
            _skip_line(scanner)
        if not scanner.scan_line_break():
            return
        if not scanner.flow_level:
            scanner.allow_simple_key = True


def _blank_tab(scanner: t.Any, end: str) -> None:
    """Make tabs blanks, for PyYAML's methods that know no others, up to and with the first character of ``end``."""
    for length in range(len(scanner.buffer) - scanner.pointer):
        place = scanner.pointer + length
        char = scanner.buffer[place]
        if char == "\t":
            scanner.buffer = f"{scanner.buffer[:place]} {scanner.buffer[place + 1 :]}"
        if char in end:
            return


def _skip_line(scanner: t.Any) -> None:
    while scanner.peek() not in _BREAK_OR_END:
        scanner.forward()


def _refuse_tab(scanner: t.Any, indent: float) -> None:
    if scanner.peek() == "\t" and scanner.column < indent:
        raise ReadError(f"line {scanner.line + 1}: a tab must not indent; use blanks")


def _scan_indicators(scanner: t.Any, start: t.Any) -> tuple[bool | None, int | None]:
    """What follows | or >: whether line breaks at the end are kept (None: one), and the indentation."""
    keep, indentation = None, None
    while True:
        char = scanner.peek()
        if keep is None and char in "+-":
            keep = char == "+"
        elif indentation is None and char in "0123456789":
            indentation = int(char)
        else:
            break
        scanner.forward()
    if indentation == 0:
        raise ReadError(f"line {start.line + 1}: the indentation of a block scalar must not be 0")
    return keep, indentation


def _scan_ignored_line(scanner: t.Any, start: t.Any) -> None:
    """What follows the indicator of a block scalar on its line: blanks and a comment."""
    while scanner.peek() in " \t":
        scanner.forward()
    if scanner.peek() == "#":
        _skip_line(scanner)
    if scanner.peek() not in _BREAK_OR_END:
        raise ReadError(f"line {start.line + 1}: a line break must follow the indicator of a block scalar")
    scanner.scan_line_break()


def _scan_plain(scanner: t.Any) -> t.Any:
    """A scalar without quotes, over as many lines as it has."""
    start = end = scanner.get_mark()
    chunks: list[str] = []
    indent = scanner.indent + 1
    between = ""
    while not _at_document_marker(scanner) and scanner.peek() != "#":
        length = _plain_length(scanner)
        if length:
            scanner.allow_simple_key = False
            chunks += [between, scanner.prefix(length)]
            scanner.forward(length)
            end = scanner.get_mark()
        if scanner.peek() not in " \t" + _BREAK:
            break
        between = _scan_between(scanner, indent)
        if not scanner.flow_level and scanner.column < indent:
            break
    return yaml.ScalarToken("".join(chunks), True, start, end)


def _at_document_marker(scanner: t.Any) -> bool:
    return scanner.column == 0 and scanner.prefix(3) in ("---", "...") and scanner.peek(3) in _BLANK_OR_END


def _plain_length(scanner: t.Any) -> int:
    """How many characters of a plain scalar follow, up to a blank or an indicator that ends it."""
    length = 0
    while True:
        char = scanner.peek(length)
        if (
            char in _BLANK_OR_END
            or (char == ":" and scanner.peek(length + 1) in _BLANK_OR_END)
            or (scanner.flow_level and char in ",?[]{}")
        ):
            return length
        length += 1


def _scan_between(scanner: t.Any, indent: int) -> str:
    """The blanks and line breaks after a part of a plain scalar, folded to what they mean if another part follows."""
    blanks, breaks = "", []
    while scanner.peek() in " \t" + _BREAK:
        if scanner.peek() not in " \t":
            breaks.append(scanner.scan_line_break())
            scanner.allow_simple_key = True
            continue
        if breaks:
            _refuse_tab(scanner, indent)
        if not breaks:
            blanks += scanner.peek()
        scanner.forward()
    if not breaks:
        return blanks
    if breaks[0] != "\n":
        return "".join(breaks)
    return "".join(breaks[1:]) or " "
