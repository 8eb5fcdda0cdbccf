# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules run in this process, as Ansible runs them on a host: arguments in, JSON on stdout and an exit status out."""

from __future__ import annotations

import dataclasses
import importlib
import json
import typing as t

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.parameters import PASS_VARS
from ansible.module_utils.testing import patch_module_args

import kept_output

MODULES = "ansible_collections.clusterops.kube_proxy.plugins.modules"


@dataclasses.dataclass
class Outcome:
    """How a run ended; ``warnings`` as the module gave them, before Ansible puts them into the result."""

    result: dict[str, t.Any]
    warnings: list[str]
    #: all that a person could get to see
    text: str

    def __getitem__(self, name: str) -> t.Any:
        return self.result[name]

    @property
    def failed(self) -> bool:
        return bool(self.result.get("failed"))


class ModuleRun:
    """Runs modules, and reads what they print."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._warnings: list[str] = []
        # Ansible gathers warnings in a global that outlives the module when several run in one process.
        monkeypatch.setattr(AnsibleModule, "warn", lambda _module, text, **_more: self._warnings.append(text))

    def bare(self, module: str, /, *, check: bool = False, **options: t.Any) -> Outcome:
        """With these options and no others."""
        self._capsys.readouterr()
        self._warnings.clear()
        with pytest.raises(SystemExit) as exit_status:
            self._main(module, check, options)
        printed = self._capsys.readouterr()
        result = json.loads(printed.out)
        assert (exit_status.value.code != 0) == bool(result.get("failed"))
        warnings = list(self._warnings)
        kept_output.keep_result(module, result, printed.err, *warnings)
        return Outcome(result, warnings, "\n".join([printed.out, printed.err, *warnings]))

    def _main(self, module: str, check: bool, options: dict[str, t.Any]) -> None:
        arguments = {name: value for name, value in options.items() if value is not None}
        arguments.update(_ansible_check_mode=check, _ansible_diff=True)
        if "inject_invocation" in PASS_VARS:
            # The options as -vvv shows them; older releases of ansible-core always add them.
            arguments.update(_ansible_inject_invocation=True)
        main = importlib.import_module(f"{MODULES}.{module}").main
        with patch_module_args(arguments):
            main()
