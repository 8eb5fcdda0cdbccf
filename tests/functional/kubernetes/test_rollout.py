# SPDX-License-Identifier: GPL-3.0-or-later

"""kube_proxy_rollout against a real API server and DaemonSet controller, with played nodes."""

from __future__ import annotations

import time
import typing as t

import pytest
import yaml

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes.kubernetes_api import (
    KubernetesApi,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.annotations import (
    CHECKSUM,
    RESTORE,
)
from kubernetes_bench import FastCluster

from .runs import KubernetesRun

IPVS = {"mode": "ipvs", "ipvs": {"scheduler": "lc"}}


class Killed(BaseException):
    """What ends a process from outside; nothing may catch it."""


def mutations(cluster: FastCluster) -> list[tuple[str, str]]:
    return [(request.verb, request.resource) for request in cluster.audit() if request.mutating]


def running_modes(cluster: FastCluster) -> dict[str, str]:
    """Per node the mode of the configuration that its pod was started with."""
    texts = cluster.nodes.running_configuration()
    return {node: yaml.safe_load(text)["mode"] for node, text in texts.items()}


def rollout_settings(cluster: FastCluster) -> tuple[t.Any, t.Any]:
    spec = cluster.daemon_set()["spec"]
    return spec.get("minReadySeconds", 0), spec["updateStrategy"]


def test_pods_that_run_the_current_config_map_are_left_alone(run: KubernetesRun, cluster: FastCluster) -> None:
    names = [pod["metadata"]["name"] for pod in cluster.pods()]
    outcome = run.done("kube_proxy_rollout")
    assert (outcome["changed"], outcome["restarted"]) == (False, False)
    assert mutations(cluster) == []
    assert [pod["metadata"]["name"] for pod in cluster.pods()] == names


def test_after_an_edit_every_node_runs_it_and_the_second_run_changes_nothing(
    run: KubernetesRun, cluster: FastCluster
) -> None:
    lasting = rollout_settings(cluster)
    edit = run.done("kube_proxy_config", **IPVS)
    cluster.forget_requests()
    outcome = run.done("kube_proxy_rollout", min_ready_seconds=1)
    assert (outcome["changed"], outcome["restarted"]) == (True, True)
    assert set(running_modes(cluster).values()) == {"ipvs"}
    assert len(running_modes(cluster)) == 3
    assert outcome["daemon_set"] == {
        "desired": 3,
        "current": 3,
        "updated": 3,
        "ready": 3,
        "available": 3,
        "misscheduled": 0,
    }
    marks = {pod["metadata"]["annotations"][CHECKSUM] for pod in cluster.pods()}
    assert marks == {edit["config_checksum"]} == {outcome["config_checksum"]}
    # The settings for the rollout, the rollout, and what puts the settings back.
    assert mutations(cluster) == [("patch", "daemonsets")] * 3
    assert rollout_settings(cluster) == lasting
    assert RESTORE not in cluster.daemon_set()["metadata"]["annotations"]
    cluster.forget_requests()
    again = run.done("kube_proxy_rollout", min_ready_seconds=1)
    assert not again["changed"]
    assert "usual_time" not in again.result
    assert mutations(cluster) == []


def test_a_re_render_by_kubeadm_is_no_change(run: KubernetesRun, cluster: FastCluster) -> None:
    requested = {"config": {"configSyncPeriod": "60s"}, "mode": "iptables"}
    run.done("kube_proxy_config", **requested)
    run.done("kube_proxy_rollout")
    data = cluster.config_map()["data"]["config.conf"]
    rendered = yaml.safe_dump({**yaml.safe_load(data), "portRange": "", "configSyncPeriod": "1m0s"})
    cluster.patch_config_map({"data": {"config.conf": "\n" + rendered}, "metadata": {"annotations": None}})
    cluster.forget_requests()
    assert not run.done("kube_proxy_config", **requested)["changed"]
    assert not run.done("kube_proxy_rollout")["changed"]
    assert mutations(cluster) == []


def test_check_mode_shows_what_edit_and_rollout_would_do(run: KubernetesRun, cluster: FastCluster) -> None:
    edit = run.done("kube_proxy_config", check=True, **IPVS)
    options = {"config_checksum": edit["config_checksum"], "min_ready_seconds": 2}
    looked = run.done("kube_proxy_rollout", check=True, **options)
    assert looked["changed"]
    dry = [request.resource for request in cluster.audit() if request.dry_run]
    assert dry == ["configmaps", "daemonsets"]
    edit = run.done("kube_proxy_config", **IPVS)
    done = run.done("kube_proxy_rollout", **options)
    assert looked["diff"] == done["diff"]
    assert looked["usual_time"] == done["usual_time"] == "6 to 36 seconds: 3 pods, one at a time"
    nodes = ", ".join(sorted(pod["spec"]["nodeName"] for pod in cluster.pods()))
    restart = f"3 pods, one at a time: {nodes}"
    assert done["diff"]["after"] == {"config_checksum": edit["config_checksum"], "restart": restart}


def test_only_the_content_of_the_given_checksum_is_rolled_out(run: KubernetesRun, cluster: FastCluster) -> None:
    run.done("kube_proxy_config", **IPVS)
    outcome = run.refused("kube_proxy_rollout", config_checksum="sha256:0")
    assert outcome["msg"].startswith("config_checksum: ")


class TestCrash:
    @pytest.fixture(autouse=True)
    def _crash(self, cluster: FastCluster) -> None:
        cluster.faults.crash = lambda _pod, text: "no ip_vs here" if "mode: ipvs" in text else None
        cluster.faults.crash_after = 0.5

    def test_the_rollout_stops_at_the_first_node_and_undo_restores(
        self, run: KubernetesRun, cluster: FastCluster
    ) -> None:
        lasting = rollout_settings(cluster)
        before = cluster.config_map()["data"]["config.conf"]
        run.done("kube_proxy_config", **IPVS)
        outcome = run("kube_proxy_rollout", min_ready_seconds=5)
        assert outcome.failed
        failed = outcome["failed_pod"]
        assert f"stopped at node {failed['node']}" in outcome["msg"]
        assert "no ip_vs here" in outcome["msg"]
        assert any("no ip_vs here" in line for line in failed["log"])
        assert outcome["changed"]
        others = [mode for node, mode in running_modes(cluster).items() if node != failed["node"]]
        assert others == ["", ""]

        undone = run.done("kube_proxy_rollout", undo=True, min_ready_seconds=1)
        assert undone["changed"]
        assert cluster.config_map()["data"]["config.conf"] == before
        assert running_modes(cluster) == {"node1": "", "node2": "", "node3": ""}
        assert undone["daemon_set"]["available"] == 3
        assert rollout_settings(cluster) == lasting
        assert not run.done("kube_proxy_rollout", undo=True)["changed"]

    def test_undo_shows_the_configuration_it_puts_back(self, run: KubernetesRun, cluster: FastCluster) -> None:
        run.done("kube_proxy_config", **IPVS)
        run("kube_proxy_rollout", min_ready_seconds=5)
        cluster.forget_requests()
        looked = run.done("kube_proxy_rollout", undo=True, check=True)
        assert looked["changed"]
        assert looked["usual_time"] == "up to 30 seconds: 3 pods, one at a time"
        config, _rollout = looked["diff"]
        assert yaml.safe_load(config["after"])["mode"] == ""
        assert yaml.safe_load(config["before"])["mode"] == "ipvs"

    def test_an_undo_that_is_killed_is_finished_by_the_next(
        self, run: KubernetesRun, cluster: FastCluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run.done("kube_proxy_config", **IPVS)
        run("kube_proxy_rollout", min_ready_seconds=5)

        def killed(*_arguments: t.Any, **_more: t.Any) -> t.NoReturn:
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(KubernetesApi, "patch_daemon_set", killed)
            with pytest.raises(Killed):
                run.killed("kube_proxy_rollout", undo=True)
        assert run.done("kube_proxy_rollout", undo=True)["changed"]
        assert running_modes(cluster) == {"node1": "", "node2": "", "node3": ""}

    def test_a_bad_configuration_never_counts_as_the_last_good_one(
        self, run: KubernetesRun, cluster: FastCluster
    ) -> None:
        run.done("kube_proxy_config", **IPVS)
        run("kube_proxy_rollout", min_ready_seconds=5)
        run.done("kube_proxy_config", ipvs={"scheduler": "sh"})
        assert run("kube_proxy_rollout", min_ready_seconds=5).failed
        run.done("kube_proxy_rollout", undo=True)
        assert running_modes(cluster) == {"node1": "", "node2": "", "node3": ""}


def test_an_interrupted_rollout_is_finished_by_the_next_run(run: KubernetesRun, cluster: FastCluster) -> None:
    lasting = rollout_settings(cluster)
    run.done("kube_proxy_config", **IPVS)
    interrupted = run("kube_proxy_rollout", min_ready_seconds=1, max_unavailable="2", wait_timeout=0)
    assert "did not finish within 0 seconds" in interrupted["msg"]
    assert interrupted["msg"].endswith(" Usual time: 2 to 22 seconds: 3 pods, at most 2 at a time.")
    assert rollout_settings(cluster) != lasting
    info = run.done("kube_proxy_info")
    assert info["rollout_pending"]
    cluster.forget_requests()
    assert run.done("kube_proxy_rollout", check=True, min_ready_seconds=1)["changed"]
    outcome = run.done("kube_proxy_rollout", min_ready_seconds=1)
    assert not outcome["restarted"]
    assert set(running_modes(cluster).values()) == {"ipvs"}
    assert rollout_settings(cluster) == lasting
    assert not run.done("kube_proxy_rollout")["changed"]


def test_undo_replaces_what_somebody_broke_by_hand_with_what_the_pods_run(
    run: KubernetesRun, cluster: FastCluster
) -> None:
    run.done("kube_proxy_config", **IPVS)
    run.done("kube_proxy_rollout")
    good = cluster.config_map()["data"]["config.conf"]
    names = [pod["metadata"]["name"] for pod in cluster.pods()]
    cluster.patch_config_map({"data": {"config.conf": "mode: [\n"}})
    run.done("kube_proxy_rollout", undo=True)
    assert cluster.config_map()["data"]["config.conf"] == good
    assert [pod["metadata"]["name"] for pod in cluster.pods()] == names
    run.done("kube_proxy_rollout", undo=True)
    assert set(running_modes(cluster).values()) == {""}


def wait_for_the_next_second(cluster: FastCluster) -> None:
    """Times of the API are whole seconds: a pod of the second of an edit may be older than the edit."""
    edited = int(time.time())
    cluster.wait(lambda: time.time() >= edited + 1, "the next second")


def test_undo_puts_back_what_somebody_rolled_out_by_hand(run: KubernetesRun, cluster: FastCluster) -> None:
    run.done("kube_proxy_config", **IPVS)
    run.done("kube_proxy_rollout")
    ours = cluster.config_map()["data"]["config.conf"]
    by_hand = ours.replace("scheduler: lc", "scheduler: sh")
    cluster.patch_config_map({"data": {"config.conf": by_hand}})
    wait_for_the_next_second(cluster)
    restart = {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}}
    cluster.patch_daemon_set(restart)
    cluster.wait_until_rolled()
    run.done("kube_proxy_config", mode="iptables")
    run.done("kube_proxy_rollout")
    run.done("kube_proxy_rollout", undo=True)
    # Before 1.25 nothing tells that the restarted pods are younger than the edit.
    dated = int(cluster.version.split(".")[1]) >= 25
    assert cluster.config_map()["data"]["config.conf"] == (by_hand if dated else ours)


def test_a_restart_by_hand_after_an_edit_by_hand_has_one_answer(run: KubernetesRun, cluster: FastCluster) -> None:
    run.done("kube_proxy_config", **IPVS)
    run.done("kube_proxy_rollout")
    ours = cluster.config_map()["data"]["config.conf"]
    cluster.patch_config_map({"data": {"config.conf": ours.replace("mode: ipvs", "mode: iptables")}})
    wait_for_the_next_second(cluster)
    restart = {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026-11-25T00:00:00Z"}}
    cluster.patch_daemon_set({"spec": {"template": {"metadata": restart}}})
    cluster.wait_until_rolled()
    info = run.done("kube_proxy_info")
    up_to_date = {node["up_to_date"] for node in info["nodes"]}
    dated = int(cluster.version.split(".")[1]) >= 25
    assert (up_to_date, info["rollout_pending"], bool(info["drift"])) == (
        ({True}, False, False) if dated else ({False}, True, True)
    )
    assert run.done("kube_proxy_rollout")["restarted"] is not dated
    # What the mark named comes back: the pods do not run it, whatever the mark says.
    wait_for_the_next_second(cluster)
    cluster.patch_config_map({"data": {"config.conf": ours}})
    assert run.done("kube_proxy_info")["rollout_pending"] is True
    run.done("kube_proxy_rollout")
    assert set(running_modes(cluster).values()) == {"ipvs"}


def test_pods_deleted_by_hand_after_an_edit_by_hand_are_marked_once_more(
    run: KubernetesRun, cluster: FastCluster
) -> None:
    run.done("kube_proxy_config", **IPVS)
    run.done("kube_proxy_rollout")
    ours = cluster.config_map()["data"]["config.conf"]
    cluster.patch_config_map({"data": {"config.conf": ours.replace("mode: ipvs", "mode: iptables")}})
    wait_for_the_next_second(cluster)
    former = {pod["metadata"]["name"] for pod in cluster.pods()}
    for name in former:
        assert cluster.api.delete(f"/api/v1/namespaces/kube-system/pods/{name}").status_code == 200
    cluster.wait(lambda: former.isdisjoint(pod["metadata"]["name"] for pod in cluster.pods()), "the pods to go")
    cluster.wait(lambda: set(running_modes(cluster)) == {"node1", "node2", "node3"}, "the new pods to run")
    cluster.wait_until_rolled()
    info = run.done("kube_proxy_info")
    assert info["rollout_pending"] is True
    if int(cluster.version.split(".")[1]) >= 25:
        assert {node["up_to_date"] for node in info["nodes"]} == {True}
        (drift,) = info["drift"]
        assert drift.startswith("the pods run what the ConfigMap holds, but are marked with an earlier configuration")
    run.done("kube_proxy_rollout")
    info = run.done("kube_proxy_info")
    assert (info["rollout_pending"], info["drift"]) == (False, [])
    assert set(running_modes(cluster).values()) == {"iptables"}


def test_undo_leaves_out_nodes_that_are_down(run: KubernetesRun, cluster: FastCluster) -> None:
    """What is undone may be what took them down."""
    run.done("kube_proxy_config", **IPVS)
    run.done("kube_proxy_rollout")
    cluster.nodes.take_down("node2")
    outcome = run.done("kube_proxy_rollout", undo=True)
    assert outcome["nodes_skipped"] == ["node2"]
    assert any("node2" in warning for warning in outcome.warnings)
    assert {node: mode for node, mode in running_modes(cluster).items() if node != "node2"} == {
        "node1": "",
        "node3": "",
    }
    cluster.nodes.bring_up("node2")
    cluster.wait_until_rolled()
    assert set(running_modes(cluster).values()) == {""}


def test_undo_does_not_replace_what_somebody_else_wrote(run: KubernetesRun, cluster: FastCluster) -> None:
    edit = run.done("kube_proxy_config", **IPVS)
    cluster.patch_config_map({"data": {"config.conf": cluster.config_map()["data"]["config.conf"] + "portRange: 1-2"}})
    outcome = run.refused("kube_proxy_rollout", undo=True, config_checksum=edit["config_checksum"])
    assert "somebody changed it meanwhile. It was not replaced" in outcome["msg"]


def test_a_rollout_in_which_a_node_went_down_is_finished_without_it(run: KubernetesRun, cluster: FastCluster) -> None:
    lasting = rollout_settings(cluster)
    run.done("kube_proxy_config", **IPVS)
    cluster.faults.start_seconds = 3600.0
    assert "did not finish" in run("kube_proxy_rollout", wait_timeout=2)["msg"]
    cluster.wait(lambda: len(running_modes(cluster)) == 2, "the first pod to be replaced")
    (begun,) = {"node1", "node2", "node3"} - set(running_modes(cluster))
    cluster.nodes.take_down(begun)
    cluster.faults.start_seconds = 0.0
    assert f"The nodes {begun} are not Ready" in run.refused("kube_proxy_rollout")["msg"]
    looked = run.done("kube_proxy_rollout", check=True, ignore_nodes=[begun])
    outcome = run.done("kube_proxy_rollout", ignore_nodes=[begun])
    assert looked["changed"]
    assert outcome["changed"]
    assert looked["diff"] == outcome["diff"]
    assert {mode for node, mode in running_modes(cluster).items() if node != begun} == {"ipvs"}
    assert rollout_settings(cluster) == lasting
    assert not run.done("kube_proxy_rollout", ignore_nodes=[begun])["changed"]


def test_a_node_that_went_down_while_its_pod_ended_has_to_be_named(run: KubernetesRun, cluster: FastCluster) -> None:
    """Nobody ends that pod, so the rollout never does."""
    run.done("kube_proxy_config", **IPVS)
    cluster.faults.stop_seconds = 3600.0
    assert "did not finish" in run("kube_proxy_rollout", max_unavailable=3, wait_timeout=2)["msg"]
    cluster.wait(lambda: all("deletionTimestamp" in pod["metadata"] for pod in cluster.pods()), "the pods' deletion")
    cluster.nodes.take_down("node1")
    cluster.faults.stop_seconds = 0.0
    cluster.wait(lambda: sorted(running_modes(cluster).values()) == ["", "ipvs", "ipvs"], "the other pods")
    assert "The nodes node1 are not Ready" in run.refused("kube_proxy_rollout")["msg"]


def test_nothing_to_undo(run: KubernetesRun) -> None:
    assert "holds no earlier configuration" in run.refused("kube_proxy_rollout", undo=True)["msg"]


def test_a_node_that_is_down_has_to_be_named(run: KubernetesRun, cluster: FastCluster) -> None:
    run.done("kube_proxy_config", **IPVS)
    cluster.nodes.take_down("node2")
    outcome = run.refused("kube_proxy_rollout")
    assert "The nodes node2 are not Ready" in outcome["msg"]
    outcome = run.done("kube_proxy_rollout", ignore_nodes=["node2"])
    assert {node: mode for node, mode in running_modes(cluster).items() if node != "node2"} == {
        "node1": "ipvs",
        "node3": "ipvs",
    }
    assert outcome["restarted"]
    assert not run.done("kube_proxy_rollout", ignore_nodes=["node2"])["changed"]


def test_an_image_that_cannot_be_pulled_stops_the_rollout(run: KubernetesRun, cluster: FastCluster) -> None:
    run.done("kube_proxy_config", **IPVS)
    cluster.faults.image_error = lambda _pod: "registry on fire"
    outcome = run("kube_proxy_rollout")
    assert outcome["failed_pod"]["state"] == "ImagePullBackOff"
    assert len([mode for mode in running_modes(cluster).values() if mode == ""]) == 2


def test_without_waiting_the_daemon_set_keeps_its_own_settings(run: KubernetesRun, cluster: FastCluster) -> None:
    lasting = rollout_settings(cluster)
    run.done("kube_proxy_config", **IPVS)
    outcome = run.done("kube_proxy_rollout", wait=False, min_ready_seconds=30, max_unavailable="3")
    assert outcome["restarted"]
    assert rollout_settings(cluster) == lasting
    run.done("kube_proxy_rollout")
    assert set(running_modes(cluster).values()) == {"ipvs"}


def test_without_waiting_nothing_would_replace_pods_on_delete(run: KubernetesRun, cluster: FastCluster) -> None:
    cluster.patch_daemon_set({"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}})
    run.done("kube_proxy_config", **IPVS)
    assert "OnDelete" in run.refused("kube_proxy_rollout", wait=False)["msg"]
    assert run.done("kube_proxy_rollout")["restarted"]
    assert set(running_modes(cluster).values()) == {"ipvs"}


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"max_unavailable": "0"}, "max_unavailable"),
        ({"min_ready_seconds": -1}, "min_ready_seconds"),
        ({"wait_timeout": -1}, "wait_timeout"),
        ({"timeout": 0}, "timeout"),
    ],
)
def test_bad_options_are_refused_before_any_request(
    run: KubernetesRun, cluster: FastCluster, options: dict[str, t.Any], option: str
) -> None:
    outcome = run.refused("kube_proxy_rollout", **options)
    assert [problem["option"] for problem in outcome["problems"]] == [option]
    assert cluster.audit() == []
