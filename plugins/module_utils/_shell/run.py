# SPDX-License-Identifier: GPL-3.0-or-later

"""The thin shell around AnsibleModule: libraries, options in, result or failure out."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.basic import missing_required_lib

from .module_spec import Host, ModuleSpec

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def run(module: AnsibleModule, spec: ModuleSpec) -> t.NoReturn:
    """Execute the spec with the module's options, and exit."""
    if spec.libraries:
        _require(module, spec.libraries)
    # Values from the environment and from files are as secret as options, which AnsibleModule masks by itself.
    host = Host(os.environ, module.no_log_values.add, module.run_command)
    ended = spec.execute(module.params, host, check_mode=module.check_mode)
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
