# SPDX-License-Identifier: GPL-3.0-or-later

"""Hides a returned kubeconfig from everything that prints results, which a module cannot do by itself."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Runs the module of the same name."""

    _supports_check_mode = True
    _requires_connection = True
    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        result.update(self._execute_module(task_vars=task_vars))
        if "kubeconfig" in result:
            result["_ansible_no_log"] = True
        return result
