# SPDX-License-Identifier: GPL-3.0-or-later

"""The thin shell around AnsibleModule: libraries, options in, result or failure out."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._domain.common.masking import spellings
from .given_options import given_options, missed
from .hiding import correct
from .module_spec import Host, ModuleSpec, Params


class Module(AnsibleModule):
    """AnsibleModule for which blank means not given, for every option of every module."""

    def _load_params(self) -> None:
        super()._load_params()  # type: ignore[no-untyped-call]
        self._given = given_options(self.argument_spec, self.params)
        self.params = self._given.params

    def fail_json(self, msg: str, **details: t.Any) -> t.NoReturn:
        # Ansible's check of the options ends here, and does not know that one it misses was there and blank.
        checked = getattr(self, "validation_result", None)
        super().fail_json(missed(msg, self._given.blank) if checked and checked.errors else msg, **details)

    def given(self) -> Params:
        """The options that count, after Ansible's check."""
        return self._given.without_forms(self.argument_spec, self.params)


def run(spec: ModuleSpec) -> t.NoReturn:
    """Execute the spec with the options of the task, and exit."""
    module = Module(**spec.arguments())  # type: ignore[no-untyped-call]
    correct(module.no_log_values, spec.argument_spec, module.params, spec.shown(module.params))
    if spec.libraries:
        _require(module, spec.libraries)

    def hide(secret: str) -> None:
        module.no_log_values.update(spellings(secret))

    # AnsibleModule masks options by itself, and only as they were written.
    for secret in set(module.no_log_values):
        hide(secret)
    # Values from the environment and from files are as secret as options.
    ended = spec.execute(module.given(), Host(os.environ, hide, module.run_command), check_mode=module.check_mode)
    for warning in ended.warnings:
        module.warn(warning)
    if ended.failed:
        module.fail_json(**ended.result)
    module.exit_json(**ended.result)


def _require(module: AnsibleModule, libraries: t.Sequence[str]) -> None:
    # Imported only for a module that needs libraries: a node may have broken ones, and importing them takes time.
    from .._deps import missing

    for requirement, reason in missing(*libraries):
        module.fail_json(msg=missing_required_lib(requirement), exception=reason)
