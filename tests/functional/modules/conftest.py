# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules of the managed clusters, run in this process against the simulator."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from module_run import ModuleRun, Outcome
from ovh_simulator import Simulator

SIGNED = ("application_key", "application_secret", "consumer_key")
#: Modules that never wait, and hence have no options about it.
AT_ONCE = ("kube_cluster_info", "kube_cluster_kubeconfig")


class Run(ModuleRun):
    """``run(module, check=False, **options)``; the options of the connection need not be given."""

    def __init__(
        self, sim: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], recovery: Path
    ) -> None:
        super().__init__(monkeypatch, capsys)
        self._sim = sim
        self._recovery = recovery

    def __call__(self, module: str, /, *, check: bool = False, **options: t.Any) -> Outcome:
        known = self._sim.credentials.as_dict()
        given: dict[str, t.Any] = {
            "endpoint": self._sim.url,
            "service_name": self._sim.service_name,
            **{name: known[name] for name in SIGNED},
        }
        if module not in AT_ONCE:
            given.update(wait_sleep=0.01, wait_timeout=20)
        if module == "kube_cluster_reset":
            # The clusters of the simulator have no API server; tests/functional/kubernetes has one.
            given.update(recovery_path=str(self._recovery), read_contents=False)
        return self.bare(module, check=check, **{**given, **options})

    def refused(self, module: str, /, *, check: bool = False, **options: t.Any) -> Outcome:
        """A run that must fail, and change nothing."""
        before = len(self._sim.mutations)
        outcome = self(module, check=check, **options)
        assert outcome.failed, outcome.result
        assert len(self._sim.mutations) == before
        return outcome

    def done(self, module: str, /, *, check: bool = False, **options: t.Any) -> Outcome:
        """A run that must succeed, and in check mode change nothing."""
        before = len(self._sim.mutations)
        outcome = self(module, check=check, **options)
        assert not outcome.failed, outcome["msg"]
        if check:
            assert len(self._sim.mutations) == before
        return outcome


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory, and an environment that says nothing about OVHcloud or proxies."""
    for name in list(os.environ):
        if name.upper().startswith("OVH_") or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    return home


@pytest.fixture
def recovery(tmp_path: Path) -> Path:
    """Where resets keep their record; not there yet."""
    return tmp_path / "recovery"


@pytest.fixture
def run(
    sim: Simulator, home: Path, recovery: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    return Run(sim, monkeypatch, capsys, recovery)


@pytest.fixture
def wire(sim: Simulator) -> t.Callable[[], list[tuple[str, str]]]:
    """Authenticated requests so far, as method and path below the clusters of the project."""

    def requests() -> list[tuple[str, str]]:
        prefix = f"/cloud/project/{sim.service_name}/kube"
        return [
            (request.method, request.route.removeprefix(prefix))
            for request in sim.requests
            if request.route.startswith(prefix)
        ]

    return requests
