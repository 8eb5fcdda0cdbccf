# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets something happen right before a task of a certain name: the play is killed, or a command is run."""

from __future__ import annotations

import os
import signal
import subprocess
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: interrupt
type: notification
short_description: Interrupt a play before a task, for tests
description: Kills the play, or runs a command, before the task that the environment names.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "interrupt"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        name = task.get_name().rpartition(" : ")[2]
        if name == os.environ.get("INTERRUPT_KILL_AT"):
            os.kill(os.getpid(), signal.SIGKILL)
        if name == os.environ.get("INTERRUPT_COMMAND_AT"):
            subprocess.run(["/bin/sh", "-c", os.environ["INTERRUPT_COMMAND"]], check=True, stdin=subprocess.DEVNULL)
