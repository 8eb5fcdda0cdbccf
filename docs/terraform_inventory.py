# SPDX-License-Identifier: GPL-3.0-or-later

"""An inventory of the clusters in a state of Terraform or OpenTofu, for the collection clusterops.kube_proxy.

terraform state pull | python3 terraform_inventory.py > clusters.json
terraform show -json | python3 terraform_inventory.py > clusters.json

Each resource ovh_cloud_project_kube becomes a host with its id, its project, its mode and its settings of kube-proxy.
Nothing else of the state is written, and so none of its secrets.
"""

from __future__ import annotations

import collections
import json
import re
import sys
import typing as t

RESOURCE = "ovh_cloud_project_kube"
#: Names that mean one host to Ansible, on the command line as well.
PLAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
RESERVED = ("all", "localhost", "ungrouped")

Attributes = dict[str, t.Any]


def clusters(state: dict[str, t.Any]) -> list[Attributes]:
    """The attributes of every cluster in what `terraform state pull` or `terraform show -json` writes."""
    if isinstance(state.get("resources"), list):  # the state itself
        return [
            instance["attributes"]
            for resource in state["resources"]
            if resource["mode"] == "managed" and resource["type"] == RESOURCE
            for instance in resource["instances"]
        ]
    if "format_version" not in state:
        raise ValueError("this is neither a state of Terraform nor what terraform show -json writes of one")
    return list(_shown(state.get("values", {}).get("root_module", {})))


def _shown(module: dict[str, t.Any]) -> t.Iterator[Attributes]:
    for resource in module.get("resources", []):
        if resource["mode"] == "managed" and resource["type"] == RESOURCE:
            yield resource["values"]
    for child in module.get("child_modules", []):
        yield from _shown(child)


def inventory(found: list[Attributes]) -> dict[str, t.Any]:
    """A host for each cluster; a name that several clusters have gets the beginning of the id."""
    names = collections.Counter(cluster["name"] for cluster in found)
    return {"managed_clusters": {"hosts": {_host(cluster, names): _variables(cluster) for cluster in found}}}


def _host(cluster: Attributes, names: t.Mapping[str, int]) -> str:
    name = cluster["name"]
    if name in RESERVED or not PLAIN.fullmatch(name):
        return str(cluster["id"])
    return name if names[name] == 1 else f"{name}-{cluster['id'][:8]}"


def _variables(cluster: Attributes) -> Attributes:
    variables = {
        "managed_cluster_kube_id": cluster["id"],
        "managed_cluster_service_name": cluster.get("service_name"),
        "kube_proxy_mode": cluster.get("kube_proxy_mode"),
    }
    kube_proxy = _block(cluster.get("customization_kube_proxy"))
    for section in ("iptables", "ipvs"):
        settings = {name: value for name, value in _block(kube_proxy.get(section)).items() if value}
        variables[f"kube_proxy_{section}"] = settings
    return {name: value for name, value in variables.items() if value}


def _block(value: t.Any) -> Attributes:
    """A block of which there may be one is a list with at most one object."""
    return value[0] if value else {}


def main() -> None:
    try:
        found = clusters(json.load(sys.stdin))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        sys.exit(f"terraform_inventory.py: the state cannot be read: {error or type(error).__name__}")
    if not found:
        sys.exit(f"terraform_inventory.py: there is no resource {RESOURCE} in the state")
    json.dump(inventory(found), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
