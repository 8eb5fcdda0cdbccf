# SPDX-License-Identifier: GPL-3.0-or-later

"""From the results that the role mode_migration registers to the domain's types, and from its decisions back to data.

These are functions of the private filters in plugins/filter/_roles.py.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._domain.common.json_types import Json
from .._domain.common.printable import printable
from .._domain.common.problems import ValidationError
from .._domain.kube_proxy import findings
from .._domain.kube_proxy.versions import KubeProxyVersion
from .._domain.node import migration_findings
from .._domain.self_hosted import migration_decision as deciding
from .._domain.self_hosted import play_nodes
from .._domain.self_hosted.migration_batches import Canaries, batches
from .._domain.self_hosted.rollback_decision import Step
from .role_results import Result, answer, step

#: Facts and registered results of the role, of each host.
NODE, READ, SETTINGS = "mode_migration_node", "mode_migration_read", "mode_migration_settings"
FROZEN, CLEANED, VERIFIED = "mode_migration_frozen", "mode_migration_cleaned", "mode_migration_verified"
COPIED_BACK, RETURNED, TIDIED = "mode_migration_copied_back", "mode_migration_returned", "mode_migration_tidied"
#: Characters of what is said of one finding.
_FINDING = 1000
_SKIPPED: Result = {"skipped": True}


def migration_plan(found: Result, nodes: t.Mapping[str, Result], switches: t.Mapping[str, Result]) -> Json:
    """The plan that kube_proxy_info made, with what is about single nodes.

    ``nodes`` are the results of kube_proxy_node_info for the mode that is to be, by the names of the nodes, and
    ``switches`` what may be done on each: ``frozen_copy`` and ``installs_tools``.
    """
    plan = found["migration_plan"]
    version = KubeProxyVersion.parse(found["kube_proxy_version"])
    every = [findings.Finding(**finding) for finding in plan["findings"]]
    for name, result in nodes.items():
        facts = migration_findings.NodeFacts.of(name, result)
        change = migration_findings.ModeChange(plan["former"], plan["mode"], version, **switches[name])
        every += migration_findings.node_findings(facts, change)
    return findings.plan_result(plan["former"], plan["mode"], every)


def migration_problem(plan: Result) -> str:
    """Why a migration must not begin, from the plan with what is about single nodes; blank if nothing blocks it."""
    blocking = [finding for finding in plan["findings"] if finding["kind"] == "blocking"]
    said = [printable(f"{finding['subject']}: {finding['what']}; {finding['todo']}.", _FINDING) for finding in blocking]
    return f"Nothing was changed: {' '.join(said)}" if said else ""


def kubelet_version(found: Result, node: str) -> str:
    """The version of a node's kubelet, from the result of kube_proxy_info; blank where none is known.

    Also where the node reports something else than a release of Kubernetes: the removal must not be refused for it.
    """
    reported = (each.get("kubelet_version") for each in found["nodes"] if each["node"] == node)
    try:
        return str(KubeProxyVersion.parse(next(reported, None) or ""))
    except ValueError:
        return ""


def migration_batches(nodes: t.Sequence[str], found: Result, settings: Result) -> Json:
    """The order of the nodes (``batches``), or what is wrong with the settings for it (``problem``, or blank).
    ``moved`` are those that an earlier run moved.

    From the result of kube_proxy_info, and ``canaries``, ``canary_label`` and ``batch`` of the role's settings.
    """
    states = (found["migration"] or {}).get("nodes", ())
    moved = [node["node"] for node in states if node["stage"] in ("moved", "finished")]
    names = play_nodes.node_names(settings["canaries"])
    canaries = Canaries(names, settings["canary_label"], found.get("selected_nodes") or ())
    try:
        order = batches(nodes, moved, canaries, settings["batch"])
    except ValidationError as error:
        return {"batches": [], "moved": moved, "problem": f"Refused, nothing was changed: {error}"}
    return {"batches": order, "moved": moved, "problem": ""}


def migration_running(moved: t.Collection[str], node: str, former: Json, desired: Json) -> Json:
    """Of what nodes are asked for in the former and in the desired configuration, that of the one this node runs.

    ``moved`` are the nodes that an earlier run moved.
    """
    return desired if node in moved else former


def migration_decision(
    hosts: t.Iterable[str],
    hostvars: t.Mapping[str, Result],
    moved: Result,
    batch: t.Collection[str],
    modes: tuple[str, str],
) -> Json:
    """Which nodes of the batch may move (``to_move``) or go back (``returning``), which need a frozen copy before
    (``to_copy``, ``to_copy_back``), whether the module may put nodes back (``put_back``), and what the batch came to.

    From what the hosts registered, the result of kube_proxy_migration, ``moved``, and the former and the desired mode.
    ``former`` are the nodes that shall run their former mode in the end.
    """
    hosts, (former_mode, desired_mode) = list(hosts), modes
    stages = {node["node"]: node["stage"] for node in (moved.get("migration") or {}).get("nodes", ())}
    nodes = [
        deciding.NodeSteps(
            host[NODE],
            ((host.get(READ) or {}).get("kube_proxy") or {}).get("mode"),
            host[SETTINGS]["frozen_copy"],
            stages.get(host[NODE]),
            step(host.get(FROZEN) or _SKIPPED),
            step(host.get(CLEANED) or _SKIPPED),
            answer(host[NODE], host.get(VERIFIED) or {}),
            step(host.get(COPIED_BACK) or _SKIPPED),
            step(host.get(TIDIED) or _SKIPPED),
        )
        for host in (hostvars[host] for host in hosts)
        if host.get(NODE) in batch
    ]
    returned = next((hostvars[host][RETURNED] for host in hosts if hostvars[host].get(RETURNED)), _SKIPPED)
    decision = deciding.decide(_moved(moved), nodes, desired_mode, step(returned))
    return {
        **dataclasses.asdict(decision),
        "to_copy": list(deciding.to_copy(nodes, former_mode, desired_mode)),
        "to_move": list(deciding.to_move(nodes)),
        "put_back": deciding.put_back(nodes, former_mode, desired_mode),
        "to_copy_back": list(deciding.to_copy_back(nodes, decision.returning, former_mode, desired_mode)),
    }


def migration_outcome(begun: Result, nodes: Result, check_mode: bool) -> str:
    """What a run that did not fail came to, from the results of kube_proxy_migration and of ``cluster_nodes``."""
    has_begun = begun["migration"] is not None
    return deciding.outcome(len(nodes["covered"]), nodes["ignored"], begun=has_begun, check_mode=check_mode)


def _moved(result: Result) -> Step:
    """How moving ended, with the log of the first pod that did not stay up."""
    pods = result.get("failed_pods") or [{}]
    return step({**result, "failed_pod": pods[0]})
