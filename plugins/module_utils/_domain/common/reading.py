# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading JSON from outside, once, at the door: into values of the expected types, or one error that says what is odd.

Everything that an API, a token URL or a file kept earlier says goes through here, so that nothing behind the door has
to expect a text where a list should be.
"""

from __future__ import annotations

import collections
import json
import math
import typing as t
from dataclasses import dataclass

from .json_types import Json
from .printable import printable

#: Objects and lists in each other. What the APIs answer has less than a third of it, and much more of it would exhaust
#: the stack of whoever walks through it later.
DEPTH: t.Final = 32
#: Decimal digits of a number: more than 64 bits have, and far fewer than make arithmetic slow.
_DIGITS: t.Final = 20
#: Characters of a text. The longest is a kubeconfig, of which a tenth is usual. What is longer would fill results, logs
#: and the memory of whoever masks secrets in them.
TEXT: t.Final = 64 * 1024
#: Characters of a text that is a name, a version or an address: four times of what any of the APIs allows.
NAME: t.Final = 1024
_KINDS: t.Final = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "nothing"}

Kind = t.TypeVar("Kind")


class MalformedError(ValueError):
    """What came from outside is not of the shape that it must have; the text says how, as a clause."""


class NotJsonError(MalformedError):
    """It is not even JSON."""


def decode(content: bytes) -> t.Any:
    """The JSON value of a text in UTF-8.

    Raises NotJsonError, and MalformedError for what Python's reader takes and others do not, or not in the same way
    (RFC 8259): a name twice in one object, NaN and infinities, half a surrogate pair, numbers beyond 64 bits, objects
    in more than DEPTH levels, and texts of more than TEXT characters.
    """
    try:
        text = content.decode("utf-8-sig")
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_whole_number,
            parse_float=_number,
            parse_constant=_no_number,
        )
    except MalformedError:
        raise
    except (ValueError, RecursionError):
        raise NotJsonError("it is not JSON") from None
    _check(value)
    return value


def _object(pairs: list[tuple[str, t.Any]]) -> Json:
    found = dict(pairs)
    if len(found) < len(pairs):
        counted = collections.Counter(name for name, _value in pairs)
        [(twice, _times)] = counted.most_common(1)
        raise MalformedError(f"it has {printable(twice, 40)} twice in one object")
    return found


def _whole_number(text: str) -> int:
    if len(text) > _DIGITS:
        raise MalformedError(f"it has a number of {len(text)} digits")
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise MalformedError("it has a number that is too large")
    return number


def _no_number(text: str) -> t.NoReturn:
    raise MalformedError(f"it has {text} where a number is expected")


def _check(value: t.Any) -> None:
    """Depth and texts, level by level instead of by recursion, which depth would break."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEPTH:
            raise MalformedError(f"it has more than {DEPTH} levels of objects and lists")
        inner: list[t.Any] = []
        for item in level:
            if isinstance(item, str):
                _check_text(item)
            elif isinstance(item, dict):
                for name in item:
                    _check_text(name)
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        level = inner


def _check_text(text: str) -> None:
    if len(text) > TEXT:
        raise MalformedError(f"it has a text of {len(text):,} characters, and at most {TEXT:,} are read")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise MalformedError("it has a text with half a surrogate pair, which is no Unicode")


def _check_name(text: str, where: str) -> None:
    if len(text) > NAME:
        raise MalformedError(f"{where} contains a text of {len(text):,} characters, and at most {NAME:,} are read")


def kind_of(value: t.Any) -> str:
    """What a JSON value is, for a message."""
    return _KINDS.get(type(value), "a number")


def mismatch(value: t.Any, expected: str) -> MalformedError:
    """The error for an answer, or an item of it, that is of another kind."""
    return MalformedError(f"the answer is or contains {kind_of(value)} where {expected} is expected")


def an_object(value: t.Any) -> Json:
    if not isinstance(value, dict):
        raise mismatch(value, "an object")
    return value


def a_list_of(kind: type[Kind], expected: str) -> t.Callable[[t.Any], list[Kind]]:
    """A reader of lists whose items are all of one kind, such as ``str``."""

    def read(value: t.Any) -> list[Kind]:
        if not isinstance(value, list):
            raise mismatch(value, expected)
        for item in value:
            if not isinstance(item, kind):
                raise mismatch(item, expected)
            if isinstance(item, str):
                _check_name(item, "the answer")
        return value

    return read


@dataclass(frozen=True)
class Members:
    """The members of a JSON object, by their types; null counts as absent. ``where`` says which object, for errors."""

    members: t.Mapping[str, t.Any]
    where: str = "the answer"

    @classmethod
    def of(cls, value: t.Any, where: str = "the answer") -> Members:
        if not isinstance(value, dict):
            raise MalformedError(f"{where} is {kind_of(value)} where an object is expected")
        return cls(value, where)

    def text(self, name: str) -> str:
        """A text that must be there, with at least one character that is no blank."""
        found = self.any_text(name)
        if not found.strip():
            raise MalformedError(f"{self.where} has no {name}")
        return found

    def any_text(self, name: str) -> str:
        """A text that must be there, and may be empty."""
        found = self.maybe_text(name)
        if found is None:
            raise MalformedError(f"{self.where} has no {name}")
        return found

    def maybe_text(self, name: str, limit: int = NAME) -> str | None:
        """A text of at most ``limit`` characters."""
        found = self._maybe(name, str, "a string")
        if found is not None and len(found) > limit:
            raise MalformedError(f"{self._path(name)} has {len(found):,} characters, and at most {limit:,} are read")
        return found

    def maybe_flag(self, name: str) -> bool | None:
        return self._maybe(name, bool, "true or false")

    def maybe_count(self, name: str) -> int | None:
        found = self._maybe(name, int, "a number")
        if isinstance(found, bool):
            raise self._odd(name, found, "a number")
        return found

    def number(self, name: str) -> float:
        """A number that must be there; finite, since decode takes no other."""
        found = self.members.get(name)
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            raise self._odd(name, found, "a number")
        return found

    def flag(self, name: str) -> bool:
        found = self.maybe_flag(name)
        if found is None:
            raise self._odd(name, found, "true or false")
        return found

    def maybe_texts(self, name: str) -> list[str] | None:
        found = self._maybe(name, list, "a list of strings")
        for item in found or ():
            if not isinstance(item, str):
                raise MalformedError(f"{self._path(name)} contains {kind_of(item)} where a string is expected")
            _check_name(item, self._path(name))
        return found

    def maybe_object(self, name: str) -> Members | None:
        found = self._maybe(name, dict, "an object")
        return None if found is None else Members(found, self._path(name))

    def rest(self, *known: str) -> Json:
        """What is set and not one of the known members, as it came."""
        return {name: value for name, value in self.members.items() if value is not None and name not in known}

    def _maybe(self, name: str, kind: type[Kind], expected: str) -> Kind | None:
        found = self.members.get(name)
        if found is not None and not isinstance(found, kind):
            raise self._odd(name, found, expected)
        return found

    def _odd(self, name: str, value: t.Any, expected: str) -> MalformedError:
        return MalformedError(f"{self._path(name)} is {kind_of(value)} where {expected} is expected")

    def _path(self, name: str) -> str:
        return f"{name} of {self.where}"
