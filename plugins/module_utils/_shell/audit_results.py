# SPDX-License-Identifier: GPL-3.0-or-later

"""From the results that the role audit registers to the records of its report, and from these to its three files.

These are functions of the private filters in plugins/filter/_roles.py. Of a result only the members that are named
here get into a record: a file is read by more people than the output of a play.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

from .._domain.audit import junit as xml
from .._domain.audit import report as reports
from .._domain.audit.differences import differences
from .._domain.audit.page.page import page
from .._domain.audit.recommendation import Kind, Recommendation, recommendations
from .._domain.audit.record import Node, Record, Sync, World
from .._domain.common.json_types import Json
from .._domain.common.printable import printable
from .._domain.kube_proxy.settings import as_options
from .._domain.managed import overlay
from .._domain.managed.cluster import Cluster
from .._domain.managed.customization import Customization
from .role_results import Result

#: Facts of the role, of each host.
RECORD, NODE, NODE_FOUND = "audit_record", "audit_node", "audit_node_found"
#: Characters of a name, and of a sentence.
_NAME, _SENTENCE = 200, 2000
#: Members of the effective configuration of a self-hosted cluster that are shown, beside the section of its mode.
_EFFECTIVE = (
    "mode",
    "conntrack",
    "clusterCIDR",
    "detectLocalMode",
    "nodePortAddresses",
    "bindAddress",
    "healthzBindAddress",
    "metricsBindAddress",
    "featureGates",
)

#: How to do what is recommended, by the world of the cluster.
_WHAT_TO_DO: t.Mapping[Kind, t.Mapping[World, str]] = {
    Kind.MAKE_READABLE: dict.fromkeys(("managed", "self_hosted"), "correct what the message names, then audit again"),
    Kind.CONTINUE: {"self_hosted": "run the playbook clusterops.kube_proxy.migrate_mode again"},
    Kind.CHANGE_MODE: {
        "managed": "run the playbook clusterops.kube_proxy.managed_reset with --check first; a reset destroys all data "
        "in the cluster",
        "self_hosted": "run the playbook clusterops.kube_proxy.migrate_mode",
    },
    Kind.APPLY: {
        "managed": "run the playbook clusterops.kube_proxy.managed",
        "self_hosted": "run the playbook clusterops.kube_proxy.self_hosted",
    },
    Kind.CLEAN: {"self_hosted": "use the module clusterops.kube_proxy.kube_proxy_node_rules with state clean"},
    Kind.LEAVE_IPVS: {
        "managed": "plan a reset with kube_proxy_mode iptables and the playbook clusterops.kube_proxy.managed_reset; a "
        "reset destroys all data in the cluster",
        "self_hosted": "run the playbook clusterops.kube_proxy.migrate_mode with kube_proxy_mode nftables",
    },
    Kind.SET_MODE: {"self_hosted": "set kube_proxy_mode, and run the playbook clusterops.kube_proxy.self_hosted"},
    Kind.SPEED_UP: {
        "self_hosted": "set a longer min_sync_period in kube_proxy_iptables, and run the playbook "
        "clusterops.kube_proxy.self_hosted",
    },
    Kind.UPDATE: {
        "managed": "let OVHcloud install it, in its control panel or with another update policy",
        "self_hosted": "update Kubernetes",
    },
    Kind.NOTHING: {},
}
_FASTER = "run the playbook clusterops.kube_proxy.migrate_mode with kube_proxy_mode {mode}"


def audit_managed(result: Result, request: Json, problems: str, host: str) -> Json:
    """The record of a managed cluster: ``result`` is that of kube_proxy_customization in check mode where the variables
    say what is desired, and otherwise that of kube_cluster_info.
    """
    asked = request["customization"] or request["info"]
    found = dict(result["clusters"][0] if result.get("clusters") else result)
    customization = _dict(found.get("customization"))
    diff = _dict(result.get("diff"))
    before = _dict(diff.get("before"))
    current = _dict(before.get("kube_proxy", customization.get("kube_proxy")))
    mode, plan = _text(found.get("kube_proxy_mode")), _text(found.get("plan"))
    kube_id = _text(found.get("kube_id") or found.get("id"))
    differing = differences(_settings(before), _settings(_dict(diff.get("after"))))
    record = Record(
        "managed",
        name=_text(found.get("name") or asked.get("name") or host) or "",
        host=_text(host) or "",
        kube_id=kube_id or _text(asked.get("kube_id")),
        region=_text(found.get("region") or asked.get("region")),
        status=_text(found.get("status")),
        plan=plan,
        version=_text(found.get("version")),
        up_to_date=found.get("is_up_to_date"),
        mode=mode,
        desired_mode=request["mode"] or None,
        desired=bool(request["customization"] or request["mode"]),
        effective=_effective(mode, current),
        differences=differing,
        without=_without(kube_id, plan, mode, customization) if found.get("status") else None,
        error=_error(result, problems),
    )
    if record.without is not None:
        # kube_proxy_customization refuses such a cluster, for this reason.
        return _as_result(dataclasses.replace(record, error=None))
    wrong = [f"it runs {record.mode or 'no known mode'}, not {record.desired_mode}"] if record.other_mode else []
    return _as_result(dataclasses.replace(record, drift=(*wrong, *map(str, differing))))


def _settings(side: Json) -> Json:
    """Options as the variables call them: those of kube-proxy by section, and those of the API server."""
    rest = {name: value for name, value in side.items() if name != "kube_proxy"}
    return t.cast(Json, _plain({**_dict(side.get("kube_proxy")), **rest}))


def _without(kube_id: str | None, plan: str | None, mode: str | None, customization: Json) -> str | None:
    cilium = {"cilium": customization["cilium"]} if customization.get("cilium") else {}
    return Cluster(kube_id or "", plan=plan, mode=mode, customization=Customization(other=cilium)).without_kube_proxy()


def _effective(mode: str | None, current: Json) -> Json | None:
    """What the section of the mode comes to with kube-proxy's defaults, which also replace zero."""
    if mode is None or mode not in overlay.SECTIONS:
        return None
    section = _dict(current.get(mode))
    found: Json = {}
    for field in overlay.SECTIONS[mode]:
        value = section.get(field.option)
        found[field.option] = field.default if value in (None, "PT0S") and field.default is not None else value
    return t.cast(Json, _plain({mode: found}))


def audit_self_hosted(
    results: t.Mapping[str, Result], request: Json, problems: str, hosts: t.Sequence[str], hostvars: Result
) -> Json:
    """The record of a self-hosted cluster, whose nodes are ``hosts``.

    ``results`` has those of kube_proxy_info (``found``) and of kube_proxy_config in check mode (``planned``); those of
    kube_proxy_node_info are variables of the nodes.
    """
    found, planned = results["found"], results["planned"]
    compared = not planned.get("skipped")
    # What is as desired is left as it is, to the letter.
    wanted = planned.get("config", found.get("config"))
    differing = differences(*(as_options(_dict(_plain(config))) for config in (found.get("config"), wanted)))
    nodes = _nodes(found, hosts, hostvars)
    reported = [_sentence(line) for line in found.get("drift") or ()]
    told = [line for node in nodes for line in _node_drift(node.name, hosts, hostvars, reported)]
    error = _error(found, problems)
    if error is None and _error(planned) is not None:
        error = f"what is desired was not compared: {_error(planned)}"
    effective = _dict(found.get("effective"))
    mode = _text(found.get("mode"))
    shown = (*_EFFECTIVE, mode) if mode else _EFFECTIVE
    migration = _dict(found.get("migration"))
    record = Record(
        "self_hosted",
        name=_text(request["settings"]["name"]) or "",
        host=_text(request["settings"]["api_host"]) or "",
        version=_text(found.get("kube_proxy_version")),
        mode=mode,
        desired_mode=_text(planned.get("mode")) if compared else None,
        desired=compared,
        effective=as_options(_dict(_plain({name: effective[name] for name in shown if name in effective}))) or None,
        drift=(*reported, *told, *map(str, differing)),
        differences=differing,
        migration=_sentence(migration["summary"]) if migration.get("summary") else None,
        deprecation=_sentence(found["deprecation"]) if found.get("deprecation") else None,
        services=found.get("services"),
        nodes=tuple(nodes),
        error=error,
    )
    return _as_result(record)


def _nodes(found: Result, hosts: t.Sequence[str], hostvars: t.Mapping[str, Result]) -> list[Node]:
    """The nodes that have kube-proxy and those of the play, by name."""
    pods = {str(each["node"]): each for each in found.get("nodes") or ()}
    read = _read_nodes(hosts, hostvars)
    return [_node(name, pods.get(name, {}), read.get(name, {})) for name in sorted({*pods, *read})]


def _read_nodes(hosts: t.Sequence[str], hostvars: t.Mapping[str, Result]) -> dict[str, Result]:
    """The results of kube_proxy_node_info, by the names of the nodes; without those that were not read at all."""
    noted = [hostvars[host] for host in hosts if hostvars[host].get(NODE)]
    results = {str(host[NODE]): host.get(NODE_FOUND) or {} for host in noted}
    return {name: result for name, result in results.items() if result and not result.get("skipped")}


def _node(name: str, pod: Result, read: Result) -> Node:
    sync, left = _dict(pod.get("sync")), read.get("leftovers")
    return Node(
        _text(name) or "",
        _text(pod.get("mode") or _dict(read.get("kube_proxy")).get("mode")),
        pod.get("ready"),
        pod.get("up_to_date"),
        Sync(float(sync["mean"]), float(sync["p99"])) if sync else None,
        None if left is None else tuple(_sentence(each) for each in left),
        _error(read),
    )


def _node_drift(
    name: str, hosts: t.Sequence[str], hostvars: t.Mapping[str, Result], reported: t.Sequence[str]
) -> list[str]:
    """What the node says beyond what the cluster says of it."""
    start = f"node {name}: "
    if any(line.startswith(start) for line in reported):
        return []
    result = _read_nodes(hosts, hostvars).get(name, {})
    return [start + _sentence(line) for line in result.get("drift") or ()]


def audit_report(hosts: t.Iterable[str], hostvars: t.Mapping[str, Result], made_at: str = "") -> Json:
    """The report as data, from what the role recorded of its clusters."""
    records = [hostvars[host][RECORD] for host in hosts if hostvars[host].get(RECORD)]
    return reports.report([t.cast(Json, _plain(record)) for record in records], _text(made_at) or None)


def audit_text(report: Result, kind: str) -> str:
    """One of the files: ``json``, ``xml`` (JUnit) or ``html``."""
    data = t.cast(Json, _plain(report))
    if kind == "xml":
        return xml.junit(data)
    return page(data) if kind == "html" else f"{json.dumps(data, indent=2, ensure_ascii=False)}\n"


def audit_failures(report: Result) -> list[str]:
    """The clusters that drift or were not read, with the reason."""
    return [printable(line, _SENTENCE) for line in reports.failures(t.cast(Json, report))]


def audit_lines(report: Result, verbosity: int) -> list[str]:
    """One line for each cluster that something is recommended for; with -v for every cluster."""
    return [
        printable(f"{one['name']}{_place(one)}: {one['state']}; {one['recommendations'][0]['reason']}", _SENTENCE)
        for one in report["clusters"]
        if verbosity or one["recommendations"][0]["kind"] != Kind.NOTHING.value
    ]


def _place(one: Result) -> str:
    known = [str(one[name]) for name in ("region", "mode", "version") if one.get(name)]
    return f" ({', '.join(known)})" if known else ""


def _as_result(record: Record) -> Json:
    advice = [
        {"kind": each.kind.value, "reason": each.reason, "mode": each.mode, "todo": _todo(record, each)}
        for each in recommendations(record)
    ]
    return t.cast(Json, _plain({**record.as_result(), "recommendations": advice}))


def _todo(record: Record, each: Recommendation) -> str | None:
    if each.kind is Kind.SPEED_UP and each.mode:
        return _FASTER.format(mode=each.mode)
    return _WHAT_TO_DO[each.kind].get(record.world)


def _error(result: Result, problems: str = "") -> str | None:
    if problems:
        return _sentence(problems)
    if result.get("failed") or result.get("unreachable"):
        return _sentence(result.get("msg") or "the module said no more")
    return None


def _dict(value: t.Any) -> Json:
    return dict(value) if isinstance(value, dict) else {}


def _text(value: t.Any) -> str | None:
    return printable(str(value), _NAME) if value else None


def _sentence(value: t.Any) -> str:
    return printable(str(value), _SENTENCE)


def _plain(value: t.Any) -> t.Any:
    """As JSON has it, with texts that can be shown: Ansible's own kinds of text and containers do not leave."""
    if isinstance(value, dict):
        return {printable(str(name), _NAME): _plain(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(member) for member in value]
    return printable(str(value), _SENTENCE) if isinstance(value, str) else value
