# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to wait until the API has finished, and the cluster is as requested when it is read again.
      - Without waiting, the task ends when the API has accepted the request.
    type: bool
    default: true
  wait_timeout:
    description:
      - Maximum number of seconds to wait, for everything that a run waits for, repetitions of requests and pauses that
        the API demands included. A request that begins after that has 3 seconds left. The API continues its work; run
        the same task again to wait for its end.
    type: float
    default: 3600.0
  wait_sleep:
    description:
      - Seconds between two checks of the cluster.
    type: float
    default: 5.0
"""
