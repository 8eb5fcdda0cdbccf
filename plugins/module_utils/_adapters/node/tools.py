# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs of the node. A command that only reads runs once."""

from __future__ import annotations

import importlib.util
import os
import re
import typing as t

from ..._domain.common.printable import printable
from ..._domain.node.facts import Tool
from .node_files import Files

# The PATH of sudo and of services often lacks the directories of administrators' tools.
_DIRECTORIES = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
# The system's Python has it here; ansible.builtin.apt turns to that Python if its own has none.
_PYTHON_APT = "/usr/lib/python3/dist-packages/apt/__init__.py"

#: Characters kept of what a command says about its failure.
_SENTENCE = 500
_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*")


class Output(t.NamedTuple):
    """What a command wrote; ``error`` is None if it succeeded, else the reason in one line."""

    out: str
    error: str | None = None


class Runner(t.Protocol):
    """Runs a command once; ``text`` is what it reads from standard input."""

    def __call__(self, argv: t.Sequence[str], text: str | None = None) -> Output: ...


def through(run_command: t.Callable[..., tuple[int, str, str]]) -> Runner:
    """Run commands by ``AnsibleModule.run_command``, with their messages in English; the result never raises."""

    def run(argv: t.Sequence[str], text: str | None = None) -> Output:
        english = {"LC_ALL": "C", "LANGUAGE": "C"}
        try:
            status, out, err = run_command(
                list(argv), environ_update=english, errors="surrogate_then_replace", handle_exceptions=False, data=text
            )
        except OSError as error:
            return Output("", f"{argv[0]} cannot be run: {error.strerror}")
        if status == 0:
            return Output(out)
        message = printable(" ".join((err or out).split()), _SENTENCE)
        return Output(out, f"{' '.join(argv)} failed with status {status}: {message}")

    return run


class Tools:
    """Programs that are in ``files``, run by the runner."""

    def __init__(self, files: Files, runner: Runner) -> None:
        self.files = files
        self._run = runner
        self._outputs: dict[tuple[str, ...], Output] = {}

    def path(self, name: str) -> str | None:
        """Where the tool is; None if it is not installed."""
        places = (*os.environ.get("PATH", "").split(":"), *_DIRECTORIES)
        candidates = (f"{place}/{name}" for place in dict.fromkeys(places) if place.startswith("/"))
        return next((path for path in candidates if self.files.executable(path)), None)

    def output(self, *argv: str) -> Output:
        """Run a tool that ``path`` found, unless the same command ran before."""
        if argv not in self._outputs:
            self._outputs[argv] = self._run(argv)
        return self._outputs[argv]

    def run(self, *argv: str, text: str | None = None) -> Output:
        """Run a tool that ``path`` found, each time anew: to change something, or to read what may have changed."""
        return self._run(argv, text)

    def find(self, name: str, *, with_version: bool) -> Tool | None:
        """The tool, which runs only if its version is to be read; None if it is not installed."""
        path = self.path(name)
        return None if path is None else Tool(path, self._version(path) if with_version else None)

    def _version(self, path: str) -> str | None:
        # "ipset v7.17, protocol version: 7", "kmod version 30".
        output = self.output(path, "--version")
        match = None if output.error else _VERSION.search(output.out)
        return match[0] if match else None


def has_python_apt(files: Files) -> bool:
    """Whether ansible.builtin.apt finds the library that it needs in check mode."""
    return files.exists(_PYTHON_APT) or importlib.util.find_spec("apt_pkg") is not None
