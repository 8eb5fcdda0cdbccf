# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts a frozen copy of the former Services in place, and takes it away."""

from __future__ import annotations

import typing as t

from ..._adapters.node import rules, timer
from ..._adapters.node.tools import Tools
from ..._domain.common.problems import RefusedError
from ..._domain.node.clean_plan import NOTHING, active_connections
from ..._domain.node.frozen_copy import names
from ..._domain.node.frozen_copy.plan import CopyPlan, Listings, copy_plan, families_in_place, lines_in_place
from ..._domain.node.frozen_copy.removal import removal_script
from ..._domain.node.kernel_rules import SPOKEN, KernelRules, ip_family
from ..._domain.node.mode_signatures import NFT_TABLE
from ..._domain.node.rules_request import RulesRequest
from ..common.report import Report
from ..common.run import EngineError, Run
from .drain import drained
from .rules_result import diff, result


def freeze(run: Run[Tools], request: RulesRequest) -> Report:
    """Make the copy be what the former mode answers for now, and have the node remove it after its lifetime.

    Where the former mode has no rules any more, a copy that is in place stays as it is and gets the lifetime anew. So
    does one of another mode, beside the new one. With
    time to drain, new connections take the copy at once, and those through IPVS get that time to end.
    Raises RefusedError if there is nothing to copy, RulesError if something cannot be read or changed.
    """
    timer.require_systemd(run.api)
    kernel = rules.read_rules(run.api, request.former_mode)
    run.warn(*kernel.unread)
    listings = _listings(run.api, kernel, request.former_mode)
    plan = copy_plan(request.former_mode, kernel, listings, drains=request.drain_timeout > 0)
    in_place = lines_in_place(kernel)
    if not plan.made and not in_place:
        raise RefusedError(
            f"Mode {request.former_mode} answers for no Service on this node, so that there is nothing to copy. A copy "
            f"has to be made before kube-proxy starts in another mode"
        )
    running = timer.active(run.api)
    name: str | None = running[-1] if running else None
    commands = [*_commands(plan), f"systemd-run --on-active={request.lifetime}s (removes the copy)"]
    copied = [service for service in kernel.virtual_services() if ip_family(service) in plan.families]
    connections = active_connections(copied)
    if not run.check_mode:
        name = _put_in_place(run, request, kernel, plan, running)
        connections = drained(run, copied, request.drain_timeout)
    return Report(
        changed=plan.changed or not running,
        diff=diff(sorted(in_place), sorted([*plan.lines(), *plan.beside(kernel)])),
        facts=result(
            kernel,
            NOTHING,
            copied={*families_in_place(kernel), *plan.families},
            timer=name,
            commands=commands,
            connections=connections,
        ),
    )


def _put_in_place(
    run: Run[Tools], request: RulesRequest, kernel: KernelRules, plan: CopyPlan, running: list[str]
) -> str:
    """First what removes the copy, then the copy, so that one without the other is never there; the timer's name."""
    script = _removal(run.api, kernel, plan)
    name = timer.start(run.api, script, request.lifetime, stamp=int(run.clock.wall() * 1000))
    run.accepted()
    timer.stop(run.api, running)
    for (backend, family), text in plan.restores().items():
        rules.restore(run.api, backend, family, text)
    if plan.nft_text:
        rules.load_nft(run.api, plan.nft_text)
    missing = plan.missing(rules.read_rules(run.api, request.former_mode))
    if missing:
        raise EngineError(f"The frozen copy is not complete, {'; '.join(missing)} could not be read back")
    return name


def unfreeze(run: Run[Tools], kernel: KernelRules) -> bool:
    """Remove the copy and its timers; whether there was anything. ``kernel`` is as it was read before."""
    running = timer.active(run.api)
    there = bool(families_in_place(kernel))
    if not run.check_mode and there:
        rules.run_script(run.api, _removal(run.api, kernel, CopyPlan()))
        run.accepted()
    if not run.check_mode and running:
        timer.stop(run.api, running)
        run.accepted()
    return there or bool(running)


def remove_copy(run: Run[Tools], _request: RulesRequest) -> Report:
    """Remove the frozen copy, whatever kube-proxy does."""
    kernel = rules.read_rules(run.api)
    in_place = lines_in_place(kernel)
    changed = unfreeze(run, kernel)
    if not run.check_mode and in_place:
        left = lines_in_place(rules.read_rules(run.api))
        if left:
            raise EngineError(f"The frozen copy is not gone: {'; '.join(left)}; look what holds it, then run again")
    facts = result(kernel, NOTHING, copied=(), timer=None, commands=removal_commands(kernel))
    return Report(changed=changed, diff=diff(in_place, []), facts=facts)


def removal_commands(kernel: KernelRules) -> list[str]:
    """What removes the copy, for people."""
    return [f"remove the frozen copy for {SPOKEN[family]}" for family in families_in_place(kernel)]


def _commands(plan: CopyPlan) -> list[str]:
    found = [f"{family}tables-restore --noflush (backend {backend})" for backend, family in plan.restores()]
    return found + [f"nft -f (table {family} {names.TABLE})" for family in plan.new_tables]


def _listings(tools: Tools, kernel: KernelRules, former_mode: str) -> Listings:
    if former_mode != "nftables":
        return {}
    places = [place for place in kernel.nft if place[1] in (NFT_TABLE, names.TABLE)]
    return {(family, name): rules.read_nft_table(tools, family, name) for family, name in places}


def _removal(tools: Tools, kernel: KernelRules, plan: CopyPlan) -> str:
    """The script that removes the planned copy and whatever there is of one."""
    planned = [(saved.backend, saved.family) for saved, _chains in plan.chains]
    xtables = [
        rules.programs(tools, saved)
        for saved in kernel.saved
        if (saved.backend, saved.family) in planned or names.in_place(saved) or names.jumps_in_place(saved)
    ]
    there: t.Collection[str] = [family for family, name in kernel.nft if name == names.TABLE]
    families = [family for family in SPOKEN if family in plan.tables or family in there]
    return removal_script(xtables, rules.nft_program(tools) if families else None, families)
