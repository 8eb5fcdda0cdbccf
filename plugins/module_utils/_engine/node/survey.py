# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads everything about a node in one pass, and reports whether it can run a mode and how it differs from it."""

from __future__ import annotations

from ..._adapters.node import configuration_files, kernel, probe, timer
from ..._adapters.node.kernel_tables import read_ipvs_table, read_kernel_tables
from ..._adapters.node.tools import Tools, has_python_apt
from ..._domain.node.drift import drift
from ..._domain.node.facts import NOT_PROBED, NodeState
from ..._domain.node.leftovers import leftovers
from ..._domain.node.readiness import Node, readiness
from ..._domain.node.request import NodeRequest
from ..._domain.node.sysctls import CONNTRACK_MAX, KUBE_PROXY_SYSCTLS
from ..._domain.node.tool_modules import LOADS, version_is_read
from ..common.report import Report
from ..common.run import Run
from .survey_result import survey_result


def survey(run: Run[Tools], request: NodeRequest) -> Report:
    """Changes nothing. Warns of needed modules of which the node does not show whether it has them.

    While the node differs from the request, it is read again until the time for waiting is over: kube-proxy programs
    its rules after its pod is ready.
    """
    state = read_node(run.api, request)
    while _drift(request, state) and not run.out_of_time():
        run.clock.sleep(run.waiting.sleep)
        state = read_node(run.api, request)
    # Without a requested mode, what runs is what has to be possible.
    mode = request.mode or state.kube_proxy.mode
    ready = readiness(
        Node(state.evidence, state.distribution, state.tools["modprobe"] is not None),
        mode,
        request.scheduler,
        request.version,
        extra=request.modules,
        report=state.modules_load_file or (),
        ip_families=request.ip_families,
    )
    if ready.unknown:
        run.warn(f"The node does not show whether its kernel has {', '.join(ready.unknown)}, which mode {mode} needs")
    if run.api.files.is_fixed(CONNTRACK_MAX):
        run.warn(
            "net.netfilter.nf_conntrack_max cannot be changed on this node, as in a container. kube-proxy 1.36 does "
            "not start there unless conntrack.max_per_core is 0"
        )
    turned_off = kernel.ipv6_turned_off(run.api.files) if "IPv6" in request.ip_families else None
    if turned_off is not None:
        run.warn(
            f"The cluster has IPv6 and this node has none ({turned_off}). kube-proxy then serves IPv4 alone from 1.34 "
            f"on, and does not start where the node's first address is IPv6"
        )
    in_effect = state.kube_proxy.mode
    return Report(
        changed=False,
        facts=survey_result(
            request,
            state,
            mode,
            ready,
            leftovers=leftovers(in_effect, state.kernel_tables) if in_effect else None,
            drift=_drift(request, state),
        ),
    )


def _drift(request: NodeRequest, state: NodeState) -> list[str]:
    return drift(request.mode, request.scheduler, state.kube_proxy, state.kernel_tables.ipvs)


def read_node(tools: Tools, request: NodeRequest) -> NodeState:
    """Reads only, and runs no tool that would load a kernel module."""
    files = tools.files
    ipvs_table = read_ipvs_table(files)
    evidence = kernel.evidence(files, ipvs_table.schedulers)
    return NodeState(
        evidence=evidence,
        machine=kernel.machine(),
        distribution=configuration_files.distribution(files),
        kube_proxy=probe.kube_proxy(request.metrics, request.healthz) if request.probe else NOT_PROBED,
        kernel_tables=read_kernel_tables(files, tools, evidence, ipvs_table),
        tools={name: tools.find(name, with_version=version_is_read(name, evidence)) for name in LOADS},
        sysctls=kernel.sysctls(files, sorted({*KUBE_PROXY_SYSCTLS, *request.sysctls})),
        loaded_at_boot=configuration_files.loaded_at_boot(files),
        modules_load_file=configuration_files.modules_load_file(files, request.modules_load_file),
        sysctl_file=configuration_files.sysctl_file(files, request.sysctl_file),
        python_apt=has_python_apt(files),
        systemd=timer.is_possible(tools),
    )
