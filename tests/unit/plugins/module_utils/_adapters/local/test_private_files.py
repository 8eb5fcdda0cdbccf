# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written, where, and for whom; and what is left alone."""

from __future__ import annotations

import os
import stat
import typing as t
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.local import private_files as files
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.local.regular_files import (
    FileRefusedError,
)

from .conftest import NOBODY

Give = t.Callable[[Path], None]
OPEN_TO_ALL = 0o777
STICKY = 0o1777


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A directory like /tmp."""
    directory = tmp_path / "shared"
    directory.mkdir()
    directory.chmod(STICKY)
    return directory


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_files_and_directories_are_for_their_owner_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    below = tmp_path / "a" / "b" / "c"
    before = os.umask(umask)
    try:
        files.make_directory(below)
        files.write_private(below / "file", b"content")
    finally:
        os.umask(before)
    assert [mode(directory) for directory in (below, below.parent, below.parent.parent)] == [0o700] * 3
    assert mode(below / "file") == 0o600
    assert [path.name for path in below.iterdir()] == ["file"]


def test_directory_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    files.make_directory(tmp_path)
    assert mode(tmp_path) == 0o755


def test_what_is_no_regular_file_is_neither_read_nor_replaced(odd: tuple[Path, str]) -> None:
    path, reason = odd
    before = (path.lstat().st_ino, path.lstat().st_mode)
    for attempt in (
        lambda: files.existing(path),
        lambda: files.require_writable(path),
        lambda: files.write_private(path, b"content"),
    ):
        with pytest.raises(OSError, match=reason) as caught:
            attempt()
        assert caught.value.strerror == reason
    assert (path.lstat().st_ino, path.lstat().st_mode) == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("where", [lambda path: path, lambda path: Path(os.path.relpath(path))])
def test_own_links_are_followed_and_stay(tmp_path: Path, where: t.Callable[[Path], Path]) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "home").symlink_to("dotfiles/../dotfiles")
    link = tmp_path / "dotfiles" / "link"
    link.symlink_to(tmp_path / "home" / "file")
    (tmp_path / "dotfiles" / "file").write_bytes(b"old")
    assert files.existing(where(tmp_path / "home" / "link")) == (b"old", 0o644)
    files.write_private(where(tmp_path / "home" / "link"), b"new")
    assert link.is_symlink()
    assert (tmp_path / "dotfiles" / "file").read_bytes() == b"new"


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"):
        files.write_private(tmp_path / "a", b"content")


def test_link_of_a_stranger_is_not_followed(shared: Path, to_stranger: Give) -> None:
    victim = shared.parent / "victim"
    victim.write_bytes(b"the victim's")
    (shared / "file").symlink_to(victim)
    (shared / "directory").symlink_to(shared.parent)
    (shared / "nothing").symlink_to(shared.parent / "elsewhere")
    for name in ("file", "directory", "nothing"):
        to_stranger(shared / name)
    for path in (shared / "file", shared / "directory" / "victim", shared / "directory" / "new", shared / "nothing"):
        for attempt in (
            lambda path=path: files.existing(path),
            lambda path=path: files.write_private(path, b"content"),
            lambda path=path: files.make_directory(path / "below"),
        ):
            with pytest.raises(FileRefusedError, match=r"is a symbolic link that belongs to \w+ \(uid 65534\)"):
                attempt()
    assert victim.read_bytes() == b"the victim's"
    assert sorted(path.name for path in shared.parent.iterdir()) == ["shared", "victim"]


def test_file_of_a_stranger_in_a_shared_directory_is_left_alone(shared: Path, to_stranger: Give) -> None:
    (shared / "file").write_bytes(b"a trap")
    (shared / "file").chmod(0o666)
    to_stranger(shared / "file")
    with pytest.raises(FileRefusedError, match="it belongs to"):
        files.require_writable(shared / "file")
    with pytest.raises(FileRefusedError, match="it belongs to"):
        files.write_private(shared / "file", b"content")
    assert (shared / "file").read_bytes() == b"a trap"


def test_file_of_another_user_at_home_stays_that_users(tmp_path: Path, to_stranger: Give) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    (home / "file").write_bytes(b"old")
    to_stranger(home)
    to_stranger(home / "file")
    files.write_private(home / "file", b"new")
    status = (home / "file").stat()
    assert (status.st_uid, status.st_gid, mode(home / "file")) == (NOBODY, NOBODY, 0o600)
    assert (home / "file").read_bytes() == b"new"


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> t.NoReturn:
        raise OSError(28, "No space left on device")

    (tmp_path / "file").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        files.write_private(tmp_path / "file", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"old")]


def test_missing_directory_is_not_made_for_a_file(tmp_path: Path) -> None:
    assert files.existing(tmp_path / "none" / "file") is None
    for attempt in (files.require_writable, lambda path: files.write_private(path, b"")):
        with pytest.raises(FileNotFoundError):
            attempt(tmp_path / "none" / "file")


@pytest.mark.parametrize(("umask", "expected"), [(0o022, 0o644), (0o077, 0o600), (0o027, 0o640)])
def test_new_open_file_has_the_mode_that_the_umask_leaves(tmp_path: Path, umask: int, expected: int) -> None:
    before = os.umask(umask)
    try:
        files.write_open(tmp_path / "file", b"content")
    finally:
        os.umask(before)
    assert (mode(tmp_path / "file"), (tmp_path / "file").read_bytes()) == (expected, b"content")


@pytest.mark.parametrize("kept", [0o640, 0o444, 0o755])
def test_open_file_keeps_its_mode(tmp_path: Path, kept: int) -> None:
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "file").chmod(kept)
    files.write_open(tmp_path / "file", b"new")
    assert (mode(tmp_path / "file"), (tmp_path / "file").read_bytes()) == (kept, b"new")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_open_file_keeps_its_owner_and_group(tmp_path: Path, to_stranger: Give) -> None:
    (tmp_path / "theirs").write_bytes(b"old")
    to_stranger(tmp_path / "theirs")
    (tmp_path / "mine").write_bytes(b"old")
    os.chown(tmp_path / "mine", -1, NOBODY)
    for name, owner in (("theirs", NOBODY), ("mine", os.geteuid())):
        (tmp_path / name).chmod(0o640)
        files.write_open(tmp_path / name, b"new")
        status = (tmp_path / name).stat()
        assert (status.st_uid, status.st_gid, mode(tmp_path / name)) == (owner, NOBODY, 0o640)


def test_open_file_that_is_none_is_left_alone(odd: tuple[Path, str]) -> None:
    path, reason = odd
    with pytest.raises(OSError, match=reason):
        files.write_open(path, b"content")
    assert list(path.parent.iterdir()) == [path]


def test_backup_has_the_mode_that_is_asked_for(tmp_path: Path) -> None:
    assert mode(files.back_up(tmp_path / "file", b"old", 0.0)) == 0o600
    assert mode(files.back_up(tmp_path / "file", b"old", 0.0, 0o640)) == 0o640
