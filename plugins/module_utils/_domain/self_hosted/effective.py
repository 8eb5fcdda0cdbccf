# SPDX-License-Identifier: GPL-3.0-or-later

"""The effective configuration, after kube-proxy's own defaulting (Kubernetes 1.20 to 1.37)."""

from __future__ import annotations

import typing as t

from ..kube_proxy import addresses
from ..kube_proxy.canonical import canonical_leaf
from ..kube_proxy.defaults import HEALTHZ_PORT, METRICS_PORT
from ..kube_proxy.modes import default_mode
from ..kube_proxy.no_effect import is_dropped
from ..kube_proxy.settings import API_VERSION, FIELDS, KIND, Field, Path
from ..kube_proxy.versions import KubeProxyVersion
from .config_text import Values


def lookup(values: t.Mapping[str, t.Any], path: Path) -> t.Any:
    """The value at that path; None where there is none."""
    found: t.Any = values
    for key in path:
        if not isinstance(found, t.Mapping):
            return None
        found = found.get(key)
    return found


def effective(values: t.Mapping[str, t.Any], version: KubeProxyVersion) -> Values:
    """Every field this version has, with the value that takes effect; durations in Go text.

    A value of the wrong type (with which kube-proxy does not start) is shown as it is.
    """
    found: Values = {"apiVersion": API_VERSION, "kind": KIND}
    for field in FIELDS:
        if not field.in_version(version.minor) or field.path in (("apiVersion",), ("kind",)):
            continue
        value = None if is_dropped(field.path, version) else canonical_leaf(field, lookup(values, field.path))
        if value is None:
            value = _default(field)
        _put(found, field.path, value)
    _computed(found, version)
    return dict(sorted(found.items()))


def effective_mode(values: t.Mapping[str, t.Any], version: KubeProxyVersion) -> str:
    """The mode that kube-proxy runs in; empty is its default."""
    return str(values.get("mode") or default_mode(version))


def _default(field: Field) -> t.Any:
    value = field.zero if field.default is None else field.default
    return value.copy() if isinstance(value, (list, dict)) else value


def _put(tree: Values, path: Path, value: t.Any) -> None:
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
    tree[path[-1]] = value


def _computed(found: Values, version: KubeProxyVersion) -> None:
    """Defaults that depend on other fields."""
    found["mode"] = effective_mode(found, version)
    bind = addresses.address(str(found["bindAddress"]))
    ipv4 = bind is not None and addresses.is_ipv4(bind)
    for key, port, default in (
        ("healthzBindAddress", HEALTHZ_PORT, "0.0.0.0" if ipv4 else "[::]"),  # noqa: S104 - kube-proxy's default
        ("metricsBindAddress", METRICS_PORT, "127.0.0.1" if ipv4 else "[::1]"),
    ):
        if not found[key]:
            found[key] = f"{default}:{port}"
        elif isinstance(found[key], str):
            found[key] = addresses.with_port(found[key], port)
    if found["mode"] == "nftables" and not found["nodePortAddresses"] and version.at_least(31):
        found["nodePortAddresses"] = ["primary"]
