# SPDX-License-Identifier: GPL-3.0-or-later

"""``make release VERSION=1.2.0``: commit, tag and files of a release, of the repository in the current folder.

Publishes nothing, and says what does.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / folder) for folder in ("release", "gate")]

from collection_release.plan import RefusedError
from collection_release.release import Release, Request
from collection_release.repository import Repository
from collection_release.tools import run

HOW = "Say which version to release: make release VERSION=1.2.0"


def main() -> int:
    parser = argparse.ArgumentParser(prog="collection_release", description=__doc__)
    parser.add_argument("version", nargs="?")
    parser.add_argument("--key", default="", help="GnuPG key to sign with, instead of git's user.signingkey")
    parser.add_argument("--unsigned", action="store_true", help="sign nothing")
    parser.add_argument("--any-branch", action="store_true", help="also from another branch than main")
    asked = parser.parse_args()
    if not asked.version:
        parser.exit(2, f"{HOW}\n")
    try:
        repository = Repository(Path(run("git", "rev-parse", "--show-toplevel", cwd=Path.cwd()).strip()))
        request = Request(asked.version, asked.key, any_branch=asked.any_branch, unsigned=asked.unsigned)
        dist = Release(repository, request).make()
    except RefusedError as refused:
        print("There is no release:", *(f"- {problem}" for problem in refused.problems), sep="\n", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again: it begins anew, or does what is left.", file=sys.stderr)
        return 128 + signal.SIGINT
    names = sorted(path.name for path in dist.iterdir())
    print(f"\nReleased {asked.version} in this repository. {dist} has {', '.join(names)}.")
    print("Nothing is published yet. RELEASING.md says how.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
