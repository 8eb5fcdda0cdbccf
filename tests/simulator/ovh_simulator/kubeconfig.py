# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubeconfig files with made-up certificates and keys."""

from __future__ import annotations

import base64
import hashlib
import textwrap

from .marker import MARKER


def _pem(label: str, seed: str, size: int, mark: str = "") -> str:
    # Deterministic bytes per seed: the same file on every read, another one after a reset.
    raw = mark.encode() + hashlib.shake_256(seed.encode()).digest(size - len(mark))
    lines = textwrap.wrap(base64.b64encode(raw).decode(), 64)
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def _data(label: str, seed: str, size: int, mark: str = "") -> str:
    return base64.b64encode(_pem(label, seed, size, mark).encode()).decode()


def private_data(cluster_id: str, generation: int) -> list[str]:
    """The client certificate and the client key, as they stand in the file."""
    seed = f"{cluster_id}/{generation}"
    return [
        _data("CERTIFICATE", f"{seed}/certificate", 700, MARKER),
        _data("RSA PRIVATE KEY", f"{seed}/key", 1190, MARKER),
    ]


def render(cluster_id: str, name: str, url: str, generation: int) -> str:
    authority = _data("CERTIFICATE", f"{cluster_id}/{generation}/authority", 740)
    certificate, key = private_data(cluster_id, generation)
    user = f"kubernetes-admin-{name}"
    return f"""\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {authority}
    server: https://{url}
  name: {name}
contexts:
- context:
    cluster: {name}
    user: {user}
  name: {user}@{name}
current-context: {user}@{name}
kind: Config
preferences: {{}}
users:
- name: {user}
  user:
    client-certificate-data: {certificate}
    client-key-data: {key}
"""
