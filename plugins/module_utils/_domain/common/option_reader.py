# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading options that are text, so that everything wrong with them is told at once."""

from __future__ import annotations

import typing as t

from .blank import given, is_blank
from .problems import Problem, ValidationError

_T = t.TypeVar("_T")


class OptionReader:
    """Reads texts by option, and gathers what is wrong with them; None is an option that is not given."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def __call__(self, path: str, text: t.Any, reader: t.Callable[[str], _T]) -> _T | None:
        if is_blank(text):
            return None
        try:
            return reader(str(text).strip())
        except ValueError as error:
            self.problems.append(Problem(path, str(error)))
            return None

    def of(self, params: t.Mapping[str, t.Any], option: str, reader: t.Callable[[str], t.Any], default: str) -> t.Any:
        """An option with a default; None only beside a problem, so that nobody gets to see it."""
        return self(option, given(params[option], default), reader)

    def part(self, reader: t.Callable[[], _T], default: _T) -> _T:
        """What another reader reads; the default, which nobody gets to see, in place of one with problems."""
        try:
            return reader()
        except ValidationError as error:
            self.problems.extend(error.problems)
            return default

    def check(self) -> None:
        """Raises ValidationError with everything that is wrong."""
        if self.problems:
            raise ValidationError(self.problems)
