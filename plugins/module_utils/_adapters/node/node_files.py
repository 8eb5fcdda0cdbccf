# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of the node below a root, which only tests set to another than /. Paths are those that the node has."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from pathlib import Path

from ..local import regular_files

#: Bytes; the IPVS table of a large cluster has tens of millions.
_LIMIT = 256 * 2**20


class Files:
    """Reads only. A file that is missing or cannot be read is None; ``exists`` says which of the two."""

    def __init__(self, root: Path | str = "/") -> None:
        self._root = Path(root)

    def _real(self, path: str) -> Path:
        return self._root / path.lstrip("/")

    def text(self, path: str) -> str | None:
        """The content as UTF-8; a file whose name ends in .gz is unpacked."""
        try:
            content = regular_files.read(self._real(path), _LIMIT)
            if path.endswith(".gz"):
                with gzip.open(io.BytesIO(content)) as packed:
                    content = packed.read(_LIMIT)
        except (OSError, EOFError, zlib.error):
            return None
        return content.decode("utf-8", "replace")

    def exists(self, path: str) -> bool:
        return self._real(path).exists()

    def is_fixed(self, path: str) -> bool:
        """Whether a file is there that nobody can write, not even root: by its mode, or on a read-only file system."""
        try:
            mode, flags = os.stat(self._real(path)).st_mode, os.statvfs(self._real(path)).f_flag
        except OSError:
            return False
        return not mode & 0o222 or bool(flags & os.ST_RDONLY)

    def names(self, directory: str) -> list[str]:
        """Sorted names in a directory; none if it cannot be read."""
        try:
            return sorted(os.listdir(self._real(directory)))
        except OSError:
            return []

    def executable(self, path: str) -> bool:
        real = self._real(path)
        return real.is_file() and os.access(real, os.X_OK)
