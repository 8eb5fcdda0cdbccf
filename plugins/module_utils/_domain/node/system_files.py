# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of a node as data: the kernel's configuration, modules-load.d(5), sysctl.d(5) and modprobe.d(5)."""

from __future__ import annotations

import typing as t

from .sysctls import sysctl_value


def kernel_config(text: str) -> dict[str, str]:
    """Options of a kernel configuration without ``CONFIG_``; ``n`` for those that it says are not set."""
    options: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("CONFIG_"):
            name, _equals, value = line[len("CONFIG_") :].partition("=")
            options[name] = value.strip()
        elif line.startswith("# CONFIG_") and line.rstrip().endswith(" is not set"):
            options[line[len("# CONFIG_") :].split(" ", 1)[0]] = "n"
    return options


def module_name(name: str) -> str:
    """A module's name as the kernel writes it, from a name or a path: ``_`` and ``-`` are the same to modprobe."""
    return name.rsplit("/", 1)[-1].partition(".ko")[0].replace("-", "_")


def modules_to_load(text: str) -> list[str]:
    """Modules in a file of modules-load.d(5), in their order."""
    return [module_name(line.split()[0]) for line in _lines(text)]


def sysctls_to_set(text: str) -> dict[str, str]:
    """Sysctls in a file of sysctl.d(5). The last value of a name counts; ``-`` in front only ignores errors."""
    values: dict[str, str] = {}
    for line in _lines(text):
        name, equals, value = line.partition("=")
        if equals:
            values[name.strip().lstrip("-")] = sysctl_value(value)
    return values


def blocked_modules(files: t.Mapping[str, str]) -> dict[str, str]:
    """Modules that modprobe.d(5) replaces by a command that loads nothing, with the line that does so."""
    found: dict[str, str] = {}
    for path, text in files.items():
        for line in text.splitlines():
            words = line.split()
            if len(words) >= 3 and words[0] == "install" and words[2].rsplit("/", 1)[-1] in ("true", "false"):
                found[module_name(words[1])] = f"{path}: {' '.join(words)}"
    return found


def _lines(text: str) -> t.Iterator[str]:
    """Lines that are neither empty nor comments, without the space around them."""
    for line in (line.strip() for line in text.splitlines()):
        if line and line[0] not in "#;":
            yield line
