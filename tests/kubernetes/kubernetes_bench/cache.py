# SPDX-License-Identifier: GPL-3.0-or-later

"""The folder in which what takes long to make outlives a run.

An entry appears whole or not at all: it is made in a folder of its own beside it, then renamed. A lock file keeps two
runs from making the same one; what a killed run left unfinished goes away when the next one makes it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
import typing as t
from pathlib import Path

#: Where the cache is, in place of the user's own cache folder.
VARIABLE = "KUBE_PROXY_BENCH_CACHE"


def root() -> Path:
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "clusterops-kube_proxy"


def find(name: str) -> Path | None:
    """The finished entry, if there is one."""
    entry = root() / name
    return entry if entry.is_dir() else None


def provide(name: str, make: t.Callable[[Path], None]) -> Path:
    """The entry; when there is none, ``make`` gets an empty folder to fill."""
    entry = root() / name
    if entry.is_dir():
        return entry
    root().mkdir(parents=True, exist_ok=True)
    with (root() / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if entry.is_dir():
            return entry
        for unfinished in root().glob(f".{name}.part-*"):
            shutil.rmtree(unfinished)
        part = Path(tempfile.mkdtemp(prefix=f".{name}.part-", dir=root()))
        try:
            part.chmod(0o755)
            make(part)
            part.rename(entry)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    return entry


def key(*parts: str) -> str:
    """A short name for what an entry is made from."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def recipe(*modules: t.Any) -> str:
    """The code of these modules without its comments: what is made anew when the code changes.

    Not its syntax tree, whose text depends on the version of Python.
    """
    texts = [Path(module.__file__).read_text(encoding="utf-8") for module in modules]
    lines = [line.strip() for text in texts for line in text.splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith("#"))
