# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Files of the node below a root, which is / but for tests. Paths are given and returned as the node has them."""

from __future__ import annotations

import gzip
import os
import zlib
from pathlib import Path


class Files:
    """Reads only. What is not there, or may not be read, is None; ``exists`` tells the two apart."""

    def __init__(self, root: Path | str = "/") -> None:
        self._root = Path(root)

    def _real(self, path: str) -> Path:
        return self._root / path.lstrip("/")

    def text(self, path: str) -> str | None:
        """The content; a name that ends in .gz is unpacked."""
        try:
            content = self._real(path).read_bytes()
            if path.endswith(".gz"):
                content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            return None
        return content.decode("utf-8", "replace")

    def exists(self, path: str) -> bool:
        return self._real(path).exists()

    def names(self, directory: str) -> list[str]:
        """Sorted names in a directory; none if it cannot be read."""
        try:
            return sorted(os.listdir(self._real(directory)))
        except OSError:
            return []

    def executable(self, path: str) -> bool:
        real = self._real(path)
        return real.is_file() and os.access(real, os.X_OK)
