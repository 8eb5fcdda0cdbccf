# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading files that somebody named: only regular ones, and never more than a limit.

A named pipe would be waited for without end, a device read without end, and opening some devices does something. Runs
on nodes as well.
"""

from __future__ import annotations

import errno
import os
import stat
import typing as t

#: Bytes; far more than any file of ours or of a user has.
LIMIT = 16 * 2**20
_CHUNK = 2**20
_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISLNK, "a symbolic link"),
)

AnyPath = t.Union[str, "os.PathLike[str]"]


class FileRefusedError(OSError):
    """A file that is left alone although the system would allow more; ``strerror`` is the reason."""

    def __init__(self, reason: str, path: AnyPath | None = None) -> None:
        super().__init__(errno.EPERM, reason, None if path is None else os.fspath(path))


def read(path: AnyPath, limit: int = LIMIT, *, dir_fd: int | None = None, follow: bool = True) -> bytes:
    """The content; raises OSError, with the reason as ``strerror``, for what is no regular file or is too large."""
    # Looked at before it is opened: opening a device may be enough to make it do something.
    require_regular(os.stat(path, dir_fd=dir_fd, follow_symlinks=follow), path)
    # Not waiting, should it have become a pipe meanwhile; some files below /proc wait for their next line.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | (0 if follow else os.O_NOFOLLOW)
    descriptor = os.open(path, flags, dir_fd=dir_fd)
    try:
        require_regular(os.fstat(descriptor), path)
        return _all_of(descriptor, limit, path)
    finally:
        os.close(descriptor)


def require_regular(status: os.stat_result, path: AnyPath) -> None:
    """Raises OSError for anything but a regular file."""
    if stat.S_ISREG(status.st_mode):
        return
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    kind = next((text for matches, text in _KINDS if matches(status.st_mode)), "something else")
    raise FileRefusedError(f"it is {kind}, not a regular file", path)


def _all_of(descriptor: int, limit: int, path: AnyPath) -> bytes:
    parts: list[bytes] = []
    size = 0
    while size <= limit:
        part = os.read(descriptor, _CHUNK)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
    raise FileRefusedError(f"it has more than {limit // 2**20} MiB", path)
