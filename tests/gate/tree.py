# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection at the path Ansible demands, .../ansible_collections/<namespace>/<name>, as a copy of the checkout.

ansible-test resolves symlinks and then refuses the checkout, so a link is not enough.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

#: What a checkout without usable git holds besides the sources.
GENERATED = {
    ".ansible",
    ".cache",
    ".git",
    ".hypothesis",
    ".mypy_cache",
    ".nox",
    ".pytest_cache",
    ".ruff_cache",
    ".venv",
    ".venv-demo",
    "__pycache__",
    "dist",
    "output",
}


def sync(checkout: Path, root: Path) -> Path:
    """Bring the copy under ``root`` up to date and return its path.

    Files that did not change keep their modification time, for the caches of the linters. ``tests/output`` is
    ansible-test's own and stays: it holds nothing but results.
    """
    collection = root / "ansible_collections" / "clusterops" / "kube_proxy"
    wanted = set(_sources(checkout))
    for path in sorted(collection.rglob("*"), reverse=True):
        relative = path.relative_to(collection)
        if relative.parts[:2] == ("tests", "output"):
            continue
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif relative not in wanted:
            path.unlink()
    for relative in wanted:
        source, target = checkout / relative, collection / relative
        if not target.exists() or source.read_bytes() != target.read_bytes() or _mode(source) != _mode(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return collection


def _sources(checkout: Path) -> list[Path]:
    names = _tracked(checkout) or _walk(checkout)
    # A file deleted but not yet from the index is still listed.
    return [Path(name) for name in names if (checkout / name).is_file()]


def _tracked(checkout: Path) -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listing = subprocess.run(command, cwd=checkout, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    except (OSError, subprocess.CalledProcessError):  # no git, not a repository, or somebody else's
        return []
    # None in a copy that is in an ignored folder of a repository.
    return [name for name in listing.stdout.decode().split("\0") if name]


def _walk(checkout: Path) -> list[str]:
    names = []
    for folder, subfolders, files in os.walk(checkout):
        subfolders[:] = [name for name in subfolders if name not in GENERATED]
        names += [os.path.relpath(os.path.join(folder, name), checkout) for name in files]
    return [name for name in names if not name.endswith((".pyc", ".tar.gz"))]


def _mode(path: Path) -> int:
    return path.stat().st_mode
