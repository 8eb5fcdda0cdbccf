# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the documentation site: ``python docs/site/build.py FOLDER`` writes it to FOLDER/html; warnings are errors.

Its pages are the Markdown files of the repository as they are, the reference that antsibull-docs makes of the plugins
and roles, and the messages that ``messages.py`` finds in the source. The collection has to be importable, see
``ANSIBLE_COLLECTIONS_PATH``.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

sys.path.insert(0, str(Path(__file__).resolve().parent))

import messages

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(__file__).resolve().parent
COLLECTION = "clusterops.kube_proxy"
REPOSITORY = "https://github.com/clusterops/kube_proxy"
FILE = f"{REPOSITORY}/blob/main/"
#: Files outside of docs that are pages as well, and where they are on the site.
BESIDES = {
    "README.md": "README.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "SECURITY.md": "SECURITY.md",
    "roles/*/README.md": "roles/{}.md",
    "tests/*/README.md": "tests/{}.md",
}
#: The page that ends with all messages.
WITH_MESSAGES = "docs/MESSAGES.md"
#: The title of a page of the reference, whose first group is the short form of it.
TITLE = re.compile(r"^clusterops\.kube_proxy\.(\w+ \w+)[^\n]*\n\++\n", re.MULTILINE)
#: The theme has the contents of each page beside it, and calls a second list an error on the page itself.
CONTENTS = re.compile(r"^\.\. contents::\n(?:   :\w+:.*\n)+", re.MULTILINE)
#: Links to the repository, which end each page as buttons with an attribute that no browser knows.
LINKS = re.compile(r"^Collection links\n~+\n\n\.\. ansible-links::\n(?:\n|  .*\n)*", re.MULTILINE)
LINK = re.compile(r"(?<=\]\()([^)\s]+)(?=\))")


def pages(root: Path) -> dict[str, str]:
    """The files of the repository that are on the site: their paths, and those below the site's sources."""
    found = {
        path.relative_to(root).as_posix(): path.relative_to(root / "docs").as_posix()
        for path in (root / "docs").rglob("*")
        if path.suffix in {".md", ".svg", ".py"} and SITE not in path.parents
    }
    for pattern, target in BESIDES.items():
        for path in root.glob(pattern):
            found[path.relative_to(root).as_posix()] = target.format(path.parent.name)
    return found


def relinked(text: str, file: str, on_site: dict[str, str], root: Path) -> str:
    """The text of a file with links that lead to pages of the site where there is one, else to the repository."""
    here = PurePosixPath(on_site[file]).parent

    def relink(found: re.Match[str]) -> str:
        path, hash_mark, anchor = found[0].partition("#")
        if not path or (":" in path and not path.startswith(FILE)):
            return found[0]
        inside = (
            path.removeprefix(FILE) if path.startswith(FILE) else os.path.normpath(PurePosixPath(file).parent / path)
        )
        if inside in on_site:
            return os.path.relpath(on_site[inside], here) + hash_mark + anchor
        if not (root / inside).exists():
            raise SystemExit(f"{file}: there is no {inside} to link to")
        return f"{REPOSITORY}/{'tree' if (root / inside).is_dir() else 'blob'}/main/{inside}{hash_mark}{anchor}"

    return LINK.sub(relink, text)


class Sources:
    """The sources of the site. A file that stays the same is not touched, so that Sphinx reads what changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: set[Path] = set()

    def write(self, name: str, content: str | bytes) -> None:
        path = self._folder / name
        data = content.encode() if isinstance(content, str) else content
        if not path.is_file() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        self._written.add(path)

    def remove_others(self) -> None:
        for path in self._folder.rglob("*"):
            if path.is_file() and path not in self._written:
                path.unlink()


def gather(sources: Sources) -> None:
    on_site = pages(ROOT)
    for file, target in on_site.items():
        path = ROOT / file
        if path.suffix == ".md":
            text = relinked(path.read_text(encoding="utf-8"), file, on_site, ROOT)
            sources.write(target, f"{text}\n{messages.listed(ROOT)}" if file == WITH_MESSAGES else text)
        else:
            sources.write(target, path.read_bytes())


def refer(sources: Sources, folder: Path) -> None:
    """Add the reference of what is public in the collection."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    made = ("--use-current", "--squash-hierarchy", "--no-breadcrumbs", "--fail-on-error", "--dest-dir", str(folder))
    _run(_program("antsibull-docs"), "collection", *made, COLLECTION)
    # The filters whose names begin with an underscore are the roles' own, and the list of all would have them.
    for path in folder.glob("[!_]*_*.rst"):
        text = LINKS.sub("", CONTENTS.sub("", path.read_text(encoding="utf-8")))
        sources.write(f"reference/{path.name}", TITLE.sub(_short_title, text))


def _short_title(found: re.Match[str]) -> str:
    """What a list of pages and a narrow window have room for; the synopsis says the rest."""
    return f"{found[1]}\n{'+' * len(found[1])}\n"


def _run(*command: str) -> None:
    """What it says is enough: no traceback of this program beside it."""
    done = subprocess.run(command, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def _program(name: str) -> str:
    """The one beside this Python, whatever is on PATH."""
    return str(Path(sys.executable).with_name(name))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fresh", action="store_true", help="read every page again, for the warnings of all")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    sources = Sources(folder / "source")
    gather(sources)
    refer(sources, folder / "reference")
    sources.remove_others()
    strict = (
        "--jobs",
        "auto",
        "--fail-on-warning",
        "--keep-going",
        "--quiet",
        *(("--fresh-env",) if arguments.fresh else ()),
    )
    places = ("--conf-dir", str(SITE), "--doctree-dir", str(folder / "doctrees"))
    target = (str(folder / "source"), str(folder / "html"))
    _run(sys.executable, "-m", "sphinx", "--builder", "html", *strict, *places, *target)
    print(f"The site is in {folder / 'html' / 'index.html'}")


if __name__ == "__main__":
    main()
