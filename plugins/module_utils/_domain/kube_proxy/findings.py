# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change of the mode meets in a cluster and on its nodes, for a person to act on."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

#: ``blocking`` keeps the change from beginning. What ``follow`` names has to be changed too, before or after it.
#: ``behaviour`` is another afterwards.
Kind = t.Literal["blocking", "follow", "behaviour"]
KINDS: t.Final[tuple[Kind, ...]] = ("blocking", "follow", "behaviour")


@dataclass(frozen=True)
class Finding:
    """``subject`` is whom it is about, ``what`` and ``todo`` are sentences without their full stops.

    ``source`` is where the rule comes from.
    """

    kind: Kind
    subject: str
    what: str
    todo: str
    source: str


def in_order(findings: t.Iterable[Finding]) -> list[Finding]:
    """Blocking ones first; those of a kind stay in their order, and each is told once."""
    return sorted(dict.fromkeys(findings), key=lambda finding: KINDS.index(finding.kind))
