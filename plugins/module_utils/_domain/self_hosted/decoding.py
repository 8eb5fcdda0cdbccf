# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether kube-proxy can decode a configuration: which keys it knows, and of which type each value must be.

kube-proxy ignores an unknown key and starts (its lenient decoder). That is not what was meant, so an unknown key is
refused here, unless its value means "not set": kubeadm writes every key that its own version knows, which need not be
the version of kube-proxy, with zero or null. A wrong type is fatal (Kubernetes 1.20 to 1.37).
"""

from __future__ import annotations

import math
import re
import typing as t

from ..common.duration import DurationError
from ..common.printable import printable, quoted
from ..common.problems import Problem
from ..kube_proxy.canonical import canonical_leaf, go_duration
from ..kube_proxy.settings import BY_PATH, Field, Path, in_version, is_struct, option_path, suggestion, versions
from ..kube_proxy.versions import KubeProxyVersion

_LARGEST_FLOAT32 = 3.4028234e38


#: Characters of what takes a key out again, which repeats it.
_LONGEST_REMOVAL = 120


def decoding_problems(
    values: t.Mapping[str, t.Any], version: KubeProxyVersion, *, tolerant: bool = False
) -> list[Problem]:
    """All unknown keys and wrong types; when ``tolerant``, without unknown keys whose value means "not set"."""
    found = []
    for path, value in _ends((), values, version):
        if in_version(path, version.minor):
            message = _undecodable(path, value)
        else:
            message = None if tolerant and _means_not_set(path, value) else unknown_key(path, version)
        if message:
            found.append(Problem(option_path(path), message))
    return found


def unknown_keys(values: t.Mapping[str, t.Any], version: KubeProxyVersion) -> dict[Path, t.Any]:
    """What kube-proxy of that version ignores when it reads the configuration, each key with all that is below."""
    return {path: value for path, value in _ends((), values, version) if not in_version(path, version.minor)}


def decodes(values: t.Mapping[str, t.Any], version: KubeProxyVersion) -> bool:
    """Whether kube-proxy can read the configuration at all: with its lenient decoder, which skips unknown keys."""
    return not any(
        in_version(path, version.minor) and _undecodable(path, value) for path, value in _ends((), values, version)
    )


def _ends(path: Path, values: t.Mapping[str, t.Any], version: KubeProxyVersion) -> t.Iterator[tuple[Path, t.Any]]:
    """What is not a section of this version's with keys of its own: fields, unknown keys, and misshapen sections."""
    for key, value in values.items():
        here = (*path, key)
        if is_struct(here) and in_version(here, version.minor) and isinstance(value, t.Mapping):
            yield from _ends(here, value, version)
        else:
            yield here, value


def _undecodable(path: Path, value: t.Any) -> str | None:
    if path in BY_PATH:
        return type_problem(BY_PATH[path], value)
    return None if value is None else f"{quoted(value)} is not a mapping of keys to values"


def _means_not_set(path: Path, value: t.Any) -> bool:
    """Whether the key is one of some version's, with a value that means "not set" there, of whatever type it is."""
    if path in BY_PATH:
        empty = value in ("", 0, [], {}) and not isinstance(value, bool) and not BY_PATH[path].pointer
        return empty or canonical_leaf(BY_PATH[path], value) is None
    if not is_struct(path) or not isinstance(value, t.Mapping):
        return is_struct(path) and value is None
    return all(_means_not_set((*path, key), inner) for key, inner in value.items())


def unknown_key(path: Path, version: KubeProxyVersion | None = None) -> str:
    """Why a key is refused, what may have been meant, and how to get rid of it."""
    removal = f"remove it with {_removal(path)} where it is in the configuration already"
    if version is not None and (path in BY_PATH or is_struct(path)):
        return (
            f"kube-proxy {version.release} has no such key (known {versions(path)}) and would ignore it; "
            f"leave it out, or {removal}"
        )
    meant = suggestion(path, version.minor if version else None)
    hint = f"; did you mean {option_path((*path[:-1], meant))}?" if meant else ";"
    return f"kube-proxy has no key {quoted(path[-1])} here and would ignore it{hint} {removal}"


def _removal(path: Path) -> str:
    text = "null"
    for key in reversed(path):
        text = f"{{{key}: {text}}}"
    return f"config: {printable(text, _LONGEST_REMOVAL)}"


def type_problem(field: Field, value: t.Any) -> str | None:
    """Why kube-proxy cannot decode this value of the field; None when it can."""
    if value is None:
        if field.kind == "duration" and not field.pointer:
            return "null is not a duration, and kube-proxy does not start with it; write '0s' for its default"
        return None
    return _CHECKS[field.kind](value)


def _text(value: t.Any) -> str | None:
    return None if isinstance(value, str) else f"{_yaml(value)} is not text; put it in quotes if it is meant as text"


def _boolean(value: t.Any) -> str | None:
    return None if isinstance(value, bool) else f"{_yaml(value)} is not a boolean; write true or false, without quotes"


def _integer(low: int, high: int) -> t.Callable[[t.Any], str | None]:
    def check(value: t.Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not float(value).is_integer():
            return f"{_yaml(value)} is not a whole number; write it without quotes"
        return None if low <= value <= high else f"{value} is out of range; it must be within [{low}, {high}]"

    return check


def _float32(value: t.Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return f"{_yaml(value)} is not a number; write it without quotes"
    return None if math.isfinite(value) and abs(value) <= _LARGEST_FLOAT32 else f"{value} is out of range"


def _duration(value: t.Any) -> str | None:
    try:
        go_duration(value)
    except DurationError as error:
        return str(error)
    return None


def _flush(value: t.Any) -> str | None:
    return _integer(0, 2**63 - 1)(value) if isinstance(value, (int, float)) else _duration(value)


def _quantity(value: t.Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return None
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,15}(?:[kMG]|[KMG]i)?", value):
        return None
    return f"{_yaml(value)} is not a quantity; write for example '64Ki'"


def _texts(value: t.Any) -> str | None:
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return None
    return f"{_yaml(value)} is not a list of strings"


def _gates(value: t.Any) -> str | None:
    if isinstance(value, t.Mapping) and all(isinstance(each, bool) for each in value.values()):
        return None
    return f"{_yaml(value)} is not a mapping of feature gates to true or false (without quotes)"


def _patterns(value: t.Any) -> str | None:
    verbosity = _integer(0, 2**31 - 1)
    if isinstance(value, (list, tuple)) and all(
        isinstance(item, t.Mapping)
        and set(item) == {"filePattern", "verbosity"}
        and isinstance(item["filePattern"], str)
        and re.fullmatch(r"[^=,\s]+", item["filePattern"])
        and verbosity(item["verbosity"]) is None
        for item in value
    ):
        return None
    return f"{_yaml(value)} is not a list of mappings with the keys filePattern and verbosity"


def _yaml(value: t.Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


_CHECKS: t.Mapping[str, t.Callable[[t.Any], str | None]] = {
    "string": _text,
    "bool": _boolean,
    "int32": _integer(-(2**31), 2**31 - 1),
    "uint32": _integer(0, 2**31 - 1),
    "float32": _float32,
    "duration": _duration,
    "flush": _flush,
    "quantity": _quantity,
    "strings": _texts,
    "gates": _gates,
    "patterns": _patterns,
}
