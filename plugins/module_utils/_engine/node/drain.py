# SPDX-License-Identifier: GPL-3.0-or-later

"""Gives connections through IPVS time to end, once new ones go another way."""

from __future__ import annotations

import typing as t

from ..._adapters.node import rules
from ..._adapters.node.tools import Tools
from ..._domain.node.clean_plan import active_connections
from ..._domain.node.facts import VirtualService
from ..common.run import Run


def drained(run: Run[Tools], services: t.Collection[VirtualService], seconds: float) -> int:
    """How many connections through these virtual services are left when all have ended or the time is over."""
    until = run.clock.now() + seconds
    while True:
        connections = active_connections(services, rules.read_services(run.api))
        left = until - run.clock.now()
        if not connections or left <= 0:
            return connections
        run.clock.sleep(min(left, run.waiting.sleep))
