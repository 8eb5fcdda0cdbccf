# SPDX-License-Identifier: GPL-3.0-or-later

"""The documents, the programs that make the site of them, and the collection that they are about."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
sys.path[:0] = [str(TESTS / folder) for folder in ("gate", "simulator", "docs")] + [str(ROOT / "docs" / "site")]

import collection_loader
from ovh_simulator import Simulator
from ovh_simulator.fixtures import shared_simulator, sim

__all__ = ["shared_simulator", "sim"]

collection_loader.install()

FOREIGN = re.compile("ANSIBLE_|OVH_|K8S_AUTH_|TF_|KUBECONFIG$|.*_PROXY$", re.IGNORECASE)


def pytest_unconfigure() -> None:
    collection_loader.remove()


class Shell:
    """``shell(text)``: commands as a reader types them, in a folder of its own with the programs of this Python."""

    def __init__(self, sim: Simulator, work: Path) -> None:
        self.sim, self.work = sim, work
        folder = work / "collections" / "ansible_collections" / "clusterops"
        folder.mkdir(parents=True)
        (folder / "kube_proxy").symlink_to(ROOT)

    def __call__(self, text: str, **variables: str) -> subprocess.CompletedProcess[str]:
        known = self.sim.credentials.as_dict()
        environment = {
            **{name: value for name, value in os.environ.items() if not FOREIGN.match(name)},
            **{
                f"OVH_{name.upper()}": known[name] for name in ("application_key", "application_secret", "consumer_key")
            },
            "ANSIBLE_COLLECTIONS_PATH": str(self.work / "collections"),
            "ANSIBLE_HOME": str(self.work / "home"),
            "ANSIBLE_NOCOLOR": "1",
            "HOME": str(self.work),
            "OVH_CLOUD_PROJECT_SERVICE": self.sim.service_name,
            "OVH_ENDPOINT": self.sim.url,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{self.work}{os.pathsep}{os.environ['PATH']}",
            **variables,
        }
        return subprocess.run(
            ["sh", "-ec", text],
            check=False,
            cwd=self.work,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture
def shell(sim: Simulator, tmp_path: Path) -> Shell:
    return Shell(sim, tmp_path)


@pytest.fixture(scope="session")
def site() -> Path:
    folder = ROOT / ".cache" / "site" / "html"
    assert (folder / "index.html").is_file(), "build the site first: make docs, or the session docs of nox"
    return folder
