# SPDX-License-Identifier: GPL-3.0-or-later

"""A collection that is quick to release."""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

import yaml

from collection_release.release import Release, Request
from collection_release.repository import Repository

ROOT = Path(__file__).resolve().parents[3]
FRAGMENT = "bugfixes:\n  - kube_proxy_config - keep the comment above the first key.\n"


class Small:
    """A collection with this one's name and files about it, and no plugins."""

    def __init__(self, path: Path) -> None:
        self.path = path
        galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
        for name in (".gitignore", "LICENSE", "changelogs/config.yaml", "meta/runtime.yml"):
            self.write(name, (ROOT / name).read_text(encoding="utf-8"))
        self.write("galaxy.yml", yaml.safe_dump({**galaxy, "version": "0.1.0"}, sort_keys=False))
        self.write("plugins/module_utils/_version.py", 'VERSION = "0.1.0"\n')
        self.write("README.md", "# A collection\n")
        self.write("CHANGELOG.md", "Nothing is released yet.\n")
        self.write("changelogs/fragments/1-first.yml", FRAGMENT)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit()

    def write(self, name: str, text: str) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "A change")

    def git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], check=True, cwd=self.path, stdout=subprocess.PIPE, text=True
        ).stdout.strip()

    def release(self, version: str, **options: t.Any) -> Path:
        """Without the importer of Galaxy, which takes longer than all the rest."""
        request = Request(version, **{"unsigned": True, **options})
        return Release(Repository(self.path), request, examine=lambda *_: []).make()

    def everything(self) -> dict[str, object]:
        """What a run that is refused must not change."""
        kept = [path for path in self.path.rglob("*") if path.is_file() and ".git" not in path.parts]
        files = {path: path.read_bytes() for path in kept if ".cache" not in path.parts}
        return {"files": files, "refs": self.git("for-each-ref"), "status": self.git("status", "--porcelain")}
