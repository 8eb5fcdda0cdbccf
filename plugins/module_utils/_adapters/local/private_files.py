# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that only their owner may read, written so that no half of one is ever seen."""

from __future__ import annotations

import os
import stat
import tempfile
import typing as t
from pathlib import Path

PRIVATE = 0o600


class PrivateFile(t.NamedTuple):
    """The content of a file, and its permission bits."""

    content: bytes
    mode: int = PRIVATE


def read(path: Path) -> bytes | None:
    """The content, or None when there is no such file; other OSErrors are the caller's."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def existing(path: Path) -> PrivateFile | None:
    """Content and permissions, or None when there is no such file; other OSErrors are the caller's."""
    content = read(path)
    return None if content is None else PrivateFile(content, stat.S_IMODE(path.stat().st_mode))


def has_directory(path: Path) -> bool:
    """Whether the directory exists that the file is, or would be, in; a symbolic link is followed."""
    return path.resolve().parent.is_dir()


def write_private(path: Path, content: bytes) -> None:
    """Put the content in place at once (mode 0600), following a symbolic link to the file it stands for."""
    target = path.resolve()
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(stream.fileno(), PRIVATE)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
    _sync_directory(target.parent)


def _sync_directory(directory: Path) -> None:
    """The name is as durable as the content only once the directory is written as well."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
