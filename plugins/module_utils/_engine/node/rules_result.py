# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of kube_proxy_node_rules, whose keys are made here and nowhere else."""

from __future__ import annotations

import typing as t

from ..._domain.common.json_types import Json
from ..._domain.node.clean_plan import CleanPlan, spoken
from ..._domain.node.facts import VirtualService
from ..._domain.node.kernel_rules import SPOKEN, KernelRules, services_by_family


def result(
    kernel: KernelRules,
    plan: CleanPlan,
    *,
    copied: t.Collection[str],
    timer: str | None,
    commands: t.Sequence[str],
    connections: int = 0,
    only: str | None = None,
) -> Json:
    """``copied`` are the families (ip, ip6) that have a frozen copy afterwards.

    ``only`` is the mode beside which none answers afterwards, also where ``kernel`` is as it was before, as in check
    mode. ``connections`` are those that IPVS still balanced at the end.
    """
    return {
        "in_force": {
            SPOKEN[family]: {
                **{mode: count if only in (None, mode) else 0 for mode, count in counts.items()},
                "frozen_copy": family in copied,
            }
            for family, counts in services_by_family(kernel).items()
        },
        "removed": _removed(plan),
        "kept": _kept(kernel, plan),
        "connections": connections,
        "timer": timer,
        "commands": list(commands),
    }


def _removed(plan: CleanPlan) -> Json:
    """Chains of single Services and endpoints are only counted."""
    return {
        "chains": [
            {
                "backend": part.backend,
                "family": SPOKEN[part.family],
                "table": part.table,
                "names": part.named()[0],
                "per_service": part.named()[1],
            }
            for part in plan.rules
        ],
        "rules": [
            {"backend": part.backend, "family": SPOKEN[part.family], "table": part.table, "rule": rule}
            for part in plan.rules
            for rule in part.rules
        ],
        "virtual_services": [spoken(service) for service in plan.virtual_services],
        "interface": plan.interface,
        "ip_sets": list(plan.ip_sets),
        "nft_tables": [{"family": family, "name": name} for family, name in plan.nft_tables],
    }


def _kept(kernel: KernelRules, plan: CleanPlan) -> Json:
    """What another mode left and others use, and virtual services that are not kube-proxy's, such as kube-vip's."""
    own = {*kernel.virtual_services(), *plan.virtual_services}
    return {
        "virtual_services": [_named(service) for service in kernel.services if service not in own],
        "chains": [
            {
                "backend": chain.backend,
                "family": SPOKEN[chain.family],
                "table": chain.table,
                "name": chain.name,
                "used_by": list(chain.used_by),
            }
            for chain in plan.kept
        ],
        "ip_sets": list(plan.kept_sets),
    }


def _named(service: VirtualService) -> str:
    return f"firewall mark {service.mark}" if service.address is None else spoken(service)


def diff(before: t.Sequence[str], after: t.Sequence[str]) -> dict[str, str]:
    """One line for each thing that is in the kernel."""
    return {"before": "".join(f"{line}\n" for line in before), "after": "".join(f"{line}\n" for line in after)}
