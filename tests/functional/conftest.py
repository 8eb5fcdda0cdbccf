# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection, and the simulator of OVHcloud's API, for the functional tests."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / folder) for folder in ("gate", "simulator", "kubernetes", "functional")]

import collection_loader
from ovh_simulator.fixtures import make_sim, shared_simulator, sim

__all__ = ["make_sim", "shared_simulator", "sim"]

collection_loader.install()


def pytest_unconfigure() -> None:
    collection_loader.remove()
