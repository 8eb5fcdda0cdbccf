# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions, third-party libraries that are missing, and parts of a URL."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils import _deps, _version
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.failures import ConfigurationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.client import path, segment

ROOT = Path(__file__).resolve().parents[6]


def test_version_is_that_of_the_collection() -> None:
    text = (ROOT / "galaxy.yml").read_text(encoding="utf-8")
    assert re.findall(r"^version:\s*[\"']?([^\s\"']+)", text, re.MULTILINE) == [_version.VERSION]


def test_minimum_versions_are_those_of_the_execution_environment() -> None:
    text = (ROOT / "meta" / "ee-requirements.txt").read_text(encoding="utf-8")
    assert dict(re.findall(r"^([A-Za-z]+)\s*>=\s*([0-9.]+)", text, re.MULTILINE)) == _deps.MINIMUM


def test_libraries_at_hand_are_not_missing() -> None:
    assert _deps.missing("httpx", "isodate") == []


def test_library_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_deps.MINIMUM, "httpx", "999.0.0")
    ((requirement, reason),) = _deps.missing("httpx", "isodate")
    assert requirement == "httpx >= 999.0.0"
    assert importlib.metadata.version("httpx") in reason


def test_everything_imports_without_the_libraries() -> None:
    # Python itself refuses to import a module whose entry in sys.modules is None.
    script = (
        "import sys; sys.modules.update(dict.fromkeys(('httpx', 'isodate', 'kubernetes')))\n"
        "import conftest\n"
        # Ansible needs YAML itself to find collections.
        "from ansible.module_utils import basic\n"
        "from ansible_collections.clusterops.kube_proxy.plugins.module_utils import _version\n"
        "from ansible.module_utils.compat import version\n"
        "sys.modules['yaml'] = None\n"
        "from ansible_collections.clusterops.kube_proxy.plugins.module_utils import _deps\n"
        "from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh import kube_api\n"
        "from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import run\n"
        "from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.self_hosted import inspect_state\n"
        "from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.self_hosted import rollout\n"
        "for requirement, reason in _deps.missing('httpx', 'isodate', 'PyYAML'): print(requirement, reason)\n"
        "conftest.pytest_unconfigure()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT / "tests" / "unit"
    )
    assert done.returncode == 0, done.stderr
    for name, imported in (("httpx", "httpx"), ("isodate", "isodate"), ("PyYAML", "yaml")):
        assert f"{name} >= {_deps.MINIMUM[name]}" in done.stdout
        assert f"import of {imported} halted" in done.stdout


@pytest.mark.parametrize(
    ("value", "encoded"),
    [("10.0.0.0/8", "10.0.0.0%2F8"), ("a b?#%", "a%20b%3F%23%25"), ("é", "%C3%A9"), ("a~b", "a~b")],
)
def test_segment_is_encoded(value: str, encoded: str) -> None:
    assert segment(value) == encoded
    assert path("x", value) == f"/x/{encoded}"


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_segment_that_would_change_the_path(value: t.Any) -> None:
    with pytest.raises(ConfigurationError):
        segment(value)
