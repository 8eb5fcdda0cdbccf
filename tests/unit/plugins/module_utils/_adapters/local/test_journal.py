# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose record of a reset is believed, and where one is kept."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.failures import JournalError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.local.journal import (
    Journal,
    default_directory,
)

Give = t.Callable[[Path], None]
KUBE_ID = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    journal = Journal(tmp_path / "recovery")
    journal.keep(KUBE_ID, {"kept": True})
    return journal


def test_record_comes_back_as_it_was_kept(journal: Journal) -> None:
    assert journal.load(KUBE_ID) == {"kept": True}
    journal.discard(KUBE_ID)
    assert journal.load(KUBE_ID) is None


def test_directory_of_ones_own_may_be_a_link(journal: Journal, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("recovery")
    assert Journal(tmp_path / "link").load(KUBE_ID) == {"kept": True}


def file_open(journal: Journal, _give: Give) -> None:
    journal.path(KUBE_ID).chmod(0o666)


def file_open_to_the_group(journal: Journal, _give: Give) -> None:
    journal.path(KUBE_ID).chmod(0o660)


def directory_open(journal: Journal, _give: Give) -> None:
    journal.directory.chmod(0o777)


def directory_open_to_the_group(journal: Journal, _give: Give) -> None:
    journal.directory.chmod(0o770)


def file_of_a_stranger(journal: Journal, give: Give) -> None:
    journal.directory.chmod(0o1777)
    give(journal.path(KUBE_ID))


def directory_of_a_stranger(journal: Journal, give: Give) -> None:
    give(journal.directory)


def pipe(journal: Journal, _give: Give) -> None:
    journal.path(KUBE_ID).unlink()
    os.mkfifo(journal.path(KUBE_ID))


def link_to_a_file(journal: Journal, _give: Give) -> None:
    journal.path(KUBE_ID).rename(journal.directory / "elsewhere")
    journal.path(KUBE_ID).symlink_to("elsewhere")


def link_to_nothing(journal: Journal, _give: Give) -> None:
    journal.path(KUBE_ID).unlink()
    journal.path(KUBE_ID).symlink_to(journal.directory.parent / "elsewhere")


def more_than_a_record(journal: Journal, _give: Give) -> None:
    os.truncate(journal.path(KUBE_ID), 2**30)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (file_open, "others than its owner may write it (mode 0666)"),
        (file_open_to_the_group, "others than its owner may write it (mode 0660)"),
        (directory_open, "others than its owner may replace files in"),
        (directory_open_to_the_group, "others than its owner may replace files in"),
        (file_of_a_stranger, "it belongs to"),
        (directory_of_a_stranger, "recovery belongs to"),
        (pipe, "it is a named pipe"),
        (link_to_a_file, "it is a symbolic link"),
        (link_to_nothing, "it is a symbolic link"),
        (more_than_a_record, "it has more than 1 MiB"),
    ],
)
def test_record_that_somebody_else_may_have_written_is_not_believed(
    journal: Journal, spoil: t.Callable[[Journal, Give], None], reason: str, request: pytest.FixtureRequest
) -> None:
    strange = "stranger" in spoil.__name__
    spoil(journal, request.getfixturevalue("to_stranger") if strange else lambda _path: None)
    with pytest.raises(JournalError, match="is not believed") as caught:
        journal.load(KUBE_ID)
    assert str(caught.value).startswith(f"{journal.path(KUBE_ID)}: the record of an unfinished reset")
    assert reason in str(caught.value)
    assert "Nothing was reset" in str(caught.value)


def test_own_record_in_a_directory_like_tmp_is_believed(journal: Journal) -> None:
    journal.directory.chmod(0o1777)
    assert journal.load(KUBE_ID) == {"kept": True}


@pytest.mark.parametrize(
    "spoil",
    [directory_open, directory_of_a_stranger, file_of_a_stranger, pipe, link_to_a_file, link_to_nothing],
)
def test_record_is_not_kept_where_it_would_not_be_believed(
    journal: Journal, spoil: t.Callable[[Journal, Give], None], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    strange = "stranger" in spoil.__name__
    spoil(journal, request.getfixturevalue("to_stranger") if strange else lambda _path: None)
    before = [(path, path.lstat().st_mtime_ns) for path in tmp_path.rglob("*")]
    for attempt in (journal.require_writable, lambda kube_id: journal.keep(kube_id, {})):
        with pytest.raises(JournalError, match="cannot be recorded") as caught:
            attempt(KUBE_ID)
        assert "Set recovery_path to a writable directory" in str(caught.value)
    assert [(path, path.lstat().st_mtime_ns) for path in tmp_path.rglob("*")] == before


def test_what_could_be_kept_is_known_without_writing_anything(tmp_path: Path) -> None:
    Journal(tmp_path / "not" / "yet").require_writable(KUBE_ID)
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="Not a directory"):
        Journal(tmp_path / "file" / "below").require_writable(KUBE_ID)
    (tmp_path / "sealed").mkdir(mode=0o500)
    if os.geteuid() != 0:
        with pytest.raises(JournalError, match="cannot write in"):
            Journal(tmp_path / "sealed" / "below").require_writable(KUBE_ID)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "sealed"]


def test_directories_of_the_journal_are_private_with_any_umask(tmp_path: Path, no_umask: None) -> None:
    Journal(tmp_path / "state" / "recovery").keep(KUBE_ID, {})
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("state", "state/recovery")] == [0o700, 0o700]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"begun_at": ' + b"9" * 5000 + b"}"]
)
def test_damaged_record_is_one_sentence(journal: Journal, content: bytes) -> None:
    journal.path(KUBE_ID).write_bytes(content)
    with pytest.raises(JournalError, match="cannot be read") as caught:
        journal.load(KUBE_ID)
    assert str(caught.value).isprintable()


def test_record_that_this_user_may_not_read_is_not_taken_for_none(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_arguments: object, **_more: object) -> t.NoReturn:
        raise PermissionError(13, "Permission denied")

    # Root may read everything.
    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(JournalError, match="Run as the user who began that reset"):
        journal.load(KUBE_ID)


@pytest.mark.parametrize("kube_id", ["../../etc/passwd", "", "a\nb", "x" * 101])
def test_id_that_is_no_name_of_a_file_is_refused(journal: Journal, kube_id: str) -> None:
    with pytest.raises(JournalError, match="cannot be a part of a file's name"):
        journal.load(kube_id)


def test_state_directory_is_an_absolute_one() -> None:
    assert default_directory({"XDG_STATE_HOME": "/state"}) == Path("/state/clusterops.kube_proxy")
    assert default_directory({"XDG_STATE_HOME": "state"}) == default_directory({})
