# SPDX-License-Identifier: GPL-3.0-or-later

"""Processes that are started again when they die, as kubelet does with a control plane's pods."""

from __future__ import annotations

import subprocess
import threading
import time
import typing as t
from pathlib import Path

#: Seconds between a death and the next start.
_PAUSE = 0.5
#: Seconds a process gets to end by itself.
_GRACE = 5.0


class Supervised:
    """One process; its output goes to NAME.log in the folder, its present id to NAME.pid."""

    def __init__(self, name: str, command: t.Sequence[str | Path], directory: Path) -> None:
        self.name = name
        self.starts = 0
        self.log = directory / f"{name}.log"
        # Should this process be killed, the kernel ends the other one as well.
        self._command = ["setpriv", "--pdeathsig", "KILL", *map(str, command)]
        self._pid_file = directory / f"{name}.pid"
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        # The process belongs to the thread that starts it: that thread stays for as long as the process is wanted.
        self._thread = threading.Thread(target=self._keep, name=f"keep-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        with self._lock:
            self._stopping.set()
            if self._process is not None:
                self._process.terminate()

    def stop(self, deadline: float) -> None:
        """Wait for the end, which comes at ``deadline`` (of time.monotonic) at the latest."""
        self.ask_to_stop()
        if self._thread.ident is None:
            return
        self._thread.join(max(0.0, deadline - time.monotonic()))
        if self._process is not None:
            self._process.kill()
        self._thread.join()
        self._pid_file.unlink(missing_ok=True)

    def last_lines(self, count: int = 15) -> str:
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])

    def _keep(self) -> None:
        with self.log.open("ab") as log:
            while True:
                with self._lock:
                    if self._stopping.is_set():
                        return
                    self._process = process = subprocess.Popen(
                        self._command,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                        # Ctrl-C at the terminal is for whoever supervises.
                        start_new_session=True,
                    )
                    self.starts += 1
                self._pid_file.write_text(f"{process.pid}\n", encoding="utf-8")
                status = process.wait()
                if self._stopping.wait(_PAUSE):
                    return
                log.write(f"[{self.name} ended with exit status {status}; starting it again]\n".encode())
                log.flush()


class Supervisor:
    """Several processes, started in order and ended together."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.processes: list[Supervised] = []

    def start(self, name: str, command: t.Sequence[str | Path]) -> Supervised:
        process = Supervised(name, command, self.directory)
        self.processes.append(process)
        process.start()
        return process

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.ask_to_stop()
        deadline = time.monotonic() + _GRACE
        for process in reversed(self.processes):
            process.stop(deadline)
        self.processes.clear()
