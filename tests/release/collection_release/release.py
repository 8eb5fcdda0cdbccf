# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of a release.

Whatever can fail is done in a copy of the work tree, before the branch, the tags or ``dist`` change. After an
interruption the next run begins anew, or does what is left.
"""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
import typing as t
from pathlib import Path

from . import changelog, contents, importer, signature, tarball
from .plan import RefusedError, Work, decide
from .repository import Repository

SUMS = "SHA256SUMS"
#: Of the files of a release, the one that `ansible-galaxy --signature` takes.
MANIFEST_SIGNATURE = f"{tarball.MANIFEST}.asc"

Examine = t.Callable[[Path, Path, Path], list[str]]


@dataclasses.dataclass(frozen=True)
class Request:
    """What is asked for."""

    version: str
    key: str = ""
    any_branch: bool = False
    unsigned: bool = False


class Release:
    """A release of the collection in this repository."""

    def __init__(self, repository: Repository, request: Request, examine: Examine = importer.findings) -> None:
        self._repository = repository
        self._request = request
        self._examine = examine
        self._cache = repository.path / ".cache"
        self._work = self._cache / "release"

    def make(self) -> Path:
        """Return the folder with the files of the release; nothing is published."""
        state = self._repository.state()
        problems: list[str] = []
        work, key = Work.EVERYTHING, ""
        try:
            work = decide(self._request.version, state, any_branch=self._request.any_branch)
        except RefusedError as refused:
            problems += refused.problems
        try:
            key = "" if self._request.unsigned else signature.key(self._repository, self._request.key)
        except RefusedError as refused:
            problems += refused.problems
        if problems:
            raise RefusedError(*problems)
        print(f"To do for {self._request.version}: {work.value}", flush=True)
        copy = self._work / "ansible_collections" / "clusterops" / "kube_proxy"
        with self._repository.copy(state.head, copy) as source:
            commit = self._commit(source) if work is Work.EVERYTHING else state.head
            files = self._files(source, commit, key)
        if work is Work.EVERYTHING:
            self._repository.advance(commit)
        if work is not Work.FILES:
            self._repository.tag(self._request.version, commit, key)
        dist = self._repository.path / "dist"
        shutil.rmtree(dist, ignore_errors=True)
        files.rename(dist)
        return dist

    def _commit(self, source: Path) -> str:
        version = self._request.version
        print("Writing the changelog", flush=True)
        changelog.write(source, version, self._cache)
        return self._repository.commit(source, f"Release {version}\n\nThe changelog is made from the fragments.")

    def _files(self, source: Path, commit: str, key: str) -> Path:
        folder = self._work / "dist"
        shutil.rmtree(folder, ignore_errors=True)
        print("Building the tarball", flush=True)
        built = tarball.build(source, folder, self._repository.time(commit), self._cache)
        print("Examining it", flush=True)
        problems = contents.differences(*tarball.entries(built), source)
        problems += self._examine(built, self._work, self._cache)
        if problems:
            raise RefusedError(*problems)
        sums = folder / SUMS
        sums.write_text(f"{hashlib.sha256(built.read_bytes()).hexdigest()}  {built.name}\n", encoding="utf-8")
        if key:
            print(f"Signing with the key {key}", flush=True)
            signature.sign(sums, folder / f"{SUMS}.asc", key)
            manifest = self._work / tarball.MANIFEST
            manifest.write_bytes(tarball.manifest(built))
            signature.sign(manifest, folder / MANIFEST_SIGNATURE, key)
        return folder
