# SPDX-License-Identifier: GPL-3.0-or-later

"""The role as it is: managed clusters of the simulator with the real modules, self-hosted ones with modules that answer
what a test wants.
"""

from __future__ import annotations

import json
import stat
import typing as t
from pathlib import Path
from xml.etree import ElementTree

from ovh_simulator import Simulator

from .conftest import Playbooks
from .test_managed_cluster import play

__all__ = ["play"]

Play = t.Callable[..., tuple[int, str]]
PLAYBOOK = "clusterops.kube_proxy.audit"
SETTINGS = {"ipvs": {"scheduler": "lc", "syncPeriod": "PT1M"}}
DESIRED = {"kube_proxy_mode": "ipvs", "kube_proxy_ipvs": {"scheduler": "lc", "sync_period": "60s"}}


def by_name(folder: Path) -> dict[str, dict[str, t.Any]]:
    """The clusters of the report."""
    report = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    return {one["name"]: one for one in report["clusters"]}


def kinds(one: dict[str, t.Any]) -> list[str]:
    return [each["kind"] for each in one["recommendations"]]


def test_a_fleet_of_managed_clusters(play: Play, sim: Simulator, tmp_path: Path) -> None:
    sim.add_cluster(name="as-desired", kubeProxyMode="ipvs", customization={"kubeProxy": SETTINGS})
    other = {"ipvs": {"scheduler": "rr", "syncPeriod": "PT1M"}}
    sim.add_cluster(name="other-setting", kubeProxyMode="ipvs", customization={"kubeProxy": other})
    sim.add_cluster(name="other-mode", kubeProxyMode="iptables", customization={"kubeProxy": SETTINGS})
    sim.add_cluster(name="only-shown", kubeProxyMode="iptables")
    sim.add_cluster(name="with-cilium", kubeProxyMode=None, plan="standard")
    hosts = {
        "as-desired": DESIRED,
        "other-setting": DESIRED,
        "other-mode": DESIRED,
        "only-shown": {},
        "with-cilium": {"kube_proxy_ipvs": {"scheduler": "lc"}},
        "gone": DESIRED,
        "mistyped": {"kube_proxy_ipvs": {"schedular": "lc"}},
    }
    fleet: t.Any = {"managed_clusters": hosts}
    status, output = play(PLAYBOOK, "-e", "audit_dest=report", hosts=fleet)
    assert status == 0, output
    folder = tmp_path / "report"
    found = by_name(folder)
    assert {name: one["state"] for name, one in found.items()} == {
        "as-desired": "in_order",
        "other-setting": "drifted",
        "other-mode": "drifted",
        "only-shown": "unchecked",
        "with-cilium": "no_kube_proxy",
        "gone": "unreadable",
        "mistyped": "unreadable",
    }
    assert found["other-setting"]["differences"] == [{"option": "ipvs.scheduler", "current": "rr", "desired": "lc"}]
    assert found["other-setting"]["effective"]["ipvs"]["scheduler"] == "rr"
    assert kinds(found["other-setting"])[0] == "apply"
    assert found["other-mode"]["drift"] == ["it runs iptables, not ipvs"]
    assert kinds(found["other-mode"])[0] == "change_mode"
    assert "managed_reset" in found["other-mode"]["recommendations"][0]["todo"]
    assert found["only-shown"]["effective"] == {"iptables": {"min_sync_period": "1s", "sync_period": "30s"}}
    assert found["only-shown"]["version"] == found["as-desired"]["version"] != None  # noqa: E711
    assert "the project has no cluster 'gone'" in found["gone"]["error"]
    assert "kube_proxy_ipvs.schedular" in found["mistyped"]["error"]
    assert sim.mutations == []
    assert {request.method for request in sim.requests} == {"GET"}
    # Only for whom it was written, and without a secret.
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == dict.fromkeys(texts, 0o600)
    assert sorted(texts) == ["audit.html", "audit.json", "audit.xml"]
    secrets = [str(value) for name, value in sim.credentials.as_dict().items() if "endpoint" not in name and value]
    assert [secret for secret in secrets if any(secret in text for text in texts.values())] == []

    # The same clusters make the same files, also in check mode, which writes them as well.
    status, output = play(PLAYBOOK, "-e", "audit_dest=report", hosts=fleet)
    assert status == 0, output
    assert "changed=0" in output
    assert "changed=1" not in output
    status, output = play(PLAYBOOK, "--check", "-e", "audit_dest=other", hosts=fleet)
    assert status == 0, output
    assert {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "other").iterdir()} == texts


def test_drift_is_a_failure_where_that_is_wanted(play: Play, sim: Simulator, tmp_path: Path) -> None:
    sim.add_cluster(name="prod", kubeProxyMode="ipvs", customization={"kubeProxy": SETTINGS})
    desired = {"kube_proxy_ipvs": '{"scheduler": "sh"}'}
    # As a survey passes its answers.
    survey = json.dumps({"audit_fail_on_drift": "true", "audit_made_at": "noon", "audit_dest": "", "audit_name": ""})
    status, output = play(PLAYBOOK, "-e", survey, "-l", "prod", hosts={"managed_clusters": {"prod": desired}})
    assert status != 0
    assert "These clusters drift or could not be read: prod: ipvs.scheduler is lc, not sh" in output
    text = (tmp_path / "kube-proxy-audit" / "audit.xml").read_text(encoding="utf-8")
    suite = ElementTree.fromstring(text)  # noqa: S314 - a file of ours
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "1", "0")
    failure = suite.find("testsuite/testcase[@name='prod']/failure")
    assert failure is not None
    assert failure.text == "ipvs.scheduler is lc, not sh"
    status, output = play(PLAYBOOK, "-e", survey, hosts={"managed_clusters": {"prod": {}}})
    assert status == 0, output


def test_an_audit_of_nothing_does_not_succeed(play: Play, tmp_path: Path) -> None:
    status, output = play(PLAYBOOK, hosts={"others": {"prod": {}}})
    assert status != 0
    assert "No host of the inventory is in managed_clusters:kube_nodes, so there is no cluster to audit." in output
    assert not (tmp_path / "kube-proxy-audit").exists()


def test_a_self_hosted_cluster(playbooks: Playbooks, tmp_path: Path) -> None:
    nodes = [
        {"node": node, "ready": True, "up_to_date": True, "mode": "ipvs", "sync": {"count": 9, "mean": 0.1, "p99": 0.4}}
        for node in ("node1", "node2")
    ]
    config = {"mode": "ipvs", "ipvs": {"scheduler": "rr"}, "clientConnection": {"kubeconfig": "/var/lib/x"}}
    found = {
        "mode": "ipvs",
        "kube_proxy_version": "1.35.1",
        "config": config,
        "effective": config,
        "services": 12,
        "nodes": nodes,
        "drift": ["node node1: pod kube-proxy-1 is not ready (Pending)"],
    }
    planned = {"config": {**config, "ipvs": {"scheduler": "lc"}}, "mode": "ipvs"}
    outcome = playbooks.run(
        PLAYBOOK,
        variables={
            "kube_proxy_ipvs": {"scheduler": "lc"},
            "audit_name": "cellar",
            "audit_dest": str(tmp_path / "report"),
            "self_hosted_cluster_kubeconfig": {"users": [{"name": "me", "user": {"token": "hunter2"}}]},
        },
        answers={
            "kube_proxy_info": [found],
            "kube_proxy_config": [planned],
            "kube_proxy_node_info node1": [{"leftovers": ["KUBE-SVC chains (mode iptables)"], "drift": ["said twice"]}],
            "kube_proxy_node_info node2": [{"leftovers": [], "drift": ["kube-proxy is not healthy"]}],
        },
    )
    assert outcome.status == 0, outcome.output
    assert [(call.module, call.host, call.check) for call in outcome.calls if call.host == "localhost"] == [
        ("kube_proxy_info", "localhost", False),
        ("kube_proxy_config", "localhost", True),
    ]
    assert {call.options.get("metrics") for call in outcome.of("kube_proxy_info")} == {True}
    one = by_name(tmp_path / "report")["cellar"]
    assert (one["state"], one["mode"], one["services"]) == ("drifted", "ipvs", 12)
    assert one["drift"] == [
        *found["drift"],
        "node node2: kube-proxy is not healthy",
        "ipvs.scheduler is rr, not lc",
    ]
    assert [node["leftovers"] for node in one["nodes"]] == [["KUBE-SVC chains (mode iptables)"], []]
    assert one["sync"] == {"mean": 0.1, "p99": 0.4}
    assert kinds(one) == ["apply", "clean", "leave_ipvs"]
    assert "clientConnection" not in one["effective"]
    assert "hunter2" not in (tmp_path / "report" / "audit.html").read_text(encoding="utf-8") + outcome.output


def test_a_node_or_a_cluster_that_cannot_be_read_is_told(playbooks: Playbooks, tmp_path: Path) -> None:
    variables = {"audit_dest": str(tmp_path / "report"), "self_hosted_cluster_context": "cellar"}
    outcome = playbooks.run(
        PLAYBOOK,
        variables=variables,
        answers={
            "kube_proxy_node_info node1": [{"cut": "Connection reset by peer"}],
            "kube_proxy_node_info node2": [{"leftovers": []}],
        },
    )
    assert outcome.status == 0, outcome.output
    assert outcome.of("kube_proxy_config") == []
    one = by_name(tmp_path / "report")["cellar"]
    assert one["state"] == "unchecked"
    assert [bool(node["error"]) for node in one["nodes"]] == [True, False]
    assert kinds(one) == ["make_readable"]


def test_an_api_server_that_cannot_be_read_is_told(playbooks: Playbooks, tmp_path: Path) -> None:
    outcome = playbooks.run(
        PLAYBOOK,
        variables={"audit_dest": str(tmp_path / "report"), "kube_proxy_mode": "ipvs"},
        answers={"kube_proxy_info": [{"failed": True, "msg": "Reading ConfigMap: HTTP 403 (Forbidden)"}]},
    )
    assert outcome.status == 0, outcome.output
    assert {call.module for call in outcome.calls} == {"kube_proxy_info"}
    one = by_name(tmp_path / "report")["self-hosted"]
    assert (one["state"], one["error"]) == ("unreadable", "Reading ConfigMap: HTTP 403 (Forbidden)")
