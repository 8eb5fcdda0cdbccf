# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways that are measured: each asks for every cluster once, and changes nothing."""

from __future__ import annotations

import dataclasses
import typing as t

COLLECTION = "clusterops.kube_proxy"
#: What each cluster is customized with already.
KUBE_PROXY = {"ipvs": {"scheduler": "lc", "sync_period": "PT1M"}}
IN_THE_API = {"ipvs": {"scheduler": "lc", "syncPeriod": "PT1M"}}

Task = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Way:
    name: str
    #: What it is, in a table.
    title: str
    #: The task of a play over all clusters; None for a program of its own.
    task: t.Callable[[dict[str, t.Any]], Task] | None


def _customization(address: Task, **more: t.Any) -> t.Callable[[dict[str, t.Any]], Task]:
    task = {f"{COLLECTION}.kube_proxy_customization": {**address, "kube_proxy": KUBE_PROXY}, **more}
    return lambda _api: task


def _uri(api: dict[str, t.Any]) -> Task:
    return {
        "ansible.builtin.uri": {
            "url": f"{api['url']}/cloud/project/{api['service_name']}/kube/{{{{ kube_id }}}}",
            "headers": {"Authorization": f"Bearer {api['token']}"},
            "return_content": True,
        }
    }


_ROLE = {
    "ansible.builtin.import_role": {"name": f"{COLLECTION}.managed_cluster"},
    "vars": {
        "managed_cluster_kube_id": "{{ kube_id }}",
        "kube_proxy_mode": "ipvs",
        **{f"kube_proxy_{section}": settings for section, settings in KUBE_PROXY.items()},
    },
}
_BY_ID = {"kube_id": "{{ kube_id }}"}
WAYS: t.Final = (
    Way("debug", "`ansible.builtin.debug`, Ansible's floor", lambda _api: {"ansible.builtin.debug": {"msg": ""}}),
    Way("ours", "`kube_proxy_customization` by ID", _customization(_BY_ID)),
    Way("name", "`kube_proxy_customization` by name", _customization({"name": "{{ inventory_hostname }}"})),
    Way(
        "module",
        "the same by ID, as a module",
        _customization(_BY_ID, vars={"clusterops_in_process": False}),
    ),
    Way("role", "the role `managed_cluster` by ID", lambda _api: _ROLE),
    Way("uri", "`ansible.builtin.uri`, the same GET", _uri),
    Way("httpx", "a script with httpx, the floor", None),
)
