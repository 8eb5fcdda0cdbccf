# SPDX-License-Identifier: GPL-3.0-or-later

"""A task has the same result in Ansible's worker as it has as a module. The integration suite compares the rest."""

from __future__ import annotations

import typing as t

from both_ways import differences, steady
from task_play import AS_MODULE, COLLECTION, HERE, MODULE, Play, Played, Task, customized

from ovh_simulator import Fault

KUBE_ID = "11111111-2222-4333-8444-555555555555"
FORBIDDEN = "99999999-2222-4333-8444-555555555555"

NO_SERVER = {"host": "https://127.0.0.1:9", "api_key": "planted-key"}
TASKS: dict[str, Task] = {
    "nothing to change": customized(kube_id=KUBE_ID),
    "a change in check mode": {
        **customized(kube_id=KUBE_ID, kube_proxy={"ipvs": {"scheduler": "sh"}}),
        "check_mode": True,
    },
    "a change": customized(kube_id=KUBE_ID, kube_proxy={"ipvs": {"scheduler": "sh"}}),
    "a change that was made": customized(kube_id=KUBE_ID, kube_proxy={"ipvs": {"scheduler": "sh"}}),
    "a warning": customized(kube_id=KUBE_ID, kube_proxy={"iptables": {"sync_period": "1m"}}),
    "another mode": customized(kube_id=KUBE_ID, kube_proxy_mode="iptables"),
    "bad values": customized(kube_id=KUBE_ID, kube_proxy={"ipvs": {"sync_period": "a day"}}, wait_timeout=-1),
    "no such option": customized(
        kube_id=KUBE_ID, kube_proxi={}, kube_proxy={"ipvs": {"scheduler": "none", "sync_period": 60}}
    ),
    "blank": customized(kube_id=KUBE_ID, kube_proxy="", name="", state=""),
    "an answer that is an error": customized(kube_id=FORBIDDEN),
    "a project that is no project": customized(kube_id=KUBE_ID, service_name="production"),
    "a file that is its content": customized(kube_id=KUBE_ID, config_file="[default]\nclient_secret=planted-secret\n"),
    "defaults": {
        f"{COLLECTION}.kube_proxy_customization": {"kube_proxy_mode": "ipvs"},
        "module_defaults": {f"group/{COLLECTION}.ovh": {"kube_id": KUBE_ID}},
    },
    "the environment": {
        **customized(kube_id=KUBE_ID),
        "environment": [{"OVH_CLOUD_PROJECT_SERVICE": "0" * 32}, {"UNUSED": 1}],
    },
    "a kubeconfig": {f"{COLLECTION}.kube_cluster_kubeconfig": {"kube_id": KUBE_ID}},
    "a kubeconfig in a file": {
        f"{COLLECTION}.kube_cluster_kubeconfig": {
            "kube_id": KUBE_ID,
            "dest": "{{ playbook_dir }}/config",
            "strategy": "replace",
        }
    },
    "all clusters": {f"{COLLECTION}.kube_cluster_info": {}},
    "no such cluster": {f"{COLLECTION}.kube_cluster": {"name": "gone", "region": "GRA11", "state": "absent"}},
    "a reset that is not confirmed": {
        f"{COLLECTION}.kube_cluster_reset": {"kube_id": KUBE_ID, "kube_proxy_mode": "iptables"}
    },
    "an API server that is none": {f"{COLLECTION}.kube_proxy_info": NO_SERVER},
    "a failure that is none": {**customized(kube_id=FORBIDDEN), "failed_when": False},
    "an option and its alias": {f"{COLLECTION}.kube_proxy_info": {**NO_SERVER, "ca_cert": "/a", "ssl_ca_cert": "/b"}},
}


def test_the_same_results_and_requests(play: Play) -> None:
    tasks = [{**task, "name": name, "ignore_errors": True} for name, task in TASKS.items()]
    played, sent = [], []
    for variables in ({}, AS_MODULE):
        play.sim.reset()
        settings = {"kubeProxy": {"ipvs": {"scheduler": "lc"}}}
        play.sim.add_cluster(id=KUBE_ID, name="production", kubeProxyMode="ipvs", customization=settings)
        play.sim.inject(Fault(status=403, times=-1, path=f"*/{FORBIDDEN}"))
        (play.work / "config").unlink(missing_ok=True)
        played.append(play(*tasks, options=["-vvvv"], variables=variables))
        sent.append([(request.method, request.path, request.json) for request in play.sim.requests])
    here, module = played
    for output, said, not_said in ((here.output, HERE, MODULE), (module.output, MODULE, HERE)):
        assert output.count(said) == len(TASKS), output
        assert not_said not in output
    assert here.status == module.status == 0
    expected = results(module)
    assert list(expected) == list(TASKS)
    # The test is worth something: tasks of every kind are among them.
    assert sum(bool(result.get("failed")) for result in expected.values()) == 11
    assert sum(bool(result.get("changed")) for result in expected.values()) == 4
    assert sum("warnings" in result for result in expected.values()) >= 2
    found = results(here)
    assert [f"{name} {difference}" for name in TASKS for difference in differences(found[name], expected[name])] == []
    assert sent[0] == sent[1]
    for output in (here.output, module.output):
        assert "planted" not in output


OWN_KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: own
contexts: [{name: own, context: {cluster: own, user: own}}]
clusters: [{name: own, cluster: {server: "https://127.0.0.1:9", certificate-authority: authority.pem}}]
users: [{name: own, user: {token: planted-token}}]
"""
ASKED = f"{COLLECTION}.kube_proxy_info"
WITH_PATHS: dict[str, Task] = {
    "dest": {f"{COLLECTION}.kube_cluster_kubeconfig": {"kube_id": KUBE_ID, "dest": "written"}},
    "dest again": {f"{COLLECTION}.kube_cluster_kubeconfig": {"kube_id": KUBE_ID, "dest": "folder/../written"}},
    "config_file": {f"{COLLECTION}.kube_cluster_info": {"config_file": "own.conf"}},
    "config_file that is not there": {f"{COLLECTION}.kube_cluster_info": {"config_file": "other.conf"}},
    "ca_path": {f"{COLLECTION}.kube_cluster_info": {"ca_path": "own.conf"}},
    "recovery_path": {
        f"{COLLECTION}.kube_cluster_reset": {
            "kube_id": KUBE_ID,
            "kube_proxy_mode": "iptables",
            "confirm_data_loss": True,
            "recovery_path": "records",
            "wait_timeout": 0,
        }
    },
    "kubeconfig": {ASKED: {"kubeconfig": "own.kubeconfig"}},
    "KUBECONFIG": {ASKED: {}, "environment": {"KUBECONFIG": "own.kubeconfig"}},
    "client_cert": {ASKED: {**NO_SERVER, "client_cert": "own.conf", "client_key": "own.conf"}},
    "dest of a configuration": {
        f"{COLLECTION}.kube_proxy_config": {
            "state": "rendered",
            "kube_proxy_version": "1.34.9",
            "mode": "nftables",
            "dest": "rendered",
        }
    },
    "ca_cert": {ASKED: {**NO_SERVER, "ca_cert": "own.conf"}},
}


def test_relative_paths_begin_at_the_folder_of_the_playbook(play: Play) -> None:
    """As Ansible starts a module there, wherever the command was started."""
    started = play.work / "started"
    for folder in (started, play.work / "folder", started / "folder"):
        folder.mkdir()
    (play.work / "own.conf").write_text(f"[default]\nendpoint={play.sim.url}\n", encoding="utf-8")
    (play.work / "own.kubeconfig").write_text(OWN_KUBECONFIG, encoding="utf-8")
    tasks = [{**task, "name": name, "ignore_errors": True} for name, task in WITH_PATHS.items()]
    found = []
    for variables in ({}, AS_MODULE):
        play.sim.reset()
        play.sim.add_cluster(id=KUBE_ID, name="production", kubeProxyMode="ipvs")
        files = [play.work / "written", play.work / "rendered"]
        for file in files:
            file.unlink(missing_ok=True)
        played = play(*tasks, variables=variables, cwd=started)
        found.append(results(played))
        assert all(file.is_file() for file in files), played.output
        assert [path.name for path in started.iterdir()] == ["folder"]
    here, module = found
    assert list(module) == list(WITH_PATHS)
    assert [name for name in WITH_PATHS for _difference in differences(here[name], module[name])] == []
    assert {name for name, result in module.items() if not result.get("failed")} == {
        *("dest", "dest again", "config_file", "dest of a configuration")
    }


def results(played: Played) -> dict[str, t.Any]:
    """By the name of the task, without what two runs never have in common."""
    return {line["task"]: steady(line["result"]) for line in played.lines}
