# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides what there is to do for a version, or why there must be no such release."""

from __future__ import annotations

import dataclasses
import enum
import typing as t

from semantic_version import Version

MAIN = "main"
#: The least that a release with such changes raises; the other sections may come with any release.
MAJOR_SECTIONS = ("breaking_changes", "removed_features")
MINOR_SECTIONS = ("major_changes", "minor_changes", "deprecated_features")
#: The section that no changelog shows.
UNSEEN = "trivial"
#: Files that a message names.
NAMED = 3


class RefusedError(Exception):
    """There is no release; ``problems`` say why, and what to do."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Work(enum.Enum):
    """What is left to do."""

    EVERYTHING = "commit, tag and files"
    TAG = "tag and files"
    FILES = "files"


@dataclasses.dataclass(frozen=True)
class State:
    """What a repository is like."""

    branch: str
    """Empty if HEAD is detached."""
    head: str
    changed: t.Sequence[str]
    """Files that are not as in HEAD, or that git does not know."""
    tags: t.Mapping[str, str]
    """The commit of each tag."""
    recorded: t.Mapping[str, str]
    """The versions of the changelog. The last one has the commit that recorded it."""
    sections: t.Collection[str]
    """Of the changelog's fragments."""
    author: bool
    """Whether git knows whom to name in a commit."""


def decide(text: str, state: State, *, any_branch: bool = False) -> Work:
    """Raise :class:`RefusedError` with everything that is wrong."""
    dirty = [_dirty(state.changed)] if state.changed else []
    version = parse(text)
    if version is None or version.build:
        raise RefusedError(
            f"{text} is no version of a release: write MAJOR.MINOR.PATCH, such as 1.2.0, or 1.2.0-rc.1 for a "
            "candidate, without a v before it and without build metadata.",
            *dirty,
        )
    at = state.tags.get(text) or state.recorded.get(text)
    if at == state.head:
        work = Work.FILES if text in state.tags else Work.TAG
        problems = []
    elif at:
        raise RefusedError(
            f"{text} exists: it is {'the tag of' if text in state.tags else 'recorded in'} commit {at[:12]}, which is "
            f"not the current one. For its {'files' if text in state.tags else 'tag and files'}, run `git switch "
            f"--detach {at[:12]}` and the same command again. For a new release, choose a newer version.",
            *dirty,
        )
    else:
        work = Work.EVERYTHING
        problems = [*_version(version, state), *_place(state, any_branch)]
    if work is not Work.FILES and not state.author:
        problems.append('git does not know who you are: run `git config user.name "..."` and `git config user.email`.')
    if dirty or problems:
        raise RefusedError(*dirty, *problems)
    return work


def parse(text: str) -> Version | None:
    try:
        return Version(text)
    except ValueError:
        return None


def _dirty(changed: t.Sequence[str]) -> str:
    more = f" and {len(changed) - NAMED} more" if len(changed) > NAMED else ""
    return (
        f"There are changes that are not committed: {', '.join(changed[:NAMED])}{more}. Commit them, or put them aside "
        "with `git stash --include-untracked`."
    )


def _version(version: Version, state: State) -> t.Iterator[str]:
    released = sorted(filter(None, map(parse, (*state.tags, *state.recorded))))
    last = released[-1] if released else None
    if last and version <= last:
        yield f"{version} is not newer than the last version, {last}. Choose a newer one."
    finishes = last is not None and last.prerelease and last.truncate() == version
    if not set(state.sections) - {UNSEEN} and not finishes:
        yield (
            "There is no changelog fragment, so nothing changed for users. Describe the changes in "
            "changelogs/fragments, see CONTRIBUTING.md."
        )
    final = [each for each in released if not each.prerelease]
    if final and final[-1].major and version.truncate() < (least := _least(final[-1], state.sections)):
        names = [name for name in (*MAJOR_SECTIONS, *MINOR_SECTIONS) if name in state.sections]
        yield (
            f"{version} is too small a step from {final[-1]} for changelog fragments with {', '.join(names)}. Take "
            f"{least} or a newer version, see RELEASING.md."
        )


def _least(final: Version, sections: t.Collection[str]) -> Version:
    if not set(MAJOR_SECTIONS).isdisjoint(sections):
        return final.next_major()
    return final.next_minor() if not set(MINOR_SECTIONS).isdisjoint(sections) else final.next_patch()


def _place(state: State, any_branch: bool) -> t.Iterator[str]:
    if state.branch != MAIN and not any_branch:
        where = f"on the branch {state.branch}" if state.branch else "on no branch"
        yield (
            f"You are {where}, and releases come from {MAIN}. Run `git switch {MAIN}`. To try a release in a clone to "
            "throw away, add ANY_BRANCH=1."
        )
