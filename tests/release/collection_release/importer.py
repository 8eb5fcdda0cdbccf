# SPDX-License-Identifier: GPL-3.0-or-later

"""What Galaxy's importer finds in a tarball. Galaxy takes one with warnings; a release does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .tools import ansible

#: ansible-test would run in a container. The gate has tiers for it.
CONFIGURATION = """\
[galaxy-importer]
check_required_tags = true
log_level_main = INFO
offline_ansible_lint = true
run_ansible_doc = true
run_ansible_lint = true
run_ansible_test = false
run_flake8 = false
"""
PROGRAM = Path(__file__).with_name("patient_importer.py")
FINDINGS = ("WARNING: ", "ERROR: ", "CRITICAL: ")
#: The last line of an import that came to its end.
END = "Importer processing completed successfully"


def findings(tarball: Path, work: Path, cache: Path) -> list[str]:
    """In the words of the importer, which writes its result into the folder ``work``."""
    configuration = work / "galaxy-importer.cfg"
    configuration.write_text(CONFIGURATION, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-P", str(PROGRAM), str(tarball)],
        check=False,
        cwd=work,
        env={**ansible(cache), "GALAXY_IMPORTER_CONFIG": str(configuration)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return judge(done.stdout, done.returncode)


def judge(output: str, status: int) -> list[str]:
    lines = output.splitlines()
    found = [f"galaxy-importer: {line}" for line in lines if line.startswith(FINDINGS)]
    if status or END not in lines:
        found.append(f"galaxy-importer ended with exit status {status}, after: " + "\n".join(lines[-20:]))
    return found
