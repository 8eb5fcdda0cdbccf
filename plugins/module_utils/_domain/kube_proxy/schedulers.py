# SPDX-License-Identifier: GPL-3.0-or-later

"""Schedulers of the mode ipvs: which of them kube-proxy and the kernel have, by version."""

from __future__ import annotations

from .versions import KubeProxyVersion

#: kube-proxy's own list up to 1.26; it refuses any other.
CLASSIC = ("dh", "lblc", "lblcr", "lc", "nq", "rr", "sed", "sh", "wlc", "wrr")
#: The kernel's, which kube-proxy goes by from 1.27 on.
ALL = tuple(sorted((*CLASSIC, "fo", "mh", "ovf", "twos")))
#: First kernel of the schedulers that are younger than any kernel that Kubernetes 1.20 ran on.
KERNEL_SINCE = {"mh": (4, 18), "twos": (5, 12)}
#: kube-proxy up to 1.26 asks for the modules of these, whichever scheduler is configured.
ALWAYS_REQUIRED = ("rr", "wrr", "sh")
_BY_KERNEL_SINCE = 27


def known(version: KubeProxyVersion) -> tuple[str, ...]:
    """The schedulers that kube-proxy of that version takes."""
    return ALL if version.at_least(_BY_KERNEL_SINCE) else CLASSIC


def required(scheduler: str, version: KubeProxyVersion | None) -> tuple[str, ...]:
    """The schedulers whose modules kube-proxy needs for this one; an unknown version is treated as before 1.27."""
    always = () if version is not None and version.at_least(_BY_KERNEL_SINCE) else ALWAYS_REQUIRED
    return (scheduler, *(name for name in always if name != scheduler))


def lists_modules(version: KubeProxyVersion | None) -> bool:
    """Whether kube-proxy looks modules up by name, in /proc/modules; that fails on a kernel that cannot load any.

    kube-proxy 1.20 to 1.26; it means to make an exception for such kernels, but compares the error wrongly.
    """
    return version is not None and not version.at_least(_BY_KERNEL_SINCE)


def kernel_module(scheduler: str) -> str:
    """The kernel module that brings the scheduler."""
    return f"ip_vs_{scheduler}"


def kernel_since(module: str) -> tuple[int, int] | None:
    """First kernel that has the scheduler of that module; None where every supported kernel may have it."""
    return KERNEL_SINCE.get(module[len("ip_vs_") :]) if module.startswith("ip_vs_") else None
