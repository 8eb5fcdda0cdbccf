# SPDX-License-Identifier: GPL-3.0-or-later

"""The thin shell around AnsibleModule: libraries, options in, result or failure out."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._domain.common.masking import spellings
from .given_options import given_options
from .hiding import correct, secrets_among
from .module_spec import Host, ModuleSpec, Params
from .outcome import Outcome, outcome
from .refused_options import told_at_once


class Module(AnsibleModule):
    """AnsibleModule for which blank means not given, and which tells every problem of the options at once."""

    def __init__(self, spec: ModuleSpec) -> None:
        self._spec = spec
        super().__init__(**spec.arguments())  # type: ignore[no-untyped-call]

    def _load_params(self) -> None:
        super()._load_params()  # type: ignore[no-untyped-call]
        # Ansible's check gathers what to hide, and gathers nothing when a mapping of the options is none.
        self.no_log_values.update(secrets_among(self.argument_spec, self.params))
        self._given = given_options(self.argument_spec, self.params)
        self.params = self._given.params

    def fail_json(self, msg: str, **details: t.Any) -> t.NoReturn:
        # Ansible's check of the options ends here, with the first problem.
        checked = getattr(self, "validation_result", None)
        if checked and checked.errors.errors:
            # Of options that do not exist Ansible says more than is in its list.
            messages = [msg, *checked.errors.messages[1:]]
            msg, problems = told_at_once(self._spec, self._given, messages)
            for secret in set(self.no_log_values):
                self.no_log_values.update(spellings(secret))
            details["problems"] = [{"option": problem.path, "problem": problem.message} for problem in problems]
        super().fail_json(msg, **details)

    def given(self) -> Params:
        """The options that count, after Ansible's check."""
        return self._given.without_forms(self.argument_spec, self.params)


def run(spec: ModuleSpec) -> t.NoReturn:
    """Execute the spec with the options of the task, and exit."""
    module = Module(spec)
    try:
        ended = _ended(module, spec)
    except Exception as error:
        # Of the shell itself: what an operation raises is a result already.
        ended = outcome(error)
    for warning in ended.warnings:
        module.warn(warning)
    if ended.failed:
        module.fail_json(**ended.result)
    module.exit_json(**ended.result)


def _ended(module: Module, spec: ModuleSpec) -> Outcome:
    correct(module.no_log_values, spec.argument_spec, module.params, spec.shown(module.params))
    libraries = spec.libraries_for(module.params)
    if libraries:
        _require(module, libraries)

    def hide(secret: str) -> None:
        module.no_log_values.update(spellings(secret))

    # AnsibleModule masks options by itself, and only as they were written.
    for secret in set(module.no_log_values):
        hide(secret)
    # Values from the environment and from files are as secret as options.
    return spec.execute(module.given(), Host(os.environ, hide, module.run_command), check_mode=module.check_mode)


def _require(module: AnsibleModule, libraries: t.Sequence[str]) -> None:
    # Imported only for a module that needs libraries: a node may have broken ones, and importing them takes time.
    from .._deps import missing

    for requirement, reason in missing(*libraries):
        module.fail_json(msg=missing_required_lib(requirement), exception=reason)
