# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that administrators and the distribution write: os-release, and what is loaded, blocked and set at boot."""

from __future__ import annotations

from ..._domain.node.distribution import Distribution
from ..._domain.node.system_files import blocked_modules, modules_to_load, sysctls_to_set
from .node_files import Files

# systemd-modules-load reads these, and other init systems /etc/modules.
_MODULES_LOAD = (
    "/etc/modules-load.d",
    "/run/modules-load.d",
    "/usr/local/lib/modules-load.d",
    "/usr/lib/modules-load.d",
)
_MODPROBE = ("/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d")


def distribution(files: Files) -> Distribution:
    return Distribution.parse(files.text("/etc/os-release") or files.text("/usr/lib/os-release") or "")


def loaded_at_boot(files: Files) -> dict[str, str]:
    """Modules that are loaded at boot, with the file that lists them."""
    texts = _texts(files, _MODULES_LOAD)
    plain = files.text("/etc/modules")
    if plain is not None:
        texts["/etc/modules"] = plain
    found: dict[str, str] = {}
    for path, text in texts.items():
        for name in modules_to_load(text):
            found.setdefault(name, path)
    return found


def modules_load_file(files: Files, path: str) -> tuple[str, ...] | None:
    """The modules that the file lists; None if it is not there."""
    text = files.text(path)
    return None if text is None else tuple(modules_to_load(text))


def sysctl_file(files: Files, path: str) -> dict[str, str] | None:
    """The sysctls that the file sets; None if it is not there."""
    text = files.text(path)
    return None if text is None else sysctls_to_set(text)


def blocked(files: Files) -> dict[str, str]:
    """Modules that modprobe does not load, with the line that keeps it from that."""
    return blocked_modules(_texts(files, _MODPROBE))


def _texts(files: Files, directories: tuple[str, ...]) -> dict[str, str]:
    """Configuration files by path. A file hides those of the same name in later directories."""
    chosen: dict[str, str] = {}
    for directory in directories:
        for name in files.names(directory):
            if name.endswith(".conf"):
                chosen.setdefault(name, f"{directory}/{name}")
    texts = {path: files.text(path) for path in chosen.values()}
    return {path: text for path, text in texts.items() if text is not None}
