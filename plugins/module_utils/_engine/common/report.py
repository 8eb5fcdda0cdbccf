# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of an operation, before a shell gives it to Ansible."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Report:
    changed: bool
    #: ``before`` and ``after``, as objects or as text, and headers for the latter; several make a list
    diff: dict[str, t.Any] | list[dict[str, t.Any]] | None = None
    facts: dict[str, t.Any] = field(default_factory=dict)
