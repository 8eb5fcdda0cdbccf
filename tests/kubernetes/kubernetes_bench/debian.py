# SPDX-License-Identifier: GPL-3.0-or-later

"""Sources and packages of Debian, fetched with this machine's own settings and without changing the machine."""

from __future__ import annotations

import re
from pathlib import Path

from . import commands
from .errors import BenchError

_SETTINGS = Path("/etc/apt")


class Apt:
    """apt with lists of its own below ``work``, in which sources stand too: most machines are set up without them."""

    def __init__(self, work: Path) -> None:
        self._work = work
        sources = work / "sources"
        sources.mkdir(parents=True)
        (work / "lists" / "partial").mkdir(parents=True)
        found = [_SETTINGS / "sources.list", *sorted((_SETTINGS / "sources.list.d").glob("*"))]
        for path in found:
            if path.is_file() and path.suffix in (".list", ".sources"):
                text = path.read_text(encoding="utf-8")
                (sources / path.name).write_text(with_sources(text), encoding="utf-8")
        self._options = [
            *("-o", "Dir::Etc::SourceList=/dev/null"),
            *("-o", f"Dir::Etc::SourceParts={sources}"),
            *("-o", f"Dir::State::Lists={work / 'lists'}"),
            *("-o", f"Dir::Cache={work / 'cache'}"),
            # The user apt changes to for downloads need not be able to write here.
            *("-o", "APT::Sandbox::User="),
        ]
        self._get("update")

    def source(self, package: str) -> Path:
        """The unpacked source tree, with Debian's patches."""
        folder = self._work / f"source-{package}"
        folder.mkdir()
        self._get("source", package, cwd=folder)
        trees = [path for path in folder.iterdir() if path.is_dir()]
        if len(trees) != 1:
            raise BenchError(f"apt-get source {package} left {len(trees)} source trees in place of one")
        return trees[0]

    def unpack(self, package: str) -> Path:
        """A folder with the files of the package, which is not installed: it might bring a service along."""
        folder = self._work / f"package-{package}"
        folder.mkdir()
        self._get("download", package, cwd=folder)
        (archive,) = folder.glob("*.deb")
        commands.run("dpkg-deb", "--extract", archive, folder)
        return folder

    def _get(self, *words: str, cwd: Path | None = None) -> None:
        commands.run("apt-get", "--quiet", *self._options, *words, cwd=cwd, attempts=4)


def with_sources(text: str) -> str:
    """Settings of apt, in either of the two formats, that ask for sources as well as packages."""
    lines = []
    for line in text.splitlines():
        if re.match(r"deb\s", line):
            lines += [line, re.sub("^deb", "deb-src", line)]
        elif re.match(r"deb-src\s", line):
            continue
        else:
            lines.append(re.sub(r"(?i)^types:.*", "Types: deb deb-src", line))
    return "\n".join(lines) + "\n"
