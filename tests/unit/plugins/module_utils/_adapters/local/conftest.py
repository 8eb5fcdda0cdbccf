# SPDX-License-Identifier: GPL-3.0-or-later

"""Files as they may lie on a host."""

from __future__ import annotations

import os
import socket
import typing as t
from pathlib import Path

import pytest

#: The user nobody, on every distribution.
NOBODY = 65534


@pytest.fixture
def to_stranger() -> t.Callable[[Path], None]:
    """Gives a file, or a link itself, to another user; only root can."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to another user")

    def give(path: Path) -> None:
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)

    return give


@pytest.fixture
def no_umask() -> t.Iterator[None]:
    """Whatever is created is open to all, unless its creator says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        # The path of a socket has little room.
        os.chdir(path.parent)
        try:
            listener.bind(path.name)
        finally:
            os.chdir(here)


#: What is no regular file -> how to make one, and what is said of it.
ODD: dict[str, tuple[t.Callable[[Path], t.Any], str]] = {
    "pipe": (os.mkfifo, "it is a named pipe, not a regular file"),
    "socket": (_socket, "it is a socket, not a regular file"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "it is a device, not a regular file"),
    "directory": (Path.mkdir, "Is a directory"),
}


@pytest.fixture(params=list(ODD))
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """Something that is no regular file, or leads to none, and the reason to give."""
    make, reason = ODD[request.param]
    path = tmp_path / "odd"
    make(path)
    return path, reason
