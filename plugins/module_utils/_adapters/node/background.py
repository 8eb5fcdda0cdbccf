# SPDX-License-Identifier: GPL-3.0-or-later

"""Work that goes on in a process of its own when the task is over."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import typing as t

from ..failures import AdapterError

#: Seconds that the process may take longer than its work should, before the system ends it.
_SLACK = 60
_READY = b"ready"


class BackgroundError(AdapterError):
    """The process did not come as far as to say that it is ready."""


def detach(work: t.Callable[[t.Callable[[], None]], None], seconds: float) -> None:
    """Run the work in a session and process group of its own, with init as its parent and no terminal.

    Returns once the work has called what it is given, and raises BackgroundError with the reason if it did not come
    that far. Whatever happens to it, the system ends the process not long after ``seconds``.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _first_child(work, seconds, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read()
    os.waitpid(child, 0)
    if said != _READY:
        reason = said.decode("utf-8", "replace") or "it ended at once"
        raise BackgroundError(f"The probe could not be started in the background: {reason}")


def _first_child(work: t.Callable[[t.Callable[[], None]], None], seconds: float, writing: int) -> t.NoReturn:
    """Leaves its session, and leaves the rest to a child that no longer can have a terminal."""
    try:
        os.setsid()
        if os.fork() == 0:
            _worker(work, seconds, writing)
    except BaseException as error:
        _tell(writing, str(error))
    os._exit(0)


def _worker(work: t.Callable[[t.Callable[[], None]], None], seconds: float, writing: int) -> t.NoReturn:
    told = False

    def ready() -> None:
        nonlocal told
        told = True
        _tell(writing, _READY.decode())

    try:
        # A group of its own, which somebody can end as a whole; in the session of its parent, which is over.
        os.setpgid(0, 0)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        signal.alarm(int(seconds) + _SLACK)
        os.chdir("/")
        os.umask(0o077)
        _let_go(writing)
        work(ready)
    except BaseException as error:
        if not told:
            _tell(writing, str(error) or type(error).__name__)
    os._exit(0)


def _let_go(kept: int) -> None:
    """Close what the task has open: whoever reads what it says must not wait for the end of this process."""
    # Objects that still think they own one of the files are never finalized: they would close what is opened later.
    gc.freeze()
    for name in os.listdir("/proc/self/fd"):
        if int(name) != kept:
            with contextlib.suppress(OSError):
                os.close(int(name))
    # The three that every program expects, in this order.
    for _number in range(3):
        os.open(os.devnull, os.O_RDWR)


def _tell(writing: int, text: str) -> None:
    os.write(writing, text.encode())
    os.close(writing)
