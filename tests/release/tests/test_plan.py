# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is to do for a version, and why there must be no such release."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from collection_release.plan import RefusedError, State, Work, decide

HEAD, OTHER = "a" * 40, "b" * 40
#: After 1.2.0, with a bug fixed.
READY = State(
    branch="main",
    head=HEAD,
    changed=(),
    tags={"1.2.0": OTHER, "1.1.0": "c" * 40, "demo": "d" * 40},
    recorded={"1.2.0": OTHER, "1.1.0": ""},
    sections={"bugfixes"},
    author=True,
)


def refusal(version: str, *, any_branch: bool = False, **differences: t.Any) -> str:
    with pytest.raises(RefusedError) as caught:
        decide(version, dataclasses.replace(READY, **differences), any_branch=any_branch)
    return str(caught.value)


@pytest.mark.parametrize("version", ["1.2.1", "1.3.0-rc.1", "1.3.0", "2.0.0"])
def test_a_newer_version(version: str) -> None:
    assert decide(version, READY) is Work.EVERYTHING


@pytest.mark.parametrize("version", ["", "1", "1.3", "v1.3.0", "1.3.0rc1", "01.3.0", "1.3.0+build.7", "1.3.0 ", "new"])
def test_no_version(version: str) -> None:
    assert refusal(version).startswith(f"{version} is no version of a release: write MAJOR.MINOR.PATCH")


@pytest.mark.parametrize("version", ["1.1.9", "1.2.0-rc.1", "0.9.0"])
def test_no_newer_version(version: str) -> None:
    assert refusal(version).startswith(f"{version} is not newer than the last version, 1.2.0.")


def test_tags_and_the_changelog_both_know_versions() -> None:
    assert "last version, 1.4.0-rc.1" in refusal("1.3.0", recorded={"1.2.0": OTHER, "1.4.0-rc.1": ""})
    assert "last version, 1.5.0" in refusal("1.3.0", tags={"1.5.0": OTHER})


def test_changes_that_are_not_committed() -> None:
    assert refusal("1.2.1", changed=["a", "b c"]).startswith("There are changes that are not committed: a, b c. Commit")
    assert "README.md, b, c and 2 more." in refusal("1.2.1", changed=["README.md", "b", "c", "d", "e"])


def test_another_branch() -> None:
    assert refusal("1.2.1", branch="topic").startswith("You are on the branch topic, and releases come from main.")
    assert refusal("1.2.1", branch="").startswith("You are on no branch,")
    assert decide("1.2.1", dataclasses.replace(READY, branch="topic"), any_branch=True) is Work.EVERYTHING


@pytest.mark.parametrize("sections", [set(), {"trivial"}])
def test_nothing_changed_for_users(sections: set[str]) -> None:
    assert refusal("1.2.1", sections=sections).startswith("There is no changelog fragment")


def test_a_candidate_becomes_final_without_a_change() -> None:
    state = dataclasses.replace(READY, tags={**READY.tags, "1.3.0-rc.2": OTHER}, sections=set())
    assert decide("1.3.0", state) is Work.EVERYTHING
    assert "no changelog fragment" in refusal("1.3.1", tags=state.tags, sections=set())
    assert "no changelog fragment" in refusal("1.3.0-rc.3", tags=state.tags, sections=set())


@pytest.mark.parametrize(
    ("section", "too_small", "enough"),
    [
        ("minor_changes", "1.2.1", "1.3.0"),
        ("major_changes", "1.2.1", "1.3.0-rc.1"),
        ("deprecated_features", "1.2.1", "1.3.0"),
        ("breaking_changes", "1.3.0", "2.0.0-rc.1"),
        ("removed_features", "1.9.0", "2.0.0"),
    ],
)
def test_a_version_says_what_users_have_to_expect(section: str, too_small: str, enough: str) -> None:
    sections = {"bugfixes", "security_fixes", section}
    message = refusal(too_small, sections=sections)
    assert message.startswith(f"{too_small} is too small a step from 1.2.0 for changelog fragments with {section}.")
    assert f"Take {enough.partition('-')[0]} or a newer version" in message
    assert decide(enough, dataclasses.replace(READY, sections=sections)) is Work.EVERYTHING


@pytest.mark.parametrize("last", ["0.4.0", "1.0.0-rc.1"])
def test_before_the_first_stable_version_anything_may_change(last: str) -> None:
    state = dataclasses.replace(READY, tags={last: OTHER}, recorded={}, sections={"breaking_changes"})
    assert decide("1.0.0-rc.2" if "-" in last else "0.4.1", state) is Work.EVERYTHING


def test_the_first_release() -> None:
    assert decide("1.0.0-rc.1", dataclasses.replace(READY, tags={}, recorded={})) is Work.EVERYTHING


def test_a_release_whose_tag_is_missing() -> None:
    state = dataclasses.replace(READY, recorded={"1.3.0": HEAD}, branch="", sections=set())
    assert decide("1.3.0", state) is Work.TAG
    message = refusal("1.3.0", recorded={"1.3.0": OTHER})
    assert "recorded in commit bbbbbbbbbbbb" in message
    assert "`git switch --detach bbbbbbbbbbbb`" in message


def test_a_release_whose_files_are_wanted() -> None:
    state = dataclasses.replace(READY, tags={"1.3.0": HEAD}, recorded={"1.3.0": HEAD}, branch="", author=False)
    assert decide("1.3.0", state) is Work.FILES
    assert "1.2.0 exists: it is the tag of commit bbbbbbbbbbbb, which is not the current one." in refusal("1.2.0")


def test_nobody_to_name() -> None:
    assert refusal("1.2.1", author=False).startswith("git does not know who you are")


def test_everything_is_said_at_once() -> None:
    lines = refusal("1.1.5", changed=["a"], branch="topic", sections=set(), author=False).splitlines()
    beginnings = ("There are changes", "1.1.5 is not newer", "There is no changelog", "1.1.5 is too", "You are", "git")
    for line, beginning in zip(lines, beginnings, strict=True):
        assert line.startswith(beginning)
