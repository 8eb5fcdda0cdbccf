# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings that kube-proxy accepts and does nothing with: zero in place of a default, and sections of other modes."""

from __future__ import annotations

import typing as t

from .canonical import is_set
from .modes import MODES
from .settings import BY_PATH, SECTION_OPTIONS

#: The sections that only some modes read.
MODE_SECTIONS = MODES
#: What mode ipvs takes from the section iptables.
_IPVS_READS = frozenset((("iptables", "masqueradeBit"), ("iptables", "masqueradeAll")))


def zero(path: tuple[str, ...], value: t.Any, option: str) -> str | None:
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
