# SPDX-License-Identifier: GPL-3.0-or-later

"""Processes that outlive the command that started them, known by their pid files."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

#: Seconds a process gets to end by itself.
_GRACE = 15.0


def alive(pid_file: Path, marker: Path) -> int | None:
    """The process's id, if it still runs and its command line names the marker: ids are given away again."""
    try:
        pid = int(pid_file.read_text(encoding="utf-8"))
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return pid if os.fsencode(marker) in command else None


def end(pid_file: Path, marker: Path, *, at_once: bool = False) -> None:
    pid = alive(pid_file, marker)
    if pid is not None:
        deadline = time.monotonic() + (0.0 if at_once else _GRACE)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
            while alive(pid_file, marker) and time.monotonic() < deadline:
                time.sleep(0.1)
            if alive(pid_file, marker):
                os.kill(pid, signal.SIGKILL)
            while alive(pid_file, marker):
                time.sleep(0.05)
    pid_file.unlink(missing_ok=True)
