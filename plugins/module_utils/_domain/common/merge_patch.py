# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON merge patches (RFC 7386)."""

from __future__ import annotations

import typing as t

from .json_types import Json


def merge_patch(before: t.Mapping[str, t.Any], after: t.Mapping[str, t.Any]) -> Json:
    """The patch that makes ``after`` of ``before``; empty when they are equal.

    Members that are null in ``after`` count as absent, since a merge patch cannot set null. Lists are replaced whole.
    """
    patch: Json = {name: None for name in before if before[name] is not None and after.get(name) is None}
    for name, value in after.items():
        former = before.get(name)
        if value is None or value == former:
            continue
        # In place of a value that is no object the patch has to say all of the new one, and nothing of the former.
        patch[name] = merge_patch(former if isinstance(former, dict) else {}, value) if _is_object(value) else value
    return patch


def _is_object(value: t.Any) -> bool:
    return isinstance(value, dict)
