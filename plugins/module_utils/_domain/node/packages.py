# SPDX-License-Identifier: GPL-3.0-or-later

"""Which package provides a kernel module, by distribution."""

from __future__ import annotations

from ..kube_proxy.kernels import kernel_version
from .distribution import Distribution
from .kernel_modules import Verdict

_XTABLES = ("xt_", "ipt_", "ip_tables")
# Red Hat Enterprise Linux 10 moved these out of kernel-modules, too (redhat/rhel_files/def_variants.yaml.rhel).
_EXTRA = (*_XTABLES, "ip6t_", "ip6_tables", "ip6table_", "ip_set", "br_netfilter")
# The first kernel of Oracle whose netfilter modules are in packages of their own (uek-rpm/ol9 and ol10/modules.yaml.S):
# before, all of them came with the kernel. These are in a part that a small installation does not have.
_UEK_IN_PARTS = (6, 12)
_UEK_NETFILTER = ("ip6t_", "ip6table_", "ip_set_", "ip_vs_", "xt_set", "xt_statistic", "br_netfilter")
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
        return _redhat(module, verdict, release, distribution)
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


def _redhat(module: str, verdict: Verdict, release: str, distribution: Distribution) -> str | None:
    if verdict.cause not in _CURABLE:
        return None
    if "uek" in release:
        kernel = kernel_version(release)
        if kernel is None or kernel < _UEK_IN_PARTS:
            return None
        part = "extra-netfilter" if module.startswith(_UEK_NETFILTER) else "core"
        return f"kernel-uek-modules-{part}-{release}"
    extra = _EXTRA if _is_el(distribution, 10) else _XTABLES
    return f"kernel-modules-extra-{release}" if module.startswith(extra) else f"kernel-modules-{release}"


def _is_el(distribution: Distribution, major: int) -> bool:
    """Whether it is Red Hat Enterprise Linux or a rebuild, of this major version or later."""
    if distribution.id in ("fedora", "amzn"):
        return False
    number = distribution.version.partition(".")[0]
    return number.isdigit() and int(number) >= major
