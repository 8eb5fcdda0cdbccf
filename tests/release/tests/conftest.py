# SPDX-License-Identifier: GPL-3.0-or-later

"""Small collections in repositories of their own, to release them."""

from __future__ import annotations

import os
import sys
import typing as t
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
PATHS = [str(HERE), *(str(HERE.parents[1] / folder) for folder in ("release", "gate", "simulator"))]
sys.path[:0] = PATHS

from small_collection import Small


@pytest.fixture(scope="session", autouse=True)
def nobody(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[None]:
    """Neither settings of the user's git nor keys of the user's are there."""
    home = tmp_path_factory.mktemp("home")
    (home / ".gitconfig").write_text("[user]\nname = A. Releaser\nemail = releaser@example.org\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("GIT_", "GNUPG", "XDG_"))]:
            patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path / "small")
