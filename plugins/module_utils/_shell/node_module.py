# SPDX-License-Identifier: GPL-3.0-or-later

"""The module that runs on a node, as data. Python 3.9 and the standard library only, with all that it imports."""

from __future__ import annotations

import contextlib
import typing as t

from .._adapters.node.node_files import Files
from .._adapters.node.tools import Tools, through
from .._domain.kube_proxy import addresses
from .._domain.kube_proxy.modes import MODES
from .._domain.node.request import (
    HEALTHZ_ADDRESS,
    IP_FAMILIES,
    METRICS_ADDRESS,
    MODULES_LOAD_FILE,
    SYSCTL_FILE,
    node_request,
)
from .._engine.node.survey import survey
from . import options
from .module_spec import Host, ModuleSpec, Operation, Params


@contextlib.contextmanager
def connect(_params: Params, host: Host) -> t.Iterator[Tools]:
    """The node itself, by its files and commands."""
    yield Tools(Files(), through(host.run_command))


def _survey(params: Params) -> Operation:
    request = node_request(params)
    return lambda run: survey(run, request)


KUBE_PROXY_NODE_INFO = ModuleSpec(
    argument_spec={
        "mode": {"type": "str", "choices": list(MODES)},
        "scheduler": {"type": "str"},
        "kube_proxy_version": {"type": "str"},
        "ip_families": {
            "type": "list",
            "elements": "str",
            "choices": list(addresses.IP_FAMILIES),
            "default": list(IP_FAMILIES),
        },
        "modules": {"type": "list", "elements": "str", "default": []},
        "sysctls": {"type": "list", "elements": "str", "default": []},
        "probe": {"type": "bool", "default": True},
        "metrics_address": {"type": "str", "default": METRICS_ADDRESS},
        "healthz_address": {"type": "str", "default": HEALTHZ_ADDRESS},
        "modules_load_file": {"type": "path", "default": MODULES_LOAD_FILE, "no_log": True},
        "sysctl_file": {"type": "path", "default": SYSCTL_FILE, "no_log": True},
        "wait_timeout": {"type": "float", "default": 0.0},
        "wait_sleep": {"type": "float", "default": 3.0},
    },
    prepare=_survey,
    connect=connect,
    waiting=options.waiting,
)
