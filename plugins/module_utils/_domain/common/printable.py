# SPDX-License-Identifier: GPL-3.0-or-later

"""Text from outside, as it may be shown: the one home of that rule.

A name or a status that an API answers, a host name, a line of a pod's log can hold a newline or an escape sequence,
and would then forge a line of Ansible's output or drive the reader's terminal.
"""

from __future__ import annotations

import typing as t

#: Characters that a message repeats of a value: enough to find it again in what was written.
_LONGEST_QUOTE = 80


def printable(text: str, limit: int | None = None) -> str:
    r"""The text on one line: what does not print is escaped as in ``\x1b`` or ``\u202e``.

    Line ends, terminal escapes, marks that turn the direction of text, and lone surrogates do not print; letters of
    any script do. A text longer than ``limit`` characters is cut, and says how many characters it had.
    """
    return _shown(text, limit, "")


def printable_lines(text: str, limit: int | None = None) -> str:
    """The same of a text that has lines, such as a log: line ends and tabs stay."""
    return _shown(text, limit, "\n\t")


def quoted(value: t.Any) -> str:
    """A value that a message is about: a text in quotes, anything else as Python writes it; escaped, and cut."""
    if isinstance(value, str):
        cut = value[:_LONGEST_QUOTE]
        return repr(cut) if cut == value else f"{cut!r}... ({len(value)} characters)"
    return printable(repr(value), _LONGEST_QUOTE)


def _shown(text: str, limit: int | None, kept: str) -> str:
    cut = text if limit is None or len(text) <= limit else text[:limit]
    shown = "".join(letter if letter.isprintable() or letter in kept else _escaped(letter) for letter in cut)
    return shown if cut is text else f"{shown}... ({len(text)} characters)"


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
