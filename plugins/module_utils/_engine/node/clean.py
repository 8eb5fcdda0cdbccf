# SPDX-License-Identifier: GPL-3.0-or-later

"""Removes what other modes than the one in effect left in the kernel, once that one has taken over."""

from __future__ import annotations

from ..._adapters.node import probe, rules
from ..._adapters.node.tools import Tools
from ..._domain.common.listed import listed
from ..._domain.common.problems import RefusedError
from ..._domain.node.clean_plan import active_connections, clean_plan
from ..._domain.node.frozen_copy.plan import families_in_place, lines_in_place
from ..._domain.node.kernel_rules import SPOKEN, KernelRules, not_yet_answering
from ..._domain.node.rules_request import RulesRequest
from ..common.report import Report
from ..common.run import EngineError, Run
from .drain import drained
from .freeze import removal_commands, unfreeze
from .rules_result import diff, result


def clean(run: Run[Tools], request: RulesRequest) -> Report:
    """Remove the leftovers and the frozen copy.

    Waits until kube-proxy reports the mode and its Services are in the kernel, as long as the run has time; raises
    RefusedError otherwise, before anything is removed.
    """
    kernel = _verified(run, request)
    run.warn(*kernel.unread)
    plan = clean_plan(request.mode, kernel, kubelet_since_1_28=request.kubelet_since_1_28)
    run.warn(*plan.warnings())
    commands = [*plan.commands(), *removal_commands(kernel)]
    before = [*plan.lines(), *lines_in_place(kernel)]
    if plan.changed and not run.check_mode:
        rules.remove_rules(run.api, plan)
        run.accepted()
    copied = unfreeze(run, kernel)
    connections = active_connections(plan.virtual_services)
    if not run.check_mode and plan.changed:
        # Those that are left are cut off.
        connections = drained(run, plan.virtual_services, request.drain_timeout)
        rules.remove_ipvs(run.api, plan)
        kernel = _read_back(run, request)
    return Report(
        changed=plan.changed or copied,
        diff=diff(before, []),
        facts=result(
            kernel,
            plan,
            copied=(),
            timer=None,
            commands=commands,
            connections=connections,
            only=request.mode,
        ),
    )


def _verified(run: Run[Tools], request: RulesRequest) -> KernelRules:
    """The rules, of a node on which the mode is in effect and has taken over."""
    while True:
        mode, error = probe.mode(request.metrics)
        kernel = rules.read_rules(run.api, request.mode)
        missing = not_yet_answering(request.mode, kernel, families_in_place(kernel))
        if mode == request.mode and not missing:
            return kernel
        if run.out_of_time():
            break
        run.pause()
    if mode is None:
        why = f"kube-proxy does not report its mode ({error})"
    elif mode != request.mode:
        why = f"kube-proxy runs in mode {mode}"
    else:
        families = listed((SPOKEN[family] for family in missing), conjunction=" and ")
        why = f"kube-proxy runs in mode {mode}, but has no rules for {families} in the kernel yet"
    raise RefusedError(
        f"{why}. Nothing was removed: what other modes than {request.mode} left goes only when {request.mode} "
        f"answers. See why it does not, or wait longer with wait_timeout"
    )


def _read_back(run: Run[Tools], request: RulesRequest) -> KernelRules:
    kernel = rules.read_rules(run.api, request.mode)
    left = clean_plan(request.mode, kernel, kubelet_since_1_28=request.kubelet_since_1_28).lines()
    if left:
        raise EngineError(
            f"Not everything is gone that modes other than {request.mode} left: {listed(left)}. Something on the node "
            f"writes it again, or holds it; find out what, then run again"
        )
    return kernel
