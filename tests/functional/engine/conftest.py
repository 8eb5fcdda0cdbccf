# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine connected to the simulator, with time controlled by the test: a sleep passes at once."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.deadline import Clock, Deadline
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.local.journal import Journal
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh import connection as configuration
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.client import OvhClient
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.kube_api import KubeApi
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.run import Waiting
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.context import Context
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.outcome import sentence
from ovh_simulator import Simulator

#: Sleeps after which a wait that has not ended never will.
PATIENCE = 2000
#: What the wall clock shows when the other one shows zero.
EPOCH = 1_800_000_000.0


class Killed(BaseException):
    """What ends a process from outside; nothing may catch it."""


class Rig:
    """Makes contexts for runs, and lets things happen at a certain sleep.

    ``now`` is what the clock shows, in seconds; ``slept`` counts the engine's sleeps.
    """

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.now = 0.0
        self.slept = 0
        self.last: Context
        self._events: dict[int, t.Callable[[], t.Any]] = {}
        connection = configuration.resolve(
            {"endpoint": sim.url, "access_token": sim.credentials.access_token}, {}, lambda path: None
        )
        # Pauses between repetitions of a request take time as well.
        self._client = OvhClient(connection, sleep=self._pass, jitter=lambda: 1.0)

    def context(self, *, check_mode: bool = False, wait: bool = True, timeout: float = 3600) -> Context:
        """A run of its own; ``last`` keeps it for what it left behind."""
        self.slept = 0
        self._events.clear()
        clock = Clock(lambda: self.now, self._sleep, lambda: EPOCH + self.now)
        deadline = Deadline.after(timeout, clock)
        api = KubeApi(self._client, self.sim.service_name, deadline)
        self.last = Context(api, check_mode, Waiting(wait, timeout, sleep=5), clock, until=deadline)
        return self.last

    def at(self, sleep: int, event: t.Callable[[], t.Any]) -> None:
        """Let it happen in the engine's n-th sleep of the run, counted from 1."""
        self._events[sleep] = event

    def kill_at(self, sleep: int) -> None:
        def kill() -> t.NoReturn:
            raise Killed

        self.at(sleep, kill)

    @property
    def warnings(self) -> list[str]:
        """The warnings of the last run, as a user reads them."""
        return [sentence(warning) for warning in self.last.warnings]

    def close(self) -> None:
        self._client.close()

    def sent(self, suffix: str = "") -> list[t.Any]:
        """Mutations whose path ends in suffix."""
        return [request for request in self.sim.mutations if request.route.endswith(suffix)]

    def _pass(self, seconds: float) -> None:
        self.now += seconds

    def _sleep(self, seconds: float) -> None:
        self._pass(seconds)
        self.slept += 1
        assert self.slept < PATIENCE, "waits for ever"
        event = self._events.get(self.slept)
        if event is not None:
            event()


@pytest.fixture
def rig(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[Rig]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    rig = Rig(sim)
    yield rig
    rig.close()


@pytest.fixture
def kube_id(request: pytest.FixtureRequest, sim: Simulator) -> str:
    """A cluster that runs kube-proxy in the mode iptables, with the fields that the test's file has in CLUSTER."""
    return sim.add_cluster(name="prod", kubeProxyMode="iptables", **getattr(request.module, "CLUSTER", {}))


@pytest.fixture
def killed() -> type[Killed]:
    return Killed


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "recovery")
