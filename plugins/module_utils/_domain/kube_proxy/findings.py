# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change of the mode meets in a cluster and on its nodes, for a person to act on."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from ..common.json_types import Json
from ..common.printable import printable

#: ``blocking`` keeps the change from beginning. What ``follow`` names has to be changed too, before or after it.
#: ``behaviour`` is another afterwards.
Kind = t.Literal["blocking", "follow", "behaviour"]
#: Characters of one text of a finding.
_TEXT = 1000
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


def plan_result(former: str, mode: str, findings: t.Iterable[Finding]) -> Json:
    """The plan of a change of the mode as results return it, with names from outside as text on one line."""
    ordered = in_order(findings)
    return {
        "former": former,
        "mode": mode,
        "blocked": any(finding.kind == "blocking" for finding in ordered),
        "findings": [
            {name: printable(str(text), _TEXT) for name, text in dataclasses.asdict(finding).items()}
            for finding in ordered
        ],
    }
