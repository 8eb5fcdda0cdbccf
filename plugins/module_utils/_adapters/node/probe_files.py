# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a probe as a file, which is also how a probe is found and ended.

A running probe holds a lock on its record, which the system takes away with the process, however that ends. The probe
ends when its record no longer has the name that it began under, so that nobody has to send a signal to a process id
that may be another's by then.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import typing as t
from pathlib import Path

from ..failures import AdapterError
from ..local import private_files
from ..local.regular_files import FileRefusedError

#: Bytes; as many attempts as a probe may make have a tenth of it.
_LIMIT = 256 * 2**20


class ProbeRecordError(AdapterError):
    """The record of a probe can be neither written nor believed."""


class Record:
    """The record of the probe in this process, for as long as that lives: the lock is the process's."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self._identity = _identity(os.fstat(descriptor))

    def write(self, line: str) -> None:
        """One line, which is in the file when this returns: a kill loses no more than the next one."""
        os.write(self._descriptor, line.encode())

    def in_place(self) -> bool:
        """Whether the file still has its name: whoever takes that away ends the probe."""
        try:
            return _identity(os.stat(self._path, follow_symlinks=False)) == self._identity
        except OSError:
            return False


class ProbeFiles:
    """The record of one probe in a directory: ``<name>.jsonl``, and ``<name>.stopped.jsonl`` once it was stopped.

    Raises ProbeRecordError for a file or directory that somebody else may have written.
    """

    def __init__(self, directory: Path, name: str) -> None:
        self.path = directory / f"{name}.jsonl"
        self._stopped = directory / f"{name}.stopped.jsonl"

    def require_usable(self) -> None:
        """Raises ProbeRecordError where no record could be kept; writes nothing."""
        with self._in_words("cannot be kept"):
            private_files.require_trustworthy(self.path)

    def begin(self, first: str) -> Record:
        """A new record with this line, locked by this process, in place of any other."""
        with self._in_words("cannot be kept"):
            private_files.make_directory(self.path.parent)
            private_files.require_trustworthy(self.path)
            # Locked before it has its name: nobody can find it and take it for one of a probe that has ended.
            temporary = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}")
            private_files.write_private(temporary, first.encode(), follow=False)
            try:
                descriptor = os.open(temporary, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.replace(temporary, self.path)
            except BaseException:
                private_files.remove(temporary)
                raise
            private_files.remove(self._stopped)
            return Record(self.path, descriptor)

    def running(self) -> bool:
        """Whether a probe is writing the record."""
        return self._locked(self.path)

    def ending(self) -> bool:
        """Whether a probe that was stopped has not ended yet."""
        return self._locked(self._stopped)

    def found(self) -> Path | None:
        """The record of the last probe of this name; None if there is none."""
        return next((path for path in (self.path, self._stopped) if os.path.lexists(path)), None)

    def text(self) -> str:
        """What the last probe of this name has recorded; blank if there was none."""
        path = self.found()
        with self._in_words("is not believed"):
            content = None if path is None else private_files.trusted(path, _LIMIT)
        return "" if content is None else content.decode("utf-8", "replace")

    def append(self, line: str) -> None:
        """One line more, beside those that the probe writes."""
        with self._in_words("cannot be written"), self._opened(self.path, os.O_WRONLY | os.O_APPEND) as descriptor:
            if descriptor is not None:
                os.write(descriptor, line.encode())

    def stop(self) -> None:
        """Take the name away from the record: a probe that writes it ends with its next look."""
        with self._in_words("cannot be renamed"), contextlib.suppress(FileNotFoundError):
            private_files.require_trustworthy(self._stopped)
            os.replace(self.path, self._stopped)

    def remove(self) -> None:
        with self._in_words("cannot be removed"):
            for path in (self.path, self._stopped):
                private_files.remove(path)

    def _locked(self, path: Path) -> bool:
        with self._in_words("cannot be read"), self._opened(path, os.O_RDONLY) as descriptor:
            if descriptor is None:
                return False
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    @contextlib.contextmanager
    def _opened(self, path: Path, flags: int) -> t.Iterator[int | None]:
        """None if there is no such file."""
        try:
            descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            descriptor = None
        try:
            yield descriptor
        finally:
            if descriptor is not None:
                os.close(descriptor)

    @contextlib.contextmanager
    def _in_words(self, what: str) -> t.Iterator[None]:
        try:
            yield
        except FileRefusedError as error:
            raise ProbeRecordError(
                f"{self.path}: the record of the probe {what}: {error.strerror}. Choose a directory that is yours "
                f"alone, or run as its owner"
            ) from error
        except OSError as error:
            raise ProbeRecordError(
                f"{self.path}: the record of the probe {what} ({error.strerror}). Become root, or choose another "
                f"directory"
            ) from error


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
