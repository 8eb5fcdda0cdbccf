# SPDX-License-Identifier: GPL-3.0-or-later

"""What a release changes in the sources: the changelog, and the version where it stands."""

from __future__ import annotations

import re
from pathlib import Path

from .plan import RefusedError
from .tools import ansible, run

#: Where the version stands. A unit test compares the two.
VERSIONS = {
    "galaxy.yml": r"^(version: ).*$",
    "plugins/module_utils/_version.py": r'^(VERSION = ").*(?=")',
}


def write(folder: Path, version: str, cache: Path) -> None:
    """Record the fragments, and remove them, in a copy at .../ansible_collections/<namespace>/<name>."""
    for name, pattern in VERSIONS.items():
        path = folder / name
        text, count = re.subn(pattern, rf"\g<1>{version}", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        if count != 1:
            raise RefusedError(f"{name} has {count} places for the version, and should have one.")
        path.write_text(text, encoding="utf-8")
    variables = {**ansible(cache), "ANSIBLE_COLLECTIONS_PATH": str(folder.parents[2])}
    run("antsibull-changelog", "release", "--version", version, cwd=folder, environment=variables)
