# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules run as Ansible runs them, each in a process of its own that may be killed, with sleeps that take no time.

A process that has imported everything waits and forks a child for each run: a run costs milliseconds, and nothing of
one is left for the next.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import json
import os
import select
import signal
import socket
import struct
import sys
import tempfile
import time
import traceback
import typing as t
from pathlib import Path

#: The package of the modules that are run.
MODULES = "ansible_collections.clusterops.kube_proxy.plugins.modules"
#: Real seconds after which a run hangs.
PATIENCE = 40.0
#: Exit status of a run that sleeps for ever.
SLEEPS_FOR_EVER = 97

_real_sleep = time.sleep
_real_monotonic = time.monotonic


@dataclasses.dataclass(frozen=True)
class Job:
    """One run of a module. ``sleep_limit``: seconds of its own sleeps, which take no time, after which it is ended."""

    module: str
    options: dict[str, t.Any]
    check: bool = False
    sleep_limit: float = 36000.0
    #: Kill the process just before its n-th change of a file below ``watched``, counted from 1.
    watched: str = ""
    kill_at_change: int = 0


@dataclasses.dataclass(frozen=True)
class Ended:
    """How a run ended: ``status`` is negative for a signal, ``slept`` and ``took`` are seconds, ``peak`` is bytes."""

    status: int
    output: str
    errors: str
    slept: float
    took: float
    peak: int
    #: changes of files below ``watched`` that were begun
    changes: int
    hung: bool = False

    @property
    def result(self) -> dict[str, t.Any] | None:
        """What the module returned; None when it printed anything but one JSON object."""
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(self.output)
            if isinstance(value, dict):
                return value
        return None

    @property
    def killed(self) -> bool:
        return self.status == -signal.SIGKILL and not self.hung


class Sandbox:
    """Runs one job at a time; make it before any thread is started."""

    def __init__(self, modules: str = MODULES) -> None:
        self._socket, theirs = socket.socketpair()
        self._zygote = os.fork()
        if self._zygote == 0:
            # Of another sandbox it would keep alive the end that tells it to stop.
            os.closerange(3, theirs.fileno())
            os.closerange(theirs.fileno() + 1, 1024)
            _serve(theirs, modules)
        theirs.close()

    def run(self, job: Job, started: t.Callable[[int], None] = lambda pid: None) -> Ended:
        """The end of the run; ``started`` is given the id of its process."""
        _send(self._socket, dataclasses.asdict(job))
        started(_receive(self._socket)["pid"])
        return Ended(**_receive(self._socket))

    def close(self) -> None:
        self._socket.close()
        os.waitpid(self._zygote, 0)


def _send(connection: socket.socket, value: t.Any) -> None:
    data = json.dumps(value).encode()
    connection.sendall(struct.pack("!Q", len(data)) + data)


def _receive(connection: socket.socket) -> t.Any:
    return json.loads(_exactly(connection, struct.unpack("!Q", _exactly(connection, 8))[0]))


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = connection.recv(min(size - len(data), 1 << 20))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


# --- the waiting process ------------------------------------------------------------------------------------------


class _Time:
    """A clock of this process alone that a sleep advances."""

    def __init__(self) -> None:
        self.slept = 0.0
        self.limit = float("inf")

    def install(self) -> None:
        # Before the collection is imported: its defaults keep the functions they find then.
        real_time = time.time
        time.sleep = self._sleep
        time.monotonic = lambda: _real_monotonic() + self.slept
        time.time = lambda: real_time() + self.slept

    def _sleep(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self.slept += seconds
        if self.slept > self.limit:
            _notes.write(self.slept)
            os._exit(SLEEPS_FOR_EVER)


class _Notes:
    """What a run leaves behind besides its output, also when it is killed: its sleep and its changes of files."""

    def __init__(self) -> None:
        self.file: t.IO[bytes] | None = None
        self.changes = 0

    def write(self, slept: float) -> None:
        if self.file is not None:
            os.pwrite(self.file.fileno(), struct.pack("!dQ", slept, self.changes), 0)

    @staticmethod
    def read(file: t.IO[bytes]) -> tuple[float, int]:
        file.seek(0)
        slept, changes = struct.unpack("!dQ", file.read() or bytes(16))
        return slept, changes


_clock = _Time()
_notes = _Notes()


def _serve(connection: socket.socket, modules: str) -> t.NoReturn:
    with contextlib.suppress(EOFError):
        _clock.install()
        _import_everything(modules)
        while True:
            job = Job(**_receive(connection))
            with _scratch() as output, _scratch() as errors, _scratch() as notes:
                begun = _real_monotonic()
                pid = os.fork()
                if pid == 0:
                    _child(job, modules, output.fileno(), errors.fileno(), notes)
                _send(connection, {"pid": pid})
                ended, usage, hung = _wait(pid)
                took = _real_monotonic() - begun
                slept, changes = _Notes.read(notes)
                _send(
                    connection,
                    {
                        "status": os.waitstatus_to_exitcode(ended),
                        "output": _content(output),
                        "errors": _content(errors),
                        "slept": slept,
                        "took": took,
                        "peak": usage.ru_maxrss * 1024,
                        "changes": changes,
                        "hung": hung,
                    },
                )
    os._exit(0)


def _scratch() -> t.IO[bytes]:
    return tempfile.TemporaryFile()


def _import_everything(modules: str) -> None:
    importlib.import_module("ansible.module_utils.testing")
    folder = Path(importlib.import_module(modules).__path__[0])
    for file in folder.glob("[!_]*.py"):
        importlib.import_module(f"{modules}.{file.stem}")
    # What a run imports when it first needs it, so that no run has to.
    for name in (
        "ansible.module_utils._internal._json._profiles._module_legacy_c2m",
        "ansible.module_utils._internal._json._profiles._module_legacy_m2c",
        "ansible.module_utils.compat.version",
        "certifi",
        "encodings.idna",
        "httpcore",
        "httpx",
        "isodate",
    ):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _wait(pid: int) -> tuple[int, t.Any, bool]:
    end = _real_monotonic() + PATIENCE
    handle = os.pidfd_open(pid)
    try:
        poller = select.poll()
        poller.register(handle, select.POLLIN)
        hung = not poller.poll(max(0.0, end - _real_monotonic()) * 1000)
        if hung:
            os.kill(pid, signal.SIGKILL)
        _pid, ended, usage = os.wait4(pid, 0)
        return ended, usage, hung
    finally:
        os.close(handle)


def _content(file: t.IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="backslashreplace")


# --- one run ------------------------------------------------------------------------------------------------------


def _child(job: Job, modules: str, output: int, errors: int, notes: t.IO[bytes]) -> t.NoReturn:
    _notes.file = notes
    status = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(errors, 2)
        # Whoever made this process may have put something else in their place.
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
        _clock.limit = job.sleep_limit
        if job.watched:
            _watch(job)
        status = _run(job, modules)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        _notes.write(_clock.slept)
        os._exit(status)


def _run(job: Job, modules: str) -> int:
    from ansible.module_utils.common.parameters import PASS_VARS
    from ansible.module_utils.testing import patch_module_args

    arguments = {**job.options, "_ansible_check_mode": job.check, "_ansible_diff": True}
    if "inject_invocation" in PASS_VARS:
        # The options as -vvv shows them; older releases of ansible-core always add them.
        arguments["_ansible_inject_invocation"] = True
    main = importlib.import_module(f"{modules}.{job.module}").main
    try:
        with patch_module_args(arguments):
            main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _watch(job: Job) -> None:
    """Count changes of files, and kill this process before the one that the job names."""

    def hook(event: str, arguments: tuple[t.Any, ...]) -> None:
        if event == "open":
            changes = isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        else:
            changes = event in ("os.rename", "os.remove", "os.link", "os.truncate", "os.mkdir", "os.chmod")
        if not changes or job.watched not in f"{arguments[0]} {arguments[1] if len(arguments) > 1 else ''}":
            return
        _notes.changes += 1
        if _notes.changes == job.kill_at_change:
            _notes.write(_clock.slept)
            os.kill(os.getpid(), signal.SIGKILL)
            _real_sleep(60)

    sys.addaudithook(hook)
