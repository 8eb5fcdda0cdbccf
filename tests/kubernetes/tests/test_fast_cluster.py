# SPDX-License-Identifier: GPL-3.0-or-later

"""The fast tier itself: what the other tests in this folder take for granted."""

from __future__ import annotations

import os
import signal
import time
import typing as t

import httpx
import yaml

if t.TYPE_CHECKING:
    from kubernetes_bench import FastCluster

CONFIG_MAP = "/api/v1/namespaces/kube-system/configmaps/kube-proxy"
MERGE = {"Content-Type": "application/merge-patch+json", "User-Agent": "somebody"}


def change_template(cluster: FastCluster, value: str) -> None:
    cluster.patch_daemon_set({"spec": {"template": {"metadata": {"annotations": {"test": value}}}}})


def is_changed(pod: dict[str, t.Any]) -> bool:
    return "test" in pod["metadata"].get("annotations", {})


def crash_the_changed(pod: dict[str, t.Any], _configuration: str) -> str | None:
    return "can't run" if is_changed(pod) else None


def restarts(pod: dict[str, t.Any]) -> int:
    return int(pod["status"].get("containerStatuses", [{"restartCount": 0}])[0]["restartCount"])


def readiness(cluster: FastCluster, node: str) -> str:
    conditions = cluster.api.get(f"/api/v1/nodes/{node}").json()["status"]["conditions"]
    return str(next(condition["status"] for condition in conditions if condition["type"] == "Ready"))


def log(cluster: FastCluster, pod: dict[str, t.Any], **query: str) -> httpx.Response:
    return cluster.api.get(f"/api/v1/namespaces/kube-system/pods/{pod['metadata']['name']}/log", params=query)


def test_the_objects_are_those_of_kubeadm(cluster: FastCluster) -> None:
    config_map = cluster.config_map()
    assert config_map["metadata"]["labels"] == {"app": "kube-proxy"}
    assert set(config_map["data"]) == {"config.conf", "kubeconfig.conf"}
    configuration = yaml.safe_load(config_map["data"]["config.conf"])
    assert configuration["kind"] == "KubeProxyConfiguration"
    assert configuration["mode"] == ""
    (container,) = cluster.daemon_set()["spec"]["template"]["spec"]["containers"]
    assert container["image"].endswith(f"/kube-proxy:{cluster.version}")
    assert [pod["spec"]["nodeName"] for pod in cluster.pods()] == ["node1", "node2", "node3"]


def test_a_reset_undoes_what_a_test_did(cluster: FastCluster) -> None:
    before = cluster.config_map()["data"], cluster.daemon_set()["spec"]
    pods = {pod["metadata"]["uid"] for pod in cluster.pods()}
    cluster.patch_config_map({"data": {"config.conf": None, "other": "text"}})
    change_template(cluster, "value")
    cluster.nodes.take_down("node2")
    cluster.faults.crash = crash_the_changed
    cluster.api.post("/api/v1/namespaces/kube-system/configmaps", json={"metadata": {"name": "added"}})
    cluster.reset()
    assert (cluster.config_map()["data"], cluster.daemon_set()["spec"]) == before
    assert cluster.api.get("/api/v1/namespaces/kube-system/configmaps/added").status_code == 404
    assert cluster.rolled()
    assert readiness(cluster, "node2") == "True"
    assert cluster.faults.crash is None
    assert not pods & {pod["metadata"]["uid"] for pod in cluster.pods()}


def test_a_changed_template_is_rolled_node_by_node(cluster: FastCluster) -> None:
    cluster.forget_requests()
    change_template(cluster, "value")
    cluster.wait_until_rolled()
    assert all(map(is_changed, cluster.pods()))
    # "d": the controller takes a pod away; "s": a pod's new status arrives.
    events = "".join(
        "d" if request.verb == "delete" else "s"
        for request in cluster.audit(everybody=True)
        if (request.verb == "delete" and request.user.endswith(":daemon-set-controller"))
        or (request.verb == "patch" and request.resource == "pods/status")
    )
    assert events.count("d") == 3
    assert "dd" not in events


def test_a_crashing_pod_stops_the_roll(cluster: FastCluster) -> None:
    cluster.faults.crash = crash_the_changed
    change_template(cluster, "value")
    cluster.wait(lambda: any(restarts(pod) >= 2 for pod in cluster.pods()), "a crash loop")
    (crashing,) = filter(is_changed, cluster.pods())
    (status,) = crashing["status"]["containerStatuses"]
    assert status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert status["lastState"]["terminated"]["exitCode"] == 1
    assert status["lastState"]["terminated"]["message"] == "can't run"
    assert log(cluster, crashing, tailLines="1", previous="true").text.endswith("can't run\n")
    assert cluster.daemon_set()["status"]["updatedNumberScheduled"] == 1


def test_a_container_that_crashes_later_is_ready_in_between(cluster: FastCluster) -> None:
    cluster.faults.crash = crash_the_changed
    cluster.faults.crash_after = 0.5
    change_template(cluster, "value")

    def ready_again() -> bool:
        statuses = [status for pod in cluster.pods() for status in pod["status"].get("containerStatuses", [])]
        return any(status["ready"] and status["restartCount"] for status in statuses)

    cluster.wait(ready_again, "a container to be started again")


def test_a_crash_depends_on_the_configuration_at_the_start(cluster: FastCluster) -> None:
    cluster.faults.crash = lambda _pod, configuration: "no such mode" if "mode: ipvs" in configuration else None
    good = cluster.config_map()["data"]["config.conf"]
    cluster.patch_config_map({"data": {"config.conf": good.replace('mode: ""', "mode: ipvs")}})
    assert set(cluster.nodes.running_configuration().values()) == {good}
    change_template(cluster, "value")
    cluster.wait(lambda: len(cluster.nodes.running_configuration()) == 2, "the first crash")
    assert not cluster.rolled()
    cluster.patch_config_map({"data": {"config.conf": good}})
    cluster.wait_until_rolled()
    assert set(cluster.nodes.running_configuration().values()) == {good}


def test_an_image_that_cannot_be_pulled(cluster: FastCluster) -> None:
    cluster.faults.image_error = lambda pod: "no such image" if is_changed(pod) else None
    change_template(cluster, "value")

    def waiting() -> list[dict[str, str]]:
        statuses = [status for pod in cluster.pods() for status in pod["status"].get("containerStatuses", [])]
        return [status["state"]["waiting"] for status in statuses if "waiting" in status["state"]]

    cluster.wait(lambda: bool(waiting()), "the failed pull")
    assert waiting() == [{"reason": "ImagePullBackOff", "message": "no such image"}]
    cluster.faults.image_error = None
    cluster.wait_until_rolled()


def test_a_node_that_is_down(cluster: FastCluster) -> None:
    cluster.nodes.take_down("node2")
    lost = cluster.pods()[1]
    assert readiness(cluster, "node2") == "Unknown"
    cluster.wait(lambda: cluster.daemon_set()["status"]["numberReady"] == 2, "the controller to notice")
    assert log(cluster, lost).status_code >= 500
    change_template(cluster, "value")
    # The lost pod uses up what may be unavailable: no healthy one is taken away, this one cannot go.
    cluster.wait(lambda: "deletionTimestamp" in cluster.pods()[1]["metadata"], "the lost pod to be deleted")
    assert not cluster.rolled()
    cluster.nodes.bring_up("node2")
    cluster.wait_until_rolled()


def test_the_audit_log_tells_a_change_from_a_dry_run(cluster: FastCluster) -> None:
    body = {"metadata": {"labels": {"test": "value"}}}
    for query in ({}, {"dryRun": "All"}):
        cluster.api.patch(CONFIG_MAP, json=body, params=query, headers=MERGE)
    cluster.api.get(CONFIG_MAP, headers=MERGE)
    requests = cluster.audit()
    assert [(request.verb, request.dry_run, request.mutating) for request in requests] == [
        ("patch", False, True),
        ("patch", True, False),
        ("get", False, False),
    ]
    assert requests[0].body == body
    assert {(request.resource, request.namespace, request.name) for request in requests} == {
        ("configmaps", "kube-system", "kube-proxy")
    }
    cluster.forget_requests()
    assert cluster.audit() == []


def test_a_control_plane_that_dies_comes_back(cluster: FastCluster) -> None:
    pid = int((cluster.directory / "kube-apiserver.pid").read_text(encoding="utf-8"))
    os.kill(pid, signal.SIGKILL)

    def answers() -> bool:
        try:
            return cluster.api.get("/readyz").text == "ok"
        except httpx.HTTPError:
            return False

    cluster.wait(lambda: not answers(), "the API server to be gone")
    cluster.wait(answers, "the API server to be back")
    change_template(cluster, "value")
    cluster.wait_until_rolled()


def test_an_evicted_pod_takes_its_time_to_end_and_is_replaced(cluster: FastCluster) -> None:
    cluster.faults.stop_seconds = 1.0
    [evicted] = [pod for pod in cluster.pods() if pod["spec"]["nodeName"] == "node2"]
    begin = time.monotonic()
    cluster.delete_pod("node2")
    assert "deletionTimestamp" in cluster.pods()[1]["metadata"]
    assert set(cluster.nodes.running_configuration()) == {"node1", "node2", "node3"}
    cluster.wait(lambda: cluster.pods()[1]["metadata"]["uid"] != evicted["metadata"]["uid"], "another pod")
    assert time.monotonic() - begin >= 1.0
    cluster.wait_until_rolled()
    assert cluster.nodes.most_at_once == {"node1": 1, "node2": 1, "node3": 1}


def test_two_pods_on_a_node_are_noticed_and_labels_do_not_outlive_a_reset(cluster: FastCluster) -> None:
    body = cluster.daemon_set()
    body["metadata"] = {"name": "kube-proxy-other", "namespace": "kube-system"}
    body["spec"]["template"]["metadata"]["labels"]["other"] = "yes"
    body["spec"]["selector"]["matchLabels"]["other"] = "yes"
    body["spec"]["template"]["spec"]["nodeSelector"] = {"other": "yes"}
    cluster.patch("/api/v1/nodes/node3", {"metadata": {"labels": {"other": "yes"}}})
    assert cluster.api.post("/apis/apps/v1/namespaces/kube-system/daemonsets", json=body).status_code == 201
    cluster.wait(lambda: cluster.nodes.most_at_once.get("node3") == 2, "the second pod")
    assert cluster.nodes.most_at_once["node1"] == 1
    assert cluster.names("daemonsets") == {"kube-proxy", "kube-proxy-other"}
    assert cluster.labels("node3")["other"] == "yes"
    cluster.reset()
    assert "other" not in cluster.labels("node3")
    assert cluster.names("daemonsets") == {"kube-proxy"}
