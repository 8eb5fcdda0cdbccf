# SPDX-License-Identifier: GPL-3.0-or-later

"""An HTTP client for the API server that a kubeconfig names."""

from __future__ import annotations

import base64
import ssl
import tempfile
import typing as t
from pathlib import Path

import httpx
import yaml

#: By this the audit log tells the bench's own requests from those of the code under test.
USER_AGENT = "kubernetes-bench"


def client(kubeconfig: Path, *, timeout: float = 20.0) -> httpx.Client:
    """Requests are sent as the kubeconfig's user; paths are those of the API, ``/api/v1/nodes`` for instance."""
    document = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    cluster: dict[str, t.Any] = document["clusters"][0]["cluster"]
    user: dict[str, t.Any] = document["users"][0]["user"]
    trust = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    # OpenSSL reads a client certificate from files only.
    with tempfile.NamedTemporaryFile() as pair:
        for name in ("client-certificate-data", "client-key-data"):
            pair.write(base64.b64decode(user[name]))
        pair.flush()
        trust.load_cert_chain(pair.name)
    return httpx.Client(
        base_url=cluster["server"],
        verify=trust,
        headers={"User-Agent": USER_AGENT},
        timeout=timeout,
        # A proxy of the surroundings has no business between the bench and its API server.
        trust_env=False,
    )
