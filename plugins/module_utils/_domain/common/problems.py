# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be wrong with a request before anything is sent, and what to say about it.

The domain names no Ansible module: where a module is the remedy, it names the :class:`Remedy`, and the shell adds the
sentence with the module's name.
"""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass

from .printable import printable

#: Characters of the path of an option.
_LONGEST_PATH = 120


class Remedy(enum.Enum):
    """What helps, where that is an operation of this collection."""

    RESET = "reset"
    ROLLOUT = "rollout"
    MIGRATION = "migration"
    #: Of a migration that has begun: the next step of it, or its end.
    MIGRATION_STEP = "migration step"


@dataclass(frozen=True)
class Notice:
    """A sentence for the user, without its full stop: a warning, or one item of drift."""

    text: str
    remedy: Remedy | None = None


@dataclass(frozen=True)
class Problem:
    """One refused value: the option's path as the user wrote it, and what is wrong with it and allowed instead."""

    path: str
    message: str

    def __post_init__(self) -> None:
        # Members of a mapping have names from outside, too.
        object.__setattr__(self, "path", printable(self.path, _LONGEST_PATH))

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class ValidationError(Exception):
    """The input cannot be right, whatever the cluster's state; carries every problem found, not only the first."""

    def __init__(self, problems: t.Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


_First = t.TypeVar("_First")
_Second = t.TypeVar("_Second")


def both(first: t.Callable[[], _First], second: t.Callable[[], _Second]) -> tuple[_First, _Second]:
    """What the two read; raises one ValidationError with the problems of both, each once."""
    try:
        one = first()
    except ValidationError as error:
        found = list(error.problems)
        try:
            second()
        except ValidationError as more:
            found += [problem for problem in more.problems if problem not in found]
        raise ValidationError(found) from None
    return one, second()


class RefusedError(Exception):
    """The input is right in itself, but not for this cluster; nothing was changed."""

    def __init__(self, message: str, remedy: Remedy | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy
