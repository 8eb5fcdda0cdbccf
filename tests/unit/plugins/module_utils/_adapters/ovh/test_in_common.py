# SPDX-License-Identifier: GPL-3.0-or-later

"""Notes in a real folder, as the tasks of one run have it."""

from __future__ import annotations

import stat
import typing as t
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.deadline import Clock, Deadline
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.local.run_folder import RunFolder
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.in_common import (
    FRESH,
    InCommon,
    Noted,
)

ONE = Noted("11111111-2222-4333-8444-555555555555", "production", "GRA11", "READY")
OWNER = ("https://eu.api.ovh.com/1.0", "application-key")


class Time:
    """Both clocks, which pass when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: self.now, sleep=self.sleep, wall=lambda: self.now)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def task(tmp_path: Path, time: Time) -> t.Callable[..., InCommon]:
    """A task of the same run: its own view of the same folder."""
    return lambda *owner: InCommon(RunFolder(tmp_path), *(owner or OWNER), wall=lambda: time.now)


def test_one_task_notes_for_all_others(task: t.Callable[..., InCommon], time: Time) -> None:
    with task().names("project") as names:
        assert names.known is None
        names.note([ONE])
        assert names.known == [ONE]
    time.now += FRESH - 1
    with task().names("project") as names:
        assert names.known == [ONE]
        assert names.fresh
    time.now += 2
    with task().names("project") as names:
        assert names.known == [ONE]
        assert not names.fresh


def test_a_project_without_clusters_is_noted_too(task: t.Callable[..., InCommon]) -> None:
    with task().names("project") as names:
        names.note([])
    with task().names("project") as names:
        assert names.known == []


def test_a_shorter_note_replaces_a_longer_one(task: t.Callable[..., InCommon]) -> None:
    for noted in ([ONE] * 50, [ONE]):
        with task().names("project") as names:
            names.note(noted)
    with task().names("project") as names:
        assert names.known == [ONE]


def test_projects_and_owners_have_notes_of_their_own(task: t.Callable[..., InCommon]) -> None:
    with task().names("project") as names:
        names.note([ONE])
    for other, project in ((task(), "another"), (task(OWNER[0], "another key"), "project")):
        with other.names(project) as names:
            assert names.known is None


@pytest.mark.parametrize(
    "content", [b"\xff", b"{", b"[]", b'{"at": 1}', b'{"at": 1, "clusters": [{"id": "x"}]}', b"null"]
)
def test_notes_that_cannot_be_read_are_none(task: t.Callable[..., InCommon], tmp_path: Path, content: bytes) -> None:
    with task().names("project") as names:
        names.note([ONE])
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    with task().names("project") as names:
        assert names.known is None
        names.note([ONE])
    with task().names("project") as names:
        assert names.known == [ONE]


def test_who_waits_too_long_does_without(task: t.Callable[..., InCommon], time: Time) -> None:
    """The holder may hang; a task has its own time."""
    with task().names("project") as names:
        names.note([ONE])
        with task().names("project", Deadline(time.now + 1, time.clock)) as others:
            assert others.known is None
            others.note([])
    assert 0.9 < sum(time.slept) <= 1
    with task().names("project") as names:
        assert names.known == [ONE]


def test_nobody_else_reads_the_notes_and_no_link_is_followed(
    task: t.Callable[..., InCommon], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with task().names("project") as names:
        names.note([ONE])
    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert OWNER[1] not in path.name
    assert OWNER[1].encode() not in path.read_bytes()
    foreign = tmp_path_factory.mktemp("elsewhere") / "file"
    foreign.write_text("mine", encoding="utf-8")
    path.unlink()
    path.symlink_to(foreign)
    with task().names("project") as names:
        assert names.known is None
        names.note([ONE])
    assert foreign.read_text(encoding="utf-8") == "mine"


def test_the_longest_pause_counts_for_all(task: t.Callable[..., InCommon], time: Time) -> None:
    assert task().pause() == 0
    task().leave_alone(20)
    task().leave_alone(5)
    assert task().pause() == pytest.approx(20, abs=0.01)
    assert task(OWNER[0], "another key").pause() == 0
    time.now += 15
    assert task().pause() == pytest.approx(5, abs=0.01)
    time.now += 6
    assert task().pause() == 0


def test_without_a_folder_there_is_nothing_in_common(tmp_path: Path) -> None:
    for folder in (None, RunFolder(tmp_path / "missing")):
        alone = InCommon(folder, *OWNER)
        alone.leave_alone(5)
        assert alone.pause() == 0
        with alone.names("project") as names:
            names.note([ONE])
        with alone.names("project") as names:
            assert names.known is None
