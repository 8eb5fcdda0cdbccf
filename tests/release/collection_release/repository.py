# SPDX-License-Identifier: GPL-3.0-or-later

"""The git repository that is released."""

from __future__ import annotations

import contextlib
import shutil
import typing as t
from pathlib import Path

import yaml

from .plan import RefusedError, State
from .tools import run

RECORD = "changelogs/changelog.yaml"


class Repository:
    """A work tree; all but :meth:`advance` and :meth:`tag` leave it and its branches alone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def git(self, *arguments: str, at: Path | None = None) -> str:
        return run("git", *arguments, cwd=at or self.path).strip()

    def state(self) -> State:
        # Fields that end with NUL: no name is quoted.
        status = self.git("status", "--porcelain=v1", "--no-renames", "--untracked-files=all", "-z").split("\0")
        tags = self.git("for-each-ref", "--format=%(refname:strip=2) %(objectname) %(*objectname)", "refs/tags")
        fields = [line.split(" ") for line in tags.splitlines()]
        return State(
            branch=self.git("branch", "--show-current"),
            head=self.git("rev-parse", "HEAD"),
            changed=[field[3:] for field in status if field],
            # Of an annotated tag, the last field is the commit.
            tags={field[0]: field[2] if len(field) > 2 and field[2] else field[1] for field in fields},
            recorded=self._recorded(),
            sections=self._sections(),
            author=self._knows_author(),
        )

    def config(self, name: str) -> str:
        """A setting, or an empty text."""
        return self.git("config", "--default", "", "--get", name)

    def time(self, commit: str) -> int:
        """When it was committed, in seconds since 1970."""
        return int(self.git("log", "-1", "--format=%ct", commit))

    @contextlib.contextmanager
    def copy(self, commit: str, folder: Path) -> t.Iterator[Path]:
        """A work tree of its own, which begins as this commit."""
        self._remove(folder)
        self.git("worktree", "add", "--quiet", "--detach", str(folder), commit)
        try:
            yield folder
        finally:
            self._remove(folder)

    def commit(self, folder: Path, message: str) -> str:
        """Everything in a copy as a new commit, which no branch has yet."""
        self.git("add", "--all", at=folder)
        # The hooks are those of a developer. What is new here comes from a tool, and the gate has judged the rest.
        self.git("commit", "--quiet", "--no-verify", "--message", message, at=folder)
        return self.git("rev-parse", "HEAD", at=folder)

    def advance(self, commit: str) -> None:
        """Have the current branch end with this commit."""
        self.git("merge", "--quiet", "--ff-only", commit)

    def tag(self, version: str, commit: str, key: str) -> None:
        """An annotated tag; with a key of GnuPG's, a signed one."""
        how = ("-c", "gpg.format=openpgp", "tag", "--local-user", key) if key else ("tag", "--no-sign", "--annotate")
        self.git(*how, "--message", f"Release {version}", version, commit)

    def _remove(self, folder: Path) -> None:
        # One that was left by a run that was killed may lack anything.
        shutil.rmtree(folder, ignore_errors=True)
        self.git("worktree", "prune")

    def _recorded(self) -> dict[str, str]:
        path = self.path / RECORD
        if not path.exists():
            return {}
        releases = yaml.safe_load(path.read_text(encoding="utf-8"))["releases"]
        current = yaml.safe_load((self.path / "galaxy.yml").read_text(encoding="utf-8"))["version"]
        # Only a release writes this file.
        last = self.git("log", "-1", "--format=%H", "--", RECORD)
        return {version: last if version == current else "" for version in releases}

    def _sections(self) -> set[str]:
        found: set[str] = set()
        for path in sorted((self.path / "changelogs" / "fragments").glob("*.y*ml")):
            found |= set(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
        return found

    def _knows_author(self) -> bool:
        try:
            self.git("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT")
        except RefusedError:
            return False
        return True
