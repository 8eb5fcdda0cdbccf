# SPDX-License-Identifier: GPL-3.0-or-later

"""A small collection is released: what its repository is like afterwards, and after a refusal or an interruption."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from collection_release.plan import RefusedError
from collection_release.release import Release, Request
from collection_release.repository import Repository
from small_collection import FRAGMENT, Small

TESTS = Path(__file__).resolve().parents[2]
PATHS = [str(TESTS / folder) for folder in ("release", "gate")]
PROGRAM = TESTS / "release" / "collection_release"
#: Stands before git on PATH, and kills who calls it where STOP says.
GIT = """\
#!/bin/sh
case " $* " in
    *" $STOP "*) [ "$WHEN" = after ] && "$GIT" "$@"; kill -KILL $PPID; exit 1 ;;
esac
exec "$GIT" "$@"
"""


def test_a_candidate_and_then_the_release(small: Small) -> None:
    before = small.git("rev-parse", "HEAD")
    other = small.path.parent / "published"
    small.git("init", "--quiet", "--bare", str(other))
    small.git("remote", "add", "origin", str(other))
    dist = small.release("1.0.0-rc.1")
    assert sorted(path.name for path in dist.iterdir()) == ["SHA256SUMS", "clusterops-kube_proxy-1.0.0-rc.1.tar.gz"]
    assert small.git("status", "--porcelain") == ""
    assert small.git("rev-parse", "HEAD^") == before
    assert small.git("branch", "--show-current") == "main"
    assert small.git("rev-parse", "1.0.0-rc.1^{commit}") == small.git("rev-parse", "HEAD")
    assert small.git("cat-file", "-t", "1.0.0-rc.1") == "tag"
    assert small.git("worktree", "list").count("\n") == 0
    assert yaml.safe_load((small.path / "galaxy.yml").read_text(encoding="utf-8"))["version"] == "1.0.0-rc.1"
    assert (small.path / "plugins/module_utils/_version.py").read_text(encoding="utf-8") == 'VERSION = "1.0.0-rc.1"\n'
    assert not list(small.path.glob("changelogs/fragments/*"))
    small.release("1.0.0")
    assert [path.name for path in dist.glob("*.tar.gz")] == ["clusterops-kube_proxy-1.0.0.tar.gz"]
    # What the candidate changed belongs to the release.
    changelog = (small.path / "CHANGELOG.md").read_text(encoding="utf-8").replace("\\", "")
    assert "## v1.0.0\n" in changelog
    assert "rc.1" not in changelog
    assert "keep the comment above the first key." in changelog
    # Nothing left this repository.
    assert subprocess.check_output(["git", "for-each-ref"], cwd=other) == b""


def test_a_refusal_changes_nothing(small: Small) -> None:
    small.write("changelogs/fragments/2-second.yml", FRAGMENT)
    before = small.everything()
    with pytest.raises(RefusedError, match=r"not committed: changelogs/fragments/2-second\.yml"):
        small.release("1.0.0")
    small.commit()
    small.git("switch", "--quiet", "--create", "topic")
    before = small.everything()
    for version in ("1.0", "1.0.0"):
        with pytest.raises(RefusedError):
            small.release(version)
    with pytest.raises(RefusedError, match=r"There is no key to sign with\. Tell git the GnuPG key"):
        small.release("1.0.0", unsigned=False, any_branch=True)
    assert small.everything() == before


@pytest.mark.skipif(shutil.which("gpg") is None, reason="needs GnuPG")
def test_a_key_that_is_not_there(small: Small) -> None:
    with pytest.raises(RefusedError, match="GnuPG has no secret key ABCDEF"):
        small.release("1.0.0", unsigned=False, key="ABCDEF")
    small.git("config", "user.signingkey", "FEDCBA")
    with pytest.raises(RefusedError, match="GnuPG has no secret key FEDCBA"):
        small.release("1.0.0", unsigned=False)
    # What signs commits with SSH cannot sign files for those who verify with GnuPG.
    small.git("config", "gpg.format", "ssh")
    with pytest.raises(RefusedError, match="There is no key to sign with"):
        small.release("1.0.0", unsigned=False)


def test_nobody_to_name_in_the_commit(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(small.path.parent))
    with pytest.raises(RefusedError, match="git does not know who you are"):
        small.release("1.0.0")


def test_a_tarball_with_findings_is_not_released(small: Small) -> None:
    small.write("notes.txt", "not for users\n")
    small.commit()
    before = small.everything()
    release = Release(Repository(small.path), Request("1.0.0", unsigned=True), examine=lambda *_: ["No good."])
    with pytest.raises(RefusedError) as refused:
        release.make()
    assert [problem[:30] for problem in refused.value.problems] == ["The tarball holds notes.txt, w", "No good."]
    assert small.everything() == before


class Killed:
    """``killed("merge", "before")``: release 1.0.0, with SIGKILL when it calls git for this."""

    def __init__(self, small: Small, folder: Path, environment: dict[str, str]) -> None:
        wrapper = folder / "git"
        wrapper.write_text(GIT, encoding="utf-8")
        wrapper.chmod(0o755)
        self._small = small
        path = f"{folder}:{environment['PATH']}"
        self._environment = {**environment, "PATH": path, "GIT": str(shutil.which("git"))}

    def __call__(self, stop: str, when: str) -> None:
        program = (
            f"import sys; sys.path[:0] = {PATHS!r}\n"
            "from pathlib import Path\n"
            "from collection_release.release import Release, Request\n"
            "from collection_release.repository import Repository\n"
            "Release(Repository(Path.cwd()), Request('1.0.0', unsigned=True), examine=lambda *_: []).make()\n"
        )
        environment = {**self._environment, "STOP": stop, "WHEN": when}
        done = subprocess.run([sys.executable, "-c", program], check=False, cwd=self._small.path, env=environment)
        assert done.returncode == -signal.SIGKILL


def test_killed_again_and_again(small: Small, tmp_path: Path) -> None:
    before = small.everything()
    head = small.git("rev-parse", "HEAD")
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    killed = Killed(small, bin_folder, dict(os.environ))
    killed("merge", "before")
    # Only what git does not show is left behind.
    assert small.everything() == before
    killed("merge", "after")
    assert small.git("rev-parse", "HEAD^") == head
    assert small.git("tag") == ""
    release = small.git("rev-parse", "HEAD")
    killed("tag", "after")
    assert not (small.path / "dist").exists()
    dist = small.release("1.0.0")
    assert len(list(dist.iterdir())) == 2
    assert small.git("rev-parse", "HEAD") == small.git("rev-parse", "1.0.0^{commit}") == release
    assert small.git("tag") == "1.0.0"
    assert small.git("status", "--porcelain") == ""


def run(*arguments: str, cwd: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *arguments], check=False, cwd=cwd, capture_output=True, text=True
    )
    return done.returncode, done.stderr


def test_the_program_says_what_is_wrong(small: Small) -> None:
    assert run(cwd=small.path) == (2, "Say which version to release: make release VERSION=1.2.0\n")
    status, said = run("1.0", cwd=small.path)
    assert status == 1
    lines: t.Sequence[str] = said.splitlines()
    assert lines[0] == "There is no release:"
    assert [line[:40] for line in lines[1:]] == [
        "- 1.0 is no version of a release: write ",
        "- There is no key to sign with. Tell git",
    ]
