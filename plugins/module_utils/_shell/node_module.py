# SPDX-License-Identifier: GPL-3.0-or-later

"""The module that runs on a node, as data. Python 3.9 and nothing else, with all that it imports."""

from __future__ import annotations

import contextlib
import typing as t

from .._adapters.node.tools import Runner, through
from .._domain.node.request import node_request
from .._engine.node.survey import look
from .module_spec import Host, ModuleSpec, Operation, Params


@contextlib.contextmanager
def connect(_params: Params, host: Host) -> t.Iterator[Runner]:
    """The node itself, by its commands."""
    yield through(host.run_command)


def _look(params: Params) -> Operation:
    request = node_request(params)
    return lambda ctx: look(ctx, request)


KUBE_PROXY_NODE_INFO = ModuleSpec(
    argument_spec={
        "mode": {"type": "str", "choices": ["", "iptables", "ipvs", "nftables"], "default": ""},
        "scheduler": {"type": "str", "default": ""},
        "kube_proxy_version": {"type": "str", "default": ""},
        "modules": {"type": "list", "elements": "str", "default": []},
        "sysctls": {"type": "list", "elements": "str", "default": []},
        "probe": {"type": "bool", "default": True},
        "metrics_address": {"type": "str", "default": "127.0.0.1:10249"},
        "healthz_address": {"type": "str", "default": "127.0.0.1:10256"},
        "modules_load_file": {"type": "path", "default": "/etc/modules-load.d/kube-proxy.conf"},
        "sysctl_file": {"type": "path", "default": "/etc/sysctl.d/90-kube-proxy.conf"},
    },
    prepare=_look,
    connect=connect,
)
