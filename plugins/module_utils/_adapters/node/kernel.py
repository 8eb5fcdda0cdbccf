# SPDX-License-Identifier: GPL-3.0-or-later

"""The running kernel: its release, what it and its files show about modules, and its sysctls."""

from __future__ import annotations

import platform
import posixpath
import typing as t

from ..._domain.kube_proxy.schedulers import kernel_module
from ..._domain.node.kernel_modules import CONFIG_FILES, Evidence
from ..._domain.node.mode_signatures import INTERFACE
from ..._domain.node.sysctls import CONNTRACK_MAX, sysctl_path, sysctl_value
from ..._domain.node.system_files import kernel_config, module_name
from .configuration_files import blocked
from .node_files import Files

# What exists only while a module is at work, and needs no tool to be seen.
_AT_WORK = {
    "br_netfilter": "/proc/sys/net/bridge/bridge-nf-call-iptables",
    "dummy": f"/sys/class/net/{INTERFACE}",
    "ip6_tables": "/proc/net/ip6_tables_names",
    "ip_tables": "/proc/net/ip_tables_names",
    "ip_vs": "/proc/sys/net/ipv4/vs",
    "nf_conntrack": CONNTRACK_MAX,
}


def machine() -> str:
    """The architecture, such as x86_64."""
    return platform.machine()


def sysctls(files: Files, names: t.Iterable[str]) -> dict[str, str | None]:
    """Values by name, in the order of the names; None for a sysctl that the kernel does not have."""
    texts = {name: files.text(f"/proc/sys/{sysctl_path(name)}") for name in names}
    return {name: None if text is None else sysctl_value(text) for name, text in texts.items()}


def evidence(files: Files, schedulers_in_use: frozenset[str]) -> Evidence:
    """Everything that verdicts about modules rest on."""
    release = _release(files)
    directory = f"/lib/modules/{release}"
    modules = files.text("/proc/modules")
    config_path, config = _config(files, release)
    builtin = files.text(f"{directory}/modules.builtin")
    dependencies = files.text(f"{directory}/modules.dep")
    present, lost = _module_files(files, directory, dependencies)
    return Evidence(
        release=release,
        loaded=_loaded(modules, config),
        builtin=None if builtin is None else frozenset(module_name(line) for line in builtin.split()),
        files=None if dependencies is None else present,
        lost=frozenset(lost),
        sysfs=frozenset(files.names("/sys/module")),
        config=config,
        config_path=config_path,
        functional=_functional(files, schedulers_in_use),
        blocked=blocked(files),
        modules_disabled=(files.text("/proc/sys/kernel/modules_disabled") or "").strip() == "1",
        has_directory=files.exists(directory),
        other_releases=tuple(name for name in files.names("/lib/modules") if name != release),
    )


def ticks_per_second(files: Files) -> int | None:
    """Of the kernel's own clock; None if its configuration is not there."""
    _path, config = _config(files, _release(files))
    number = (config or {}).get("HZ", "")
    return int(number) if number.isdigit() and int(number) else None


def ipv6_turned_off(files: Files) -> str | None:
    """What shows that this node has no IPv6; None if it has. kube-proxy looks at the same two."""
    if not files.exists("/proc/net/if_inet6"):
        return "/proc/net/if_inet6 is not there"
    name = "net.ipv6.conf.all.disable_ipv6"
    return f"{name} is 1" if sysctls(files, [name])[name] == "1" else None


def _release(files: Files) -> str:
    text = files.text("/proc/sys/kernel/osrelease")
    return text.strip() if text else platform.release()


def _loaded(modules: str | None, config: dict[str, str] | None) -> frozenset[str] | None:
    if modules is not None:
        return frozenset(line.split(" ", 1)[0] for line in modules.splitlines())
    # A sandbox hides the loaded modules of a kernel whose configuration says that it can load some.
    return frozenset() if config is not None and config.get("MODULES") == "y" else None


def _config(files: Files, release: str) -> tuple[str, dict[str, str] | None]:
    for pattern in CONFIG_FILES:
        path = pattern.format(release=release)
        text = files.text(path)
        if text is not None and "CONFIG_" in text:
            return path, kernel_config(text)
    return "", None


def _module_files(files: Files, directory: str, dependencies: str | None) -> tuple[dict[str, str], list[str]]:
    """Module files that modules.dep lists: those that exist, and the names of those that do not."""
    present: dict[str, str] = {}
    lost: list[str] = []
    for line in (dependencies or "").splitlines():
        path = line.partition(":")[0]
        name = module_name(path)
        # There are thousands of modules; kube-proxy uses those of the network, so only they are looked up.
        if "/net/" in path and not files.exists(posixpath.join(directory, path)):
            lost.append(name)
        else:
            present[name] = path
    return present, lost


def _functional(files: Files, schedulers_in_use: frozenset[str]) -> dict[str, str]:
    found = {module: path for module, path in _AT_WORK.items() if files.exists(path)}
    found.update({kernel_module(name): "/proc/net/ip_vs" for name in schedulers_in_use})
    return found
