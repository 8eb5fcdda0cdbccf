# SPDX-License-Identifier: GPL-3.0-or-later

"""What option_texts.py writes is up to date, and its check names what is not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
#: What the script reads and writes.
PARTS = ("plugins", "roles", "tests/generate", "tests/gate")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "tests/generate/option_texts.py", "--check"],
        check=False,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def check_with(folder: Path, file: str, text: str, other: str) -> subprocess.CompletedProcess[str]:
    """The check with another text in one file, which is put back."""
    path = folder / file
    before = path.read_text(encoding="utf-8")
    assert text in before
    path.write_text(before.replace(text, other), encoding="utf-8")
    try:
        return check(folder)
    finally:
        path.write_text(before, encoding="utf-8")


def test_nothing_is_stale(copy: Path) -> None:
    done = check(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "text", "other", "stale"),
    [
        # The source changed, and nobody ran the script.
        (
            "plugins/module_utils/_domain/kube_proxy/settings.py",
            "Interval at which kube-proxy refreshes its rules.",
            "How often kube-proxy refreshes its rules.",
            ["plugins/doc_fragments/_proxy_sections.py", "roles/self_hosted_cluster/meta/argument_specs.yml"],
        ),
        (
            "plugins/module_utils/_domain/kube_proxy/defaults.py",
            'SYNC_PERIOD = "30s"',
            'SYNC_PERIOD = "31s"',
            ["plugins/doc_fragments/_customization.py", "roles/managed_cluster/meta/argument_specs.yml"],
        ),
        # Somebody edited what the script writes.
        (
            "roles/node_prerequisites/meta/argument_specs.yml",
            "short_description: ",
            "short_description: Quickly ",
            ["roles/node_prerequisites/meta/argument_specs.yml"],
        ),
        (
            "plugins/doc_fragments/_customization.py",
            "Interval at which kube-proxy refreshes its rules.",
            "How often kube-proxy refreshes its rules.",
            ["plugins/doc_fragments/_customization.py"],
        ),
        (
            "plugins/modules/kube_proxy_rollout.py",
            "Name of the node.",
            "The node's name.",
            ["plugins/modules/kube_proxy_rollout.py"],
        ),
    ],
)
def test_the_check_names_what_is_stale(copy: Path, file: str, text: str, other: str, stale: list[str]) -> None:
    done = check_with(copy, file, text, other)
    assert done.returncode == 1, done.stdout
    assert [name for name in stale if f"--- {name}" not in done.stdout] == []


@pytest.mark.parametrize(
    ("file", "text", "other", "message"),
    [
        (
            "plugins/doc_fragments/_customization.py",
            "# END generated",
            "# The end",
            "plugins/doc_fragments/_customization.py: a mark of what is generated has lost its other half",
        ),
        (
            "plugins/doc_fragments/_ovh.py",
            "(see O(config_file))",
            "(see O(config_path))",
            "managed_cluster_endpoint cannot have the text of _ovh.endpoint, which has a link to config_path",
        ),
        (
            "tests/generate/roles/self_hosted_cluster.yml",
            "from: _kubernetes.proxy\n",
            "from: _kubernetes.proxies\n",
            "there is no documentation of _kubernetes.proxies to take a text from",
        ),
        (
            "tests/generate/returns.yml",
            "from: kubernetes_error",
            "from: k8s_error",
            "kube_proxy_config takes error, which is not under shared",
        ),
    ],
)
def test_a_wrong_source_is_named(copy: Path, file: str, text: str, other: str, message: str) -> None:
    done = check_with(copy, file, text, other)
    assert done.returncode == 1, done.stdout
    assert message in done.stdout
    assert "Traceback" not in done.stdout
