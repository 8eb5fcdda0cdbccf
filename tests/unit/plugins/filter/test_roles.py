# SPDX-License-Identifier: GPL-3.0-or-later

"""The private filters of the roles are private, documented, and all that the roles use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.clusterops.kube_proxy.plugins.filter import _roles
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.role_variables import ENTRY_POINTS

FILTERS = _roles.FilterModule().filters()
ROOT = Path(_roles.__file__).parents[2]


def test_every_filter_is_private_and_has_its_documentation() -> None:
    assert all(name.startswith("_") for name in FILTERS)
    assert {path.stem for path in (ROOT / "plugins" / "filter").glob("_*.yml")} == set(FILTERS)


def test_roles_and_playbooks_use_every_filter_and_no_other() -> None:
    used = set()
    for path in (*(ROOT / "roles").rglob("*.yml"), *(ROOT / "playbooks").glob("*.yml")):
        used |= set(re.findall(r"\| clusterops\.kube_proxy\.(\w+)", path.read_text(encoding="utf-8")))
    assert used == set(FILTERS)


@pytest.mark.parametrize(
    ("role", "entry_point"),
    # The report of an audit is made once, on one host.
    [(role, name) for role, points in ENTRY_POINTS.items() for name in points if (role, name) != ("audit", "main")],
)
def test_the_first_task_has_the_role_imported_ahead(role: str, entry_point: str) -> None:
    (first, *_others) = yaml.safe_load((ROOT / "roles" / role / "tasks" / f"{entry_point}.yml").read_text("utf-8"))
    while "block" in first:
        first = first["block"][0]
    assert f"| clusterops.kube_proxy._imported_ahead('{role}')" in first["run_once"]
