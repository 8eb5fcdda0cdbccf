# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Programs of the node, each command run once."""

from __future__ import annotations

import os
import re
import typing as t

from .node_files import Files

# sudo and services often lack the directories of administrators' tools.
_DIRECTORIES = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")

_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*")


class Output(t.NamedTuple):
    """What a command did; ``error`` is None if it succeeded, else why not, in a line."""

    out: str
    error: str | None = None


Runner = t.Callable[[t.Sequence[str]], Output]


def through(run_command: t.Callable[..., tuple[int, str, str]]) -> Runner:
    """Commands run by ``AnsibleModule.run_command``, with their messages in English; the result never raises."""

    def run(argv: t.Sequence[str]) -> Output:
        english = {"LC_ALL": "C", "LANGUAGE": "C"}
        try:
            status, out, err = run_command(
                list(argv), environ_update=english, errors="surrogate_then_replace", handle_exceptions=False
            )
        except OSError as error:
            return Output("", f"{argv[0]} cannot be run: {error.strerror}")
        if status == 0:
            return Output(out)
        told = " ".join((err or out).split())
        return Output(out, f"{' '.join(argv)} failed with status {status}: {told}")

    return run


class Tools:
    def __init__(self, files: Files, runner: Runner) -> None:
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
