# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Which kernel and which distribution a node runs."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

_RELEASE = re.compile(r"([0-9]+)\.([0-9]+)")
_ASSIGNMENT = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")

#: Of the ids in /etc/os-release, those that name a family or are not told by ID_LIKE.
_FAMILIES = {
    "almalinux": "redhat",
    "alpine": "alpine",
    "amzn": "redhat",
    "arch": "arch",
    "centos": "redhat",
    "debian": "debian",
    "fedora": "redhat",
    "ol": "redhat",
    "opensuse": "suse",
    "opensuse-leap": "suse",
    "rhel": "redhat",
    "rocky": "redhat",
    "sles": "suse",
    "suse": "suse",
    "ubuntu": "debian",
}


@dataclass(frozen=True)
class Distribution:
    """From /etc/os-release; empty where it does not tell. The family decides about names of packages."""

    id: str = ""
    name: str = ""
    version: str = ""
    family: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.name, self.version) if part) or "an unknown distribution"

    @property
    def major(self) -> int | None:
        number = self.version.partition(".")[0]
        return int(number) if number.isascii() and number.isdigit() else None


def distribution(os_release: str) -> Distribution:
    """Read the text of /etc/os-release (os-release(5)); a family is the first known one of ID and ID_LIKE."""
    values: dict[str, str] = {}
    for line in os_release.splitlines():
        match = _ASSIGNMENT.fullmatch(line.strip())
        if match:
            values[match[1]] = re.sub(r"\\(.)", r"\1", match[2].strip("\"'"))
    ids = [values.get("ID", ""), *values.get("ID_LIKE", "").split()]
    family = next((_FAMILIES[name] for name in ids if name in _FAMILIES), ids[0])
    return Distribution(ids[0], values.get("NAME", ""), values.get("VERSION_ID", ""), family)


def kernel_version(release: str) -> tuple[int, int] | None:
    """``(5, 15)`` for the release ``5.15.0-91-generic``; None for what does not begin like that."""
    match = _RELEASE.match(release)
    return (int(match[1]), int(match[2])) if match else None


def kernel_config(text: str) -> dict[str, str]:
    """Options of a kernel configuration without ``CONFIG_``; ``n`` for those that it says are not set."""
    options: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("CONFIG_"):
            name, _equals, value = line[len("CONFIG_") :].partition("=")
            options[name] = value.strip()
        elif line.startswith("# CONFIG_") and line.rstrip().endswith(" is not set"):
            options[line[len("# CONFIG_") :].split(" ", 1)[0]] = "n"
    return options


def module_name(name: str) -> str:
    """Names as the kernel has them: ``_`` and ``-`` are the same to modprobe, and files have suffixes."""
    return name.rsplit("/", 1)[-1].partition(".ko")[0].replace("-", "_")


def sysctl_path(name: str) -> str:
    """Where below /proc/sys a sysctl is, by the rule of sysctl(8): the first separator decides what the other is.

    ``net.ipv4.conf.eth0/100.rp_filter`` and ``net/ipv4/conf/eth0.100/rp_filter`` are the same.
    """
    first = next((character for character in name if character in "./"), ".")
    return name if first == "/" else name.translate({ord("."): "/", ord("/"): "."})


def sysctl_value(text: str) -> str:
    """The value without the kernel's own spacing, for comparing: ``1024	65535`` and ``1024 65535`` are one."""
    return " ".join(text.split())


def listed(text: str) -> list[str]:
    """Modules in a file of modules-load.d(5), in their order."""
    lines = (line.strip() for line in text.splitlines())
    return [module_name(line.split()[0]) for line in lines if line and line[0] not in "#;"]


def assigned(text: str) -> dict[str, str]:
    """Sysctls in a file of sysctl.d(5); the last one of a name counts, ``-`` in front only ignores errors."""
    values: dict[str, str] = {}
    for line in (line.strip() for line in text.splitlines()):
        if line and line[0] not in "#;" and "=" in line:
            name, _equals, value = line.partition("=")
            values[name.strip().lstrip("-")] = sysctl_value(value)
    return values


def blocked(files: t.Mapping[str, str]) -> dict[str, str]:
    """Modules that modprobe.d(5) replaces by a command that loads nothing, with the line that says so."""
    found: dict[str, str] = {}
    for path, text in files.items():
        for line in text.splitlines():
            words = line.split()
            if len(words) >= 3 and words[0] == "install" and words[2].rsplit("/", 1)[-1] in ("true", "false"):
                found[module_name(words[1])] = f"{path}: {' '.join(words)}"
    return found
