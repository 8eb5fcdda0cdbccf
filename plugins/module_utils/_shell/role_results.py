# SPDX-License-Identifier: GPL-3.0-or-later

"""From the results that roles register to the domain's types, and from its decisions back to data for templates.

These are the functions of the private filters in plugins/filter/_roles.py.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._domain.common.json_types import Json
from .._domain.kube_proxy.defaults import SCHEDULER
from .._domain.node import sysctls
from .._domain.node.tool_packages import tool_packages
from .._domain.self_hosted import play_nodes, rollback_decision
from .._domain.self_hosted.rollback_decision import Answer, Change, Policy, Rollback, Step

#: A registered result, or the variables of a host.
Result = t.Mapping[str, t.Any]

NODE = "self_hosted_cluster_node"
VERIFIED = "self_hosted_cluster_verified"
BOOT_FAILURE = "self_hosted_cluster_boot_failure"


def step(result: Result) -> Step:
    """How the task that registered this result ended."""
    return Step(
        ran=not result.get("skipped"),
        failed=bool(result.get("failed")),
        unreachable=bool(result.get("unreachable")),
        changed=bool(result.get("changed")),
        message=str(result.get("msg") or ""),
        log=tuple((result.get("failed_pod") or {}).get("log") or ()),
    )


def answer(node: str, verified: Result) -> Answer:
    """From the result of kube_proxy_node_info; one without ``drift`` is no answer."""
    drift = verified.get("drift")
    return Answer(node, None if drift is None else tuple(drift), str(verified.get("msg") or ""))


def node_drift(hosts: t.Iterable[str], hostvars: t.Mapping[str, Result], without: t.Collection[str] = ()) -> list[str]:
    """How the nodes differ from what they were verified against, with hosts as the inventory names them."""
    noted = _noted(hosts, hostvars)
    return rollback_decision.drift([answer(host[NODE], host.get(VERIFIED) or {}) for host in noted], without)


def boot_failures(hosts: t.Iterable[str], hostvars: t.Mapping[str, Result]) -> list[str]:
    """The nodes whose list of modules to load at boot was not restored, with the reason."""
    return [f"{host[NODE]}: {host[BOOT_FAILURE]}" for host in _noted(hosts, hostvars) if host.get(BOOT_FAILURE)]


def change_outcome(results: Result) -> Json:
    """The decision, from the registered results ``found``, ``plan``, ``edit``, ``rollout``, ``undo`` and ``restored``,
    the lists ``drift``, ``restored_drift`` and ``boot_failures``, and the switches ``rollback`` and ``check_mode``.
    """
    found, plan = results["found"], results["plan"]
    pending = plan["config_checksum"] != found["config_checksum"] or found["rollout_pending"]
    change = Change(bool(pending), step(results["edit"]), step(results["rollout"]), tuple(results["drift"]))
    undo, restored, drift = results["undo"], results["restored"], results["restored_drift"]
    rollback = Rollback(
        undo=step(undo),
        reading=step(restored),
        mode=restored.get("mode") or "",
        drift=None if drift is None else tuple(drift),
        nodes_skipped=tuple(undo.get("nodes_skipped") or ()),
        boot_failures=tuple(results["boot_failures"]),
    )
    policy = Policy(rollback=results["rollback"], check_mode=results["check_mode"])
    return dataclasses.asdict(rollback_decision.decide(change, policy, rollback))


def cluster_nodes(ignored: t.Any, found: Result, hosts: t.Iterable[str]) -> Json:
    """Which nodes the play covers, from the result of kube_proxy_info and the hosts by their names in the cluster."""
    pods_on = [pod["node"] for pod in found["nodes"]]
    nodes = play_nodes.play_nodes(pods_on, hosts, play_nodes.node_names(ignored))
    return {**dataclasses.asdict(nodes), "problem": nodes.problem}


def node_request(config: Result) -> dict[str, str]:
    """What a node has to be ready for, and is verified against, with the configuration that a module returned.

    A scheduler counts in mode ipvs alone. Blank where the configuration cannot be decoded.
    """
    values = config.get("effective") or {}
    mode = str(config.get("mode") or "")
    scheduler = str((values.get("ipvs") or {}).get("scheduler") or SCHEDULER)
    return {
        "mode": mode,
        "scheduler": scheduler if mode == "ipvs" else "",
        "kube_proxy_version": str(config.get("kube_proxy_version") or ""),
        "metrics_address": str(values.get("metricsBindAddress") or ""),
        "healthz_address": str(values.get("healthzBindAddress") or ""),
    }


def node_packages(found: Result) -> Json:
    """The tools that a node lacks and how to install them, from the result of kube_proxy_node_info."""
    absent = [tool for tool, state in found["tools"].items() if state is None]
    return dataclasses.asdict(
        tool_packages(found["required"]["mode"], found["kernel"]["distribution"]["family"], absent)
    )


def node_sysctls(desired: t.Mapping[str, str], found: Result) -> list[str]:
    """The assignments of the sysctls that differ on the node, from the result of kube_proxy_node_info."""
    return sysctls.assignments(desired, found["sysctls"])


def _noted(hosts: t.Iterable[str], hostvars: t.Mapping[str, Result]) -> list[Result]:
    """The variables of the hosts for which the role noted a node. Others had left the play before the role began."""
    return [hostvars[host] for host in hosts if hostvars[host].get(NODE)]
