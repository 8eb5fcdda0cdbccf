# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("gate", "simulator", "functional", "awx")]

import collection_loader
import tree
from ovh_simulator.fixtures import shared_simulator, sim

__all__ = ["shared_simulator", "sim"]

collection_loader.install()


def pytest_unconfigure() -> None:
    collection_loader.remove()


#: Environment variable: a folder with ansible_collections/awx/awx.
AWX_COLLECTION = "KUBE_PROXY_AWX_COLLECTION"


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout, as AWX makes one."""
    return tree.sync(ROOT, tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="session")
def installed(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an update of the project installs: as AWX does it, in the folder of the project, and without a home."""
    target = tmp_path_factory.mktemp("requirements_collections")
    install = ["collection", "install", "-r", "collections/requirements.yml", "-p", str(target), "--force"]
    subprocess.run(
        [sys.executable, "-m", "ansible", "galaxy", *install],
        check=True,
        cwd=project,
        env={"PATH": os.environ["PATH"], "HOME": "/dev/null", "ANSIBLE_HOME": str(tmp_path_factory.mktemp("home"))},
        capture_output=True,
    )
    return target


@pytest.fixture(scope="session")
def collections(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of collections with this one, as installed, and awx.awx."""
    if not os.environ.get(AWX_COLLECTION):
        pytest.fail(f"{AWX_COLLECTION} has to name a folder with ansible_collections/awx/awx, as the session awx does")
    folder = tmp_path_factory.mktemp("collections")
    for name, source in (("clusterops/kube_proxy", installed), ("awx/awx", Path(os.environ[AWX_COLLECTION]))):
        link = folder / "ansible_collections" / name
        link.parent.mkdir(parents=True)
        link.symlink_to(source / "ansible_collections" / name)
    return folder
