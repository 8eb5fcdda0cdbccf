# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that only their owner may read, and files that keep their permissions; no half of one is ever seen.

Only regular files are read and written, and no stranger's link is followed to one (``places.py``). A user's own link,
as from ~/.kube/config to a directory under version control, is followed to the file it stands for, and stays.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import os
import secrets
import stat
import time
import typing as t
from pathlib import Path

from .places import Place, locate
from .regular_files import LIMIT, require_regular
from .regular_files import read as read_regular

PRIVATE = 0o600
PRIVATE_DIRECTORY = 0o700
#: Of a new file that is not private, before the umask takes from it.
_OPEN = 0o666


class PrivateFile(t.NamedTuple):
    """The content of a file, and its permission bits."""

    content: bytes
    mode: int = PRIVATE


def existing(path: Path, limit: int = LIMIT) -> PrivateFile | None:
    """Content and permissions, or None when there is no such file; other OSErrors are the caller's."""
    with _located_or_none(path) as place:
        status = None if place is None else place.status()
        if place is None or status is None:
            return None
        return PrivateFile(_read(place, limit), stat.S_IMODE(status.st_mode))


def trusted(path: Path, limit: int = LIMIT) -> bytes | None:
    """The content of a file that nobody but this user and root can have written, or None when there is none.

    It is no symbolic link. Raises FileRefusedError for a file, or a directory around it, that is somebody else's or
    that somebody else may write.
    """
    with _located_or_none(path, follow=False) as place:
        status = None if place is None else place.status()
        if place is None or status is None:
            return None
        require_regular(status, path)
        place.require_trusted(status)
        place.require_trusted_directory()
        return _read(place, limit)


def require_writable(path: Path, *, follow: bool = True) -> None:
    """Raises OSError where ``write_private`` would: all that can be known without writing."""
    with locate(path, follow=follow) as place:
        place.require_writable()


def require_trustworthy(path: Path) -> None:
    """Raises OSError where a file written now would not be ``trusted`` later; its directory may be yet to be made."""
    try:
        with locate(path, follow=False) as place:
            place.require_writable()
            place.require_trusted_directory()
    except FileNotFoundError:
        _require_creatable(path.parent)


def write_private(path: Path, content: bytes, *, follow: bool = True) -> None:
    """Put the content in place at once, with mode 0600. The directory must exist."""
    with locate(path, follow=follow) as place:
        place.require_writable()
        _put(place, content, PRIVATE)


def write_open(path: Path, content: bytes) -> None:
    """Put the content in place at once. A file that exists keeps its mode, its owner, and its group where it can.

    A new file has the mode that the umask leaves. The directory must exist.
    """
    with locate(path) as place:
        place.require_writable()
        status = place.status()
        if status is None:
            _put(place, content, None)
        else:
            _put(place, content, stat.S_IMODE(status.st_mode) & 0o777, status.st_gid)


def back_up(path: Path, content: bytes, now: float, mode: int = PRIVATE) -> Path:
    """Put a former content of the file beside it, with that mode; named as Ansible names a backup.

    ``now`` is in seconds since 1970.
    """
    when = time.strftime("%Y-%m-%d@%H:%M:%S", time.localtime(now))
    with locate(path) as place:
        for number in itertools.count(1):
            name = f"{place.name}.{os.getpid()}.{when}{'' if number == 1 else f'.{number}'}~"
            with contextlib.suppress(FileExistsError):
                _create(place, name, content, mode)
                _sync(place.directory)
                return place.path.with_name(name)
    raise AssertionError("there is always another number")


def lock_beside(path: Path) -> t.ContextManager[None] | None:
    """Keeps other tasks of this collection from the file until it is left; None while another one has it.

    The directory is locked, so that nothing has to be cleaned up. Where that is not possible, nothing is locked.
    """
    try:
        with locate(path) as place:
            descriptor = _opened(place.directory)
    except OSError:
        return contextlib.nullcontext()
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        # A file system of another host may lock files only.
        os.close(descriptor)
        return contextlib.nullcontext()
    return _closing(descriptor)


def make_directory(path: Path) -> None:
    """The directory and those above it; new ones are for this user alone, whatever the umask."""
    try:
        with locate(path) as place:
            if place.status() is None:
                with contextlib.suppress(FileExistsError):
                    _make(place)
    except FileNotFoundError:
        make_directory(path.parent)
        make_directory(path)


def remove(path: Path) -> None:
    """Remove a file, which need not be there; a symbolic link is refused."""
    with _located_or_none(path, follow=False) as place, contextlib.suppress(FileNotFoundError):
        if place is not None:
            os.unlink(place.name, dir_fd=place.directory)
            _sync(place.directory)


@contextlib.contextmanager
def _located_or_none(path: Path, *, follow: bool = True) -> t.Iterator[Place | None]:
    """The place, or None when its directory does not exist."""
    with contextlib.ExitStack() as stack:
        try:
            place = stack.enter_context(locate(path, follow=follow))
        except (FileNotFoundError, NotADirectoryError):
            place = None
        yield place


def _read(place: Place, limit: int = LIMIT) -> bytes:
    return read_regular(place.name, limit, dir_fd=place.directory, follow=False)


def _require_creatable(path: Path) -> None:
    try:
        require_writable(path)
    except FileNotFoundError:
        _require_creatable(path.parent)


def _put(place: Place, content: bytes, mode: int | None, group: int | None = None) -> None:
    temporary = f".clusterops-{secrets.token_hex(8)}"
    _create(place, temporary, content, mode, group)
    try:
        os.replace(temporary, place.name, src_dir_fd=place.directory, dst_dir_fd=place.directory)
    except BaseException:
        os.unlink(temporary, dir_fd=place.directory)
        raise
    _sync(place.directory)


def _create(place: Place, name: str, content: bytes, mode: int | None, group: int | None = None) -> None:
    """A new file beside the place, with the content on the disk; raises FileExistsError where there is one.

    ``mode`` is None for the one that the umask leaves.
    """
    owner = place.owner_to_keep()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, _OPEN if mode is None else PRIVATE, dir_fd=place.directory)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            if owner is not None:
                os.fchown(stream.fileno(), *owner)
            elif group is not None:
                # Only a member of the group, or root, can give a file to it.
                with contextlib.suppress(PermissionError):
                    os.fchown(stream.fileno(), -1, group)
            if mode is not None:
                os.fchmod(stream.fileno(), mode)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        os.unlink(name, dir_fd=place.directory)
        raise


def _make(place: Place) -> None:
    os.mkdir(place.name, PRIVATE_DIRECTORY, dir_fd=place.directory)
    if stat.S_IMODE(os.stat(place.name, dir_fd=place.directory, follow_symlinks=False).st_mode) & 0o777 != 0o700:
        os.chmod(place.name, PRIVATE_DIRECTORY, dir_fd=place.directory)
    _sync(place.directory)


def _opened(directory: int) -> int:
    """The directory again, for more than a way to what is in it."""
    return os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=directory)


@contextlib.contextmanager
def _closing(descriptor: int) -> t.Iterator[None]:
    try:
        yield
    finally:
        os.close(descriptor)


def _sync(directory: int) -> None:
    """A name is as durable as the content only once the directory is written as well."""
    try:
        descriptor = _opened(directory)
    except PermissionError:
        # A directory that may be written and not listed cannot be opened for this; the system writes it in its time.
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some file systems of shared folders have no such thing for directories.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)
