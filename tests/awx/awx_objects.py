# SPDX-License-Identifier: GPL-3.0-or-later

"""What extensions/awx says, as Ansible reads it: with its templates rendered, and with the injectors left alone."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

import yaml

Json = dict[str, t.Any]

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "extensions" / "awx").glob("*.yml"))


@functools.cache
def objects(**settings: str) -> Json:
    """The variables of infra.aap_configuration."""
    names = [name for file in FILES for name in _names(file) if name.startswith("controller_")]
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder, "found.json")
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "vars_files": [str(file) for file in FILES],
            "vars": {**settings, "names": names},
            "tasks": [
                {
                    "ansible.builtin.copy": {
                        "content": "{{ dict(names | zip(query('ansible.builtin.vars', *names))) | to_json }}",
                        "dest": str(found),
                        "mode": "0600",
                    }
                }
            ],
        }
        Path(folder, "play.json").write_text(json.dumps([play]), encoding="utf-8")
        subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "--connection", "local", "play.json"],
            check=True,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": "/dev/null", "ANSIBLE_HOME": folder},
            capture_output=True,
        )
        return dict(json.loads(found.read_text(encoding="utf-8")))


def _names(file: Path) -> list[str]:
    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))
    return list(yaml.load(file.read_text(encoding="utf-8"), Loader))  # noqa: S506 - a safe loader


def credential_type(name: str) -> Json:
    return _named("controller_credential_types", name)


def job_template(name: str) -> Json:
    return _named("controller_templates", f"kube-proxy: {name}")


def _named(kind: str, name: str) -> Json:
    (found,) = [one for one in objects()[kind] if one["name"] == name]
    return dict(found)
