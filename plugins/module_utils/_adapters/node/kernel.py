# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""What the running kernel and its files tell about modules."""

from __future__ import annotations

import platform
import posixpath

from ..._domain.node.kernel_modules import CONFIG_FILES, Evidence
from ..._domain.node.system_files import blocked, kernel_config, listed, module_name
from .node_files import Files

# systemd-modules-load reads these, and other init systems /etc/modules.
_MODULES_LOAD = (
    "/etc/modules-load.d",
    "/run/modules-load.d",
    "/usr/local/lib/modules-load.d",
    "/usr/lib/modules-load.d",
)
_MODPROBE = ("/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d")

KUBE_IPVS = "kube-ipvs0"

# What is there only if a module is, and needs no tool to be seen.
_AT_WORK = {
    "br_netfilter": "/proc/sys/net/bridge/bridge-nf-call-iptables",
    "dummy": f"/sys/class/net/{KUBE_IPVS}",
    "ip_tables": "/proc/net/ip_tables_names",
    "ip_vs": "/proc/sys/net/ipv4/vs",
    "nf_conntrack": "/proc/sys/net/netfilter/nf_conntrack_max",
}


def release(files: Files) -> str:
    text = files.text("/proc/sys/kernel/osrelease")
    return text.strip() if text else platform.release()


def evidence(files: Files, running: str, schedulers_in_use: frozenset[str]) -> Evidence:
    """Everything that verdicts about modules rest on; ``running`` is the kernel's release."""
    directory = f"/lib/modules/{running}"
    modules = files.text("/proc/modules")
    config_path, config = _config(files, running)
    builtin = files.text(f"{directory}/modules.builtin")
    dependencies = files.text(f"{directory}/modules.dep")
    present, lost = _files(files, directory, dependencies)
    return Evidence(
        release=running,
        loaded=_loaded(modules, config),
        builtin=None if builtin is None else frozenset(module_name(line) for line in builtin.split()),
        files=None if dependencies is None else present,
        lost=frozenset(lost),
        sysfs=frozenset(files.names("/sys/module")),
        config=config,
        config_path=config_path,
        functional=_functional(files, schedulers_in_use),
        blocked=blocked(_texts(files, _MODPROBE)),
        modules_disabled=(files.text("/proc/sys/kernel/modules_disabled") or "").strip() == "1",
        has_directory=files.exists(directory),
        other_releases=tuple(name for name in files.names("/lib/modules") if name != running),
    )


def _loaded(modules: str | None, config: dict[str, str] | None) -> frozenset[str] | None:
    if modules is not None:
        return frozenset(line.split(" ", 1)[0] for line in modules.splitlines())
    # A kernel that says to have loadable modules and does not show them is one in a sandbox.
    return frozenset() if config is not None and config.get("MODULES") == "y" else None


def _config(files: Files, running: str) -> tuple[str, dict[str, str] | None]:
    for pattern in CONFIG_FILES:
        path = pattern.format(release=running)
        text = files.text(path)
        if text is not None and "CONFIG_" in text:
            return path, kernel_config(text)
    return "", None


def _files(files: Files, directory: str, dependencies: str | None) -> tuple[dict[str, str], list[str]]:
    """Module files that modules.dep lists: those that are there, and the names of those that are not."""
    present: dict[str, str] = {}
    lost: list[str] = []
    for line in (dependencies or "").splitlines():
        path = line.partition(":")[0]
        name = module_name(path)
        # Only what could ever be asked for is looked up: there are thousands of modules.
        if _of_interest(path) and not files.exists(posixpath.join(directory, path)):
            lost.append(name)
        else:
            present[name] = path
    return present, lost


def _of_interest(path: str) -> bool:
    return "/net/" in path


def _functional(files: Files, schedulers_in_use: frozenset[str]) -> dict[str, str]:
    found = {module: path for module, path in _AT_WORK.items() if files.exists(path)}
    found.update({f"ip_vs_{name}": "/proc/net/ip_vs" for name in schedulers_in_use})
    return found


def _texts(files: Files, directories: tuple[str, ...]) -> dict[str, str]:
    """Configuration files by path; one in a directory that comes first hides those of the same name in later ones."""
    chosen: dict[str, str] = {}
    for directory in directories:
        for name in files.names(directory):
            if name.endswith(".conf"):
                chosen.setdefault(name, f"{directory}/{name}")
    texts = {path: files.text(path) for path in chosen.values()}
    return {path: text for path, text in texts.items() if text is not None}


def persistent(files: Files) -> dict[str, str]:
    """Modules that are loaded at boot, with the file that says so."""
    texts = _texts(files, _MODULES_LOAD)
    plain = files.text("/etc/modules")
    if plain is not None:
        texts["/etc/modules"] = plain
    found: dict[str, str] = {}
    for path, text in texts.items():
        for name in listed(text):
            found.setdefault(name, path)
    return found
