# SPDX-License-Identifier: GPL-3.0-or-later

"""The records of resets under way, as files: what a reset removes is kept here until it is restored.

The API offers no place for it, and after the reset it cannot be read any more: without this file, IP restrictions
would be lost for good when the run is killed between the reset and their return. ``_domain/managed/reset_record.py``
says what a record holds.
"""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

from ..._domain.common.json_types import Json
from ..failures import JournalError
from . import private_files as files


def default_directory(environ: t.Mapping[str, str]) -> Path:
    """Below XDG_STATE_HOME, where programs keep what should outlast them."""
    state = environ.get("XDG_STATE_HOME")
    base = Path(state) if state else Path(os.path.expanduser("~")) / ".local" / "state"
    return base / "clusterops.kube_proxy"


class Journal:
    """One file per cluster, ``reset-<cluster id>.json``; it contains no secrets."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, kube_id: str) -> Path:
        return self.directory / f"reset-{kube_id}.json"

    def load(self, kube_id: str) -> Json | None:
        """The record as it was kept, or None; raises JournalError for a file that contains no JSON object."""
        try:
            content = files.read(self.path(kube_id))
            if content is None:
                return None
            return dict(json.loads(content))
        except (OSError, ValueError, TypeError) as error:
            raise self.unreadable(kube_id, error) from error

    def unreadable(self, kube_id: str, reason: Exception) -> JournalError:
        """The error for a record that cannot be read, to be raised also by whoever misses a member in it."""
        return JournalError(
            f"{self.path(kube_id)}: the record of an unfinished reset cannot be read ({reason}). Repair the file, or "
            f"remove it if nothing of that reset has to be restored"
        )

    def keep(self, kube_id: str, entry: Json) -> None:
        path = self.path(kube_id)
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            files.write_private(path, json.dumps(entry, indent=2, sort_keys=True).encode() + b"\n")
        except OSError as error:
            raise JournalError(
                f"{path}: the settings that the reset removes cannot be recorded ({error}), so the reset was not sent. "
                f"Set recovery_path to a writable directory"
            ) from error

    def discard(self, kube_id: str) -> None:
        path = self.path(kube_id)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise JournalError(
                f"{path}: everything that this reset removed is restored, but its record cannot be removed ({error}). "
                f"Remove it, or the next run treats it as the record of an unfinished reset"
            ) from error
