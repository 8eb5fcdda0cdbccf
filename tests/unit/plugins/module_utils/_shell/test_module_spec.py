# SPDX-License-Identifier: GPL-3.0-or-later

"""A module as data, executed by whoever offers what a host offers."""

from __future__ import annotations

import contextlib
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import (
    Notice,
    Problem,
    ValidationError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.report import Report
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.run import EngineError, Run
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import (
    managed_modules,
    node_module,
    node_probe_module,
    self_hosted_modules,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.module_spec import (
    ONLY_TEXT,
    Host,
    ModuleSpec,
    Operation,
)

HOST = Host({}, lambda _secret: None, lambda *_arguments, **_more: (0, "", ""))
SPECS = [
    value
    for rooms in (managed_modules, node_module, node_probe_module, self_hosted_modules)
    for value in vars(rooms).values()
    if isinstance(value, ModuleSpec)
]


class Connection:
    """Notes that it was opened and closed."""

    def __init__(self) -> None:
        self.events: list[str] = []

    @contextlib.contextmanager
    def __call__(self, _params: dict[str, t.Any], _host: Host) -> t.Iterator[str]:
        self.events.append("open")
        try:
            yield "the API"
        finally:
            self.events.append("closed")


def spec(prepare: t.Callable[[dict[str, t.Any]], Operation], connection: Connection) -> ModuleSpec:
    return ModuleSpec(argument_spec={}, prepare=prepare, connect=connection)


def test_an_operation_gets_the_api_and_the_mode_of_the_run() -> None:
    connection = Connection()

    def operation(run: Run[str]) -> Report:
        run.warn(Notice("look"))
        return Report(run.check_mode, facts={"api": run.api})

    ended = spec(lambda _params: operation, connection).execute({}, HOST, check_mode=True)
    assert ended.result == {"changed": True, "api": "the API"}
    assert ended.warnings == ["look"]
    assert connection.events == ["open", "closed"]


def test_wrong_options_are_refused_before_anything_is_connected() -> None:
    connection = Connection()

    def prepare(_params: dict[str, t.Any]) -> Operation:
        raise ValidationError([Problem("mode", "no such mode")])

    assert spec(prepare, connection).execute({}, HOST, check_mode=False).failed
    assert connection.events == []


def test_what_was_learnt_before_a_failure_is_kept() -> None:
    connection = Connection()

    def operation(run: Run[str]) -> Report:
        run.facts["kube_id"] = "1"
        run.accepted()
        run.warn("it costs money")
        raise EngineError("lost")

    ended = spec(lambda _params: operation, connection).execute({}, HOST, check_mode=False)
    assert ended.result == {"failed": True, "msg": "lost", "kube_id": "1", "changed": True}
    assert ended.warnings == ["it costs money"]
    assert connection.events == ["open", "closed"]


def test_every_module_has_a_spec() -> None:
    assert len(SPECS) == 11


@pytest.mark.parametrize("module", SPECS)
def test_ansible_gets_arguments_of_its_own(module: ModuleSpec) -> None:
    first, second = module.arguments(), module.arguments()
    first["argument_spec"].clear()
    assert second["argument_spec"].keys() == module.argument_spec.keys() != set()
    for name, option in module.argument_spec.items():
        assert {ONLY_TEXT: True, **second["argument_spec"][name]} == {ONLY_TEXT: True, **option}
        assert ONLY_TEXT not in second["argument_spec"][name]
    assert second["supports_check_mode"] is True
