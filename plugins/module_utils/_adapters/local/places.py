# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a file of ours is, or would be: an open directory and a name in it, reached through no stranger's link.

A stranger is any user but the one who runs the module and root. Whoever can put a symbolic link on the way, as in a
directory like /tmp, could else have us write over, or believe, any file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import stat
import typing as t
from pathlib import Path

from .regular_files import FileRefusedError, require_regular

#: As many as Linux follows.
_MOST_LINKS = 40
#: The directory is only a way to what is in it, so that no right to list it is needed where the system has that.
_WALK = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def is_stranger(uid: int) -> bool:
    """Whether the user is neither the one who runs this nor root."""
    return uid not in (0, os.geteuid())


def user(uid: int) -> str:
    """How messages name a user."""
    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"


class Place:
    """One name in one directory; whatever becomes of the path to it, this stays the same directory."""

    def __init__(self, directory: int, name: str, path: Path) -> None:
        self.directory = directory
        self.name = name
        #: Without symbolic links.
        self.path = path

    def status(self) -> os.stat_result | None:
        """What is there, itself and not what it links to; None for nothing."""
        try:
            return os.stat(self.name, dir_fd=self.directory, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def require_writable(self) -> None:
        """Raises OSError where no regular file could be put in this place."""
        status = self.status()
        if status is not None:
            require_regular(status, self.path)
            self._require_replaceable(status)
        if not os.access(".", os.W_OK | os.X_OK, dir_fd=self.directory, effective_ids=True):
            raise FileRefusedError(f"{user(os.geteuid())} cannot write in {self.path.parent}", self.path)

    def owner_to_keep(self) -> tuple[int, int] | None:
        """User and group that a new content must stay with: root writes into somebody's home directory."""
        status = self.status()
        if status is None or not is_stranger(status.st_uid):
            return None
        return status.st_uid, status.st_gid

    def require_trusted(self, status: os.stat_result) -> None:
        """Raises FileRefusedError where somebody else may have written the file that is here."""
        if is_stranger(status.st_uid):
            raise FileRefusedError(
                f"it belongs to {user(status.st_uid)}, and this task runs as {user(os.geteuid())}", self.path
            )
        if status.st_mode & _WRITABLE_BY_OTHERS:
            raise FileRefusedError(
                f"others than its owner may write it (mode {status.st_mode & 0o7777:04o})", self.path
            )

    def require_trusted_directory(self) -> None:
        """Raises FileRefusedError where somebody else may put or replace files of this user."""
        status = os.fstat(self.directory)
        where = self.path.parent
        if is_stranger(status.st_uid):
            raise FileRefusedError(
                f"{where} belongs to {user(status.st_uid)}, and this task runs as {user(os.geteuid())}", where
            )
        if status.st_mode & _WRITABLE_BY_OTHERS and not status.st_mode & stat.S_ISVTX:
            mode = f"{status.st_mode & 0o7777:04o}"
            raise FileRefusedError(f"others than its owner may replace files in {where} (mode {mode})", where)

    def _require_replaceable(self, status: os.stat_result) -> None:
        """Somebody else's file is replaced by root alone, and only where nobody else could have put it."""
        around = os.fstat(self.directory)
        if not is_stranger(status.st_uid):
            sticky = around.st_mode & stat.S_ISVTX
            if sticky and os.geteuid() not in (0, status.st_uid, around.st_uid):
                raise FileRefusedError(f"it belongs to {user(status.st_uid)}", self.path)
            return
        of_its_owner = around.st_uid in (0, os.geteuid(), status.st_uid) and not around.st_mode & _WRITABLE_BY_OTHERS
        if os.geteuid() != 0 or not of_its_owner:
            raise FileRefusedError(
                f"it belongs to {user(status.st_uid)}, and this task runs as {user(os.geteuid())}", self.path
            )


@contextlib.contextmanager
def locate(path: Path, *, follow: bool = True) -> t.Iterator[Place]:
    """The place of a file; ``follow`` says whether it may itself be a symbolic link to another.

    Raises FileNotFoundError and NotADirectoryError for a missing directory, and FileRefusedError for a stranger's link.
    """
    place = _walk(path, follow)
    try:
        yield place
    finally:
        os.close(place.directory)


def _walk(path: Path, follow: bool) -> Place:
    """Every component by itself, as the system would."""
    ahead = list(reversed(Path(os.getcwd(), path).parts))
    here, directory = Path("/"), os.open("/", _WALK)
    links, through_link = 0, False
    try:
        while ahead:
            part = ahead.pop()
            status = None if part in ("/", "..") else _status(part, directory)
            if status is not None and stat.S_ISLNK(status.st_mode):
                links += 1
                through_link = through_link or not ahead
                _check_link(status, here / part, links, follow or not through_link)
                ahead.extend(reversed(Path(os.readlink(part, dir_fd=directory)).parts))
                continue
            if not ahead and part not in ("/", ".."):
                return Place(directory, part, here / part)
            here = Path("/") if part == "/" else here.parent if part == ".." else here / part
            directory = _step(directory, part)
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    except BaseException as error:
        os.close(directory)
        if through_link and isinstance(error, FileNotFoundError):
            raise FileRefusedError(f"it is a symbolic link into {here}, which does not exist", path) from None
        raise


def _status(name: str, directory: int) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _step(directory: int, name: str) -> int:
    """The directory of that name, opened, and the former one closed."""
    below = os.open(name, _WALK, dir_fd=directory)
    os.close(directory)
    return below


def _check_link(status: os.stat_result, path: Path, links: int, allowed: bool) -> None:
    if links > _MOST_LINKS:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fspath(path))
    if not allowed:
        raise FileRefusedError("it is a symbolic link, not a regular file", path)
    if is_stranger(status.st_uid):
        raise FileRefusedError(f"{path} is a symbolic link that belongs to {user(status.st_uid)}", path)
