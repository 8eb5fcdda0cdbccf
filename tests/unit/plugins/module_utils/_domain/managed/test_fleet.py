# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.cluster import Cluster
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.fleet import members

PLAYBOOKS = Path(__file__).resolve().parents[6] / "playbooks"
PROJECT = "0123456789abcdef" * 2
OTHER = "fedcba9876543210" * 2


def kube_id(digit: int) -> str:
    return f"{digit}2345678-2222-3333-4444-555555555555"


def cluster(digit: int, name: str, **fields: t.Any) -> dict[str, t.Any]:
    usual = {"region": "GRA11", "status": "READY", "version": "1.34.1-0", "plan": "free", "mode": "iptables"}
    return Cluster(id=kube_id(digit), name=name, **{**usual, **fields}).as_result()


def hosts(*clusters: dict[str, t.Any], groups: t.Collection[str] = ()) -> list[str]:
    return [member.host for member in members([{"service_name": PROJECT, "clusters": list(clusters)}], groups)]


def test_a_host_has_the_variables_by_which_roles_find_the_cluster() -> None:
    found = members(
        [
            {"service_name": PROJECT, "clusters": [cluster(1, "production")]},
            {"service_name": OTHER, "clusters": [cluster(2, "testing", mode="ipvs")]},
        ]
    )
    assert [member.host for member in found] == ["production", "testing"]
    variables = found[1].variables
    assert variables["managed_cluster_kube_id"] == kube_id(2)
    assert variables["managed_cluster_service_name"] == OTHER
    assert variables["ovh_kube"]["service_name"] == OTHER
    assert variables["ovh_kube"]["kube_proxy_mode"] == "ipvs"
    # It would be a request to the role.
    assert "kube_proxy_mode" not in variables


def test_groups() -> None:
    (member,) = members([{"service_name": PROJECT, "clusters": [cluster(1, "production", region="EU-WEST-PAR")]}])
    assert member.groups == (
        "managed_clusters",
        f"project_{PROJECT}",
        "region_eu_west_par",
        "mode_iptables",
        "plan_free",
        "version_1_34",
        "status_ready",
    )


def test_groups_of_what_is_not_known() -> None:
    """A cluster of the plan Standard has no kube-proxy; one that is being created has no version yet."""
    new = cluster(1, "new", mode=None, plan=None, version=None, status="INSTALLING")
    (member,) = members([{"service_name": PROJECT, "clusters": [new]}])
    assert member.groups[3:] == ("mode_none", "plan_unknown", "version_unknown", "status_installing")


@pytest.mark.parametrize(
    "name",
    [*("", " ", "a b", "a,b", "a:b", "!a", "~a", "&a", "a[1]", "-a", "a-", "é", "a\nb"), "{{ a }}", "all", "localhost"],
)
def test_a_name_that_would_not_be_that_of_one_host_gives_way_to_the_id(name: str) -> None:
    assert hosts(cluster(1, name)) == [kube_id(1)]


@pytest.mark.parametrize("name", ["a", "7", "a.b", "prod_eu-1"])
def test_a_plain_name_is_that_of_the_host(name: str) -> None:
    assert hosts(cluster(1, name)) == [name]


def test_clusters_of_one_name_are_told_apart() -> None:
    assert hosts(cluster(1, "a"), cluster(2, "a"), cluster(3, "b")) == ["a-12345678", "a-22345678", "b"]


def test_no_two_clusters_are_one_host() -> None:
    """Whatever somebody else calls a cluster."""
    named = [cluster(1, "a"), cluster(2, "a"), cluster(3, "a-12345678")]
    assert hosts(*named) == [kube_id(1), "a-22345678", kube_id(3)]
    assert hosts(cluster(1, " "), cluster(2, kube_id(1))) == [kube_id(1), kube_id(2)]
    alike = [cluster(1, "a"), {**cluster(1, "a"), "id": kube_id(1)[:-1] + "6"}]
    assert len(set(hosts(*alike))) == 2


@pytest.mark.parametrize(
    "name",
    [
        *("all", "ungrouped", "managed_clusters", "kube_nodes"),
        *(f"project_{PROJECT}", "region_gra11", "mode_iptables", "plan_free", "version_1_34", "status_ready"),
        # There is no such group now. The next cluster brings it, and the name of this host must not depend on others.
        *("region_sbg5", "mode_ipvs", "project_x"),
    ],
)
def test_a_name_of_a_group_of_ours_gives_way_to_the_id(name: str) -> None:
    """Ansible adds the group in place of the host, and refuses to add a group to itself."""
    (member,) = members([{"service_name": PROJECT, "clusters": [cluster(1, name)]}])
    assert member.host == kube_id(1)
    assert member.variables["ovh_kube"]["name"] == name
    assert member.warning is not None
    assert name in member.warning.text
    assert kube_id(1) in member.warning.text


@pytest.mark.parametrize("name", ["region", "mode", "Region_gra11", "region_gra-11", "my_region_gra11", "modes_ipvs"])
def test_a_name_that_no_group_of_ours_can_have_is_that_of_the_host(name: str) -> None:
    (member,) = members([{"service_name": PROJECT, "clusters": [cluster(1, name)]}])
    assert (member.host, member.warning) == (name, None)


def test_the_groups_that_playbooks_play_on_are_ours() -> None:
    played_on = {
        group
        for path in PLAYBOOKS.glob("*.yml")
        for play in yaml.safe_load(path.read_text(encoding="utf-8"))
        for group in re.findall(r"else '(\w+)'", str(play.get("hosts", "")))
    }
    assert played_on >= {"managed_clusters", "kube_nodes"}
    for group in played_on:
        assert hosts(cluster(1, group)) == [kube_id(1)]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_a_cluster_is_not_the_machine_that_runs_ansible(name: str) -> None:
    (member,) = members([{"service_name": PROJECT, "clusters": [cluster(1, name)]}])
    assert member.host == kube_id(1)
    assert member.warning is not None


def test_a_name_of_a_group_that_the_inventory_has_gives_way_to_the_id() -> None:
    assert hosts(cluster(1, "production"), cluster(2, "b"), groups=["production"]) == [kube_id(1), "b"]
    assert hosts(cluster(1, "a"), cluster(2, "a"), groups=["a"]) == ["a-12345678", "a-22345678"]
    assert hosts(cluster(1, "a"), cluster(2, "a"), groups=["a-12345678"]) == [kube_id(1), "a-22345678"]


def test_an_id_that_is_the_name_of_a_group_gives_way_as_well() -> None:
    found = hosts(cluster(1, " "), cluster(2, f"cluster-{kube_id(1)}"), groups=[kube_id(1)])
    assert found == [f"cluster-{kube_id(1)}", kube_id(2)]
    assert hosts(cluster(1, "a"), groups=[kube_id(1)]) == ["a"]
