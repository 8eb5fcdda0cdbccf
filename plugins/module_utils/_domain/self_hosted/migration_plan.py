# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a change of the mode, as far as the API server shows what it meets."""

from __future__ import annotations

import typing as t

from ..common.json_types import Json
from ..common.problems import Problem, ValidationError
from ..kube_proxy.findings import Finding
from ..kube_proxy.versions import KubeProxyVersion
from .decoding import decodes
from .effective import effective_mode
from .migration_facts import MigrationFacts
from .migration_rules import RULES


def planned_config(
    current: t.Mapping[str, t.Any], mode: str | None, desired: Json | None, version: KubeProxyVersion
) -> Json:
    """The configuration to plan a change to: the desired one, or the current one with the mode.

    Raises ValidationError for a desired one that kube-proxy of this version cannot read, or that has another mode.
    """
    if desired is None:
        return {**current, "mode": mode}
    if not decodes(desired, version):
        problem = f"kube-proxy {version} cannot read it; give a whole KubeProxyConfiguration, with kube-proxy's names"
        raise ValidationError([Problem("desired_config", problem)])
    planned = effective_mode(desired, version)
    if mode is not None and mode != planned:
        raise ValidationError([Problem("migrate_to", f"{mode} is not the mode of desired_config, which is {planned}")])
    return desired


def migration_plan(facts: MigrationFacts) -> list[Finding]:
    """In the order of the rules; none where the mode stays what it is."""
    if facts.former == facts.mode:
        return []
    return [finding for rule in RULES for finding in rule.findings(facts)]
