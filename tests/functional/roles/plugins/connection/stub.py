# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs commands here, tells them which host they are meant for, and breaks off when a module asks for it."""

from __future__ import annotations

import os
import shlex
import typing as t
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.connection.local import Connection as LocalConnection

DOCUMENTATION = """
name: stub
short_description: Connect to hosts that are no hosts
description: Runs commands on this host, as if it were the one of the inventory.
options:
  remote_addr:
    description: The host of the inventory.
    vars: [{name: ansible_host}]
  pipelining:
    description: Whether to send modules through stdin.
    default: true
    type: bool
  become_success_timeout:
    description: Seconds until becoming root is given up.
    default: 10
    type: int
  become_strip_preamble:
    description: Whether to leave out what becoming root says.
    default: true
    type: bool
"""

#: What makes a host unreachable. Anything else is a failure that no condition of a task sees.
RESET = "Connection reset by peer"


class Connection(LocalConnection):  # type: ignore[misc]
    transport = "stub"
    has_pipelining = True

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        host = self.get_option("remote_addr")
        result = super().exec_command(f"STUB_HOST={shlex.quote(host)} {cmd}", in_data, sudoable)
        cut = Path(os.environ["STUB_STATE"]) / f"cut-{host}"
        if cut.exists():
            problem = cut.read_text(encoding="utf-8")
            cut.unlink()
            raise AnsibleConnectionFailure(problem) if problem == RESET else AnsibleError(problem)
        return t.cast("tuple[int, bytes, bytes]", result)
