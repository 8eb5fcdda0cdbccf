# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection and the simulator of OVHcloud's API, for the functional tests."""

from __future__ import annotations

import sys
import typing as t
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "gate"), str(TESTS / "simulator"), str(TESTS / "functional")]

import collection_loader
from ovh_simulator import Simulator

collection_loader.install()


def pytest_unconfigure() -> None:
    collection_loader.remove()


@pytest.fixture(scope="session")
def _shared_simulator() -> t.Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def sim(_shared_simulator: Simulator) -> Simulator:
    """The simulator as on its first day: default settings, no clusters, nothing recorded."""
    _shared_simulator.reset()
    return _shared_simulator


@pytest.fixture
def make_sim() -> t.Iterator[t.Callable[..., Simulator]]:
    """Starts simulators of one's own, with the arguments of Simulator; they stop with the test."""
    running: list[Simulator] = []

    def make(*args: t.Any, **kwargs: t.Any) -> Simulator:
        simulator = Simulator(*args, **kwargs).start()
        running.append(simulator)
        return simulator

    yield make
    for simulator in running:
        simulator.stop()
