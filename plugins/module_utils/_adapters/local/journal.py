# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""What a reset takes away and has to be put back, kept on disk until it is back.

The API offers no place for it, and after the reset it cannot be read any more: without this file, IP restrictions
would be lost for ever when the run is killed between the reset and their return.
"""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

from . import private_files as files

_MEMBERS = {"begun", "begun_at", "status", "updated_at", "body", "sent", "ip_restrictions", "open_id_connect"}


class JournalError(Exception):
    """The journal can be neither read nor written; the reset is not begun then."""


def default_directory(environ: t.Mapping[str, str]) -> Path:
    """Below XDG_STATE_HOME, where programs keep what shall survive them."""
    state = environ.get("XDG_STATE_HOME")
    base = Path(state) if state else Path(os.path.expanduser("~")) / ".local" / "state"
    return base / "clusterops.kube_proxy"


class Journal:
    """One file per cluster, ``reset-<cluster id>.json``; it holds no secrets."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, kube_id: str) -> Path:
        return self.directory / f"reset-{kube_id}.json"

    def load(self, kube_id: str) -> dict[str, t.Any] | None:
        path = self.path(kube_id)
        try:
            content = files.read(path)
            if content is None:
                return None
            record = dict(json.loads(content))
            missing = _MEMBERS - set(record)
            if missing:
                raise ValueError(f"it lacks {', '.join(sorted(missing))}")
            return record
        except (OSError, ValueError, TypeError) as error:
            raise JournalError(
                f"{path}: the record of an unfinished reset cannot be read ({error}). Repair the file, or remove it "
                f"when nothing of that reset has to be put back"
            ) from error

    def keep(self, kube_id: str, entry: dict[str, t.Any]) -> None:
        path = self.path(kube_id)
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            files.write_private(path, json.dumps(entry, indent=2, sort_keys=True).encode() + b"\n")
        except OSError as error:
            raise JournalError(
                f"{path}: what the reset would lose cannot be recorded ({error}), so it is not begun. Set "
                f"recovery_path to a directory that can be written"
            ) from error

    def discard(self, kube_id: str) -> None:
        path = self.path(kube_id)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise JournalError(
                f"{path}: all that this reset had to put back is back, but its record cannot be removed ({error}). "
                f"Remove it, or the next run takes it for that of an unfinished reset"
            ) from error
