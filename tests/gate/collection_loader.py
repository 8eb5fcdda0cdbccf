# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets tests import ``ansible_collections.clusterops.kube_proxy`` from a checkout anywhere.

Inside ansible-test its own finder is there already and nothing is done.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_links: list[Path] = []


def install() -> None:
    # Asking find_spec() instead would find, and cache, the namespace package of the ``ansible`` bundle.
    if any(type(finder).__name__ == "_AnsibleCollectionFinder" for finder in sys.meta_path):
        return
    from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

    for name in [name for name in sys.modules if name.partition(".")[0] == "ansible_collections"]:
        del sys.modules[name]
    _AnsibleCollectionFinder(paths=[str(_search_path())])._install()


def remove() -> None:
    """Remove what install() made outside the checkout."""
    while _links:
        shutil.rmtree(_links.pop())


def _search_path() -> Path:
    if ROOT.parents[1].name == "ansible_collections":
        return ROOT.parents[2]
    search = Path(tempfile.mkdtemp(prefix="kube_proxy-tests-"))
    _links.append(search)
    link = search / "ansible_collections" / "clusterops" / "kube_proxy"
    link.parent.mkdir(parents=True)
    link.symlink_to(ROOT)
    return search
