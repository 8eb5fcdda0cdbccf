# SPDX-License-Identifier: GPL-3.0-or-later

"""The MKS routes about nodes, pools and capabilities."""

from __future__ import annotations

from . import errors, pools, validation
from .mks import Call
from .validation import Body

REGIONS = ["BHS5", "DE1", "EU-WEST-PAR", "GRA5", "GRA7", "GRA9", "GRA11", "RBX-A", "SBG5", "UK1", "WAW1"]
ADMISSION_PLUGINS = [
    {"name": "AlwaysPullImages", "state": "enabled", "mutable": True},
    {"name": "NodeRestriction", "state": "enabled", "mutable": False},
]


def _pool(call: Call) -> Body:
    own: list[Body] = call.cluster["nodepools"]
    for pool in own:
        if pool["id"] == call.path["nodePoolId"]:
            return pool
    raise errors.not_found(f"Node pool {call.path['nodePoolId']} not found")


def list_pools(call: Call) -> list[Body]:
    return [pools.shown(pool) for pool in call.cluster["nodepools"]]


def create_pool(call: Call) -> Body:
    cluster = call.changeable("nodepool")
    body = call.read(validation.NODE_POOL, required=("flavorName",))
    pool = pools.new_pool(call.project, cluster["version"], cluster.now(), body)
    cluster["nodepools"].append(pool)
    return pools.shown(pool)


def get_pool(call: Call) -> Body:
    return pools.shown(_pool(call))


def edit_pool(call: Call) -> None:
    cluster = call.changeable("nodepool")
    pool = _pool(call)
    body = call.read(
        {name: check for name, check in validation.NODE_POOL.items() if name not in ("name", "flavorName")}
    )
    desired = body.pop("desiredNodes", None)
    pool.update({name: value for name, value in body.items() if value is not None})
    pools.resize(pool, pool["desiredNodes"] if desired is None else desired, cluster["version"], cluster.now())


def delete_pool(call: Call) -> None:
    cluster = call.changeable("nodepool")
    gone = _pool(call)["id"]
    cluster["nodepools"] = [pool for pool in cluster["nodepools"] if pool["id"] != gone]


def list_pool_nodes(call: Call) -> list[Body]:
    return list(_pool(call)["nodes"])


def list_nodes(call: Call) -> list[Body]:
    return [node for pool in call.cluster["nodepools"] for node in pool["nodes"]]


def get_node(call: Call) -> Body:
    for node in list_nodes(call):
        if node["id"] == call.path["nodeId"]:
            return node
    raise errors.not_found(f"Node {call.path['nodeId']} not found")


def delete_node(call: Call) -> None:
    cluster = call.changeable("node")
    gone = get_node(call)
    for pool in cluster["nodepools"]:
        if gone in pool["nodes"]:
            pool["nodes"].remove(gone)
            pools.resize(pool, len(pool["nodes"]), cluster["version"], cluster.now())


def list_cluster_flavors(call: Call) -> list[Body]:
    # Asking for the cluster answers 404 for one that does not exist.
    return pools.FLAVORS if call.cluster else []


def etcd_usage(call: Call) -> Body:
    return {"quota": 1073741824, "usage": 2048 * len(call.cluster.id)}


def list_regions(call: Call) -> list[str]:
    return REGIONS


def list_flavors(call: Call) -> list[Body]:
    return pools.FLAVORS


def list_admission_plugins(call: Call) -> list[Body]:
    return ADMISSION_PLUGINS
