# SPDX-License-Identifier: GPL-3.0-or-later

"""IP restrictions of the API server: address blocks as the API takes them."""

from __future__ import annotations

import ipaddress
import typing as t

from ..common.printable import printable
from ..common.problems import Problem, ValidationError

#: Characters of what Python says of one that is none, with the whole text in it.
_LONGEST = 200


def normal_block(block: str) -> str:
    """One way to write an address or network, so that spellings of the API compare equal; other text stays as it is."""
    try:
        return str(ipaddress.ip_network(block, strict=False))
    except ValueError:
        return block


def is_block(text: str) -> bool:
    """Whether the text is an address or a network, in whatever spelling."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def cidr_blocks(path: str, blocks: t.Sequence[str]) -> tuple[str, ...]:
    """IP restrictions in the API's form (address/prefix), sorted; raises ValidationError for what is no network."""
    problems, networks = [], set()
    for block in blocks:
        try:
            networks.add(str(ipaddress.ip_network(block)))
        except ValueError as error:
            problems.append(
                Problem(path, f"{printable(str(error), 160)}; write an address or a network such as '192.0.2.0/24'")
            )
    if problems:
        raise ValidationError(problems)
    return tuple(sorted(networks))
