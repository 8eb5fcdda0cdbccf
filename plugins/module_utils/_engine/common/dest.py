# SPDX-License-Identifier: GPL-3.0-or-later

"""The file that the option ``dest`` names: read, checked and written, with what to say where that is not possible."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

from ..._adapters.local import private_files as files
from ..._adapters.local.regular_files import LIMIT
from ..._domain.common.file_names import shown_name
from .run import EngineError


@dataclass(frozen=True)
class Dest:
    path: Path

    def __str__(self) -> str:
        return f"dest: {shown_name(str(self.path))}"

    def current(self, limit: int = LIMIT) -> files.PrivateFile | None:
        """What is there; None for nothing. ``limit`` is in bytes. Raises EngineError for what cannot be read."""
        try:
            return files.existing(self.path, limit)
        except OSError as error:
            raise EngineError(f"{self} cannot be read: {error.strerror}") from error

    def require_writable(self) -> None:
        """Whether the file could be written is known before it is, and in check mode as well; raises EngineError."""
        try:
            files.require_writable(self.path)
        except FileNotFoundError as error:
            directory = shown_name(str(self.path.parent))
            raise EngineError(f"dest: the directory {directory} does not exist; create it first") from error
        except OSError as error:
            raise self._unwritable(error) from error

    def back_up(self, content: bytes, now: float, mode: int = files.PRIVATE) -> Path:
        """Keep a former content beside the file; ``now`` is in seconds since 1970. Raises EngineError."""
        try:
            return files.back_up(self.path, content, now, mode)
        except OSError as error:
            raise EngineError(f"{self} cannot be backed up, and is left as it is: {error.strerror}") from error

    def write(self, content: bytes, how: t.Callable[[Path, bytes], None]) -> None:
        """Put the content in place; ``how`` is one of the writers of ``private_files``. Raises EngineError."""
        try:
            how(self.path, content)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> EngineError:
        return EngineError(f"{self} cannot be written: {error.strerror}")
