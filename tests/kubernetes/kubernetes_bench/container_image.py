# SPDX-License-Identifier: GPL-3.0-or-later

"""Container images without a container engine: archives in Docker's format, from files of a Debian tree."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
import typing as t
from pathlib import Path, PurePosixPath

from .errors import BenchError

#: What kube-proxy runs, as in the official image: a shell and cat are there too.
KUBE_PROXY_TOOLS = (
    "/bin/cat",
    "/bin/sh",
    "/sbin/modprobe",
    "/usr/bin/kmod",
    "/usr/sbin/conntrack",
    "/usr/sbin/ip6tables",
    "/usr/sbin/ip6tables-restore",
    "/usr/sbin/ip6tables-save",
    "/usr/sbin/ipset",
    "/usr/sbin/iptables",
    "/usr/sbin/iptables-restore",
    "/usr/sbin/iptables-save",
    "/usr/sbin/nft",
)
#: Loaded at run time, so that no program names them.
_PLUGINS = "usr/lib/*/xtables/*.so"
#: Debian has these as links into /usr.
_MERGED = ("bin", "lib", "lib64", "sbin")
_ENVIRONMENT = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]


class Image:
    """One layer that grows file by file; ``root`` is the Debian tree whose files are taken."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._members: set[str] = set()
        self._buffer = io.BytesIO()
        self._layer = tarfile.TarFile(fileobj=self._buffer, mode="w", format=tarfile.PAX_FORMAT)
        for name in _MERGED:
            self._add_link(name, f"usr/{name}")

    def add_programs(self, paths: t.Iterable[str]) -> None:
        """The programs with the links that lead to them and the libraries they are linked with."""
        for path in sorted(self._closure(paths)):
            source = self._root / path
            if source.is_symlink():
                self._add_link(path, os.readlink(source))
            else:
                self.add_file(f"/{path}", source)

    def add_plugins(self) -> None:
        self.add_programs(f"/{path.relative_to(self._root)}" for path in self._root.glob(_PLUGINS))

    def add_file(self, path: str, source: Path | bytes) -> None:
        data = source if isinstance(source, bytes) else source.read_bytes()
        self._parents(path.lstrip("/"))
        member = tarfile.TarInfo(path.lstrip("/"))
        member.mode = 0o755
        member.size = len(data)
        self._layer.addfile(member, io.BytesIO(data))

    def add_folder(self, path: str) -> None:
        self._parents(f"{path.lstrip('/')}/.")

    def save(self, archive: Path, name: str, entrypoint: t.Sequence[str]) -> None:
        self._layer.close()
        layer = self._buffer.getvalue()
        digest = hashlib.sha256(layer).hexdigest()
        configuration = json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "config": {"Entrypoint": list(entrypoint), "Env": _ENVIRONMENT},
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
            }
        ).encode()
        identity = hashlib.sha256(configuration).hexdigest()
        manifest = [{"Config": f"{identity}.json", "RepoTags": [name], "Layers": [f"{digest}/layer.tar"]}]
        with tarfile.open(archive, "w") as whole:
            for path, data in (
                (f"{identity}.json", configuration),
                (f"{digest}/layer.tar", layer),
                ("manifest.json", json.dumps(manifest).encode()),
            ):
                member = tarfile.TarInfo(path)
                member.size = len(data)
                whole.addfile(member, io.BytesIO(data))

    def _closure(self, paths: t.Iterable[str]) -> set[str]:
        found: set[str] = set()
        todo = [_real(path) for path in paths]
        while todo:
            path = todo.pop()
            if path in found:
                continue
            source = self._root / path
            if not os.path.lexists(source):
                raise BenchError(f"The Debian tree has no /{path}")
            found.add(path)
            if source.is_symlink():
                todo.append(_real(os.path.join("/", PurePosixPath(path).parent, os.readlink(source))))
            else:
                todo += self._libraries(path)
        return found

    def _libraries(self, path: str) -> list[str]:
        with (self._root / path).open("rb") as stream:
            if stream.read(4) != b"\x7fELF":
                return []
        # A program that is linked statically makes ldd fail.
        done = subprocess.run(["chroot", self._root, "ldd", f"/{path}"], check=False, capture_output=True, text=True)
        words = (word for line in done.stdout.splitlines() for word in line.split())
        return [_real(word) for word in words if word.startswith("/")]

    def _parents(self, path: str) -> None:
        for parent in reversed(PurePosixPath(path).parents[:-1]):
            if str(parent) not in self._members:
                self._members.add(str(parent))
                member = tarfile.TarInfo(str(parent))
                member.type = tarfile.DIRTYPE
                member.mode = 0o755
                self._layer.addfile(member)

    def _add_link(self, path: str, target: str) -> None:
        self._parents(path)
        member = tarfile.TarInfo(path)
        member.type = tarfile.SYMTYPE
        member.linkname = target
        self._layer.addfile(member)


def _real(path: str) -> str:
    """The path without its leading slash, and below usr where Debian's merged tree really has it."""
    parts = PurePosixPath(os.path.normpath(path)).relative_to("/").parts
    return str(PurePosixPath("usr", *parts) if parts[0] in _MERGED else PurePosixPath(*parts))
