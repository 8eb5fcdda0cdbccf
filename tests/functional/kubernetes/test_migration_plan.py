# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a change of the mode, read from a real API server."""

from __future__ import annotations

import typing as t

import pytest

from kubernetes_bench import FastCluster

from .runs import READING, KubernetesRun, Make

SERVICES = "/api/v1/namespaces/default/services"
DAEMON_SETS = "/apis/apps/v1/namespaces/kube-system/daemonsets"
CONFIG_MAPS = "/api/v1/namespaces/kube-system/configmaps"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
FELIX = "/apis/crd.projectcalico.org/v1/felixconfigurations"
#: What the documentation of kube_proxy_info lists besides for a plan.
PLANNING: list[dict[str, t.Any]] = [
    {"apiGroups": [""], "resources": ["services"], "verbs": ["list"]},
    {"apiGroups": ["apps"], "resources": ["daemonsets"], "verbs": ["list"]},
    {"apiGroups": ["crd.projectcalico.org"], "resources": ["felixconfigurations"], "verbs": ["get"]},
]


def daemon_set(name: str, image: str, *words: str) -> dict[str, t.Any]:
    """One that has no pods, since no node has its label."""
    container = {"name": "c", "image": image, "args": list(words), "env": [{"name": "vip_arp", "value": "true"}]}
    labels = {"app": name}
    spec = {"nodeSelector": {"nobody": "has-it"}, "containers": [container]}
    return {
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
    }


def service(name: str, **spec: t.Any) -> dict[str, t.Any]:
    return {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}], **spec}}


def subjects(plan: dict[str, t.Any], kind: str) -> list[str]:
    return [finding["subject"] for finding in plan["findings"] if finding["kind"] == kind]


def test_without_the_option_nothing_is_planned_and_nothing_more_is_read(
    run: KubernetesRun, cluster: FastCluster
) -> None:
    assert run.done("kube_proxy_info")["migration_plan"] is None
    assert "services" not in [request.resource for request in cluster.audit()]


def test_a_cluster_as_kubeadm_makes_it_can_change(run: KubernetesRun, cluster: FastCluster) -> None:
    info = run.done("kube_proxy_info", check=True, migrate_to="nftables", kube_proxy_version="1.34.9")
    assert info.warnings == []
    plan = info["migration_plan"]
    assert (plan["former"], plan["mode"], plan["blocked"]) == ("iptables", "nftables", False)
    assert subjects(plan, "blocking") == subjects(plan, "follow") == []
    assert set(plan["findings"][0]) == {"kind", "subject", "what", "todo", "source"}
    assert [(request.verb, request.resource) for request in cluster.audit()] == [
        ("get", "configmaps"),
        ("get", "daemonsets"),
        ("list", "pods"),
        ("list", "nodes"),
        ("list", "services"),
        ("list", "daemonsets"),
        ("list", "pods"),
    ]
    same = run.done("kube_proxy_info", migrate_to="iptables")["migration_plan"]
    assert same == {"former": "iptables", "mode": "iptables", "blocked": False, "findings": []}


def test_an_old_kube_proxy_has_no_such_mode(run: KubernetesRun, cluster: FastCluster) -> None:
    plan = run.done("kube_proxy_info", migrate_to="nftables", kube_proxy_version="1.28.3")["migration_plan"]
    assert plan["blocked"] is True
    assert subjects(plan, "blocking") == ["kube-proxy 1.28.3"]


def test_services_and_settings_that_behave_differently(run: KubernetesRun, make: Make) -> None:
    make(SERVICES, service("ports", type="NodePort"))
    make(SERVICES, service("sticky", sessionAffinity="ClientIP"))
    make(SERVICES, service("outside", externalIPs=["192.0.2.1"], externalTrafficPolicy="Local", type="NodePort"))
    run.done("kube_proxy_config", mode="ipvs", ipvs={"scheduler": "lc"})
    plan = run.done("kube_proxy_info", migrate_to="nftables", kube_proxy_version="1.34.9")["migration_plan"]
    found = subjects(plan, "behaviour")
    assert {"Services default/outside, default/ports", "Service default/sticky", "ipvs.scheduler (lc)"} <= set(found)
    assert subjects(plan, "follow") == ["Services default/outside, default/ports"]


def test_neighbours_that_are_in_the_way(run: KubernetesRun, make: Make) -> None:
    make(DAEMON_SETS, daemon_set("speaker", "quay.io/metallb/speaker:v0.15.2"))
    make(DAEMON_SETS, daemon_set("kube-vip", "ghcr.io/kube-vip/kube-vip:v0.9.1"))
    make(DAEMON_SETS, daemon_set("cilium", "quay.io/cilium/cilium:v1.18.0"))
    make(CONFIG_MAPS, {"metadata": {"name": "cilium-config"}, "data": {"kube-proxy-replacement": "true"}})
    plan = run.done("kube_proxy_info", migrate_to="ipvs", kube_proxy_version="1.34.9")["migration_plan"]
    assert subjects(plan, "blocking") == [
        "Cilium (DaemonSet kube-system/cilium)",
        "MetalLB (DaemonSet kube-system/speaker)",
        "kube-vip (DaemonSet kube-system/kube-vip)",
    ]


def test_settings_that_change_together_with_the_mode_count(run: KubernetesRun, make: Make) -> None:
    make(DAEMON_SETS, daemon_set("speaker", "quay.io/metallb/speaker:v0.15.2"))
    wanted = {"check": True, "state": "begun", "mode": "ipvs"}
    with_it = run.done("kube_proxy_migration", **wanted, ipvs={"strict_arp": True})["config"]
    without = run.done("kube_proxy_migration", **wanted)["config"]
    plans = [run.done("kube_proxy_info", desired_config=config)["migration_plan"] for config in (with_it, without)]
    assert [(plan["former"], plan["mode"], plan["blocked"]) for plan in plans] == [
        ("iptables", "ipvs", False),
        ("iptables", "ipvs", True),
    ]


def test_a_gate_that_is_set_together_with_the_mode(run: KubernetesRun, cluster: FastCluster) -> None:
    version = {"kube_proxy_version": "1.30.4"}
    gates = {"featureGates": {"NFTablesProxyMode": True}}
    begun = run.done("kube_proxy_migration", check=True, state="begun", mode="nftables", config=gates, **version)
    plan = run.done("kube_proxy_info", desired_config=begun["config"], **version)["migration_plan"]
    assert (plan["mode"], plan["blocked"]) == ("nftables", False)


@pytest.mark.parametrize(
    ("config", "option", "words"),
    [
        ({"mode": "nftables"}, "migrate_to", "ipvs is not the mode of desired_config, which is nftables"),
        ({"mode": "ipvs", "ipvs": 5}, "desired_config", "cannot read it"),
    ],
)
def test_a_desired_configuration_that_is_none(
    run: KubernetesRun, cluster: FastCluster, config: dict[str, t.Any], option: str, words: str
) -> None:
    refused = run("kube_proxy_info", migrate_to="ipvs", desired_config=config, kube_proxy_version="1.34.9")
    assert refused.failed
    assert f"{option}: " in refused["msg"]
    assert words in refused["msg"]


def test_nodelocal_dnscache_on_the_address_of_a_service(run: KubernetesRun, cluster: FastCluster, make: Make) -> None:
    address = cluster.api.get("/api/v1/namespaces/default/services/kubernetes").json()["spec"]["clusterIP"]
    image = "registry.k8s.io/dns/k8s-dns-node-cache:1.26.4"
    make(DAEMON_SETS, daemon_set("node-local-dns", image, "-localip", f"169.254.20.10,{address}", "-conf", "/x"))
    plan = run.done("kube_proxy_info", migrate_to="ipvs", kube_proxy_version="1.34.9")["migration_plan"]
    assert subjects(plan, "blocking") == [f"NodeLocal DNSCache on {address} (DaemonSet kube-system/node-local-dns)"]


def define_felix(cluster: FastCluster, make: Make) -> None:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": "FelixConfiguration", "plural": "felixconfigurations", "singular": "felixconfiguration"}
    spec = {"group": "crd.projectcalico.org", "names": names, "scope": "Cluster", "versions": [version]}
    make(DEFINITIONS, {"metadata": {"name": "felixconfigurations.crd.projectcalico.org"}, "spec": spec})
    cluster.wait(lambda: cluster.api.get(FELIX).status_code == 200, "the kind FelixConfiguration to be served")


@pytest.mark.parametrize(
    ("mode", "words"),
    [("Enabled", None), ("Auto", "it chooses its data plane"), ("Disabled", "its rules are for iptables")],
)
def test_the_data_plane_of_calico(
    run: KubernetesRun, cluster: FastCluster, make: Make, mode: str, words: str | None
) -> None:
    make(DAEMON_SETS, daemon_set("calico-node", "docker.io/calico/node:v3.30.1"))
    unknown = run.done("kube_proxy_info", migrate_to="nftables", kube_proxy_version="1.34.9")
    assert (unknown.warnings, subjects(unknown["migration_plan"], "follow")) == (
        [],
        ["Calico (DaemonSet kube-system/calico-node)"],
    )
    define_felix(cluster, make)
    kind = {"apiVersion": "crd.projectcalico.org/v1", "kind": "FelixConfiguration"}
    make(FELIX, {**kind, "metadata": {"name": "default"}, "spec": {"nftablesMode": mode}})
    plan = run.done("kube_proxy_info", migrate_to="nftables", kube_proxy_version="1.34.9")["migration_plan"]
    follow = [finding["what"] for finding in plan["findings"] if finding["kind"] == "follow"]
    assert len(follow) == (0 if words is None else 1)
    assert all(what.startswith(words or "") for what in follow)


def test_the_documented_rights_suffice_and_each_that_is_missing_is_named(
    run: KubernetesRun, make: Make, account: t.Callable[[list[dict[str, t.Any]]], str]
) -> None:
    make(DAEMON_SETS, daemon_set("calico-node", "docker.io/calico/node:v3.30.1"))
    token = account([*READING, *PLANNING])
    outcome = run.done("kube_proxy_info", api_key=token, migrate_to="nftables", kube_proxy_version="1.34.9")
    assert outcome.warnings == []


def test_missing_rights_are_named(
    run: KubernetesRun, make: Make, account: t.Callable[[list[dict[str, t.Any]]], str]
) -> None:
    make(SERVICES, service("ports", type="NodePort"))
    make(DAEMON_SETS, daemon_set("speaker", "quay.io/metallb/speaker:v0.15.2"))
    token = account(READING)
    outcome = run.done("kube_proxy_info", api_key=token, migrate_to="ipvs", kube_proxy_version="1.34.9")
    assert outcome.warnings == [
        "migration_plan: the account lacks the right list on services of all namespaces, so nothing is known of "
        "Services",
        "migration_plan: the account lacks the right list on daemonsets of all namespaces, so nothing is known of "
        "neighbours",
    ]
    plan = outcome["migration_plan"]
    assert plan["blocked"] is False
    assert plan["findings"]


def test_nothing_is_planned_for_a_configuration_that_takes_no_effect(run: KubernetesRun, cluster: FastCluster) -> None:
    cluster.patch_config_map({"data": {"config.conf": "mode: [\n"}})
    assert run.done("kube_proxy_info", migrate_to="nftables")["migration_plan"] is None


def test_a_mode_that_is_none(run: KubernetesRun) -> None:
    assert "migrate_to" in run.refused("kube_proxy_info", migrate_to="userspace")["msg"]
    assert run.done("kube_proxy_info", migrate_to="  ")["migration_plan"] is None
