# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Which package brings a kernel module."""

from __future__ import annotations

from .kernel_modules import Verdict
from .system_files import Distribution

_XTABLES = ("xt_", "ipt_", "ip_tables")
# Causes that a package can do something about.
_CURABLE = ("file_missing", "not_found")


def package(module: str, verdict: Verdict, release: str, distribution: Distribution) -> str | None:
    """The package to install, for the running kernel where there is one, else with another kernel; None if none helps.

    A module that the kernel was built without comes with no package for this kernel, only with another kernel.
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
    # Oracle's own kernel leaves modules out that none of its packages has.
    if verdict.cause not in _CURABLE or "uek" in release:
        return None
    return f"kernel-modules-extra-{release}" if module.startswith(_XTABLES) else f"kernel-modules-{release}"
