# SPDX-License-Identifier: GPL-3.0-or-later

"""The records of resets under way, as files: what a reset removes is kept here until it is restored.

The API offers no place for it, and after the reset it cannot be read any more: without this file, IP restrictions
would be lost for good when the run is killed between the reset and their return. ``_domain/managed/reset_record.py``
says what a record holds.

What a record says is done to the cluster, so that only one that nobody else can have written is believed.
"""

from __future__ import annotations

import json
import os
import re
import typing as t
from pathlib import Path

from ..._domain.common.json_types import Json
from ..._domain.common.printable import printable
from ..failures import JournalError
from . import private_files as files
from .regular_files import FileRefusedError

#: Bytes; a record has a few hundred.
_LIMIT = 2**20
#: What may be a part of a file's name; the ids of the API are UUIDs.
_ID = re.compile(r"[0-9A-Za-z_-]{1,100}")


def default_directory(environ: t.Mapping[str, str]) -> Path:
    """Below XDG_STATE_HOME, where programs keep what should outlast them."""
    state = environ.get("XDG_STATE_HOME", "")
    # A relative path is to be ignored, says the specification of these directories.
    base = Path(state) if state.startswith("/") else Path(os.path.expanduser("~")) / ".local" / "state"
    return base / "clusterops.kube_proxy"


class Journal:
    """One file per cluster, ``reset-<cluster id>.json``; it contains no secrets."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, kube_id: str) -> Path:
        if not _ID.fullmatch(kube_id):
            raise JournalError(f"The cluster's id {printable(kube_id, 100)!r} cannot be a part of a file's name")
        return self.directory / f"reset-{kube_id}.json"

    def load(self, kube_id: str) -> Json | None:
        """The record as it was kept, or None; raises JournalError for a file that contains no JSON object."""
        path = self.path(kube_id)
        try:
            content = files.trusted(path, _LIMIT)
            return None if content is None else _object(content)
        except FileRefusedError as error:
            raise JournalError(
                f"{path}: the record of an unfinished reset is not believed: {error.strerror}. Nothing was reset. What "
                f"it says would be put on the cluster: read it, and if it is yours, make file and directory your own "
                f"(chown, chmod go-w) or run as their owner; otherwise remove it, or set another recovery_path"
            ) from error
        except PermissionError as error:
            raise JournalError(
                f"{path}: there may be the record of an unfinished reset, which this user may not read "
                f"({error.strerror}). Run as the user who began that reset, or set another recovery_path"
            ) from error
        except (OSError, ValueError, RecursionError) as error:
            raise self.unreadable(kube_id, error) from error

    def unreadable(self, kube_id: str, reason: Exception) -> JournalError:
        """The error for a record that cannot be read, to be raised also by whoever misses a member in it."""
        return JournalError(
            f"{self.path(kube_id)}: the record of an unfinished reset cannot be read ({_because(reason)}). Repair the "
            f"file, or remove it if nothing of that reset has to be restored"
        )

    def require_writable(self, kube_id: str) -> None:
        """Raises JournalError where a record could not be kept, or would not be believed later; writes nothing."""
        try:
            files.require_trustworthy(self.path(kube_id))
        except OSError as error:
            raise self._unwritable(kube_id, error) from error

    def keep(self, kube_id: str, entry: Json) -> None:
        path = self.path(kube_id)
        try:
            files.make_directory(self.directory)
            files.require_trustworthy(path)
            files.write_private(path, json.dumps(entry, indent=2, sort_keys=True).encode() + b"\n", follow=False)
        except OSError as error:
            raise self._unwritable(kube_id, error) from error

    def discard(self, kube_id: str) -> None:
        path = self.path(kube_id)
        try:
            files.remove(path)
        except OSError as error:
            raise JournalError(
                f"{path}: everything that this reset removed is restored, but its record cannot be removed "
                f"({_because(error)}). Remove it, or the next run treats it as the record of an unfinished reset"
            ) from error

    def _unwritable(self, kube_id: str, error: OSError) -> JournalError:
        return JournalError(
            f"{self.path(kube_id)}: the settings that the reset removes cannot be recorded ({_because(error)}), so the "
            f"reset was not sent. Set recovery_path to a writable directory that is yours alone"
        )


def _object(content: bytes) -> Json:
    """Raises ValueError for what is no JSON object."""
    found = json.loads(content.decode())
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")
    return found


def _because(error: Exception) -> str:
    """In words, and never with the content of the file, which UnicodeDecodeError for one has in its arguments."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return printable(str(error), 200)
