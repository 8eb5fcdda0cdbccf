# SPDX-License-Identifier: GPL-3.0-or-later

"""Node pools and nodes."""

from __future__ import annotations

import copy
import typing as t
import uuid

FLAVORS = [
    {"name": "b3-8", "category": "b", "gpus": 0, "ram": 8, "state": "available", "vCPUs": 2},
    {"name": "b3-16", "category": "b", "gpus": 0, "ram": 16, "state": "available", "vCPUs": 4},
    {"name": "d2-4", "category": "d", "gpus": 0, "ram": 4, "state": "available", "vCPUs": 2},
]

TEMPLATE = {
    "metadata": {"annotations": {}, "finalizers": [], "labels": {}},
    "spec": {"taints": [], "unschedulable": False},
}


def new_pool(project: str, version: str, now: str, fields: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A pool with its nodes under `nodes`; `fields` is a creation body."""
    desired = fields.get("desiredNodes") or 0
    pool = {
        "id": str(uuid.uuid4()),
        "name": fields.get("name") or f"nodepool-{uuid.uuid4()}",
        "projectId": project,
        "flavor": fields.get("flavorName") or "b3-8",
        "status": "READY",
        "sizeStatus": "CAPACITY_OK",
        "desiredNodes": desired,
        "minNodes": fields.get("minNodes") or 0,
        "maxNodes": fields.get("maxNodes") or 100,
        "currentNodes": desired,
        "availableNodes": desired,
        "upToDateNodes": desired,
        "autoscale": fields.get("autoscale") or False,
        "autoscaling": fields.get("autoscaling"),
        "monthlyBilled": fields.get("monthlyBilled") or False,
        "antiAffinity": fields.get("antiAffinity") or False,
        "attachFloatingIps": fields.get("attachFloatingIps"),
        "availabilityZones": fields.get("availabilityZones") or [],
        "template": {**copy.deepcopy(TEMPLATE), **(fields.get("template") or {})},
        "createdAt": now,
        "updatedAt": now,
        "nodes": [],
    }
    resize(pool, desired, version, now)
    return pool


def resize(pool: dict[str, t.Any], desired: int, version: str, now: str) -> None:
    nodes = pool["nodes"]
    del nodes[desired:]
    for number in range(len(nodes), desired):
        nodes.append(
            {
                "id": str(uuid.uuid4()),
                "name": f"{pool['name']}-node-{number + 1}",
                "flavor": pool["flavor"],
                "instanceId": str(uuid.uuid4()),
                "nodePoolId": pool["id"],
                "projectId": pool["projectId"],
                "status": "READY",
                "version": version,
                "isUpToDate": True,
                "createdAt": now,
                "updatedAt": now,
                "deployedAt": now,
                "deletedAt": None,
            }
        )
    for name in ("desiredNodes", "currentNodes", "availableNodes", "upToDateNodes"):
        pool[name] = desired
    pool["updatedAt"] = now


def reinstall(pool: dict[str, t.Any], version: str, now: str) -> None:
    """The nodes stay, with a new operating system."""
    for node in pool["nodes"]:
        node.update(version=version, deployedAt=now, updatedAt=now, status="READY", isUpToDate=True)
    pool["updatedAt"] = now


def shown(pool: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {name: value for name, value in pool.items() if name != "nodes"}
