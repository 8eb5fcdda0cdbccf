# SPDX-License-Identifier: GPL-3.0-or-later

"""Third-party libraries: imported in one file, and a missing one is a sentence."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils import _deps, _version

ROOT = Path(__file__).resolve().parents[4]
#: All but yaml, which Ansible needs itself.
LIBRARIES = ("httpx", "isodate", "kubernetes", "urllib3", "websocket")


def test_version_is_that_of_the_collection() -> None:
    text = (ROOT / "galaxy.yml").read_text(encoding="utf-8")
    assert re.findall(r"^version:\s*[\"']?([^\s\"']+)", text, re.MULTILINE) == [_version.VERSION]


def test_minimum_versions_are_those_of_the_execution_environment() -> None:
    text = (ROOT / "meta" / "ee-requirements.txt").read_text(encoding="utf-8")
    assert dict(re.findall(r"^([A-Za-z]+)\s*>=\s*([0-9.]+)", text, re.MULTILINE)) == _deps.MINIMUM


def test_libraries_at_hand_are_not_missing() -> None:
    assert _deps.missing(*_deps.MINIMUM) == []


def test_library_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_deps.MINIMUM, "httpx", "999.0.0")
    ((requirement, reason),) = _deps.missing("httpx", "isodate")
    assert requirement == "httpx >= 999.0.0"
    assert importlib.metadata.version("httpx") in reason


def test_library_without_metadata_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert _deps.missing(*_deps.MINIMUM) == []


def test_no_other_file_imports_a_third_party_library() -> None:
    """Except for types: what stands below TYPE_CHECKING is never executed."""
    own = ("ansible", "ansible_collections", "__future__")
    found = {
        (path.name, name)
        for path in (ROOT / "plugins").rglob("*.py")
        if path.name != "_deps.py"
        for name in imported(ast.parse(path.read_text(encoding="utf-8")))
        if name not in own and name not in sys.stdlib_module_names
    }
    assert found == set()


def imported(tree: ast.AST) -> t.Iterator[str]:
    """The top-level names of absolute imports, wherever they stand in the file."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield str(node.module).partition(".")[0]
        elif not (isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")):
            yield from imported(node)


def test_a_private_copy_is_not_the_library() -> None:
    copy = _deps.private_copy("urllib3.util.retry")
    public = _deps.urllib3.util.retry
    assert copy.Retry is not public.Retry
    assert sys.modules["urllib3.util.retry"] is public
    with pytest.raises(ModuleNotFoundError):
        _deps.private_copy("urllib3.absent")


def test_everything_imports_without_the_libraries() -> None:
    # Python itself refuses to import a module whose entry in sys.modules is None.
    script = (
        f"import sys; sys.modules.update(dict.fromkeys({LIBRARIES!r}))\n"
        "import conftest\n"
        # Ansible needs YAML itself to find collections.
        "from ansible.module_utils import basic\n"
        "from ansible_collections.clusterops.kube_proxy.plugins.module_utils import _version\n"
        "from ansible.module_utils.compat import version\n"
        "sys.modules['yaml'] = None\n"
        "from ansible_collections.clusterops.kube_proxy.plugins.module_utils import _deps\n"
        "from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh import kube_api\n"
        "from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import run\n"
        "from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import self_hosted_modules\n"
        "from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.self_hosted import inspect_state\n"
        "from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.self_hosted import rollout\n"
        "for requirement, reason in _deps.missing(*_deps.MINIMUM): print(requirement, reason)\n"
        "conftest.pytest_unconfigure()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT / "tests" / "unit"
    )
    assert done.returncode == 0, done.stderr
    for name, imported in (
        ("httpx", "httpx"),
        ("isodate", "isodate"),
        ("PyYAML", "yaml"),
        ("kubernetes", "kubernetes"),
    ):
        assert f"{name} >= {_deps.MINIMUM[name]}" in done.stdout
        assert f"import of {imported} halted" in done.stdout
