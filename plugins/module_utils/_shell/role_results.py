# SPDX-License-Identifier: GPL-3.0-or-later

"""From the results that roles register to the domain's types, and from its decisions back to data for templates.

These are the functions of the private filters in plugins/filter/_roles.py.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._domain.common.json_types import Json
from .._domain.common.printable import printable
from .._domain.kube_proxy.defaults import SCHEDULER
from .._domain.node import sysctls
from .._domain.node.tool_packages import tool_packages
from .._domain.self_hosted import cluster_fit, mode_change, play_nodes, rollback_decision
from .._domain.self_hosted.rollback_decision import Answer, Change, Policy, Rollback, Step
from .outcome import sentence

#: A registered result, or the variables of a host.
Result = t.Mapping[str, t.Any]

NODE = "self_hosted_cluster_node"
VERIFIED = "self_hosted_cluster_verified"
BOOT_FAILURE = "self_hosted_cluster_boot_failure"
#: Characters of a line of a log, and of a name, in a sentence.
_LINE, _NAME = 1000, 100
CLUSTER_RESULT = "managed_cluster_result"


def step(result: Result) -> Step:
    """How the task that registered this result ended."""
    return Step(
        ran=not result.get("skipped"),
        failed=bool(result.get("failed")),
        unreachable=bool(result.get("unreachable")),
        changed=bool(result.get("changed")),
        message=printable(str(result.get("msg") or "")),
        log=_printable((result.get("failed_pod") or {}).get("log") or ()),
    )


def answer(node: str, verified: Result) -> Answer:
    """From the result of kube_proxy_node_info; one without ``drift`` is no answer."""
    drift = verified.get("drift")
    said = printable(str(verified.get("msg") or ""))
    return Answer(printable(node), None if drift is None else _printable(drift), said)


def _printable(texts: t.Iterable[t.Any]) -> tuple[str, ...]:
    """Lines of a log or sentences of a node, which a role's message holds."""
    return tuple(printable(str(text), _LINE) for text in texts)


def shown(text: t.Any) -> str:
    """A name from outside, in a sentence of a role."""
    return printable(str(text), _NAME)


def node_drift(hosts: t.Iterable[str], hostvars: t.Mapping[str, Result], without: t.Collection[str] = ()) -> list[str]:
    """How the nodes differ from what they were verified against, with hosts as the inventory names them."""
    noted = _noted(hosts, hostvars)
    return rollback_decision.drift([answer(host[NODE], host.get(VERIFIED) or {}) for host in noted], without)


def boot_failures(hosts: t.Iterable[str], hostvars: t.Mapping[str, Result]) -> list[str]:
    """The nodes whose list of modules to load at boot was not restored, with the reason."""
    noted = [host for host in _noted(hosts, hostvars) if host.get(BOOT_FAILURE)]
    return [printable(f"{host[NODE]}: {host[BOOT_FAILURE]}", _LINE) for host in noted]


def change_outcome(results: Result) -> Json:
    """The decision, from the registered results ``found``, ``plan``, ``edit``, ``rollout``, ``undo`` and ``restored``,
    the lists ``drift``, ``restored_drift`` and ``boot_failures``, and the switches ``rollback`` and ``check_mode``.
    """
    found, plan = results["found"], results["plan"]
    pending = plan["config_checksum"] != found["config_checksum"] or found["rollout_pending"]
    change = Change(bool(pending), step(results["edit"]), step(results["rollout"]), _printable(results["drift"]))
    undo, restored, drift = results["undo"], results["restored"], results["restored_drift"]
    rollback = Rollback(
        undo=step(undo),
        reading=step(restored),
        mode=printable(str(restored.get("mode") or "")),
        drift=None if drift is None else _printable(drift),
        nodes_skipped=_printable(undo.get("nodes_skipped") or ()),
        boot_failures=_printable(results["boot_failures"]),
    )
    policy = Policy(rollback=results["rollback"], check_mode=results["check_mode"])
    return dataclasses.asdict(rollback_decision.decide(change, policy, rollback))


def cluster_nodes(ignored: t.Any, found: Result, hosts: t.Iterable[str]) -> Json:
    """Which nodes the play covers, from the result of kube_proxy_info and the hosts by their names in the cluster."""
    pods_on = [pod["node"] for pod in found["nodes"]]
    nodes = play_nodes.play_nodes(pods_on, hosts, play_nodes.node_names(ignored))
    return {**dataclasses.asdict(nodes), "problem": nodes.problem}


def mode_change_check(plan: Result, found: Result, running: Result, ignored: t.Collection[str], allowed: bool) -> Json:
    """Whether to ask the pods for their modes (``ask``), and why the desired mode is refused (``problem``, or blank).

    From the planned configuration, and from the results of kube_proxy_info without and with the modes of the pods;
    ``running`` is that of a skipped task where nobody was asked. ``allowed`` is the user's word that all may be left.
    """
    if allowed:
        return {"ask": False, "problem": ""}
    configured, desired = found["mode"], str(plan["mode"])
    ask = mode_change.has_to_ask(configured, desired, _pods(found, ignored))
    refused = mode_change.refusal(configured, desired, _pods(running, ignored)) if ask else None
    return {"ask": ask, "problem": "" if refused is None else sentence(refused)}


def _pods(found: Result, ignored: t.Collection[str]) -> list[mode_change.NodePod]:
    """kube-proxy on the nodes that the play covers, from a result of kube_proxy_info."""
    return [
        mode_change.NodePod(printable(pod["node"], _NAME), bool(pod["ready"]), pod["up_to_date"], pod["mode"])
        for pod in found.get("nodes", ())
        if pod["node"] not in ignored
    ]


def node_request(config: Result) -> Json:
    """What a node has to be ready for, and is verified against, with the configuration that a module returned.

    A scheduler counts in mode ipvs alone. Blank where the configuration cannot be decoded, and no families where it
    does not tell them.
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
        "ip_families": cluster_fit.ip_families(values),
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


#: How a run of each entry point of managed_cluster ended: in check mode, and for real.
_OUTCOMES: t.Mapping[str, tuple[str, str]] = {
    "none": ("is as requested", "is as requested"),
    "in_place": ("would be changed", "was changed"),
    "in_place_of_a_reset": ("would be changed without a reset", "was changed without a reset"),
    "create": ("would be created", "was created"),
    "reset": ("WOULD BE RESET", "was reset, and has a new kubeconfig"),
    "delete": ("WOULD BE DELETED", "was deleted"),
    "gone": ("does not exist any more", "does not exist any more"),
}


def cluster_report(
    hosts: t.Iterable[str], hostvars: t.Mapping[str, Result], entry_point: str, check_mode: bool, verbosity: int
) -> list[t.Any]:
    """One line for each cluster; with -v, what is known of it."""
    results = {host: hostvars[host].get(CLUSTER_RESULT) for host in hosts}
    return [
        _cluster_block(host, result, entry_point, check_mode)
        if verbosity
        else _cluster_line(host, result, entry_point, check_mode)
        for host, result in results.items()
        if result
    ]


def _cluster_line(host: str, result: Result, entry_point: str, check_mode: bool) -> str:
    known = [str(result[name]) for name in ("kube_proxy_mode", "status") if result.get(name)]
    ending = f" ({', '.join(known)})" if known and _action(result, entry_point) != "delete" else ""
    usual = f"; usual time: {result['usual_time']}" if check_mode and result.get("usual_time") else ""
    outcome = _outcome(result, entry_point, check_mode)
    return printable(f"{_cluster_name(host, result)}: {outcome}{ending}{_lost(result, check_mode)}{usual}")


def _lost(result: Result, check_mode: bool) -> str:
    """What the reset takes away, as far as that was read."""
    contents = _contents(result)
    return f"; {'loses' if check_mode else 'lost'}: {contents['summary']}" if contents else ""


def _contents(result: Result) -> Json:
    found: Json | None = (result.get("consequences") or {}).get("contents")
    return found or {}


def _cluster_block(host: str, result: Result, entry_point: str, check_mode: bool) -> Json:
    details = {
        name: result[name] for name in ("kube_id", "status", "kube_proxy_mode", "usual_time") if result.get(name)
    }
    customization = result.get("customization") or {}
    return {
        "cluster": _cluster_name(host, result),
        "outcome": _outcome(result, entry_point, check_mode),
        **details,
        **({"kube_proxy": customization["kube_proxy"]} if "kube_proxy" in customization else {}),
        **({"contents": _contents(result)} if _contents(result) else {}),
    }


def _cluster_name(host: str, result: Result) -> str:
    region = f" ({result['region']})" if result.get("region") else ""
    return printable(f"{result.get('name') or host}{region}", 2 * _NAME)


def _outcome(result: Result, entry_point: str, check_mode: bool) -> str:
    # What an earlier run began is what happened to the cluster, unless this run resets it once more.
    if "finished_reset" in result and result.get("planned_body") is None:
        finished = "would finish" if check_mode else "has finished"
        return f"{finished} the reset that an earlier run began at {result['finished_reset']}, and has a new kubeconfig"
    return _OUTCOMES[_action(result, entry_point)][not check_mode]


def _action(result: Result, entry_point: str) -> str:
    if entry_point == "destroy":
        return "delete" if result.get("changed") else "gone"
    action = str(result.get("action") or ("in_place" if result.get("changed") else "none"))
    if entry_point == "reset" and action == "in_place":
        return "in_place_of_a_reset"
    return action if action in _OUTCOMES else "in_place"
