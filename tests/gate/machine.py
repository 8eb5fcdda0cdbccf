# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the way about the machine: interpreters, the package index, the authorities it trusts."""

from __future__ import annotations

import configparser
import os
from pathlib import Path


def adapt() -> None:
    """Set what nox and uv need to work here in the environment of this process."""
    os.environ["PATH"] = search_path()
    # As pip does; uv would trust the authorities it brings along and fail behind a proxy of the company's own.
    os.environ.setdefault("UV_SYSTEM_CERTS", "1")
    index = pip_settings().get("global", "index-url", fallback="")
    if index and not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & os.environ.keys():
        os.environ["UV_DEFAULT_INDEX"] = index


def search_path() -> str:
    """PATH with pyenv's interpreters in the place of its shims.

    A shim stands on PATH for every version pyenv ever installed and fails unless that version is selected; uv and
    ansible-test take it for an interpreter all the same.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    folders = [folder for folder in os.get_exec_path() if Path(folder) != pyenv / "shims"]
    for folder in sorted(pyenv.glob("versions/3.1[0-9]*/bin")):
        if str(folder) not in folders:
            folders.append(str(folder))
    return os.pathsep.join(folders)


def pip_settings() -> configparser.RawConfigParser:
    """Where pip finds packages, from its files and its environment variables."""
    settings = configparser.RawConfigParser()
    settings.add_section("global")
    user = Path.home()
    settings.read(
        [
            "/etc/pip.conf",
            user / ".pip" / "pip.conf",
            Path(os.environ.get("XDG_CONFIG_HOME") or user / ".config") / "pip" / "pip.conf",
            user / "Library" / "Application Support" / "pip" / "pip.conf",
            os.environ.get("PIP_CONFIG_FILE", os.devnull),
        ]
    )
    for name in ("cert", "extra_index_url", "find_links", "index_url", "trusted_host"):
        if value := os.environ.get(f"PIP_{name.upper()}"):
            settings.set("global", name.replace("_", "-"), value)
    return settings
