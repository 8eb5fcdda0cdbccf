# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Programs of the node, each command run once."""

from __future__ import annotations

import os
import re
import subprocess
import typing as t

from .files import Files

# sudo and services often lack the directories of administrators' tools.
_DIRECTORIES = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
#: Seconds; these tools answer in milliseconds unless the kernel hangs.
TIMEOUT = 10

_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*")


class Output(t.NamedTuple):
    """What a command did; ``error`` is None if it succeeded, else why not, in a line."""

    out: str
    error: str | None = None


Runner = t.Callable[[t.Sequence[str]], Output]


def run(argv: t.Sequence[str]) -> Output:
    """Run a command with its messages in English; never raises."""
    environment = {**os.environ, "LC_ALL": "C", "LANGUAGE": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - a path that was found here, and arguments of this collection
            list(argv),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Output("", f"{argv[0]} did not end within {TIMEOUT} seconds")
    except OSError as error:
        return Output("", f"{argv[0]} cannot be run: {error.strerror}")
    out, err = (stream.decode("utf-8", "replace") for stream in (done.stdout, done.stderr))
    if done.returncode == 0:
        return Output(out)
    told = " ".join((err or out).split())
    return Output(out, f"{' '.join(argv)} failed with status {done.returncode}: {told}")


class Tools:
    def __init__(self, files: Files, runner: Runner = run) -> None:
        self._files = files
        self._run = runner
        self._outputs: dict[tuple[str, ...], Output] = {}

    def path(self, name: str) -> str | None:
        """Where the tool is, or None."""
        places = (*os.environ.get("PATH", "").split(":"), *_DIRECTORIES)
        candidates = (f"{place}/{name}" for place in dict.fromkeys(places) if place.startswith("/"))
        return next((path for path in candidates if self._files.executable(path)), None)

    def output(self, *argv: str) -> Output:
        """Run a tool that ``path`` found, unless the same was run before."""
        if argv not in self._outputs:
            self._outputs[argv] = self._run(argv)
        return self._outputs[argv]

    def version(self, path: str) -> str | None:
        """What a tool says about itself: "ipset v7.17, protocol version: 7", "kmod version 30"."""
        told = self.output(path, "--version")
        match = None if told.error else _VERSION.search(told.out)
        return match[0] if match else None
