# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible packs for a node and runs there: Python 3.9, the standard library, and no code for other worlds."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
COLLECTION = Path("ansible_collections/clusterops/kube_proxy")
#: Rooms of the collection that a node may have, below plugins.
FOR_NODES = (
    "module_utils/_adapters/node",
    "module_utils/_domain/common",
    "module_utils/_domain/kube_proxy",
    "module_utils/_domain/node",
    "module_utils/_engine/common",
    "module_utils/_engine/node",
)
#: Single files besides: the shell's, and what the shell names.
FILES_FOR_NODES = {
    "module_utils/_adapters/deadline.py",
    "module_utils/_adapters/failures.py",
    "module_utils/_adapters/local/regular_files.py",
    "module_utils/_deps.py",
    "module_utils/_shell/checked_options.py",
    "module_utils/_shell/given_options.py",
    "module_utils/_shell/hiding.py",
    "module_utils/_shell/module_spec.py",
    "module_utils/_shell/outcome.py",
    "module_utils/_shell/refused_options.py",
    "module_utils/_shell/run.py",
    "module_utils/_shell/task.py",
}
#: What knows Ansible, in a module of this collection, beside the module itself.
KNOW_ANSIBLE = {
    "module_utils/_shell/checked_options.py",
    "module_utils/_shell/given_options.py",
    "module_utils/_shell/run.py",
}
#: Packed, since Ansible packs whatever an import names, and never imported.
NEVER_IMPORTED = "module_utils/_deps.py"


class Case(t.NamedTuple):
    """A module for nodes: options with which it ends alike anywhere, files of its own, and how its result is right."""

    name: str
    options: dict[str, t.Any]
    files: frozenset[str]
    #: code that does its work
    engine: str
    is_right: t.Callable[[dict[str, t.Any]], bool]
    status: int = 0


CASES = (
    Case(
        "kube_proxy_node_info",
        {"mode": "ipvs"},
        frozenset({"module_utils/_shell/node_module.py", "module_utils/_shell/options.py"}),
        "survey",
        lambda result: bool(result["required"]["mode"] == "ipvs"),
    ),
    Case(
        "kube_proxy_node_probe",
        {"targets": [{"address": "127.0.0.1:1"}], "duration": 0.2, "watch_mode": False},
        frozenset(
            {
                "module_utils/_adapters/local/places.py",
                "module_utils/_adapters/local/private_files.py",
                "module_utils/_shell/node_probe_module.py",
            }
        ),
        "probe",
        lambda result: bool(result["complete"] and result["connections"]),
    ),
    Case(
        "kube_proxy_node_rules",
        {"lifetime": 60},
        frozenset(
            {
                "module_utils/_shell/node_module.py",
                "module_utils/_shell/node_rules_module.py",
                "module_utils/_shell/options.py",
            }
        ),
        "freeze",
        # It would change rules, so that it is asked for what it refuses.
        lambda result: [problem["option"] for problem in result["problems"]] == ["mode"],
        status=1,
    ),
)


class Packed(t.NamedTuple):
    """The program that Ansible sends, and the files in it by their path below plugins."""

    case: Case
    program: Path
    files: dict[str, Path]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def packed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Packed:
    """The module as ansible-core packs it for this machine."""
    case: Case = request.param
    work = tmp_path_factory.mktemp("packed")
    link = work / COLLECTION
    link.parent.mkdir(parents=True)
    link.symlink_to(REPOSITORY)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "ANSIBLE_COLLECTIONS_PATH": str(work),
        "ANSIBLE_HOME": str(work / "home"),
        "ANSIBLE_KEEP_REMOTE_FILES": "1",
        "ANSIBLE_REMOTE_TMP": str(work / "remote"),
    }
    module = f"clusterops.kube_proxy.{case.name}"
    python = f"ansible_python_interpreter={sys.executable}"
    options = json.dumps(case.options)
    command = [sys.executable, "-m", "ansible", "adhoc", "localhost", "-e", python, "-m", module, "-a", options]
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert bool(done.returncode) is bool(case.status), done.stdout + done.stderr
    [program] = (work / "remote").glob("*/AnsiballZ_*.py")
    subprocess.run([sys.executable, program, "explode"], env=environment, capture_output=True, timeout=60, check=True)
    [plugins] = program.parent.glob(f"*/{COLLECTION}/plugins")
    return Packed(case, program, {str(file.relative_to(plugins)): file for file in sorted(plugins.rglob("*.py"))})


def test_only_code_for_nodes_is_packed(packed: Packed) -> None:
    code = {name for name, file in packed.files.items() if file.name != "__init__.py"}
    assert f"module_utils/_engine/node/{packed.case.engine}.py" in code
    itself = f"modules/{packed.case.name}.py"
    assert {name for name in code if not name.startswith(FOR_NODES)} == FILES_FOR_NODES | packed.case.files | {itself}
    # The rooms of both worlds are for nodes as well, but not all that is in them.
    assert "module_utils/_domain/common/duration.py" not in code
    for word in ("ovh", "managed", "self_hosted", "kubernetes", "retry"):
        assert [name for name in packed.files if word in name] == []


def test_packed_code_is_python_3_9_and_imports_nothing_foreign(packed: Packed) -> None:
    for name, file in packed.files.items():
        tree = ast.parse(file.read_text("utf-8"), feature_version=(3, 9))
        knows_ansible = name in KNOW_ANSIBLE or name == f"modules/{packed.case.name}.py"
        own = ("ansible", "ansible_collections") if knows_ansible else ()
        foreign = {top for top in _imported(tree) if top not in sys.stdlib_module_names and top not in own}
        assert not foreign or name == NEVER_IMPORTED, f"{name} imports {foreign}"


def _imported(tree: ast.Module) -> t.Iterator[str]:
    """Top names of everything imported absolutely, wherever in the file."""
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and not statement.level:
            yield str(statement.module).partition(".")[0]


def test_module_runs_without_any_library(packed: Packed) -> None:
    command = [sys.executable, "-I", "-S", "-B", "-X", "importtime", str(packed.program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == packed.case.status, done.stderr
    assert packed.case.is_right(json.loads(done.stdout))
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert any(name.endswith(f"_engine.node.{packed.case.engine}") for name in imported)
    assert [name for name in imported if name.endswith("._deps")] == []
