# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges the built tarball, and the collection as installed from it: ``python package.py COLLECTIONS_PATH``."""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t
from pathlib import Path

#: All that works at a user's, and nothing of it may be left out.
CONTENT = ("meta", "plugins", "roles", "playbooks")
BESIDES = ("CHANGELOG.md", "FILES.json", "LICENSE", "MANIFEST.json", "README.md", "changelogs")


def differences(packed: t.Iterable[str], source: Path) -> list[str]:
    """What the tarball lacks and what it should not hold, in words."""
    files = set(packed)
    content = {
        path.relative_to(source).as_posix()
        for folder in CONTENT
        for path in (source / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    surplus = {name for name in files if name.split("/")[0] not in CONTENT + BESIDES or name.startswith(".")}
    lacking = (content | {"CHANGELOG.md", "LICENSE", "README.md"}) - files
    return [f"lacks {name}" for name in sorted(lacking)] + [f"holds {name}" for name in sorted(surplus)]


def main(path: str) -> None:
    installed = Path(path).resolve() / "ansible_collections" / "clusterops" / "kube_proxy"
    modules = sorted(file.stem for file in (installed / "plugins" / "modules").glob("[!_]*.py"))
    names = [f"clusterops.kube_proxy.{module}" for module in modules]
    documented = json.loads(_output("ansible-doc", "--json", "--type", "module", *names))
    for name in names:
        if not Path(documented[name]["doc"]["filename"]).resolve().is_relative_to(installed):
            sys.exit(f"{name} was not read from the installed collection")
    roles = json.loads(_output("ansible-doc", "--json", "--type", "role", "--list", "clusterops.kube_proxy"))
    expected = {f"clusterops.kube_proxy.{role.name}" for role in (installed / "roles").iterdir()}
    if set(roles) != expected:
        sys.exit(f"ansible-doc lists the roles {sorted(roles)}, not {sorted(expected)}")
    for playbook in sorted((installed / "playbooks").glob("*.yml")):
        _output("ansible-playbook", "--syntax-check", f"clusterops.kube_proxy.{playbook.stem}")
    print(f"{len(names)} modules, {len(roles)} roles and the playbooks work as installed.")


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main(sys.argv[1])
