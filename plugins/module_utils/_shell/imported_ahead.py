# SPDX-License-Identifier: GPL-3.0-or-later

"""What is imported before Ansible forks.

Each task of each host runs in a process of its own, a fork of Ansible's main process. What that has imported is there
for all of them. Anything else, each imports anew, and compiles it: Ansible keeps no bytecode of a collection.
That would be most of what a role over a fleet costs.
"""

from __future__ import annotations

import importlib
import typing as t

T = t.TypeVar("T")

#: What every role's filters use.
OF_ROLES: t.Final = ("role_requests", "role_results", "migration_results")
#: What else the tasks of a role use, beside the modules that its first task asks what is wrong with their options.
_OF_ROLE: t.Final[t.Mapping[str, tuple[str, ...]]] = {
    "audit": ("artifacts", "audit_results", "managed_modules", "self_hosted_modules"),
    "managed_cluster": ("artifacts", "managed_modules"),
    "mode_migration": ("artifacts", "node_probe_module", "node_rules_module", "probe_results", "self_hosted_modules"),
    "node_prerequisites": ("node_module",),
    "self_hosted_cluster": ("artifacts", "self_hosted_modules"),
}


def import_modules(names: t.Iterable[str]) -> None:
    """Import these modules of the shell; each is there once, however often it is asked for."""
    for name in names:
        importlib.import_module(f".{name}", __package__)


def imported_ahead(value: T, role: str) -> T:
    """``value`` itself, when what the tasks of the role use is imported.

    For ``run_once`` of the first task of a role, which Ansible evaluates before it forks.
    """
    import_modules((*OF_ROLES, *_OF_ROLE[role]))
    return value
