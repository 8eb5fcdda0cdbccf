# SPDX-License-Identifier: GPL-3.0-or-later

"""The repository as a project of AWX: what it lists as playbooks, and what an update of the project installs."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path, PurePosixPath

import yaml

ROOT = Path(__file__).resolve().parents[2]
#: How AWX finds playbooks: any YAML file with such a line, wherever it is indented.
PLAYBOOK = re.compile(r"\s*-?\s*(?:ansible\.builtin\.)?(?:hosts|include|import_playbook):")
#: Folders that it does not look into, like those that begin with a dot.
PASSED_OVER = {"roles", "tasks", "group_vars", "host_vars"}
#: Where tests have playbooks of their own. Their names say so in AWX's list.
OF_TESTS = (PurePosixPath("extensions/molecule"), PurePosixPath("tests"))


def listed(project: Path) -> list[str]:
    """What AWX offers as playbooks of a project."""
    found = []
    for folder, folders, files in os.walk(project):
        folders[:] = [name for name in folders if name not in PASSED_OVER and not name.startswith(".")]
        for name in files:
            path = Path(folder, name)
            if path.suffix in (".yml", ".yaml"):
                lines = path.read_text(encoding="utf-8", errors="ignore").splitlines()
                if any(map(PLAYBOOK.match, lines)) or (lines and lines[0].startswith("$ANSIBLE_VAULT;")):
                    found.append(path.relative_to(project).as_posix())
    return sorted(found)


def test_the_rule_itself(tmp_path: Path) -> None:
    texts = {
        "play.yml": "- hosts: all\n",
        "indented.yaml": "-\n    name: x\n    hosts:\n",
        "import.yml": "- ansible.builtin.import_playbook: other.yml\n",
        "encrypted.yml": "$ANSIBLE_VAULT;1.1;AES256\n",
        "variables.yml": "hosts_of_mine: 1\n",
        "quoted.yml": '"hosts": {}\n',
        "play.txt": "- hosts: all\n",
        "tasks/main.yml": "- hosts: all\n",
        ".hidden/play.yml": "- hosts: all\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert listed(tmp_path) == ["encrypted.yml", "import.yml", "indented.yaml", "play.yml"]


def test_every_playbook_is_listed_by_its_path(project: Path) -> None:
    playbooks = sorted(path.relative_to(project).as_posix() for path in project.glob("playbooks/*.yml"))
    assert "playbooks/managed.yml" in playbooks
    assert [name for name in listed(project) if name.startswith("playbooks/")] == playbooks


def test_nothing_else_is_listed_but_playbooks_of_tests(project: Path) -> None:
    """Each of them is a list of plays: no inventory, no variables and no documentation stand among them."""
    others = [name for name in listed(project) if not name.startswith("playbooks/")]
    assert [
        name
        for name in others
        if not PurePosixPath(name).is_relative_to(OF_TESTS[0]) and not PurePosixPath(name).is_relative_to(OF_TESTS[1])
    ] == []
    loaded = {name: yaml.safe_load((project / name).read_text(encoding="utf-8")) for name in others}
    assert [name for name, plays in loaded.items() if not isinstance(plays, list)] == []


def test_an_update_of_the_project_installs_its_collection(project: Path, installed: Path) -> None:
    folder = installed / "ansible_collections" / "clusterops" / "kube_proxy"
    manifest = json.loads((folder / "MANIFEST.json").read_text(encoding="utf-8"))["collection_info"]
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    assert manifest["version"] == galaxy["version"]
    assert manifest["dependencies"] == {}
    names = [[path.name for path in sorted(root.glob("playbooks/*.yml"))] for root in (folder, ROOT)]
    assert names[0] == names[1]
    # What jobs write is left out of the checkout.
    assert not (project / "collections" / "ansible_collections").exists()
