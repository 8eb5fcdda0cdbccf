# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of the configuration by value, so that two spellings of one configuration compare equal.

kubeadm and kube-proxy write ``1m0s`` for ``60s`` and add zero values; text never decides equality.
"""

from __future__ import annotations

import typing as t

from ..common.duration import Duration, DurationError
from ..common.json_types import Json
from ..common.printable import quoted
from .settings import BY_PATH, Field, Path, is_struct


def is_set(field: Field, value: t.Any) -> bool:
    """Whether kube-proxy goes by the value instead of its default."""
    return canonical_leaf(field, value) is not None


def canonical(values: t.Mapping[str, t.Any]) -> Json:
    """The configuration by value: what kubeadm's rendering adds or spells otherwise compares equal.

    Durations in one spelling, zero values of fields that take zero for "not set" and nulls left out, explicit zeros of
    the others kept, empty sections left out, whole numbers as integers. Keys that no version knows stay as they are.
    """
    return _canonical((), values)


def _canonical(path: Path, values: t.Mapping[str, t.Any]) -> Json:
    found: Json = {}
    for key, value in values.items():
        here = (*path, key)
        if is_struct(here) and isinstance(value, t.Mapping):
            inner = _canonical(here, value)
            if inner:
                found[key] = inner
        elif is_struct(here) and value is None:
            continue
        elif here in BY_PATH:
            leaf = canonical_leaf(BY_PATH[here], value)
            # null in place of a duration is nothing that kube-proxy starts with, so it is not the same as "not set".
            if leaf is not None or (value is None and _refuses_null(BY_PATH[here])):
                found[key] = leaf
        else:
            found[key] = _plain(value)
    return found


def _refuses_null(field: Field) -> bool:
    return field.kind == "duration" and not field.pointer


def canonical_leaf(field: Field, value: t.Any) -> t.Any:
    """One value by which two spellings of it compare; None for "not set". What has the wrong type stays as it is."""
    if value is None:
        return None
    if field.kind in ("duration", "flush"):
        value = _duration_text(value)
    elif field.kind == "quantity":
        value = str(value)
    value = _plain(value)
    zero = value == field.zero and isinstance(value, bool) == isinstance(field.zero, bool)
    return None if zero and not field.pointer else value


def _duration_text(value: t.Any) -> t.Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value == 0:
        return "0s"
    try:
        return go_duration(value).go()
    except DurationError:
        return value


def go_duration(value: t.Any) -> Duration:
    """A duration as kube-proxy reads it: Go text only; raises DurationError for anything else."""
    if not isinstance(value, str):
        raise DurationError(f"{quoted(value)} is not a duration; write it with a unit, for example '30s'")
    if value.lstrip("+-")[:1] in ("P", "p"):
        raise DurationError(
            f"{quoted(value)} is ISO 8601, which kube-proxy does not read; it reads Go text such as '30s'"
        )
    return Duration.parse(value)


def _plain(value: t.Any) -> t.Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, t.Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value
