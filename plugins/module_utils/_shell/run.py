# SPDX-License-Identifier: GPL-3.0-or-later

"""The thin shell around AnsibleModule: libraries, options in, result or failure out."""

from __future__ import annotations

import json
import os
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .module_spec import Host, ModuleSpec
from .outcome import Outcome, outcome
from .task import Task

#: What Ansible's own check may raise. Not all that is an exception: ansible-lint ends a module here with one of its own
#: when the check has passed.
_OF_ODD_OPTIONS: t.Final = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class Module(AnsibleModule):
    """AnsibleModule for which blank means not given, and which tells every problem of the options at once."""

    def __init__(self, spec: ModuleSpec) -> None:
        self._spec = spec
        try:
            super().__init__(**spec.arguments())  # type: ignore[no-untyped-call]
        except _OF_ODD_OPTIONS as error:
            if not hasattr(self, "task"):
                # Nothing is there yet to answer with.
                raise
            # Of Ansible's own check: what is wrong in itself never gets that far.
            self.fail_json(**outcome(error).result)

    def _load_params(self) -> None:
        super()._load_params()  # type: ignore[no-untyped-call]
        self.task = Task(self._spec, self.params)
        # What is hidden is one set from here on, whoever adds to it.
        self.no_log_values = self.task.hidden
        self.params = self.task.params

    def _set_internal_properties(self, *arguments: t.Any) -> None:
        super()._set_internal_properties(*arguments)  # type: ignore[no-untyped-call]
        # The first moment at which a module can answer, and the last one before Ansible's check.
        refused = self.task.refused()
        # With templates that nobody has rendered, it is ansible-lint that looks, and it knows Ansible's words alone.
        if refused and "{{" not in json.dumps(self.params, default=str):
            self.fail_json(**refused)

    def fail_json(self, msg: str, **details: t.Any) -> t.NoReturn:
        # Ansible's check of the options ends here, with the first problem.
        checked = getattr(self, "validation_result", None)
        if checked and checked.errors.errors:
            details.update(self.task.refused_by_ansible(checked.errors.messages))
            msg = details.pop("msg")
        super().fail_json(msg, **details)


def run(spec: ModuleSpec) -> t.NoReturn:
    """Execute the spec with the options of the task, and exit."""
    module = Module(spec)
    try:
        ended = _ended(module)
    except Exception as error:
        # Of the shell itself: what an operation raises is a result already.
        ended = outcome(error)
    for warning in ended.warnings:
        module.warn(warning)
    if ended.failed:
        module.fail_json(**ended.result)
    module.exit_json(**ended.result)


def _ended(module: Module) -> Outcome:
    libraries = module.task.accepted(module.params)
    if libraries:
        _require(module, libraries)
    # Values from the environment and from files are as secret as options.
    host = Host(os.environ, module.task.hide, module.run_command)
    return module.task.execute(module.params, host, check_mode=module.check_mode)


def _require(module: AnsibleModule, libraries: t.Sequence[str]) -> None:
    # Imported only for a module that needs libraries: a node may have broken ones, and importing them takes time.
    from .._deps import missing

    for requirement, reason in missing(*libraries):
        module.fail_json(msg=missing_required_lib(requirement), exception=reason)
