# SPDX-License-Identifier: GPL-3.0-or-later

"""Work in a child of this process, which cannot do it any harm: a fork, whose memory ends with it.

What the child changes of itself (environment, signals, modules, threads) is its own. Its end, such as a crash of a
library or a limit of time, is an error here and nothing else.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
import typing as t
from multiprocessing.connection import Connection

from ..failures import AdapterError

#: What a child says before it ends, and then its result.
Say = t.Callable[[bytes], None]

#: Seconds between two looks whether who waits for this process is still there.
_LOOK: t.Final = 1.0

#: Seconds that a child has to end by itself once its result is there.
_END: t.Final = 5.0


class ChildEndedError(AdapterError):
    """The child ended without a result; the message says how."""


def in_child(work: t.Callable[[Say], bytes], heard: t.Callable[[bytes], None]) -> bytes:
    """The result of the work, which a child does; what it says meanwhile is given to ``heard``.

    Raises ChildEndedError. An exception here, such as that of an alarm, ends the child, and so does the end of the
    process that started this one: what a person has killed must not go on changing things behind their back.
    """
    parent = os.getppid()
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe(duplex=False)
    child = fork.Process(target=_work, args=(work, there))
    child.start()
    there.close()
    result: bytes | None = None
    try:
        while result is None:
            while not here.poll(_LOOK):
                if os.getppid() != parent:
                    raise ChildEndedError("nobody waits for it any more")
            kind, content = here.recv_bytes(), here.recv_bytes()
            if kind == _RESULT:
                result = content
            else:
                heard(content)
        child.join(_END)
    except EOFError:
        child.join(_END)
        raise ChildEndedError(_how(child.exitcode)) from None
    finally:
        here.close()
        if child.exitcode is None:
            child.kill()
            child.join()
    return result


def end_after(seconds: float) -> None:
    """End this child by the kernel when it takes longer, whatever it is in; zero takes the limit away."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


_SAID, _RESULT = b"said", b"result"


def _work(work: t.Callable[[Say], bytes], there: Connection) -> None:
    # A look for garbage would copy every page of what the two share.
    gc.freeze()
    # The parent's handlers would act for the parent.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    # A library's thread that fails would print its stack between the lines of other hosts. Whoever waits for the thread
    # has a limit of time, and tells what did not come.
    threading.excepthook = lambda _failed: None

    def send(kind: bytes, content: bytes) -> None:
        there.send_bytes(kind)
        there.send_bytes(content)

    send(_RESULT, work(lambda content: send(_SAID, content)))
    there.close()


def _how(code: int | None) -> str:
    if code is None:
        return "it closed its connection and went on"
    if code >= 0:
        return f"it ended with status {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return "it did not end within its time (SIGALRM)" if -code == signal.SIGALRM else f"it was ended by {name}"
