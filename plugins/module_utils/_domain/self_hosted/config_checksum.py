# SPDX-License-Identifier: GPL-3.0-or-later

"""The checksum of the ConfigMap, by value: pods are marked with it, and a rollout is needed when it differs."""

from __future__ import annotations

import hashlib
import json
import typing as t

from ..common.problems import ValidationError
from ..kube_proxy.canonical import canonical
from .config_text import parse


def checksum(data: t.Mapping[str, str], key: str) -> str:
    """``sha256:<hex>`` over a ConfigMap's data: the configuration under ``key`` by value, every other key by its text.

    kubeadm's re-rendering of an unchanged configuration leaves it as it is. A text that cannot be read counts as text.
    """
    content: dict[str, t.Any] = dict(data)
    if key in content:
        try:
            content[key] = canonical(parse(content[key], key).values)
        except ValidationError:
            content[key] = [content[key]]
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode('ascii')).hexdigest()}"
