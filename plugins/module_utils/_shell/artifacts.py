# SPDX-License-Identifier: GPL-3.0-or-later

"""What a play hands to the next job of a workflow: ids and results of clusters, by name.

These are functions of the private filters in plugins/filter/_roles.py. AWX shows artifacts to everybody who may see the
job, also those of a task with ``no_log``, and makes variables of the next job of them. Only the members that are named
here get into them; a message of an API or of Ansible does not.
"""

from __future__ import annotations

import typing as t

from .._domain.common.json_types import Json
from .._domain.common.printable import printable
from .role_results import CLUSTER_RESULT, Result

#: Characters of a name, and of a sentence.
_NAME, _SENTENCE = 200, 500
#: Members of a module's result, and of a record of an audit.
_OF_RESULT = {"name": "name", "kube_id": "kube_id", "region": "region", "status": "status", "mode": "kube_proxy_mode"}
_OF_RECORD = ("name", "kube_id", "region", "status", "mode", "desired_mode", "version", "state")


def cluster_artifacts(hosts: t.Iterable[str], hostvars: t.Mapping[str, Result]) -> Json:
    """Of managed clusters, by host: also of those whose task failed."""
    results = {host: hostvars[host].get(CLUSTER_RESULT) for host in hosts}
    return {
        printable(host, _NAME): {
            **{name: _text(result.get(member)) for name, member in _OF_RESULT.items()},
            **_ending(result.get("changed"), result.get("failed") or result.get("unreachable")),
        }
        for host, result in results.items()
        if result and not result.get("skipped")
    }


def self_hosted_artifacts(settings: Result, plan: Result, nodes: Result, outcome: Result, drift: t.Any = ()) -> Json:
    """Of one self-hosted cluster: ``plan`` has its desired configuration, ``nodes`` the names of its nodes.

    ``outcome`` says whether it was changed, or failed, and ``drift`` how nodes differ from what is desired.
    """
    return {
        printable(settings["name"], _NAME): {
            "name": _text(settings["name"]),
            "mode": _text(plan.get("mode")),
            "version": _text(plan.get("kube_proxy_version")),
            "nodes": _texts(nodes.get("covered"), _NAME),
            "nodes_ignored": _texts(nodes.get("ignored"), _NAME),
            "drift": _texts(drift, _SENTENCE),
            **_ending(outcome.get("changed"), outcome.get("failed")),
        }
    }


def audit_artifacts(report: Result) -> Json:
    """Of every cluster of an audit: managed ones by host, like those that a play changes."""
    return {
        printable(str(one["host"] if one["world"] == "managed" else one["name"]), _NAME): {
            **{name: _text(one.get(name)) for name in _OF_RECORD},
            "drift": _texts(one.get("drift"), _SENTENCE),
        }
        for one in report["clusters"]
    }


def _ending(changed: t.Any, failed: t.Any) -> Json:
    return {"changed": bool(changed), "failed": bool(failed)}


def _text(value: t.Any) -> str | None:
    return None if value in (None, "") else printable(str(value), _NAME)


def _texts(values: t.Any, longest: int) -> list[str]:
    return [printable(str(value), longest) for value in values or ()]
