# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of sysctls as the kernel shows them, so that they can be compared."""

from __future__ import annotations

import typing as t

from ..common.blank import without_blanks


def as_shown(request: t.Mapping[str, t.Any] | None) -> dict[str, str]:
    """The sysctls that are given, as text: switches as 1 and 0, and one space between several numbers."""
    return {name: _text(value) for name, value in without_blanks(request).items()}


def assignments(desired: t.Mapping[str, str], current: t.Mapping[str, t.Any]) -> list[str]:
    """What to pass to sysctl(8) for those that differ, as ``name=value``, by name."""
    return [f"{name}={value}" for name, value in sorted(desired.items()) if current.get(name) != value]


def _text(value: t.Any) -> str:
    # YAML's yes and no, and what extra variables of the command line make of them.
    text = {"True": "1", "False": "0"}.get(str(value), str(value))
    return " ".join(text.split())
