# SPDX-License-Identifier: GPL-3.0-or-later

"""Which processes of a play import what of this collection's own code."""

from __future__ import annotations

from pathlib import Path

PREFIX = "ansible_collections.clusterops.kube_proxy.plugins.module_utils."
SITE = f"""\
import os, sys

def note(event, arguments):
    if event == "import" and arguments[0].startswith({PREFIX!r}):
        with open(os.environ["IMPORT_RECORD"], "a") as file:
            file.write(f"{{os.getpid()}} {{arguments[0]}}\\n")

sys.addaudithook(note)
"""


class ImportRecord:
    """``variables`` are those with which a Python notes what it and its forks import."""

    def __init__(self, work: Path) -> None:
        self._file = work / "imports"
        site = work / "site"
        site.mkdir(exist_ok=True)
        (site / "sitecustomize.py").write_text(SITE, encoding="utf-8")
        self.variables = {"PYTHONPATH": str(site), "IMPORT_RECORD": str(self._file)}

    def by_process(self) -> dict[str, list[str]]:
        """The modules that each process imported; the process that began first is the first."""
        imported: dict[str, list[str]] = {}
        lines = self._file.read_text(encoding="utf-8").splitlines() if self._file.exists() else []
        for line in lines:
            process, name = line.split()
            imported.setdefault(process, []).append(name.removeprefix(PREFIX))
        return imported
