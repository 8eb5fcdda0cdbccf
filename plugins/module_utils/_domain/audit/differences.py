# SPDX-License-Identifier: GPL-3.0-or-later

"""Where two configurations differ, setting by setting."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """One setting; None where it is not set."""

    option: str
    current: str | None
    desired: str | None

    def __str__(self) -> str:
        if self.desired is None:
            return f"{self.option} is {self.current}, and is not to be set"
        return f"{self.option} is {self.current or 'not set'}, not {self.desired}"


def differences(current: t.Any, desired: t.Any) -> tuple[Difference, ...]:
    """The settings that differ, in the order of their names; sections without members are not set."""
    before, after = dict(_settings(current)), dict(_settings(desired))
    return tuple(
        Difference(option, before.get(option), after.get(option))
        for option in sorted({*before, *after})
        if before.get(option) != after.get(option)
    )


def _settings(value: t.Any, path: str = "") -> t.Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _settings(member, f"{path}.{name}" if path else str(name))
    elif value is not None:
        yield path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
