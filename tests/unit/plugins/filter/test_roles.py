# SPDX-License-Identifier: GPL-3.0-or-later

"""The private filters of the roles are private, documented, and all that the roles use."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.clusterops.kube_proxy.plugins.filter import _roles

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
