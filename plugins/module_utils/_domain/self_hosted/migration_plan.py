# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a change of the mode, as far as the API server shows what it meets."""

from __future__ import annotations

from ..kube_proxy.findings import Finding
from .migration_facts import MigrationFacts
from .migration_rules import RULES


def migration_plan(facts: MigrationFacts) -> list[Finding]:
    """In the order of the rules; none where the mode stays what it is."""
    if facts.former == facts.mode:
        return []
    return [finding for rule in RULES for finding in rule.findings(facts)]
