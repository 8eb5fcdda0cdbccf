# SPDX-License-Identifier: GPL-3.0-or-later

"""A client connected to the simulator, with time in the hands of the test."""

from __future__ import annotations

import dataclasses
import time
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh import connection as configuration
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.client import OvhClient, path
from ovh_simulator import Simulator

CREDENTIALS = {
    "signed": ("application_key", "application_secret", "consumer_key"),
    "service_account": ("client_id", "client_secret"),
    "token": ("access_token",),
}


@dataclasses.dataclass
class Rig:
    """A client and what it did outside HTTP; ``now`` is what its monotonic clock shows."""

    client: OvhClient
    simulator: Simulator
    waits: list[float]
    learnt: list[str]
    now: float = 0.0

    def get(self, *parts: str) -> t.Any:
        return self.client.call("GET", self.path(*parts))

    def path(self, *parts: str) -> str:
        return path("cloud", "project", self.simulator.service_name, "kube", *parts)

    def wire(self, method: str, suffix: str = "/kube") -> list[t.Any]:
        """The recorded requests of a method whose path ends in suffix."""
        return [
            request
            for request in self.simulator.requests
            if request.method == method and request.path.partition("?")[0].endswith(suffix)
        ]


Connect = t.Callable[..., Rig]


@pytest.fixture
def connect(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[Connect]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    rigs: list[Rig] = []

    def make(
        method: str = "signed",
        *,
        simulator: Simulator = sim,
        clock: t.Callable[[], float] = time.time,
        **options: t.Any,
    ) -> Rig:
        known = simulator.credentials.as_dict()
        connection = configuration.resolve(
            {
                "endpoint": simulator.url,
                "token_url": simulator.token_url,
                **{name: known[name] for name in CREDENTIALS[method]},
                **options,
            },
            {},
            lambda path: None,
        )
        waits: list[float] = []

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            rig.now += seconds

        learnt: list[str] = []
        client = OvhClient(
            connection,
            clock=clock,
            monotonic=lambda: rig.now,
            sleep=sleep,
            jitter=lambda: 1.0,
            on_secret=learnt.append,
        )
        rig = Rig(client, simulator, waits, learnt)
        rigs.append(rig)
        return rig

    yield make
    for rig in rigs:
        rig.client.close()
