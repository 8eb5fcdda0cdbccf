# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs of Kubernetes and etcd that the bench runs, of whatever version they are."""

from __future__ import annotations

import functools
import os
import re
import shutil
import typing as t
from dataclasses import dataclass
from pathlib import Path

from . import cache, commands, source_build
from .errors import BenchError, MissingProgramsError

#: A folder that holds the programs; the convention of controller-runtime's envtest.
VARIABLE = "KUBEBUILDER_ASSETS"

#: What the fast tier runs.
FAST = ("etcd", "kube-apiserver", "kube-controller-manager", "kubeadm")
#: What the node tier runs.
NODES = (*FAST, "kube-scheduler", "kubelet", "kube-proxy")


class Version(t.NamedTuple):
    major: int
    minor: int
    text: str  # as the program says it: v1.20.2

    @classmethod
    def parse(cls, said: str) -> Version:
        found = re.search(r"v(\d+)\.(\d+)\.\d+\S*", said)
        if found is None:
            raise BenchError(f"No version of Kubernetes in {said!r}")
        return cls(int(found[1]), int(found[2]), found[0])

    def since(self, minor: int) -> bool:
        """Whether this is 1.MINOR or newer."""
        return (self.major, self.minor) >= (1, minor)


@dataclass(frozen=True)
class Programs:
    folder: Path

    def path(self, name: str) -> Path:
        """Where the program is; raises MissingProgramsError."""
        found = self._find(name)
        if found is None:
            raise MissingProgramsError(f"{self.folder} does not hold {name}")
        return found

    def require(self, names: t.Iterable[str]) -> None:
        missing = [name for name in names if self._find(name) is None]
        if missing:
            raise MissingProgramsError(
                f"{self.folder} does not hold {', '.join(missing)}. Put them there, "
                f"or unset {VARIABLE} to have Debian's source package built"
            )

    def version_of(self, name: str) -> Version:
        return _version(self.path(name))

    @property
    def version(self) -> Version:
        """The version the cluster is said to have: that of kube-proxy, where it is there."""
        return self.version_of("kube-proxy" if self._find("kube-proxy") else "kubeadm")

    def _find(self, name: str) -> Path | None:
        own = self.folder / name
        if os.access(own, os.X_OK) and own.is_file():
            return own
        # Kubernetes is tied to no version of etcd: the machine's own serves as well.
        elsewhere = shutil.which(name) if name == "etcd" else None
        return Path(elsewhere) if elsewhere else None


@functools.cache
def _version(program: Path) -> Version:
    arguments = ("version", "-o", "short") if program.name == "kubeadm" else ("--version",)
    return Version.parse(commands.run(program, *arguments, attempts=3, timeout=60))


def find(names: t.Iterable[str]) -> Programs:
    """What is there already; raises MissingProgramsError."""
    folder = _given() or cache.find(source_build.entry())
    if folder is None:
        raise MissingProgramsError(
            f"No programs of Kubernetes: set {VARIABLE} to a folder with {', '.join(names)}, "
            "or have them built with: python -m kubernetes_bench assets"
        )
    programs = Programs(folder)
    programs.require(names)
    return programs


def provide(names: t.Iterable[str]) -> Programs:
    """What is there already, else what is built now from Debian's source package."""
    programs = Programs(_given() or cache.provide(source_build.entry(), source_build.build))
    programs.require(names)
    return programs


def _given() -> Path | None:
    chosen = os.environ.get(VARIABLE)
    if not chosen:
        return None
    folder = Path(chosen).absolute()
    if not folder.is_dir():
        raise BenchError(f"{VARIABLE} names {folder}, which is not a folder")
    return folder
