# SPDX-License-Identifier: GPL-3.0-or-later

"""A folder that the tasks of one run of Ansible have in common. Nobody else can read it, and it goes with the run."""

from __future__ import annotations

import contextlib
import fcntl
import os
import typing as t
from pathlib import Path

from ..deadline import Deadline

#: Seconds between two attempts to get a file that another task holds.
_LOOK: t.Final = 0.05
_FLAGS: t.Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class Held:
    """A file that no other task reads or writes meanwhile."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read(self) -> bytes:
        """Its content; empty if no task has written any."""
        return os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)

    def write(self, content: bytes) -> None:
        """Replace the content."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, content, 0)


class RunFolder:
    """Files by name. All of it is for speed: where the folder cannot be used, there is nothing in common."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextlib.contextmanager
    def held(self, name: str, deadline: Deadline) -> t.Iterator[Held | None]:
        """The file, as soon as no other task holds it; None if that takes too long, or there can be no such file."""
        try:
            descriptor = os.open(self._path / name, _FLAGS, 0o600)
        except OSError:
            yield None
            return
        try:
            yield Held(descriptor) if _got(descriptor, deadline) else None
        finally:
            os.close(descriptor)

    def date(self, name: str) -> float:
        """The time that a task has noted under that name, in seconds since 1970; zero without one."""
        try:
            return os.stat(self._path / name, follow_symlinks=False).st_mtime
        except OSError:
            return 0.0

    def note_date(self, name: str, date: float) -> None:
        """Note a time for all tasks, unless a later one is noted."""
        with contextlib.suppress(OSError):
            descriptor = os.open(self._path / name, _FLAGS, 0o600)
            try:
                if os.fstat(descriptor).st_size == 0 or os.fstat(descriptor).st_mtime < date:
                    os.pwrite(descriptor, b".", 0)
                    os.utime(descriptor, (date, date))
            finally:
                os.close(descriptor)


def _got(descriptor: int, deadline: Deadline) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not deadline.allows(_LOOK):
                return False
            deadline.clock.sleep(_LOOK)
        else:
            return True
