# SPDX-License-Identifier: GPL-3.0-or-later

"""The tarball of a collection, the same bytes whenever and wherever it is built from the same sources.

``ansible-galaxy collection build`` decides what is in it. It takes the order from the file system, and times from files
and the clock, so its tarball is written again in one order and with one time.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import tempfile
import typing as t
from pathlib import Path

from .tools import ansible, run

MANIFEST, FILES = "MANIFEST.json", "FILES.json"


def build(source: Path, folder: Path, seconds: int, cache: Path) -> Path:
    """Build into this folder; all files get this time, in seconds since 1970."""
    with tempfile.TemporaryDirectory() as name:
        command = ("ansible-galaxy", "collection", "build", "--output-path", name)
        run(*command, cwd=source, environment=ansible(cache))
        (built,) = Path(name).glob("*.tar.gz")
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / built.name
        rewrite(built, target, seconds)
    return target


def rewrite(built: Path, target: Path, seconds: int) -> None:
    with tarfile.open(built) as archive:
        members = {member.name: member for member in archive}
        contents = {name: _content(archive, member) for name, member in members.items()}
    files = json.loads(contents[FILES])
    files["files"].sort(key=lambda entry: str(entry["name"]))
    contents[FILES] = _json(files)
    manifest = json.loads(contents[MANIFEST])
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(contents[FILES]).hexdigest()
    contents[MANIFEST] = _json(manifest)
    names = [MANIFEST, FILES, *(entry["name"] for entry in files["files"] if entry["name"] != ".")]
    with (
        target.open("wb") as file,
        # Otherwise the name of the file is in it.
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=seconds) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for name in names:
            archive.addfile(_entry(members[name], len(contents[name]), seconds), io.BytesIO(contents[name]))


def entries(tarball: Path) -> tuple[list[str], list[str]]:
    """The names of the files in it, and of the folders."""
    with tarfile.open(tarball) as archive:
        members = list(archive)
    return [each.name for each in members if not each.isdir()], [each.name for each in members if each.isdir()]


def manifest(tarball: Path) -> bytes:
    """What names the checksums of all the others."""
    with tarfile.open(tarball) as archive:
        return _content(archive, archive.getmember(MANIFEST))


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member) if member.isreg() else None
    return file.read() if file is not None else b""


def _entry(member: tarfile.TarInfo, size: int, seconds: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(member.name)
    entry.type, entry.linkname, entry.size, entry.mtime = member.type, member.linkname, size, seconds
    entry.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return entry


def _json(value: t.Any) -> bytes:
    return json.dumps(value, indent=True).encode()
