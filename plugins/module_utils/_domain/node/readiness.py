# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""From needs and evidence to what has to be loaded, and to what is missing, in words that help."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..kube_proxy import schedulers
from ..kube_proxy.versions import KubeProxyVersion
from .kernel_modules import Evidence, Verdict
from .packages import package
from .required_modules import Need, least_kernel, needs
from .system_files import Distribution, kernel_version


@dataclass(frozen=True)
class Missing:
    """``reason`` is the cause of a Verdict, ``kernel_too_old``, or ``no_modprobe``."""

    name: str
    reason: str
    package: str | None
    message: str

    def as_result(self) -> dict[str, t.Any]:
        return {"name": self.name, "reason": self.reason, "package": self.package, "message": self.message}


@dataclass
class Readiness:
    """Modules by name with what is to be done about each, and what keeps the mode from running."""

    #: module -> ``load``, ``autoload`` or ``no``
    needed: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    packages: dict[str, str | None] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)
    #: needed modules that cannot be told to be there or not
    unknown: list[str] = field(default_factory=list)

    @property
    def load(self) -> list[str]:
        """To be loaded now and at every boot: a module that is built in, or only seen at work, needs neither."""
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
    also: t.Iterable[str] = (),
) -> Readiness:
    """Whether the node can run the mode; ``also`` are modules to report on, without any need for them."""
    result = Readiness()
    kernel = kernel_version(node.evidence.release)
    _whole_kernel(result, node, mode, version, kernel)
    for need in needs(mode, scheduler, version, kernel, extra):
        _settle(result, node, need, kernel)
    for name in also:
        _note(result, node, name, "no")
    if result.load_now and not node.has_modprobe:
        result.missing.append(
            Missing(
                "modprobe",
                "no_modprobe",
                "kmod",
                f"modprobe is not installed, with which {', '.join(result.load_now)} would be loaded on "
                f"{node.distribution}: install the package kmod",
            )
        )
    return result


def _whole_kernel(
    result: Readiness,
    node: Node,
    mode: str | None,
    version: KubeProxyVersion | None,
    kernel: tuple[int, int] | None,
) -> None:
    least = least_kernel(mode, version)
    if least is not None and kernel is not None and kernel < least:
        result.missing.append(
            Missing(
                "kernel",
                "kernel_too_old",
                None,
                f"mode {mode} needs Linux {least[0]}.{least[1]} or later, and the node runs {node}: boot a newer "
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


def _settle(result: Readiness, node: Node, need: Need, kernel: tuple[int, int] | None) -> None:
    """Take the first module of the need that the kernel has, else the first that it might have."""
    verdicts = {name: node.evidence.verdict(name) for name in need.any_of}
    present = [name for name, verdict in verdicts.items() if verdict.ready or verdict.state == "loadable"]
    possible = present or [name for name, verdict in verdicts.items() if verdict.state == "unknown"]
    if possible:
        chosen = possible[0]
        _note(result, node, chosen, "load" if need.load else "autoload")
        if chosen not in present and not need.optional:
            result.unknown.append(chosen)
    elif not need.optional:
        chosen = need.any_of[0]
        _note(result, node, chosen, "load" if need.load else "autoload")
        result.missing.append(_missing(node, need, chosen, verdicts[chosen], kernel))
    for name in need.any_of:
        _note(result, node, name, "no")


def _note(result: Readiness, node: Node, name: str, need: str) -> None:
    """Keep the strongest need of a module that comes up more than once."""
    rank = ("no", "autoload", "load")
    if rank.index(result.needed.get(name, "no")) <= rank.index(need):
        result.needed[name] = need
    if name not in result.verdicts:
        verdict = node.evidence.verdict(name)
        result.verdicts[name] = verdict
        absent = verdict.state == "absent"
        result.packages[name] = package(name, verdict, node.evidence.release, node.distribution) if absent else None


def _missing(node: Node, need: Need, name: str, verdict: Verdict, kernel: tuple[int, int] | None) -> Missing:
    wanted = package(name, verdict, node.evidence.release, node.distribution)
    which = " or ".join(need.any_of)
    return Missing(
        name,
        verdict.cause,
        wanted,
        f"kernel module {which}, needed for {need.reason}, is missing from {node} ({verdict.evidence}): "
        f"{_advice(node, name, verdict, wanted, kernel)}",
    )


def _advice(node: Node, name: str, verdict: Verdict, wanted: str | None, kernel: tuple[int, int] | None) -> str:
    evidence = node.evidence
    if verdict.cause == "reboot_pending":
        return (
            f"reboot pending, the node still runs {evidence.release}, whose modules were replaced by those of "
            f"{', '.join(evidence.other_releases)}: reboot the node"
        )
    if verdict.cause == "modules_disabled":
        return (
            "kernel.modules_disabled is 1, which keeps any module from being loaded until the next boot: have it "
            "loaded at boot, before that is set, and reboot the node"
        )
    if verdict.cause == "blocked":
        return "that line keeps it from being loaded: take the line out"
    since = schedulers.kernel_since(name)
    if since is not None and kernel is not None and kernel < since:
        return f"it came with Linux {since[0]}.{since[1]}: choose another scheduler, or boot a newer kernel"
    if wanted is not None:
        other_kernel = evidence.release not in wanted
        return f"install the package {wanted}" + (", and reboot the node into its kernel" if other_kernel else "")
    if verdict.cause == "file_missing":
        return "the kernel was built with it, its file is not on the node: install the kernel's packages anew"
    other = "another scheduler or mode" if name.startswith("ip_vs_") else "another mode"
    return f"no package brings it to this kernel: choose {other}, or boot a kernel that has it"
