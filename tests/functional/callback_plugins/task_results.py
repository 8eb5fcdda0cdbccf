# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the result of every task of this collection into a file, for tests that compare results."""

from __future__ import annotations

import json
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: task_results
type: notification
short_description: Write results into a file, for tests
description: Appends a line of JSON for each result of this collection's modules to a file.
options:
  file:
    description: Name of the file.
    required: true
    env: [{name: TASK_RESULTS}]
    ini: [{section: callback_task_results, key: file}]
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "task_results"
    # ansible-test says which callback plugins are enabled; this one is wherever its folder is named.
    CALLBACK_NEEDS_ENABLED = False

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._write(result, failed=False)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._write(result, failed=True)

    def _write(self, result: t.Any, *, failed: bool) -> None:
        task, found = result._task, result._result
        if not str(task.resolved_action).startswith("clusterops.kube_proxy."):
            return
        line = {
            "task": task.get_name(),
            "action": task.resolved_action,
            "host": result._host.get_name(),
            # Ansible's own account of an exception has the place in its code.
            "result": {**{name: value for name, value in found.items() if name != "exception"}, "failed": failed},
        }
        with open(self.get_option("file"), "a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")
