# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps what modules and playbooks showed in tests, for the tier that looks for secrets in it."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

#: Environment variable: the folder; without it nothing is kept.
FOLDER = "KUBE_PROXY_KEPT_OUTPUT"
#: A result that is a secret on purpose.
_ON_PURPOSE = "kubeconfig"


def keep(text: str) -> None:
    folder = os.environ.get(FOLDER)
    if folder:
        path = Path(folder) / f"{os.getpid()}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text + "\n")


def keep_result(module: str, result: dict[str, t.Any], *texts: str) -> None:
    """The result of a module and what it wrote besides."""
    handed_out = module == "kube_cluster_kubeconfig"
    keep(json.dumps({name: value for name, value in result.items() if not (handed_out and name == _ON_PURPOSE)}))
    keep("\n".join(texts))
