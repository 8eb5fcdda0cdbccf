# SPDX-License-Identifier: GPL-3.0-or-later

"""The shell script that takes the frozen copy away. The timer on the node runs it as well, when the play is gone.

It works from what is in the kernel, so that it also removes all of a copy of which somebody removed a part.
"""

from __future__ import annotations

import shlex
import typing as t

from .names import PREFIX, TABLE

# From iptables-save to iptables-restore --noflush: declare the copy's chains, which empties them; delete the jumps to
# them; delete them. No dollar and no percent sign, which systemd would replace.
_SED = "; ".join(
    (
        "/^[*]nat/p",
        f"/^:{PREFIX}/{{s/ .*/ - [0:0]/p; s/^:\\([^ ]*\\) .*/-X \\1/; H; }}",
        f"/^-A {PREFIX}/d",
        f"s/^-A \\(.* -j {PREFIX}\\)/-D \\1/p",
        "/^COMMIT/{x; s/^\\n//; p; x; p; }",
    )
)


class Xtables(t.NamedTuple):
    """Paths of the programs of one backend and family."""

    save: str
    restore: str


def removal_script(xtables: t.Iterable[Xtables], nft: str | None, families: t.Sequence[str]) -> str:
    """A script for sh, which ends with an error while something of the copy is left in table nat.

    ``nft`` is the path of the program if the copy has tables, in these families.
    """
    pairs = list(xtables)
    steps = [
        f"{save} -t nat | sed -n -e {shlex.quote(_SED)} | {restore} --noflush --wait=10" for save, restore in pairs
    ]
    if nft is not None:
        # Deleting a table that is not there is an error, hence made first; both happen at once.
        names = [f"{family} {TABLE}" for family in families]
        commands = "; ".join(f"add table {name}; delete table {name}" for name in names)
        steps.append(f"{nft} {shlex.quote(commands)}")
    checks = [f"! {save} -t nat | grep -q -e ' {PREFIX}' -e '^:{PREFIX}'" for save, _restore in pairs]
    # All steps run, whatever becomes of those before.
    return " && ".join([f"{{ {'; '.join(steps)}; }}", *checks]) if steps else "true"
