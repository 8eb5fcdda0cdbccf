# SPDX-License-Identifier: GPL-3.0-or-later

"""Operation: the kubeconfig of a cluster is in a file, or is returned."""

from __future__ import annotations

import hashlib
import re
import typing as t
from pathlib import Path

from ..._adapters.local import private_files as files
from ..._domain.common.json_types import Json
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
    before = _current(dest)
    after = _described(files.PrivateFile(content.encode()))
    changed = before != after
    _check(dest)
    if changed and not ctx.check_mode:
        _write(dest, content.encode())
    return Report(changed, {"before": before, "after": after}, {**facts, "dest": str(dest)})


def _current(dest: Path) -> Json:
    try:
        existing = files.existing(dest)
    except OSError as error:
        raise EngineError(f"dest: {dest} cannot be read: {error.strerror}") from error
    return {} if existing is None else _described(existing)


def _check(dest: Path) -> None:
    """Whether the file could be written is known before it is, and in check mode as well."""
    try:
        files.require_writable(dest)
    except FileNotFoundError as error:
        raise EngineError(f"dest: the directory {dest.parent} does not exist; create it first") from error
    except OSError as error:
        raise EngineError(f"dest: {dest} cannot be written: {error.strerror}") from error


def _write(dest: Path, content: bytes) -> None:
    try:
        files.write_private(dest, content)
    except OSError as error:
        raise EngineError(f"dest: {dest} cannot be written: {error.strerror}") from error


def _described(file: files.PrivateFile) -> Json:
    """Enough to see that a kubeconfig changed, and nothing to log in with."""
    fingerprint = "sha256:" + hashlib.sha256(file.content).hexdigest()[:16]
    return {"server": _server(file.content), "fingerprint": fingerprint, "mode": f"{file.mode:04o}"}


def _server(content: bytes) -> str | None:
    match = _SERVER.search(content.decode(errors="replace"))
    return match[1] if match else None
