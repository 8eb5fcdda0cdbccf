# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a node can run a mode: which modules have to be loaded, what is missing, and what to do about it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..kube_proxy import schedulers
from ..kube_proxy.kernels import kernel_version, minimum_kernel
from ..kube_proxy.versions import KubeProxyVersion
from .distribution import Distribution
from .kernel_modules import Evidence, Verdict
from .packages import package
from .required_modules import Need, needs


@dataclass(frozen=True)
class Missing:
    """``reason`` is the cause of a Verdict, ``kernel_too_old``, or ``no_modprobe``."""

    name: str
    reason: str
    package: str | None
    message: str


@dataclass
class Readiness:
    """Modules by name with what to do about each, and what keeps the node from running the mode."""

    #: module -> ``load``, ``autoload`` or ``no``
    needed: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    packages: dict[str, str | None] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)
    #: needed modules of which the node does not show whether it has them
    unknown: list[str] = field(default_factory=list)

    @property
    def load(self) -> list[str]:
        """Modules to load now and at every boot. One that is built in, or only seen at work, needs neither."""
        return [
            name
            for name, need in self.needed.items()
            if need == "load" and self.verdicts[name].state in ("loaded", "loadable")
        ]

    @property
    def load_now(self) -> list[str]:
        return [name for name in self.load if self.verdicts[name].state == "loadable"]


@dataclass(frozen=True)
class Node:
    evidence: Evidence
    distribution: Distribution
    has_modprobe: bool = True

    def __str__(self) -> str:
        return f"kernel {self.evidence.release} of {self.distribution}"


def readiness(
    node: Node,
    mode: str | None,
    scheduler: str | None = None,
    version: KubeProxyVersion | None = None,
    *,
    extra: t.Sequence[str] = (),
    report: t.Iterable[str] = (),
    ip_families: t.Collection[str] = (),
) -> Readiness:
    """Whether the node can run the mode in a cluster with these IP families.

    ``extra`` are more modules to load, ``report`` modules to report on only.
    """
    result = Readiness()
    kernel = kernel_version(node.evidence.release)
    _check_kernel(result, node, mode, version, kernel)
    for need in needs(mode, scheduler, version, kernel, extra, ip_families=ip_families):
        _meet(result, node, need, kernel)
    for name in report:
        _record(result, node, name, "no")
    if result.load_now and not node.has_modprobe:
        result.missing.append(
            Missing(
                "modprobe",
                "no_modprobe",
                "kmod",
                f"modprobe is not installed on {node.distribution}, and {', '.join(result.load_now)} cannot be loaded "
                f"without it: install the package kmod",
            )
        )
    return result


def _check_kernel(
    result: Readiness,
    node: Node,
    mode: str | None,
    version: KubeProxyVersion | None,
    kernel: tuple[int, int] | None,
) -> None:
    minimum = minimum_kernel(mode, version)
    if minimum is not None and kernel is not None and kernel < minimum:
        result.missing.append(
            Missing(
                "kernel",
                "kernel_too_old",
                None,
                f"mode {mode} needs Linux {minimum[0]}.{minimum[1]} or later, and the node runs {node}: boot a newer "
                f"kernel, or choose another mode",
            )
        )
    if mode == "ipvs" and schedulers.lists_modules(version) and not node.evidence.modules_supported:
        result.missing.append(
            Missing(
                "/proc/modules",
                "no_module_support",
                None,
                f"kube-proxy {version} cannot run mode ipvs on {node}, which has no loadable modules and hence no "
                f"/proc/modules: kube-proxy before 1.27 refuses such kernels even if everything is built in",
            )
        )


def _meet(result: Readiness, node: Node, need: Need, kernel: tuple[int, int] | None) -> None:
    """Choose the first module of the need that the kernel has, else the first that it may have."""
    verdicts = {name: node.evidence.verdict(name) for name in need.any_of}
    present = [name for name, verdict in verdicts.items() if verdict.ready or verdict.state == "loadable"]
    possible = present or [name for name, verdict in verdicts.items() if verdict.state == "unknown"]
    if possible:
        chosen = possible[0]
        _record(result, node, chosen, "load" if need.load else "autoload")
        if chosen not in present and not need.optional:
            result.unknown.append(chosen)
    elif not need.optional:
        chosen = need.any_of[0]
        _record(result, node, chosen, "load" if need.load else "autoload")
        result.missing.append(_missing(node, need, chosen, verdicts[chosen], kernel))
    for name in need.any_of:
        _record(result, node, name, "no")


def _record(result: Readiness, node: Node, name: str, need: str) -> None:
    """Note the verdict on a module, and the strongest of its needs."""
    rank = ("no", "autoload", "load")
    if rank.index(result.needed.get(name, "no")) <= rank.index(need):
        result.needed[name] = need
    if name not in result.verdicts:
        verdict = node.evidence.verdict(name)
        result.verdicts[name] = verdict
        absent = verdict.state == "absent"
        result.packages[name] = package(name, verdict, node.evidence.release, node.distribution) if absent else None


def _missing(node: Node, need: Need, name: str, verdict: Verdict, kernel: tuple[int, int] | None) -> Missing:
    provider = package(name, verdict, node.evidence.release, node.distribution)
    which = " or ".join(need.any_of)
    return Missing(
        name,
        verdict.cause,
        provider,
        f"kernel module {which}, needed for {need.reason}, is missing from {node} ({verdict.evidence}): "
        f"{_advice(node, name, verdict, provider, kernel)}",
    )


def _advice(node: Node, name: str, verdict: Verdict, provider: str | None, kernel: tuple[int, int] | None) -> str:
    evidence = node.evidence
    if verdict.cause == "reboot_pending":
        return (
            f"reboot pending, the node still runs {evidence.release}, whose modules were replaced by those of "
            f"{', '.join(evidence.other_releases)}: reboot the node"
        )
    if verdict.cause == "modules_disabled":
        return (
            "kernel.modules_disabled is 1, which keeps any module from being loaded until the next boot: load it at "
            "boot, before that is set, and reboot the node"
        )
    if verdict.cause == "blocked":
        return "that line keeps it from being loaded: remove the line"
    since = schedulers.kernel_since(name)
    if since is not None and kernel is not None and kernel < since:
        return f"it came with Linux {since[0]}.{since[1]}: choose another scheduler, or boot a newer kernel"
    if provider is not None:
        other_kernel = evidence.release not in provider
        return f"install the package {provider}" + (", and reboot the node into its kernel" if other_kernel else "")
    if verdict.cause == "file_missing":
        return "the kernel was built with it, its file is not on the node: reinstall the kernel's packages"
    other = "another scheduler or mode" if name.startswith("ip_vs_") else "another mode"
    return f"no package provides it for this kernel: choose {other}, or boot a kernel that has it"
