# SPDX-License-Identifier: GPL-3.0-or-later

"""Signs files with the key of the person who releases."""

from __future__ import annotations

import shutil
from pathlib import Path

from .plan import RefusedError
from .repository import Repository
from .tools import run

TO_TRY = "To try a release without a signature, add UNSIGNED=1."


def key(repository: Repository, given: str) -> str:
    """The key to sign with: the given one, else the one that git signs with; :class:`RefusedError` if there is none."""
    name = given or ("" if repository.config("gpg.format") in ("ssh", "x509") else repository.config("user.signingkey"))
    if not name:
        raise RefusedError(
            "There is no key to sign with. Tell git the GnuPG key that signs your tags, `git config user.signingkey "
            f"KEYID`, or add KEY=KEYID. `gpg --list-secret-keys` shows your keys. {TO_TRY}"
        )
    if shutil.which("gpg") is None:
        raise RefusedError(f"The program gpg is missing. Install GnuPG (Debian: apt-get install gnupg). {TO_TRY}")
    try:
        run("gpg", "--batch", "--list-secret-keys", name, cwd=repository.path)
    except RefusedError:
        raise RefusedError(
            f"GnuPG has no secret key {name}. `gpg --list-secret-keys` shows your keys. Change user.signingkey of git, "
            f"or add KEY=KEYID. {TO_TRY}"
        ) from None
    return name


def sign(path: Path, target: Path, signer: str) -> None:
    """Write a detached signature, in text."""
    options = ("--batch", "--yes", "--armor", "--detach-sign")
    run("gpg", *options, "--local-user", signer, "--output", str(target), str(path), cwd=path.parent)
