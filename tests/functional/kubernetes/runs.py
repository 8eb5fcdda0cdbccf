# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of the modules for self-hosted clusters in this process, connected to the cluster of the fast tier."""

from __future__ import annotations

import typing as t

import pytest
import yaml

from kubernetes_bench import FastCluster
from module_run import ModuleRun, Outcome

#: What the documentation of kube_proxy_info lists for a run without probe.
READING: list[dict[str, t.Any]] = [
    {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]},
    {"apiGroups": ["apps"], "resources": ["daemonsets"], "verbs": ["get"]},
    {"apiGroups": [""], "resources": ["pods", "nodes"], "verbs": ["list"]},
]


#: Makes an object below a path of the API and returns it as the server has it.
Make = t.Callable[[str, dict[str, t.Any]], dict[str, t.Any]]


class KubernetesRun(ModuleRun):
    """``run(module, check=False, **options)``; the kubeconfig need not be given, and waits are short."""

    def __init__(
        self, cluster: FastCluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        super().__init__(monkeypatch, capsys)
        self._cluster = cluster

    @property
    def server(self) -> str:
        content = yaml.safe_load(self._cluster.kubeconfig.read_text(encoding="utf-8"))
        return str(content["clusters"][0]["cluster"]["server"])

    def __call__(self, module: str, /, *, check: bool = False, **options: t.Any) -> Outcome:
        return self.bare(module, check=check, **self._completed(module, options))

    def killed(self, module: str, /, **options: t.Any) -> None:
        """A run that does not come to its end; whatever ends it goes through."""
        self._main(module, False, self._completed(module, options))

    def _completed(self, module: str, options: dict[str, t.Any]) -> dict[str, t.Any]:
        given: dict[str, t.Any] = {"kubeconfig": str(self._cluster.kubeconfig)}
        if module == "kube_proxy_rollout":
            given.update(wait_sleep=0.2, wait_timeout=120, min_ready_seconds=0)
        if module == "kube_proxy_migration":
            given.update(wait_sleep=0.1, wait_timeout=120, min_ready_seconds=0)
        return {**given, **options}

    def done(self, module: str, /, *, check: bool = False, **options: t.Any) -> Outcome:
        """A run that must succeed, and in check mode change nothing."""
        outcome = self(module, check=check, **options)
        assert not outcome.failed, outcome["msg"]
        if check:
            assert not [request for request in self._cluster.audit() if request.mutating]
        return outcome

    def refused(self, module: str, /, *, check: bool = False, **options: t.Any) -> Outcome:
        """A run that must fail, and change nothing."""
        self._cluster.forget_requests()
        outcome = self(module, check=check, **options)
        assert outcome.failed, outcome.result
        assert not [request for request in self._cluster.audit() if request.mutating]
        return outcome
