# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role does with its variables: run by ansible-playbook, with its real modules, against the simulator."""

from __future__ import annotations

import json
import os
import re
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.role_variables import ENTRY_POINTS
from kubernetes_bench import FastCluster
from kubernetes_bench.fixtures import cluster, shared_cluster
from ovh_simulator import Simulator

from .conftest import run_playbook

__all__ = ["cluster", "shared_cluster"]

ROOT = Path(__file__).resolve().parents[3]
FOREIGN = re.compile("ANSIBLE_|OVH_|.*_PROXY$", re.IGNORECASE)
SERVICES = "/api/v1/namespaces/default/services"
NAMES = ENTRY_POINTS["managed_cluster"]["main"].spec
HELD = {"iptables": {"syncPeriod": "PT2M", "minSyncPeriod": "PT5S"}, "ipvs": {"scheduler": "dh"}}
PLAYBOOK = """\
- hosts: roles
  gather_facts: false
  roles: [clusterops.kube_proxy.managed_cluster]
- hosts: included
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: clusterops.kube_proxy.managed_cluster}
"""


@pytest.fixture
def play(tmp_path: Path, sim: Simulator) -> t.Callable[..., tuple[int, str]]:
    """``play(playbook, *options, hosts=...)``: the status and the output; credentials come from the environment."""
    (tmp_path / "ansible_collections" / "clusterops").mkdir(parents=True)
    (tmp_path / "ansible_collections" / "clusterops" / "kube_proxy").symlink_to(ROOT)
    environment = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
    environment.update({f"OVH_{name.upper()}": str(value) for name, value in sim.credentials.as_dict().items()})
    for name in ("OVH_CLIENT_ID", "OVH_CLIENT_SECRET", "OVH_ACCESS_TOKEN"):
        environment.pop(name, None)
    environment.update(
        OVH_ENDPOINT=sim.url,
        OVH_CLOUD_PROJECT_SERVICE=sim.service_name,
        HOME=str(tmp_path),
        ANSIBLE_COLLECTIONS_PATH=str(tmp_path),
        ANSIBLE_HOME=str(tmp_path / "home"),
        ANSIBLE_NOCOLOR="1",
        ANSIBLE_INVENTORY_ENABLED="yaml",
    )

    def run(playbook: str, *options: str, hosts: dict[str, dict[str, dict[str, t.Any]]]) -> tuple[int, str]:
        connection = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        children = {group: {"hosts": members} for group, members in hosts.items()}
        (tmp_path / "inventory.json").write_text(json.dumps({"all": {"vars": connection, "children": children}}))
        process = run_playbook(["-i", "inventory.json", *options, playbook], tmp_path, environment)
        return process.returncode, process.stdout

    return run


def sent(sim: Simulator, name: str) -> list[t.Any]:
    """The bodies of requests that change the cluster of this name."""
    (kube_id,) = [cluster.id for cluster in sim.clusters if cluster["name"] == name]
    return [request.json for request in sim.mutations if kube_id in request.route]


def test_variables_from_a_survey(play: t.Callable[..., tuple[int, str]], sim: Simulator, tmp_path: Path) -> None:
    """Older releases of AWX pass an empty text for what was not answered, newer ones null, and text for all else."""
    for name in ("empty", "null", "spaces", "json", "replaced", "wrong"):
        sim.add_cluster(name=name, kubeProxyMode="iptables", customization={"kubeProxy": HELD})
    wrong = {"kube_proxy_ipvs": '{"scheduler": "foo", "sync_period": "60", "typo": 1}', "managed_cluster_wait": "maybe"}
    hosts = {
        "roles": {
            "empty": dict.fromkeys(NAMES, ""),
            "null": dict.fromkeys(NAMES),
            "spaces": dict.fromkeys(NAMES, "  "),
            "wrong": {**dict.fromkeys(NAMES, ""), **wrong},
        },
        "included": {
            "json": {
                "kube_proxy_mode": "iptables",
                "kube_proxy_iptables": '{"sync_period": "1m", "min_sync_period": ""}',
                "managed_cluster_wait_timeout": "30",
                "managed_cluster_wait_sleep": "0.05",
                "managed_cluster_wait": "true",
            },
            "replaced": {
                "kube_proxy_strategy": "replace",
                "kube_proxy_iptables": {"sync_period": "3m"},
                "kube_proxy_ipvs": "",
                "managed_cluster_wait_sleep": 0.05,
            },
        },
    }
    (tmp_path / "play.yml").write_text(PLAYBOOK, encoding="utf-8")
    status, output = play("play.yml", hosts=hosts)
    assert status == 2, output
    assert re.findall(r"^(\w+) +: .*failed=[1-9]", output, re.M) == ["wrong"], output
    for path in ("ipvs.scheduler: ", "ipvs.sync_period: ", "ipvs.typo: no such option"):
        assert f"kube_proxy_{path}" in output
    assert "managed_cluster_wait: 'maybe' is not true or false" in output
    assert [sent(sim, name) for name in ("empty", "null", "spaces", "wrong")] == [[]] * 4
    merged = {"kubeProxy": {**HELD, "iptables": {"syncPeriod": "PT1M", "minSyncPeriod": "PT5S"}}}
    assert sent(sim, "json") == [merged]
    # A section that is left out stays as it is.
    assert sent(sim, "replaced") == [{"kubeProxy": {"iptables": {"syncPeriod": "PT3M"}, "ipvs": {"scheduler": "dh"}}}]


def test_extra_variables_in_check_mode(play: t.Callable[..., tuple[int, str]], sim: Simulator) -> None:
    sim.add_cluster(name="prod", kubeProxyMode="ipvs", customization={"kubeProxy": HELD})
    given = {"kube_proxy_ipvs": '{"scheduler": "sh"}', "kube_proxy_mode": "", "managed_cluster_wait_timeout": "30"}
    # The playbook's own, as a survey passes them.
    given.update(managed_hosts="  ", managed_python_interpreter="")
    extra = [f"--extra-vars={json.dumps({name: value})}" for name, value in given.items()]
    hosts = {"managed_clusters": {"prod": {}}}
    status, output = play("clusterops.kube_proxy.managed", "--check", "--diff", *extra, hosts=hosts)
    assert status == 0, output
    assert "would be changed (ipvs, READY); usual time: minutes; OVHcloud publishes no figure" in output
    assert '"scheduler": "sh"' in output or "scheduler: sh" in output
    assert sim.mutations == []


def test_a_reset_says_what_it_destroys_before_and_afterwards(
    play: t.Callable[..., tuple[int, str]], sim: Simulator, cluster: FastCluster
) -> None:
    """With a kubeconfig that the API gives in check mode, and with one's own for real."""
    kube_id = sim.add_cluster(name="prod", kubeProxyMode="iptables")
    sim.cluster(kube_id)["url"] = "127.0.0.1"
    sim.settings.kubeconfig = cluster.kubeconfig.read_text(encoding="utf-8")
    variables = {"kube_proxy_mode": "ipvs", "managed_cluster_wait_sleep": 0.05}
    own = {"managed_cluster_kubeconfig": str(cluster.kubeconfig), "managed_cluster_confirm": "prod"}
    service = {"metadata": {"name": "web"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}}
    assert cluster.api.post(SERVICES, json=service).status_code == 201
    try:
        ingress = {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}}}
        cluster.patch(f"{SERVICES}/web/status", ingress)
        playbook = "clusterops.kube_proxy.managed_reset"
        predicted = play(playbook, "--check", hosts={"managed_clusters": {"prod": variables}})
        assert sim.mutations == []
        sim.settings.kubeconfig = None
        real = play(playbook, hosts={"managed_clusters": {"prod": {**variables, **own}}})
    finally:
        assert cluster.api.delete(f"{SERVICES}/web").status_code == 200
    assert [status for status, _output in (predicted, real)] == [0, 0], (predicted, real)
    summary = "0 volumes, 1 load balancer, 0 Deployments, 0 StatefulSets, 0 DaemonSets"
    assert f"WOULD BE RESET (ipvs, READY); loses: {summary}; usual time: " in predicted[1]
    assert f"was reset, and has a new kubeconfig (ipvs, READY); lost: {summary}" in real[1]
    user = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))["users"][0]["user"]
    for _status, output in (predicted, real):
        assert "Load balancers: default/web (192.0.2.10);" in re.sub(r"\s+", " ", output)
        assert [secret for secret in user.values() if secret in output] == []


def test_a_reset_goes_on_where_the_cluster_cannot_be_read(
    play: t.Callable[..., tuple[int, str]], sim: Simulator, tmp_path: Path
) -> None:
    sim.add_cluster(name="prod", kubeProxyMode="iptables")
    variables = {
        "kube_proxy_mode": "ipvs",
        "managed_cluster_wait_sleep": 0.05,
        "managed_cluster_confirm": "prod",
        "managed_cluster_kubeconfig": str(tmp_path / "none"),
    }
    status, output = play("clusterops.kube_proxy.managed_reset", hosts={"managed_clusters": {"prod": variables}})
    assert status == 0, output
    assert "(ipvs, READY); lost: an unknown number of volumes, load balancers, workloads" in output
    said = re.sub(r"\s+", " ", output)
    assert "read_contents: not everything that a reset destroys in the cluster is known, because kubeconfig:" in said
    assert "This does not keep the reset from being done" in said
