# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prints nothing but JSON, as callback plugins do whose output a program reads."""

from __future__ import annotations

import json
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: json_recap
type: stdout
short_description: Print the recap as JSON, for tests
description: Prints the numbers of changes for each host as JSON.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "json_recap"

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        self._display.display(json.dumps({host: stats.summarize(host) for host in stats.processed}))
