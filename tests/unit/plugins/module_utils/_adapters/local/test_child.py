# SPDX-License-Identifier: GPL-3.0-or-later

"""Real forks of the test's process."""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.local.child import (
    ChildEndedError,
    Say,
    end_after,
    in_child,
)


def no_child_is_left() -> bool:
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    return True


def test_the_result_comes_after_what_was_said() -> None:
    heard: list[bytes] = []

    def work(say: Say) -> bytes:
        say(b"one")
        say(b"two")
        return str(os.getpid()).encode()

    assert int(in_child(work, heard.append)) != os.getpid()
    assert heard == [b"one", b"two"]
    assert no_child_is_left()


def test_a_result_may_be_longer_than_a_pipe_holds() -> None:
    assert in_child(lambda _say: b"x" * 5_000_000, print) == b"x" * 5_000_000


def test_what_the_child_changes_of_itself_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "before")

    def work(_say: Say) -> bytes:
        os.environ["KEPT"] = "after"
        return os.environ["KEPT"].encode()

    assert in_child(work, print) == b"after"
    assert os.environ["KEPT"] == "before"


def crash(_say: Say) -> bytes:
    faulthandler.disable()
    os.kill(os.getpid(), signal.SIGSEGV)
    return b"never"


def leave(_say: Say) -> bytes:
    os._exit(3)


def fail(_say: Say) -> bytes:
    raise RuntimeError("nobody sees this")


def never_end(_say: Say) -> bytes:
    end_after(0.05)
    while True:
        pass


@pytest.mark.parametrize(
    ("work", "how"),
    [
        (crash, r"it was ended by SIGSEGV"),
        (leave, r"it ended with status 3"),
        (fail, r"it ended with status 1"),
        (never_end, r"it did not end within its time \(SIGALRM\)"),
    ],
)
def test_the_end_of_a_child_is_an_error_and_nothing_else(work: t.Callable[[Say], bytes], how: str) -> None:
    with pytest.raises(ChildEndedError, match=f"^{how}$"):
        in_child(work, print)
    assert no_child_is_left()


def test_a_thread_that_fails_prints_nothing_between_the_lines_of_ansible(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # pytest has a hook of its own.
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)

    def work(_say: Say) -> bytes:
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        return b"result"

    assert in_child(work, print) == b"result"
    assert capfd.readouterr() == ("", "")


def test_handlers_of_signals_are_not_the_childs() -> None:
    handled: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: handled.append(number))

    def work(_say: Say) -> bytes:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
        return b"handled"

    try:
        with pytest.raises(ChildEndedError, match="SIGTERM"):
            in_child(work, print)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert handled == []


class AlarmError(Exception):
    pass


def test_an_alarm_here_ends_the_child() -> None:
    def ring(_number: int, _frame: t.Any) -> None:
        raise AlarmError

    def work(say: Say) -> bytes:
        say(b"begun")
        threading.Event().wait(60)
        return b""

    before = signal.signal(signal.SIGALRM, ring)
    try:
        # Not before the child is there: what a handler raises while Python forks is lost.
        with pytest.raises(AlarmError):
            in_child(work, lambda _said: signal.setitimer(signal.ITIMER_REAL, 0.1) and None)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert no_child_is_left()


def test_it_ends_when_nobody_waits_for_it(tmp_path: Path) -> None:
    """As when ansible-playbook is killed, while its worker has a session of its own."""
    begun = tmp_path / "begun"
    reading, writing = os.pipe()

    def work(_say: Say) -> bytes:
        begun.with_suffix(".new").write_text(str(os.getpid()), encoding="utf-8")
        begun.with_suffix(".new").rename(begun)
        threading.Event().wait(60)
        return b""

    middle = os.fork()
    if middle == 0:
        if os.fork() == 0:
            try:
                in_child(work, print)
            except ChildEndedError as error:
                os.write(writing, str(error).encode())
            finally:
                os._exit(0)
        while not begun.exists():
            time.sleep(0.01)
        os._exit(0)
    os.waitpid(middle, 0)
    assert os.read(reading, 100) == b"nobody waits for it any more"
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.read_text(encoding="utf-8")), 0)
    os.close(reading)
    os.close(writing)
