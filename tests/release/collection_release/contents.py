# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tarball has to hold, and nothing else may be in it: as a program, asked of a tree of the collection."""

from __future__ import annotations

import re
import sys
import typing as t
from pathlib import Path, PurePosixPath

#: All that works at a user's, and nothing of it may be left out.
CONTENT = ("extensions/awx", "meta", "playbooks", "plugins", "roles")
NEEDED = {"CHANGELOG.md", "FILES.json", "LICENSE", "MANIFEST.json", "README.md", "changelogs/config.yaml"}
#: Regular expressions for whole paths. What no user runs stays in the repository.
ALLOWED = (
    *(re.escape(name) for name in NEEDED),
    r"changelogs/changelog\.yaml",
    r"extensions/awx/([\w-]+/)*\w[\w.-]*\.(json|md|yml)",
    r"meta/ee-\w+\.txt",
    r"meta/[\w-]+\.yml",
    r"playbooks/(tasks/(controller/)?)?\w[\w.]*\.yml",
    r"playbooks/inventory\.example/(hosts|(group|host)_vars/[\w-]+\.yml)",
    r"plugins/(action|doc_fragments|inventory|modules|plugin_utils)/\w+\.py",
    r"plugins/filter/\w+\.(py|yml)",
    r"plugins/module_utils/(\w+/)*\w+\.py",
    r"roles/\w+/README\.md",
    r"roles/\w+/(defaults|handlers|meta|tasks|vars)/\w+\.yml",
)
#: Where to say what stays out of the tarball, and what may be in it.
WHERE = "build_ignore in galaxy.yml, and ALLOWED in tests/release/collection_release/contents.py"
#: What Python makes in a folder of sources.
_COMPILED = "__pycache__"


def content_of(source: Path) -> set[str]:
    """The files of the sources that work at a user's."""
    return {
        path.relative_to(source).as_posix()
        for folder in CONTENT
        for path in (source / folder).rglob("*")
        if path.is_file() and _COMPILED not in path.parts
    }


def differences(files: t.Collection[str], folders: t.Iterable[str], source: Path) -> list[str]:
    """What the tarball lacks of the sources and what it should not hold, in words."""
    content = content_of(source)
    allowed = re.compile("|".join(ALLOWED))
    used = {str(parent) for name in (*files, *CONTENT) for parent in PurePosixPath(name).parents}
    surplus = {name for name in files if not allowed.fullmatch(name)} | {name for name in folders if name not in used}
    lacking = (content | NEEDED).difference(files)
    return [
        *(f"The tarball lacks {name}." for name in sorted(lacking)),
        *(f"The tarball holds {name}, which is not for users. See {WHERE}." for name in sorted(surplus)),
    ]


if __name__ == "__main__":
    _tree = Path(sys.argv[1])
    # Whoever adds a file hears of it from the linters, long before a release is tried.
    sys.exit("\n".join(differences(NEEDED | content_of(_tree), (), _tree)) or 0)
