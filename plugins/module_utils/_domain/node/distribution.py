# SPDX-License-Identifier: GPL-3.0-or-later

"""Which distribution a node runs, and its family, which decides about names of packages: os-release(5)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ASSIGNMENT = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")

#: Ids of /etc/os-release that name a family, or whose ID_LIKE does not.
FAMILIES = {
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
    """From /etc/os-release; a part that is not in it is empty. The family of an unknown distribution is its id."""

    id: str = ""
    name: str = ""
    version: str = ""
    family: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.name, self.version) if part) or "an unknown distribution"

    @classmethod
    def parse(cls, os_release: str) -> Distribution:
        """Read the text of /etc/os-release. The family is the first known one of ID and ID_LIKE."""
        values: dict[str, str] = {}
        for line in os_release.splitlines():
            match = _ASSIGNMENT.fullmatch(line.strip())
            if match:
                values[match[1]] = re.sub(r"\\(.)", r"\1", match[2].strip("\"'"))
        ids = [values.get("ID", ""), *values.get("ID_LIKE", "").split()]
        family = next((FAMILIES[name] for name in ids if name in FAMILIES), ids[0])
        return cls(ids[0], values.get("NAME", ""), values.get("VERSION_ID", ""), family)
