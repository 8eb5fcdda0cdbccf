# SPDX-License-Identifier: GPL-3.0-or-later

"""Job templates for self-hosted clusters as jobs of AWX. The modules answer as those of a healthy cluster do; that the
kubeconfig of a credential arrives is tried with the real ones.
"""

from __future__ import annotations

import json
import shutil
import stat
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from roles.conftest import MODULES, PLUGINS, SUDO

from private_data import Credential, Job, Runner, hosts, injected, judged

SECRET = "token-of-the-kubeconfig"
NODES = ("node1", "node2")
KUBECONFIG = yaml.safe_dump(
    {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "cellar",
        "contexts": [{"name": "cellar", "context": {"cluster": "cellar", "user": "me"}}],
        "clusters": [{"name": "cellar", "cluster": {"server": "https://127.0.0.1:9"}}],
        "users": [{"name": "me", "user": {"token": SECRET}}],
    }
)


class Cluster:
    """Jobs on a played cluster, and what its modules were asked."""

    def __init__(self, work: Path, project: Path, installed: Path) -> None:
        self._state = work / "state"
        self._state.mkdir()
        (self._state / "answers.json").write_text(json.dumps({"nodes": NODES}), encoding="utf-8")
        collections = work / "played"
        shutil.copytree(installed, collections)
        modules = collections / "ansible_collections" / "clusterops" / "kube_proxy" / "plugins" / "modules"
        stub = "#!/usr/bin/python\n" + (PLUGINS / "modules" / "stub.py").read_text(encoding="utf-8")
        for name in MODULES:
            (modules / f"{name}.py").write_text(stub, encoding="utf-8")
        (work / "sudo").write_text(SUDO, encoding="utf-8")
        (work / "sudo").chmod(0o755)
        self.runner = Runner(
            work,
            project,
            collections,
            STUB_STATE=str(self._state),
            ANSIBLE_CONNECTION_PLUGINS=str(PLUGINS / "connection"),
            ANSIBLE_BECOME_ALLOW_SAME_USER="1",
        )
        played = {
            "ansible_connection": "stub",
            "ansible_python_interpreter": sys.executable,
            "ansible_become_exe": str(work / "sudo"),
            "self_hosted_cluster_verify_delay": 0,
            "self_hosted_cluster_verify_retries": 0,
            "self_hosted_cluster_allow_leftovers": True,
            "kube_proxy_ipvs": {"sync_period": "45s"},
        }
        nodes = {name: {**played, "ansible_host": name} for name in NODES}
        self.inventory = hosts(nodes, "kube_nodes")
        self.inventory["_meta"]["hostvars"]["localhost"] = {**played, "ansible_host": "localhost"}
        self.inventory["ungrouped"] = {"hosts": ["localhost"]}

    def run(self, template: str, answers: t.Mapping[str, t.Any], **launch: t.Any) -> Job:
        for path in self._state.glob("kube_proxy_*.json"):
            path.unlink()
        credential = Credential("Kubeconfig", {"kubeconfig": KUBECONFIG, "context": "cellar"})
        return judged(self.runner.run(template, self.inventory, [credential], answers, **launch))

    def calls(self, module: str) -> list[dict[str, t.Any]]:
        found = [json.loads(path.read_text(encoding="utf-8")) for path in self._state.glob(f"{module}-*.json")]
        return sorted(found, key=lambda call: float(call["at"]))


@pytest.fixture
def cluster(tmp_path: Path, project: Path, installed: Path) -> Cluster:
    return Cluster(tmp_path, project, installed)


def test_look_then_apply(cluster: Cluster) -> None:
    answers = {"answer_ipvs_scheduler": "lc", "answer_iptables_sync_period": "", "answer_wait_timeout": 700}
    look = cluster.run("look at self-hosted", answers)
    assert look.status == "successful", look.output
    assert {call["check"] for module in MODULES for call in cluster.calls(module)} == {True}
    assert look.artifacts["kube_proxy_results"]["self-hosted"]["changed"] is True

    done = cluster.run("apply to self-hosted", answers)
    assert done.status == "successful", done.output
    edit = cluster.calls("kube_proxy_config")[-1]
    assert (edit["check"], edit["options"]["ipvs"]) == (False, {"scheduler": "lc", "sync_period": "45s"})
    assert "iptables" not in edit["options"]
    assert cluster.calls("kube_proxy_rollout")[-1]["options"]["wait_timeout"] == 700
    assert done.artifacts["kube_proxy_results"]["self-hosted"] == {
        "name": "self-hosted",
        "mode": "ipvs",
        "version": "1.33.1",
        "nodes": list(NODES),
        "nodes_ignored": [],
        "drift": [],
        "changed": True,
        "failed": False,
    }


def test_the_mode_is_changed_node_by_node(cluster: Cluster) -> None:
    answers = {"answer_canaries": "node2", "answer_drain_timeout": 0}
    look = cluster.run("migrate mode", answers)
    assert look.status == "successful", look.output
    assert [call for call in cluster.calls("kube_proxy_migration") if not call["check"]] == []
    done = cluster.run("migrate mode", {**answers, "answer_batch": "", "answer_mode": "nftables"}, job_type="run")
    assert done.status == "successful", done.output
    moves = [call["options"] for call in cluster.calls("kube_proxy_migration") if not call["check"]]
    assert [(move["state"], move.get("nodes")) for move in moves] == [
        ("begun", None),
        ("moved", ["node2"]),
        ("moved", ["node1"]),
        ("finished", None),
    ]
    result = done.artifacts["kube_proxy_results"]["self-hosted"]
    assert (result["mode"], result["changed"], result["nodes"]) == ("nftables", True, list(NODES))


def test_the_kubeconfig_of_a_credential_arrives(tmp_path: Path, project: Path, installed: Path) -> None:
    """The real modules take it from the file: they name its server, which does not answer, and not its token."""
    inventory = hosts({"node1": {"ansible_connection": "local", "self_hosted_cluster_timeout": 5}}, "kube_nodes")
    credential = Credential("Kubeconfig", {"kubeconfig": KUBECONFIG})
    job = judged(Runner(tmp_path, project, installed).run("look at self-hosted", inventory, [credential], verbosity=1))
    assert job.status == "failed"
    assert "127.0.0.1:9" in job.output.replace("', port=", ":")
    kept = [path for path in job.folder.rglob("*") if path.is_file()]
    assert [path.name for path in kept if SECRET in path.read_text(encoding="utf-8", errors="replace")] == []
    (file,) = (job.folder.parents[1] / "env").glob("tmp*")
    assert (stat.S_IMODE(file.stat().st_mode), file.read_text(encoding="utf-8")) == (0o600, KUBECONFIG)


def test_blank_inputs_leave_variables_empty(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    environment = injected(tmp_path, [Credential("Kubeconfig", {"kubeconfig": KUBECONFIG})])
    assert environment["K8S_AUTH_CONTEXT"] == ""
    assert Path(environment["K8S_AUTH_KUBECONFIG"]).read_text(encoding="utf-8") == KUBECONFIG
