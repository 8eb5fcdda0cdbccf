# SPDX-License-Identifier: GPL-3.0-or-later

"""A real kube-proxy as the judge of configurations.

Distributions build a kube-proxy that only warns of an unknown feature gate, where that of Kubernetes does not start
(OpenShift does). The warning counts as a refusal here.
"""

from __future__ import annotations

import subprocess
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion


class Verdict(t.NamedTuple):
    """What kube-proxy made of one text."""

    accepted: bool
    lenient: bool
    written: str
    output: str


class KubeProxy:
    """A real kube-proxy that only judges: it writes the completed configuration to a file and exits."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program, self._folder = program, folder
        self.version = KubeProxyVersion.parse(self._run("--version").stdout)

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self._program), *arguments],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=120,
        )

    def judge(self, texts: t.Sequence[str]) -> list[Verdict]:
        with ThreadPoolExecutor(max_workers=4) as pool:
            return list(pool.map(self._judge, range(len(texts)), texts))

    def _judge(self, number: int, text: str) -> Verdict:
        source, target = self._folder / f"{number}.in", self._folder / f"{number}.out"
        source.write_text(text, encoding="utf-8")
        target.unlink(missing_ok=True)
        done = self._run("--config", str(source), "--write-config-to", str(target))
        written = target.read_text(encoding="utf-8") if target.exists() else ""
        accepted = done.returncode == 0 and "unrecognized feature gate" not in done.stderr
        return Verdict(accepted, "lenient decoding" in done.stderr, written, done.stderr)
