# SPDX-License-Identifier: GPL-3.0-or-later

"""pytest's fixtures of the simulator: a conftest.py imports the ones that its tests use."""

from __future__ import annotations

import typing as t

import pytest

from .server import Simulator


@pytest.fixture(scope="session")
def shared_simulator() -> t.Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def sim(shared_simulator: Simulator) -> Simulator:
    """The simulator as it was when it started: default settings, no clusters, nothing recorded."""
    shared_simulator.reset()
    return shared_simulator


@pytest.fixture
def make_sim() -> t.Iterator[t.Callable[..., Simulator]]:
    """Starts further simulators, with the arguments of Simulator; they stop with the test."""
    running: list[Simulator] = []

    def make(*args: t.Any, **kwargs: t.Any) -> Simulator:
        simulator = Simulator(*args, **kwargs).start()
        running.append(simulator)
        return simulator

    yield make
    for simulator in running:
        simulator.stop()
