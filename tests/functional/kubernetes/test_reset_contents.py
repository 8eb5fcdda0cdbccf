# SPDX-License-Identifier: GPL-3.0-or-later

"""What kube_cluster_reset reads of a cluster before it is reset: the simulator of the API, and a real API server."""

from __future__ import annotations

import json
import stat
import typing as t
from pathlib import Path

import pytest
import yaml

from kubernetes_bench import FastCluster
from module_run import ModuleRun, Outcome
from ovh_simulator import Simulator

from .runs import Make

MODULE = "kube_cluster_reset"
CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims"
VOLUMES = "/api/v1/persistentvolumes"
SERVICES = "/api/v1/namespaces/default/services"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
READS = [
    ("list", "persistentvolumes"),
    ("list", "services"),
    *[("list", kind) for kind in ("deployments", "statefulsets", "daemonsets") for _where in ("all", "kube-system")],
]
#: What the documentation lists.
RULES: list[dict[str, t.Any]] = [
    {"apiGroups": [""], "resources": ["persistentvolumes", "services"], "verbs": ["list"]},
    {"apiGroups": ["apps"], "resources": ["deployments", "statefulsets", "daemonsets"], "verbs": ["list"]},
]


class ResetRun(ModuleRun):
    """``run(check=False, **options)``: resets of a cluster of the simulator, whose kubeconfig leads to a real one."""

    def __init__(
        self, sim: Simulator, recovery: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        super().__init__(monkeypatch, capsys)
        self._sim = sim
        self.options: dict[str, t.Any] = {
            "endpoint": sim.url,
            "service_name": sim.service_name,
            "access_token": sim.credentials.access_token,
            "kube_id": sim.add_cluster(name="prod", kubeProxyMode="iptables"),
            "kube_proxy_mode": "ipvs",
            "recovery_path": str(recovery),
            "wait_sleep": 0.01,
            "wait_timeout": 60,
        }

    def __call__(self, *, check: bool = False, **options: t.Any) -> Outcome:
        return self.bare(MODULE, check=check, **{**self.options, **options})

    def contents(self, **options: t.Any) -> t.Any:
        """Those of check mode, which succeeds and changes nothing."""
        outcome = self(check=True, **options)
        assert not outcome.failed, outcome["msg"]
        assert self._sim.mutations == []
        return outcome["consequences"]["contents"]


@pytest.fixture
def reset(
    sim: Simulator,
    cluster: FastCluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    run: object,
) -> ResetRun:
    """The API gives the administrator's kubeconfig of the real cluster."""
    sim.settings.kubeconfig = cluster.kubeconfig.read_text(encoding="utf-8")
    return ResetRun(sim, tmp_path / "recovery", monkeypatch, capsys)


def volume(name: str, claim: str | None, policy: str = "Delete", **source: t.Any) -> dict[str, t.Any]:
    kind = source or {"csi": {"driver": "cinder.csi.openstack.org", "volumeHandle": name}}
    reference = {"claimRef": {"namespace": "default", "name": claim}} if claim else {}
    spec = {
        "capacity": {"storage": "10Gi"},
        "accessModes": ["ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": policy,
        "storageClassName": "csi-cinder-high-speed",
        **reference,
        **kind,
    }
    return {"metadata": {"name": name}, "spec": spec}


def claim(name: str, volume_name: str) -> dict[str, t.Any]:
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "10Gi"}},
        "storageClassName": "csi-cinder-high-speed",
        "volumeName": volume_name,
    }
    return {"metadata": {"name": name}, "spec": spec}


def bound(cluster: FastCluster, make: Make, name: str, **how: t.Any) -> None:
    """A claim with its volume, bound to each other as the controller would, which does not run here."""
    make(VOLUMES, volume(f"pv-{name}", name, **how))
    make(CLAIMS, claim(name, f"pv-{name}"))
    cluster.patch(f"{VOLUMES}/pv-{name}/status", {"status": {"phase": "Bound"}})


def load_balancer(cluster: FastCluster, make: Make, name: str, *ingress: dict[str, str], **annotations: str) -> None:
    """A Service of type LoadBalancer, with the addresses that a cloud controller manager notes."""
    metadata = {"name": name, "annotations": annotations}
    make(SERVICES, {"metadata": metadata, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}})
    cluster.patch(f"{SERVICES}/{name}/status", {"status": {"loadBalancer": {"ingress": list(ingress)}}})


def deployment(name: str) -> dict[str, t.Any]:
    """One without pods."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    return {
        "metadata": {"name": name},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    }


def made_of(cluster: FastCluster, make: Make) -> None:
    """Something of everything."""
    bound(cluster, make, "data")
    bound(cluster, make, "archive", policy="Retain")
    bound(cluster, make, "cache", hostPath={"path": "/var/cache"})
    bound(cluster, make, "shared", policy="Retain", nfs={"server": "192.0.2.1", "path": "/"})
    load_balancer(cluster, make, "web", {"ip": "192.0.2.10"}, {"hostname": "web.example.net"})
    load_balancer(cluster, make, "mail", {"ip": "192.0.2.11"}, **{"loadbalancer.openstack.org/keep-floatingip": "true"})
    make(SERVICES, {"metadata": {"name": "inside"}, "spec": {"ports": [{"port": 80}]}})
    for name in ("a", "b", "c"):
        make(DEPLOYMENTS, deployment(name))


def test_volumes_load_balancers_and_workloads(
    reset: ResetRun, cluster: FastCluster, make: Make, sim: Simulator
) -> None:
    made_of(cluster, make)
    cluster.forget_requests()
    predicted = reset(check=True)
    assert [(request.verb, request.resource) for request in cluster.audit()] == READS
    contents = predicted["consequences"]["contents"]
    volumes, balancers = contents["volumes"], contents["load_balancers"]
    assert (volumes["total"], volumes["fates"]) == (4, {"deleted": 1, "node": 1, "unclear": 1, "elsewhere": 1})
    assert [(found["claim"], found["fate"]) for found in volumes["first"]] == [
        ("default/archive", "unclear"),
        ("default/cache", "node"),
        ("default/data", "deleted"),
        ("default/shared", "elsewhere"),
    ]
    assert volumes["first"][2] == {
        "name": "pv-data",
        "claim": "default/data",
        "capacity": "10Gi",
        "storage_class": "csi-cinder-high-speed",
        "reclaim_policy": "Delete",
        "fate": "deleted",
    }
    assert balancers == {
        "total": 2,
        "first": [
            {"service": "default/mail", "addresses": ["192.0.2.11"], "keep_address": True},
            {"service": "default/web", "addresses": ["192.0.2.10", "web.example.net"], "keep_address": False},
        ],
    }
    # Those of kube-system are OVHcloud's.
    assert contents["workloads"] == {"Deployment": 3, "StatefulSet": 0, "DaemonSet": 0}
    assert contents["summary"] == "4 volumes, 2 load balancers, 3 Deployments, 0 StatefulSets, 0 DaemonSets"
    [warning] = predicted.warnings
    refused = reset(confirm="another")
    for text in (warning, refused["msg"]):
        assert "Volumes: default/data (10Gi); a reset deletes them with their data" in text
        assert "Load balancers: default/web (192.0.2.10, web.example.net); they are deleted" in text
    assert sim.mutations == []
    real = reset(confirm="prod")
    assert not real.failed
    assert real["consequences"] == predicted["consequences"]
    [announced] = real.warnings
    assert announced.partition("lost")[2] == warning.partition("lost")[2]


def test_nothing_is_read_where_nothing_is_reset(reset: ResetRun, cluster: FastCluster, sim: Simulator) -> None:
    cluster.forget_requests()
    assert reset(kube_proxy_mode="iptables")["consequences"] == {}
    assert reset.contents(read_contents=False) is None
    assert cluster.audit() == []
    assert [request for request in sim.requests if request.route.endswith("/kubeconfig")] == []


def test_thousands_are_counted_and_the_first_are_named(
    reset: ResetRun, cluster: FastCluster, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(300):
        make(VOLUMES, volume(f"pv-{number:03}", None))
    outcome = reset(check=True)
    volumes = outcome["consequences"]["contents"]["volumes"]
    assert (volumes["total"], volumes["fates"], len(volumes["first"])) == (300, {"unclear": 300}, 100)
    assert "pv-009 (10Gi) and 290 more;" in outcome.warnings[0]


@pytest.mark.parametrize("form", ["path", "content", "dictionary"])
def test_a_kubeconfig_of_ones_own(
    reset: ResetRun, cluster: FastCluster, sim: Simulator, tmp_path: Path, account: t.Any, form: str
) -> None:
    document = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))
    document["users"][0]["user"] = {"token": account(RULES)}
    text = json.dumps(document)
    (tmp_path / "config").write_text(text, encoding="utf-8")
    given = {"path": str(tmp_path / "config"), "content": text, "dictionary": document}[form]
    outcome = reset(check=True, kubeconfig=given)
    contents = outcome["consequences"]["contents"]
    assert contents["volumes"] == {"total": 0, "fates": {}, "first": []}
    assert [request for request in sim.requests if request.route.endswith("/kubeconfig")] == []
    assert document["users"][0]["user"]["token"] not in outcome.text
    # The simulator's cluster has an address of its own.
    assert outcome.warnings[0].startswith("kubeconfig: it leads to 127.0.0.1, and the API server of cluster 'prod'")
    (kube_id,) = [found.id for found in sim.clusters]
    sim.cluster(kube_id)["url"] = "127.0.0.1"
    assert len(reset(check=True, kubeconfig=given).warnings) == 1


def test_the_environment_leads_to_no_other_cluster(
    reset: ResetRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("K8S_AUTH_HOST", "https://127.0.0.1:1")
    monkeypatch.setenv("K8S_AUTH_KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    assert reset.contents()["volumes"]["total"] == 0


def test_secrets_of_the_kubeconfig_are_hidden(reset: ResetRun, cluster: FastCluster) -> None:
    user = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))["users"][0]["user"]
    outcome = reset(confirm="prod")
    assert not outcome.failed
    for secret in user.values():
        assert secret not in outcome.text


def test_missing_rights_are_named_and_the_rest_is_read(
    reset: ResetRun, cluster: FastCluster, make: Make, account: t.Any
) -> None:
    load_balancer(cluster, make, "web", {"ip": "192.0.2.10"})
    document = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))
    document["users"][0]["user"] = {"token": account([{**RULES[0], "resources": ["services"]}])}
    outcome = reset(check=True, kubeconfig=document)
    contents = outcome["consequences"]["contents"]
    assert (contents["volumes"], contents["load_balancers"]["total"], contents["workloads"]) == (None, 1, None)
    assert contents["summary"] == "1 load balancer and an unknown number of volumes, workloads"
    lacking = [warning for warning in outcome.warnings if "lacks the right list on" in warning]
    assert [warning.partition("so nothing is known of the ")[2] for warning in lacking] == [
        "volumes that a reset destroys",
        "workloads that a reset destroys",
    ]
    assert "Not known are its volumes, workloads." in outcome.warnings[-1]


def refused_port(document: dict[str, t.Any]) -> None:
    document["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"


def another_authority(document: dict[str, t.Any]) -> None:
    del document["clusters"][0]["cluster"]["certificate-authority-data"]


def wrong_token(document: dict[str, t.Any]) -> None:
    document["users"][0]["user"] = {"token": "wrong"}


def over_plain_http(document: dict[str, t.Any]) -> None:
    document["clusters"][0]["cluster"]["server"] = "http://192.0.2.1"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (refused_port, "Connection refused); check that the host that runs the module can reach it"),
        (another_authority, "certificate verify failed"),
        (wrong_token, "the API server answered 401 Unauthorized"),
        (over_plain_http, "the URL of the API server uses plain http"),
    ],
)
def test_a_cluster_that_cannot_be_read_is_reset_all_the_same(
    reset: ResetRun, cluster: FastCluster, sim: Simulator, change: t.Callable[[dict[str, t.Any]], None], why: str
) -> None:
    document = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))
    change(document)
    sim.settings.kubeconfig = json.dumps(document)
    outcome = reset(confirm="prod")
    assert not outcome.failed, outcome["msg"]
    assert outcome["action"] == "reset"
    assert outcome["consequences"]["contents"] == {
        "summary": "an unknown number of volumes, load balancers, workloads",
        "volumes": None,
        "load_balancers": None,
        "workloads": None,
    }
    unread, announced = outcome.warnings
    assert unread.startswith("read_contents: not everything that a reset destroys in the cluster is known, because ")
    assert why in unread
    assert unread.endswith("to do without, set read_contents to false")
    assert announced.endswith("Not known are its volumes, load balancers, workloads.")


def test_an_api_that_gives_no_kubeconfig(reset: ResetRun, sim: Simulator) -> None:
    sim.settings.iam_denied_actions = ["publicCloudProject:apiovh:kube/kubeconfig/create"]
    outcome = reset(check=True)
    assert "kube/kubeconfig/create" in outcome.warnings[0]
    sim.settings.iam_denied_actions = []
    sim.settings.kubeconfig = "[]"
    assert "the API's kubeconfig cannot be used: it is no mapping" in reset(check=True).warnings[0]


def test_a_kubeconfig_of_the_api_starts_no_program_and_reads_no_file(
    reset: ResetRun, cluster: FastCluster, sim: Simulator, tmp_path: Path
) -> None:
    document = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "token").write_text("of-somebody-else", encoding="utf-8")
    run = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(program), "interactiveMode": "Never"}
    document["users"][0]["user"] = {"exec": run, "tokenFile": str(tmp_path / "token")}
    sim.settings.kubeconfig = json.dumps(document)
    # Without them, nobody in particular asks.
    assert "lacks the right list on persistentvolumes" in reset(check=True).warnings[0]
    assert not (tmp_path / "started").exists()


def test_a_file_that_does_not_exist(reset: ResetRun, tmp_path: Path) -> None:
    outcome = reset(check=True, kubeconfig=str(tmp_path / "none"))
    assert not outcome.failed
    assert "kubeconfig: the kubeconfig" in outcome.warnings[0]
    assert "does not exist" in outcome.warnings[0]
