# SPDX-License-Identifier: GPL-3.0-or-later

"""Blank means not given: the one home of that rule.

AWX passes an empty text for an unanswered question of a survey, newer releases pass null, and templates of variables
that are empty leave spaces. An empty list or mapping is an answer: somebody wrote it.
"""

from __future__ import annotations

import typing as t


def is_blank(value: t.Any) -> bool:
    """Whether the value counts as not given: null, or a text without a character."""
    return value is None or (isinstance(value, str) and not value.strip())


def given(value: t.Any, default: t.Any = None) -> t.Any:
    """The value, or the default where it is blank."""
    return default if is_blank(value) else value


def without_blanks(members: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    """The members that are given; of nothing at all, none."""
    return {name: value for name, value in (members or {}).items() if not is_blank(value)}


def section_is_given(members: t.Mapping[str, t.Any] | None) -> bool:
    """Whether a section of settings counts as given, which the strategy ``replace`` asks.

    An empty section is given. A form of which every field was left blank is not a request to empty the section.
    """
    if members is None:
        return False
    return bool(without_blanks(members)) or not any(isinstance(value, str) for value in members.values())
