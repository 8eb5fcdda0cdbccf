# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs one program to its end and tells what it said when it failed."""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

from .errors import BenchError

#: Lines of output that an error repeats.
_LAST_LINES = 15


def run(
    *command: str | Path,
    env: t.Mapping[str, str] | None = None,
    cwd: Path | None = None,
    attempts: int = 1,
    timeout: float | None = None,
) -> str:
    """The standard output, without the blanks around it; raises BenchError when every attempt failed.

    More than one attempt is for what breaks on a loaded machine or a weak line, a compiler or a download for instance.
    """
    words = [str(word) for word in command]
    for attempt in range(1, attempts + 1):
        try:
            done = subprocess.run(
                words,
                check=False,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout,
            )
        except FileNotFoundError:
            raise BenchError(f"The program {words[0]} is not there") from None
        except subprocess.TimeoutExpired:
            reason = f"had not ended after {timeout:g} seconds"
        else:
            if done.returncode == 0:
                return done.stdout.strip()
            lines = (done.stderr.strip() or done.stdout.strip()).splitlines()[-_LAST_LINES:]
            reason = "\n".join([f"ended with exit status {done.returncode}", *lines])
        if attempt == attempts:
            raise BenchError(f"{' '.join(words[:6])}{' ...' if len(words) > 6 else ''} {reason}")
    raise AssertionError("attempts must be at least 1")
