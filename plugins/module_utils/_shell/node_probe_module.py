# SPDX-License-Identifier: GPL-3.0-or-later

"""The module that measures connections on a node, as data. Python 3.9 and the standard library only, like
:mod:`.node_module`; a file of its own, since Ansible packs for a module whatever its file imports.
"""

from __future__ import annotations

import contextlib
import typing as t
from pathlib import Path

from .._adapters.node.background import detach
from .._adapters.node.probe_files import ProbeFiles
from .._adapters.node.probe_sockets import Sockets
from .._domain.node.probe_request import (
    DIRECTORY,
    INTERVAL,
    NAME,
    PROTOCOLS,
    SEND,
    STATES,
    TIMEOUT,
    probe_request,
)
from .._domain.node.request import METRICS_ADDRESS
from .._engine.node.probe import ProbedNode, probe
from .module_spec import Host, ModuleSpec, Operation, Params


@contextlib.contextmanager
def connect(params: Params, _host: Host) -> t.Iterator[ProbedNode]:
    """The node itself."""
    request = probe_request(params)
    yield ProbedNode(ProbeFiles(Path(request.directory), request.name), Sockets, detach)


def _probe(params: Params) -> Operation:
    request = probe_request(params)
    return lambda run: probe(run, request)


KUBE_PROXY_NODE_PROBE = ModuleSpec(
    argument_spec={
        "state": {"type": "str", "choices": list(STATES), "default": STATES[0]},
        "name": {"type": "str", "default": NAME},
        "targets": {
            "type": "list",
            "elements": "dict",
            "options": {
                "address": {"type": "str", "required": True},
                "protocol": {"type": "str", "choices": list(PROTOCOLS), "default": PROTOCOLS[0]},
                "label": {"type": "str"},
                "send": {"type": "str", "default": SEND},
                "hold": {"type": "bool", "default": False},
            },
        },
        "duration": {"type": "float"},
        "interval": {"type": "float", "default": INTERVAL},
        "timeout": {"type": "float", "default": TIMEOUT},
        "watch_mode": {"type": "bool", "default": True},
        "metrics_address": {"type": "str", "default": METRICS_ADDRESS},
        "mark": {"type": "str"},
        "directory": {"type": "path", "default": DIRECTORY, "no_log": True},
    },
    prepare=_probe,
    connect=connect,
    required_if=(
        ("state", "measured", ("targets",)),
        ("state", "started", ("targets",)),
        ("state", "marked", ("mark",)),
    ),
)
