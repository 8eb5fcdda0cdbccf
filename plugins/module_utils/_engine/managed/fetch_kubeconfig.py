# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Operation: the kubeconfig of a cluster is in a file, or is handed out."""

from __future__ import annotations

import hashlib
import re
import stat
import typing as t
from pathlib import Path

from ..._adapters.local import private_files as files
from ..._domain.managed.customization import Json
from ..common.report import Report
from ..common.run import EngineError
from .context import Context
from .locate import Address, require

_SERVER = re.compile(r"^\s*server:\s*[\"']?(\S+?)[\"']?\s*$", re.MULTILINE)


def fetch(ctx: Context, address: Address, dest: Path | None) -> Report:
    """Get the kubeconfig and compare it with the file; the API's POST changes nothing, so check mode makes it too."""
    kube_id = address.kube_id
    if kube_id is None or address.name or address.region:
        kube_id = require(ctx, address).id
    ctx.facts["kube_id"] = kube_id
    content = ctx.api.kubeconfig(kube_id)
    facts: dict[str, t.Any] = {"kube_id": kube_id, "server": _server(content.encode())}
    if dest is None:
        return Report(False, None, {**facts, "kubeconfig": content})
    before = _shown(_existing(dest), dest)
    after = {**_described(content.encode()), "mode": "0600"}
    changed = before != after
    if changed and not ctx.check_mode:
        _write(dest, content.encode())
    elif not dest.resolve().parent.is_dir():
        raise EngineError(_missing_directory(dest))
    return Report(changed, {"before": before, "after": after}, {**facts, "dest": str(dest)})


def _existing(dest: Path) -> bytes | None:
    try:
        return files.read(dest)
    except OSError as error:
        raise EngineError(f"dest: {dest} cannot be read: {error.strerror}") from error


def _write(dest: Path, content: bytes) -> None:
    try:
        files.write_private(dest, content)
    except FileNotFoundError as error:
        raise EngineError(_missing_directory(dest)) from error
    except OSError as error:
        raise EngineError(f"dest: {dest} cannot be written: {error.strerror}") from error


def _missing_directory(dest: Path) -> str:
    return f"dest: the directory {dest.parent} does not exist; create it first"


def _shown(content: bytes | None, dest: Path) -> Json:
    if content is None:
        return {}
    return {**_described(content), "mode": f"{stat.S_IMODE(dest.stat().st_mode):04o}"}


def _described(content: bytes) -> Json:
    """Enough to see that a kubeconfig changed, and nothing to log in with."""
    return {"server": _server(content), "fingerprint": "sha256:" + hashlib.sha256(content).hexdigest()[:16]}


def _server(content: bytes) -> str | None:
    match = _SERVER.search(content.decode(errors="replace"))
    return match[1] if match else None
