# SPDX-License-Identifier: GPL-3.0-or-later

"""The stage of a case: the simulated account as a scenario wants it, and runs of its module through faulty proxies."""

from __future__ import annotations

import copy
import dataclasses
import json
import shutil
import tempfile
import typing as t
from pathlib import Path

from ovh_simulator import Simulator

from .proxy import Exchange, Proxy, Spoiler
from .sandbox import Ended, Job, Sandbox
from .scenarios import AT_ONCE, CREDENTIALS, NAME, SECRETS, Scenario

#: Seconds that a module is told to wait at most, and for each answer.
WAIT_TIMEOUT = 300.0
ANSWER_TIMEOUT = 1.0
SERVICE_NAME = "c0ffee00c0ffee00c0ffee00c0ffee00"
#: What no two runs have in common.
_VOLATILE = ("id", "url", "nodesUrl", "createdAt", "updatedAt", "nodepools", "kubeconfigGeneration", "status")
BYSTANDER = {"name": "bystander", "region": "GRA11", "kubeProxyMode": "ipvs", "ipRestrictions": ["192.0.2.99/32"]}


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of a module: how it ended and what went over the wire."""

    ended: Ended
    exchanges: list[Exchange]


Choose = t.Callable[[Exchange], "Spoiler | None"]


def no_fault(_exchange: Exchange) -> Spoiler | None:
    return None


class Stage:
    """One simulator; ``sandboxes`` as many runs at once as are wanted. Make the sandboxes before any thread."""

    def __init__(self, sandboxes: t.Sequence[Sandbox]) -> None:
        self._sandboxes = sandboxes
        # Sleeps take no time in a run, so that its clock is ahead.
        self.sim = Simulator({"time_window": 10**9}, credentials=SECRETS, service_name=SERVICE_NAME).start()
        host, port = self.sim.url.removeprefix("http://").removesuffix("/1.0").split(":")
        self._proxies = [Proxy((host, int(port))) for _sandbox in sandboxes]
        self.folder = Path(tempfile.mkdtemp(prefix="fault-campaign-"))
        self.kube_id: str | None = None
        self.bystander = ""

    def close(self) -> None:
        for proxy in self._proxies:
            proxy.close()
        self.sim.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def prepare(self, scenario: Scenario) -> None:
        """The account as the scenario begins."""
        self.sim.reset()
        self.bystander = self.sim.add_cluster(**BYSTANDER)
        self.kube_id = None if scenario.cluster is None else self.sim.add_cluster(**copy.deepcopy(scenario.cluster))
        for entry in self.folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def run(
        self,
        scenario: Scenario,
        choose: Choose = no_fault,
        *,
        at: int = 0,
        started: t.Callable[[int], None] = lambda pid: None,
        options: t.Mapping[str, t.Any] | None = None,
        **job: t.Any,
    ) -> Run:
        """Run its module; ``at`` is the place of the run among those at the same time."""
        proxy = self._proxies[at]
        proxy.begin(choose)
        arguments = {**self._options(scenario, proxy.port), **(options or {})}
        limit = 20 * WAIT_TIMEOUT
        ended = self._sandboxes[at].run(
            Job(scenario.module, arguments, check=scenario.check, sleep_limit=limit, **job), started
        )
        return Run(ended, proxy.exchanges)

    def _options(self, scenario: Scenario, port: int) -> dict[str, t.Any]:
        options: dict[str, t.Any] = {
            "endpoint": f"http://127.0.0.1:{port}/1.0",
            "token_url": f"http://127.0.0.1:{port}/auth/oauth2/token",
            "service_name": SERVICE_NAME,
            "timeout": ANSWER_TIMEOUT,
            **{name: SECRETS[name] for name in CREDENTIALS[scenario.credentials]},
        }
        if scenario.module not in AT_ONCE:
            options.update(wait_timeout=WAIT_TIMEOUT, wait_sleep=5)
        if scenario.module == "kube_cluster_reset":
            # The simulator's clusters have no API server.
            options.update(recovery_path=str(self.recovery), read_contents=False)
        given = json.dumps(scenario.options).replace("{id}", self.kube_id or "").replace("{folder}", str(self.folder))
        return {**options, **json.loads(given)}

    # --- what is there ------------------------------------------------------------------------------------------

    @property
    def recovery(self) -> Path:
        return self.folder / "recovery"

    def records(self) -> list[str]:
        """Unfinished resets on file, and whatever else was left in the folder."""
        return sorted(path.name for path in self.recovery.rglob("*")) if self.recovery.is_dir() else []

    def kubeconfig_file(self) -> str | None:
        path = self.folder / "config"
        return path.read_text() if path.is_file() else None

    def files(self) -> dict[str, bytes]:
        """Content of every file but the records of resets, which are the module's own."""
        own = self.recovery
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and own not in path.parents
        }

    def settle(self) -> None:
        """Let every operation end, as it does when somebody waits."""
        with self.sim.lock:
            for cluster in self.sim.clusters:
                for _poll in range(50):
                    if not cluster.busy:
                        break
                    cluster.poll()
                    cluster.polled()

    def state(self) -> list[dict[str, t.Any]]:
        """The clusters, without what differs between any two runs."""
        with self.sim.lock:
            clusters = [copy.deepcopy(cluster.data) for cluster in self.sim.clusters]
        return [{name: value for name, value in data.items() if name not in _VOLATILE} for data in clusters]

    def ours(self) -> list[str]:
        """Ids of the clusters of the scenario's name."""
        return [cluster.id for cluster in self.sim.clusters if cluster["name"] == NAME]

    def kubeconfig_secrets(self) -> list[str]:
        return [secret for cluster in self.sim.clusters for secret in cluster.kubeconfig_secrets()]
