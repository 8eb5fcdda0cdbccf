# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the programs that a release needs."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

import home

from .plan import RefusedError


def run(*command: str, cwd: Path, environment: t.Mapping[str, str] | None = None) -> str:
    """What it prints on its standard output; a failure is :class:`RefusedError` with what it says."""
    done = subprocess.run(
        command,
        check=False,
        cwd=cwd,
        env=dict(environment) if environment is not None else None,
        stdin=subprocess.DEVNULL,
        # Ctrl-C does not reach it: git ends what it has begun.
        start_new_session=True,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip() or "it says nothing"
        raise RefusedError(f"`{' '.join(command)}` failed with exit status {done.returncode}: {said}")
    return done.stdout


def ansible(cache: Path) -> dict[str, str]:
    """An environment for Ansible's programs, beside this Python, in which no setting of the user's counts."""
    isolated = home.environment(cache / "home")
    kept = {name: value for name, value in os.environ.items() if name not in isolated}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    # Ansible runs in no other locale than one with UTF-8.
    own = {"PATH": path, "LC_ALL": "C.UTF-8"}
    return {**kept, **{name: value for name, value in isolated.items() if value is not None}, **own}
