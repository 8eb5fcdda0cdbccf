# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings that kube-proxy accepts and does nothing with: zero for a default, sections of other modes, relics."""

from __future__ import annotations

import typing as t

from .canonical import is_set
from .modes import MODES
from .settings import BY_PATH, SECTION_OPTIONS, Path
from .versions import KubeProxyVersion

#: The sections that only some modes read.
MODE_SECTIONS = MODES
#: What mode ipvs takes from the section iptables.
_IPVS_READS = frozenset((("iptables", "masqueradeBit"), ("iptables", "masqueradeAll")))

#: Fields that kube-proxy reads and drops, with the first minor version that does: ``portRange`` was for the mode
#: userspace, and ``splitStream`` is reset to the default of its flag (seen on 1.31, 1.34 and 1.36).
_DROPPED_SINCE: t.Mapping[Path, int] = {
    ("portRange",): 31,
    ("logging", "options", "text", "splitStream"): 31,
    ("logging", "options", "json", "splitStream"): 31,
}


def is_dropped(path: Path, version: KubeProxyVersion) -> bool:
    """Whether kube-proxy of that version goes by the field's default, whatever is written."""
    return path in _DROPPED_SINCE and version.at_least(_DROPPED_SINCE[path])


def relic(path: Path, value: t.Any, mode: str, version: KubeProxyVersion) -> str | None:
    """Why a value that is set does nothing in that version and mode; None where it may do something."""
    if not is_set(BY_PATH[path], value):
        return None
    if is_dropped(path, version):
        return f"has no effect, kube-proxy {version.release} ignores it"
    return f"has no effect in mode {mode}" if path == ("portRange",) and mode != "userspace" else None


def zero(path: Path, value: t.Any, option: str) -> str | None:
    """The warning for a value that means "not set", where kube-proxy then uses a default; None for any other value.

    ``value`` is in the configuration's own terms (durations as Go text), ``option`` is how the user named the field.
    """
    field = BY_PATH[path]
    if field.default is None or value == "" or is_set(field, value):
        return None
    return f"{option}: zero has no effect, kube-proxy uses its default of {field.default} instead"


def inactive_sections(mode: str, options: t.Mapping[str, t.Collection[str]]) -> dict[str, list[str]]:
    """Of the options given for each section, those that the mode does not read, by section."""
    active = "iptables" if mode == "userspace" else mode
    found: dict[str, list[str]] = {}
    for section in MODE_SECTIONS:
        idle = [
            field.option
            for field in SECTION_OPTIONS[section]
            if section != active
            and field.option in options.get(section, ())
            and not (mode == "ipvs" and field.path in _IPVS_READS)
        ]
        if idle:
            found[section] = idle
    return found
