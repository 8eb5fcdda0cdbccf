# SPDX-License-Identifier: GPL-3.0-or-later

"""How a message names many things: the first few, and how many more there are. The one home of that rule.

What exists in a project or a cluster has no bound: with 10,000 clusters, all of their names are half a megabyte.
"""

from __future__ import annotations

import difflib
import typing as t

#: How many are named.
FEW = 10
#: From 0 to 1: how much of a mistyped name is right. Less would suggest what nobody meant.
_ALIKE = 0.75
#: Characters of a mistyped name that are compared; of more, comparing takes long.
_LONGEST = 60


def listed(items: t.Iterable[str], limit: int = FEW, *, total: int | None = None, conjunction: str = ", ") -> str:
    """The items, or the first of them and the number of the others; blank for none.

    ``total`` is how many there are, where the items are a choice of them.
    """
    every = list(items)
    shown = every[:limit]
    more = (len(every) if total is None else total) - len(shown)
    return f"{', '.join(shown)} and {more} more" if more else conjunction.join(shown)


def counted(number: int, noun: str) -> str:
    """``1 node``, ``2 nodes``: a noun that takes an s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def nearest(name: str, candidates: t.Iterable[str], limit: int = FEW) -> list[str]:
    """The candidates that look most like the name, the most alike first; small and capital letters are alike.

    Candidates that do not look alike follow in their own order, where there is room for them.
    """
    by_letters: dict[str, list[str]] = {}
    for candidate in candidates:
        by_letters.setdefault(candidate.casefold(), []).append(candidate)
    alike = difflib.get_close_matches(name.casefold(), by_letters, n=limit, cutoff=0.5)
    found = [candidate for letters in alike for candidate in by_letters[letters]]
    rest = [candidate for letters, same in by_letters.items() if letters not in alike for candidate in same]
    return [*found, *rest][:limit]


def remedy_for(name: str, known: t.Iterable[str]) -> str:
    """What to write in place of a name that does not exist, at the end of a sentence."""
    names = list(known)
    name = name[:_LONGEST]
    meant = difflib.get_close_matches(name, names, n=1, cutoff=_ALIKE)
    if meant:
        return f"did you mean {meant[0]}?"
    return f"choose from {listed(names if len(names) <= FEW else nearest(name, names), total=len(names))}"
