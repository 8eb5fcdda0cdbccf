# SPDX-License-Identifier: GPL-3.0-or-later

"""What the bench needs of the machine it runs on: Debian's packages, and root for what only root may do."""

from __future__ import annotations

import os
import shutil
import sys
import typing as t
from pathlib import Path

from . import commands
from .errors import UnsuitableHostError

#: Programs, and the package of Debian that has them.
Needs = t.Mapping[str, str]

#: Every process of the control plane is started with it.
SUPERVISION: Needs = {"setpriv": "util-linux"}

SOURCE_BUILD: Needs = {
    "dpkg-source": "dpkg-dev",
    "dpkg-deb": "dpkg",
    "go": "golang-go",
}

NODE_IMAGE: Needs = {
    "mke2fs": "e2fsprogs",
    "mmdebstrap": "mmdebstrap",
    "ssh-keygen": "openssh-client",
}

NODES: Needs = {
    **SUPERVISION,
    "ip": "iproute2",
    "nsenter": "util-linux",
    "qemu-img": "qemu-utils",
    "qemu-system-x86_64": "qemu-system-x86",
    "ssh": "openssh-client",
}

#: With these, tests of the collection put rules into the kernel of the machine, in network namespaces.
KERNEL_RULES: Needs = {
    "ip": "iproute2",
    "ipset": "ipset",
    "iptables-nft-save": "iptables",
    "nft": "nftables",
    "nsenter": "util-linux",
}

#: Where programs for the administrator are; not on everybody's PATH.
_ADMINISTRATION = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def say(text: str) -> None:
    """Standard output is for results."""
    print(text, file=sys.stderr, flush=True)


def adapt_path() -> None:
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join([*folders, *(folder for folder in _ADMINISTRATION if folder not in folders)])


def require(needs: Needs) -> None:
    """Install what is missing where that can be done, else raise UnsuitableHostError with all of it."""
    missing = sorted({package for program, package in needs.items() if shutil.which(program) is None})
    if not missing:
        return
    packages = " ".join(missing)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise UnsuitableHostError(
            f"Missing on this machine: {packages}. On Debian: apt-get install --no-install-recommends {packages}"
        )
    say(f"Installing Debian's packages {packages}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands.run("apt-get", "update", "--quiet", env=env, attempts=3)
    # Somebody else may be installing, such as the machine itself.
    patient = "--option=DPkg::Lock::Timeout=300"
    install = ("apt-get", "install", patient, "--quiet", "--yes", "--no-install-recommends")
    commands.run(*install, *missing, env=env, attempts=3)


def require_root(purpose: str) -> None:
    if os.geteuid() != 0:
        raise UnsuitableHostError(f"{purpose} needs root: run it as root, or use the fast tier, which does not")


def release() -> str:
    """The name of the Debian release the machine runs, bookworm for instance: nodes get the same."""
    path = Path("/etc/os-release")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    facts = dict(line.split("=", 1) for line in lines if "=" in line)
    name = facts.get("VERSION_CODENAME", "").strip('"')
    if facts.get("ID", "").strip('"') != "debian" or not name:
        raise UnsuitableHostError(
            "Node images, and programs from source, are made from the packages of the Debian this runs on"
        )
    return name
