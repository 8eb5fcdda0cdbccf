# SPDX-License-Identifier: GPL-3.0-or-later

"""Which package provides a kernel module, by distribution."""

from __future__ import annotations

from .distribution import Distribution
from .kernel_modules import Verdict

_XTABLES = ("xt_", "ipt_", "ip_tables")
# Causes of an absence that a package can remove.
_CURABLE = ("file_missing", "not_found")


def package(module: str, verdict: Verdict, release: str, distribution: Distribution) -> str | None:
    """The package to install: one for the running kernel, else another kernel; None if none helps.

    No package adds a module that the running kernel was built without.
    """
    family = distribution.family
    if family == "debian":
        return _debian(verdict, release, distribution)
    if family == "redhat":
        return _redhat(module, verdict, release)
    if family == "suse" and verdict.cause in _CURABLE:
        # kernel-default-base, which minimal images have, is the same kernel with fewer modules.
        return "kernel-default"
    if family == "alpine" and release.endswith("-virt") and verdict.state == "absent":
        return "linux-lts"
    return None


def _debian(verdict: Verdict, release: str, distribution: Distribution) -> str | None:
    if distribution.id == "ubuntu" and release.endswith("-kvm") and verdict.cause in (*_CURABLE, "not_built"):
        return "linux-generic"
    if verdict.cause not in _CURABLE:
        return None
    if distribution.id == "ubuntu":
        return f"linux-modules-extra-{release}"
    return f"linux-image-{release}" if verdict.cause == "file_missing" else None


def _redhat(module: str, verdict: Verdict, release: str) -> str | None:
    # Oracle's own kernel lacks modules that none of its packages provides.
    if verdict.cause not in _CURABLE or "uek" in release:
        return None
    return f"kernel-modules-extra-{release}" if module.startswith(_XTABLES) else f"kernel-modules-{release}"
