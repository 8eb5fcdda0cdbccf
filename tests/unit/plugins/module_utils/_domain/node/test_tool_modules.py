# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tools run to show their version."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.kernel_modules import Evidence
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.tool_modules import (
    LOADS,
    version_is_read,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.tool_packages import TOOLS

FILES = {module: f"kernel/{module}.ko" for module in LOADS.values() if module}


@pytest.mark.parametrize(
    ("loaded", "read"),
    [
        (frozenset(), {"conntrack", "modprobe"}),
        (frozenset({"ip_vs"}), {"conntrack", "modprobe", "ipvsadm"}),
        (frozenset(FILES), set(LOADS) - {"ip", "sysctl"}),
    ],
)
def test_no_tool_runs_that_would_load_a_module(loaded: frozenset[str], read: set[str]) -> None:
    evidence = Evidence("6.1.0", loaded=loaded, files=FILES, has_directory=True)
    assert {tool for tool in LOADS if version_is_read(tool, evidence)} == read


def test_every_tool_that_a_mode_uses_is_looked_for() -> None:
    assert {tool for tools in TOOLS.values() for tool in tools} <= set(LOADS)
