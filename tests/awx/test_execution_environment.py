# SPDX-License-Identifier: GPL-3.0-or-later

"""The definition of an execution environment, and what the collection asks of any: read by ansible-builder itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEFINITION = ROOT / "execution-environment.yml"


def builder(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("ansible-builder")
    return subprocess.run([program, *arguments], check=False, cwd=cwd, capture_output=True, text=True)


def create(definition: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    names = ("--file", str(definition), "--context", str(folder / "context"), "--output-filename", "Containerfile")
    return builder("create", "-v", "3", *names, cwd=folder)


def test_it_is_what_ansible_builder_takes(tmp_path: Path) -> None:
    done = create(DEFINITION, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    text = (tmp_path / "context" / "Containerfile").read_text(encoding="utf-8")
    definition = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))
    assert definition["images"]["base_image"]["name"] in text
    dependencies = definition["dependencies"]
    for program in ("ansible_core", "ansible_runner"):
        assert dependencies[program]["package_pip"] in text
    galaxy = yaml.safe_load((tmp_path / "context" / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    ours = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    versions = {one["name"]: one["version"] for one in galaxy["collections"]}
    assert versions["clusterops.kube_proxy"] == ours["version"]


@pytest.mark.parametrize(
    ("good", "bad"),
    [("base_image", "base"), ("package_pip: ansible-core", "pip: ansible-core"), ("galaxy:", "collections:")],
)
def test_ansible_builder_refuses_others(tmp_path: Path, good: str, bad: str) -> None:
    text = DEFINITION.read_text(encoding="utf-8")
    assert good in text
    (tmp_path / "wrong.yml").write_text(text.replace(good, bad), encoding="utf-8")
    assert create(tmp_path / "wrong.yml", tmp_path).returncode != 0


def test_the_collection_asks_for_what_its_modules_import(installed: Path) -> None:
    done = builder("introspect", "--sanitize", str(installed), cwd=installed)
    assert done.returncode == 0, done.stdout + done.stderr
    found = yaml.safe_load(done.stdout)
    for kind, file in (("python", "ee-requirements.txt"), ("system", "ee-system.txt")):
        lines = (ROOT / "meta" / file).read_text(encoding="utf-8").splitlines()
        # ansible-builder leaves it out, because ansible-core brings it.
        asked = [line for line in lines if not line.startswith("PyYAML")]
        assert found[kind] == [f"{line}  # from collection clusterops.kube_proxy" for line in asked]
