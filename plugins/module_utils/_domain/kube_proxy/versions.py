# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""kube-proxy's version, and which modes it has (Kubernetes 1.20 to 1.37, and what its enhancement KEP-5495 plans)."""

from __future__ import annotations

import re
import typing as t

from . import feature_gates as gates

# Tags of an image's maker (v3.4.2, 2024.10.1) look like versions too; every Kubernetes since 2015 is 1.x.
_VERSION = re.compile(
    r"(?:Kubernetes )?v?(?P<major>1)\.(?P<minor>[0-9]{1,4})"
    r"(?:\.(?P<patch>[0-9]{1,6})(?:[-+._][0-9A-Za-z.+_-]*)?)?"
)


class KubeProxyVersion(t.NamedTuple):
    """A release of kube-proxy; build and distribution suffixes do not count."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def parse(cls, text: str) -> KubeProxyVersion:
        """Read an image tag, ``kube-proxy --version`` or a plain release; ValueError for anything else.

        A digest or a tag such as ``latest`` tells no version, and guessing one would check against the wrong rules.
        """
        match = _VERSION.fullmatch(text.strip())
        if not match:
            raise ValueError(
                f"{text!r} is no version of kube-proxy; all are versions of Kubernetes 1, such as 'v1.31.4' or '1.31'"
            )
        return cls(int(match["major"]), int(match["minor"]), int(match["patch"] or 0))

    def at_least(self, minor: int) -> bool:
        """Whether this is 1.<minor> or later."""
        return (self.major, self.minor) >= (1, minor)

    @property
    def release(self) -> str:
        """The part that behaviour hangs on: ``1.20``."""
        return f"{self.major}.{self.minor}"

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def modes(version: KubeProxyVersion, feature_gates: t.Mapping[str, t.Any] | None = None) -> tuple[str, ...]:
    """What ``mode`` may be on Linux in this version with these feature gates; the empty mode is always allowed too."""
    given = feature_gates or {}
    found = ["iptables"]
    if not version.at_least(40) or gates.enabled("KubeProxyIPVS", version.minor, given):
        found.append("ipvs")
    if version.at_least(33) or (version.at_least(29) and gates.enabled("NFTablesProxyMode", version.minor, given)):
        found.append("nftables")
    if not version.at_least(26):
        found.append("userspace")
    return tuple(found)


def default_mode(version: KubeProxyVersion) -> str:
    """What an empty ``mode`` comes to: iptables, and from 1.40 on (planned, KEP-5343) nftables."""
    return "nftables" if version.at_least(40) else "iptables"


def deprecation(mode: str, version: KubeProxyVersion) -> str | None:
    """What the user should know about the future of this ``mode`` (as written; empty when it is left to kube-proxy)."""
    if mode == "ipvs" and version.at_least(35):
        return (
            "mode ipvs is deprecated since Kubernetes 1.35; it is planned to be off by default from 1.40 and to be "
            "removed in 1.43: plan the move to nftables"
        )
    if mode == "userspace" and version.at_least(23):
        return "mode userspace is deprecated since Kubernetes 1.23 and removed in 1.26: move to iptables"
    if not mode and version.at_least(37):
        return (
            f"mode is left empty, which means {default_mode(version)} on Kubernetes {version.release}; the default "
            f"is planned to become nftables in 1.40: set mode"
        )
    return None
