# SPDX-License-Identifier: GPL-3.0-or-later

"""The module that changes rules on a node, as data. Python 3.9 and the standard library only, like what it imports."""

from __future__ import annotations

from .._domain.kube_proxy.modes import MODES
from .._domain.node.request import METRICS_ADDRESS
from .._domain.node.rules_request import LIFETIME, STATES, rules_request
from .._engine.node.clean import clean
from .._engine.node.freeze import freeze, remove_copy
from . import options
from .module_spec import ModuleSpec, Operation, Params
from .node_module import connect

_OPERATIONS = {"clean": clean, "frozen": freeze, "absent": remove_copy}


def _rules(params: Params) -> Operation:
    request = rules_request(params)
    return lambda run: _OPERATIONS[request.state](run, request)


KUBE_PROXY_NODE_RULES = ModuleSpec(
    argument_spec={
        "state": {"type": "str", "choices": list(STATES), "default": STATES[0]},
        "mode": {"type": "str", "choices": list(MODES)},
        "former_mode": {"type": "str", "choices": list(MODES)},
        "lifetime": {"type": "int", "default": LIFETIME},
        "drain_timeout": {"type": "float", "default": 0.0},
        "kubelet_version": {"type": "str"},
        "metrics_address": {"type": "str", "default": METRICS_ADDRESS},
        "wait_timeout": {"type": "float", "default": 0.0},
        "wait_sleep": {"type": "float", "default": 3.0},
    },
    prepare=_rules,
    connect=connect,
    waiting=options.waiting,
)
