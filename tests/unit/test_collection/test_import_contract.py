# SPDX-License-Identifier: GPL-3.0-or-later

"""The import contract of pyproject.toml holds, and a wrong import in any layer or room breaks it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="import-linter is not installed")

ROOT = Path(__file__).resolve().parents[3]
UTILS = Path("ansible_collections", "clusterops", "kube_proxy", "plugins", "module_utils")


class Copy(t.NamedTuple):
    """A copy of the shipped code, to be broken."""

    root: Path

    def check(self) -> subprocess.CompletedProcess[str]:
        program = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
        return subprocess.run(
            [sys.executable, "-c", program, "--no-cache", "pyproject.toml"],
            check=False,
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "plugins" / "module_utils", tmp_path / UTILS, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return Copy(tmp_path)


def test_the_contract_holds(copy: Copy) -> None:
    done = copy.check()
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("file", "wrong", "contract"),
    [
        ("_domain/common/blank.py", "from ..._engine.common.report import Report", "Layers: "),
        ("_adapters/ovh/kube_api.py", "from ..._engine.common.run import Run", "Layers: "),
        ("_engine/common/report.py", "from ..._shell.outcome import outcome", "Layers: "),
        ("_domain/kube_proxy/periods.py", "from ..managed import overlay", "The domain's worlds"),
        ("_domain/node/drift.py", "from ..self_hosted import effective", "The domain's worlds"),
        ("_domain/audit/record.py", "from ..managed import overlay", "The domain's worlds"),
        ("_engine/node/survey.py", "from ..managed import wait", "The engine's worlds"),
        ("_adapters/node/kernel.py", "from ..ovh import client", "Adapters do not know"),
        ("_engine/common/run.py", "from ansible.module_utils.basic import AnsibleModule", "Only the shell"),
        ("_domain/common/blank.py", "import subprocess", "The domain does no input"),
        ("_engine/managed/wait.py", "import socket", "The engine reaches"),
    ],
)
def test_a_wrong_import_breaks_it(copy: Copy, file: str, wrong: str, contract: str) -> None:
    path = copy.root / UTILS / file
    text = path.read_text(encoding="utf-8")
    line = "from __future__ import annotations\n"
    path.write_text(text.replace(line, f"{line}{wrong}\n"), encoding="utf-8")
    done = copy.check()
    assert done.returncode != 0
    broken = [line for line in done.stdout.splitlines() if line.startswith(contract) and " BROKEN" in line]
    assert broken, done.stdout
