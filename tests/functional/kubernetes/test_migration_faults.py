# SPDX-License-Identifier: GPL-3.0-or-later

"""kube_proxy_migration against a real API server and DaemonSet controller, with played nodes: what goes wrong."""

from __future__ import annotations

import collections
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes.kubernetes_api import (
    KubernetesApi,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.annotations import MIGRATION
from kubernetes_bench import FastCluster

from .migrations import MODULE, NODES, Cluster
from .runs import KubernetesRun

#: Methods of the adapter that change something in the cluster.
WRITING = (
    "replace_config_map",
    "create_config_map",
    "delete_config_map",
    "patch_daemon_set",
    "create_daemon_set",
    "delete_daemon_set",
    "label_pod",
    "label_node",
)


class Killed(BaseException):
    """What ends a process from outside; nothing may catch it."""


class TestNodesThatAreDown:
    def test_are_not_moved(self, run: KubernetesRun, cluster: FastCluster, state: Cluster) -> None:
        run.done(MODULE, state="begun", mode=state.desired)
        cluster.nodes.take_down("node2")
        assert "nodes: node2 are not Ready" in run.refused(MODULE, state="moved", nodes=NODES)["msg"]
        run.done(MODULE, state="moved", nodes=["node1", "node3"])
        assert "node2 do not run" in run.refused(MODULE, state="finished")["msg"]
        run.done(MODULE, state="finished", ignore_nodes=["node2"])
        assert MIGRATION not in cluster.labels("node2")
        cluster.nodes.bring_up("node2")
        state.finished()

    def test_go_back_without_being_waited_for(self, run: KubernetesRun, cluster: FastCluster, state: Cluster) -> None:
        run.done(MODULE, state="begun", mode=state.desired)
        run.done(MODULE, state="moved", nodes=["node1", "node2"])
        cluster.nodes.take_down("node2")
        aborted = run.done(MODULE, state="absent")
        assert any("node2 are not Ready" in warning for warning in aborted.warnings)
        assert run.done("kube_proxy_info")["migration"] is None
        cluster.faults.stop_seconds = 0
        cluster.nodes.bring_up("node2")
        # Nobody can keep a node that was away from ending its one pod and starting the other in the same moment.
        cluster.wait(lambda: len(cluster.pods()) == 3, "the former pod to end")
        cluster.nodes.most_at_once["node2"] = 1
        state.as_before()

    def test_a_node_that_leaves_the_cluster_is_no_obstacle(
        self, run: KubernetesRun, cluster: FastCluster, state: Cluster
    ) -> None:
        run.done(MODULE, state="begun", mode=state.desired)
        run.done(MODULE, state="moved", nodes=["node1"])
        assert "nowhere have no kube-proxy" in run.refused(MODULE, state="moved", nodes=["nowhere", "node2"])["msg"]
        assert any("nowhere" in text for text in run.done(MODULE, state="returned", nodes=["nowhere"]).warnings)

    def test_a_pod_that_does_not_end_leaves_its_node_as_it_was(
        self, run: KubernetesRun, cluster: FastCluster, state: Cluster
    ) -> None:
        cluster.faults.stop_seconds = 600
        run.done(MODULE, state="begun", mode=state.desired)
        outcome = run(MODULE, state="moved", nodes=["node1"], wait_timeout=2)
        assert "did not end within 2 seconds" in outcome["msg"]
        assert outcome["msg"].endswith("run again. Usual time: up to 10 seconds: 1 pod, one at a time.")
        assert MIGRATION not in cluster.labels("node1")
        cluster.faults.stop_seconds = 0
        run.done(MODULE, state="absent")
        state.as_before()

    def test_a_pod_that_does_not_come_up_in_time_is_named(
        self, run: KubernetesRun, cluster: FastCluster, state: Cluster
    ) -> None:
        cluster.faults.start_seconds = 600
        run.done(MODULE, state="begun", mode=state.desired)
        outcome = run(MODULE, state="moved", nodes=["node1", "node2"], wait_timeout=4)
        assert "did not come up within 4 seconds on the nodes node1 (kube-proxy-migration-" in outcome["msg"]
        assert outcome["msg"].endswith(" Usual time: up to 20 seconds: 2 pods, one at a time.")
        assert state.pod_names()["node2"] == state.pods["node2"]
        cluster.faults.start_seconds = 0
        run.done(MODULE, state="moved", nodes=["node1"])

    def test_a_node_that_starts_no_pod_keeps_the_one_it_has(
        self, run: KubernetesRun, cluster: FastCluster, state: Cluster
    ) -> None:
        cluster.faults.trial_seconds = 600
        run.done(MODULE, state="begun", mode=state.desired)
        outcome = run(MODULE, state="moved", nodes=["node1"], wait_timeout=2)
        assert "did not start a pod with kube-proxy's image within 2 seconds: node1 (kube-proxy-" in outcome["msg"]
        assert state.pod_names() == state.pods
        assert MIGRATION not in cluster.labels("node1")


class TestAnImageThatIsGone:
    @pytest.fixture(autouse=True)
    def _gone(self, run: KubernetesRun, cluster: FastCluster, state: Cluster) -> None:
        run.done(MODULE, state="begun", mode=state.desired)
        run.done(MODULE, state="moved", nodes=["node1"])
        cluster.faults.image_error = lambda pod: (
            "Back-off pulling image" if pod["spec"]["nodeName"] == "node2" else None
        )

    def test_is_noticed_before_the_node_loses_its_kube_proxy(
        self, run: KubernetesRun, cluster: FastCluster, state: Cluster
    ) -> None:
        outcome = run(MODULE, state="moved", nodes=["node2", "node3"], max_unavailable="100%")
        reason = "node node2 cannot start kube-proxy's image: ImagePullBackOff: Back-off pulling image."
        assert outcome["msg"].startswith(f"The migration was stopped: {reason} ")
        assert not outcome.result.get("changed")
        assert {node: state.pod_names()[node] for node in NODES[1:]} == {node: state.pods[node] for node in NODES[1:]}
        assert cluster.names("pods") == set(state.pod_names().values())
        assert run.done("kube_proxy_info")["migration"]["summary"] == f"1 of 3 nodes run {state.desired}"
        cluster.faults.image_error = None
        run.done(MODULE, state="moved", nodes=["node2", "node3"])
        run.done(MODULE, state="finished")
        state.finished()

    def test_a_run_that_dies_leaves_nothing_for_good(
        self, run: KubernetesRun, cluster: FastCluster, state: Cluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A process that is killed does not come to take its pod away."""
        with monkeypatch.context() as patched:
            patched.setattr(KubernetesApi, "delete_pod", lambda *_arguments: None)
            assert run(MODULE, state="moved", nodes=["node2"]).failed
        assert [name for name in cluster.names("pods") if name.startswith("kube-proxy-migration-trial-")]
        cluster.faults.image_error = None
        run.done(MODULE, state="absent")
        state.as_before()


class TestWhatSomebodyElseDoes:
    @pytest.fixture(autouse=True)
    def _moved(self, run: KubernetesRun, state: Cluster) -> None:
        run.done(MODULE, state="begun", mode=state.desired)
        run.done(MODULE, state="moved", nodes=["node1"])

    def refused(self, run: KubernetesRun, says: str) -> None:
        for more in ({"state": "moved", "nodes": ["node2"]}, {"state": "finished"}):
            message = run.refused(MODULE, **more)["msg"]
            assert says in message
            assert "state=absent" in message
        assert any(says in line for line in run.done("kube_proxy_info")["drift"])

    def test_an_edit_of_the_config_map(self, run: KubernetesRun, cluster: FastCluster, state: Cluster) -> None:
        edited = state.text.replace("configSyncPeriod: 0s", "configSyncPeriod: 1m")
        cluster.patch_config_map({"data": {"config.conf": edited}})
        self.refused(run, "does not hold the former configuration")
        cluster.patch_config_map({"data": {"config.conf": state.text}})
        run.done(MODULE, state="moved", nodes=["node2"])

    def test_an_edit_of_the_second_config_map(self, run: KubernetesRun, cluster: FastCluster, state: Cluster) -> None:
        path = "/api/v1/namespaces/kube-system/configmaps/kube-proxy-migration"
        cluster.patch(path, {"data": {"config.conf": state.text}})
        self.refused(run, "does not hold the desired configuration")
        run.done(MODULE, state="absent")
        state.as_before()

    def test_another_image(self, run: KubernetesRun, cluster: FastCluster, state: Cluster) -> None:
        image = state.spec["template"]["spec"]["containers"][0]["image"] + "-other"
        container = {**state.spec["template"]["spec"]["containers"][0], "image": image}
        cluster.patch_daemon_set({"spec": {"template": {"spec": {"containers": [container]}}}})
        self.refused(run, "pod template")
        run.done(MODULE, state="absent")
        assert cluster.daemon_set()["spec"]["template"]["spec"]["containers"][0]["image"] == image
        assert cluster.daemon_set()["spec"]["updateStrategy"] == state.spec["updateStrategy"]
        cluster.wait_until_rolled()

    def test_kubeadm_upgrade_writes_the_daemon_set_anew(
        self, run: KubernetesRun, cluster: FastCluster, state: Cluster
    ) -> None:
        cluster.kubeadm.kube_proxy()
        self.refused(run, "kubeadm upgrade")
        run.done(MODULE, state="absent")
        # It was kubeadm that started a second one on the node that had moved.
        cluster.nodes.most_at_once["node1"] = 1
        cluster.wait_until_rolled()
        assert cluster.names("daemonsets") == cluster.names("configmaps") == {"kube-proxy"}
        assert MIGRATION not in cluster.labels("node1")
        state.wait_for_modes(state.all_in("iptables"))

    @pytest.mark.parametrize("resource", ["configmaps", "daemonsets"])
    def test_a_part_was_deleted(self, run: KubernetesRun, cluster: FastCluster, state: Cluster, resource: str) -> None:
        prefix = "/apis/apps/v1" if resource == "daemonsets" else "/api/v1"
        # The pods of a deleted DaemonSet go on for a while, and nobody owns them.
        cluster.faults.stop_seconds = 3.0
        cluster.api.delete(f"{prefix}/namespaces/kube-system/{resource}/kube-proxy-migration")
        self.refused(run, "is not there")
        run.done(MODULE, state="absent")
        state.as_before()

    def test_what_does_not_go_with_it_is_refused(self, run: KubernetesRun, state: Cluster) -> None:
        calls: list[tuple[str, dict[str, t.Any]]] = [
            ("kube_proxy_config", {"mode": "iptables"}),
            ("kube_proxy_rollout", {}),
            ("kube_proxy_rollout", {"undo": True}),
        ]
        for module, options in calls:
            message = run.refused(module, **options)["msg"]
            assert "Finish that migration with state=finished, or abort it with state=absent" in message
            assert message.endswith("use clusterops.kube_proxy.kube_proxy_migration")
        other = {"config": {"configSyncPeriod": "60s"}}
        assert "node1 have moved" in run.refused(MODULE, state="begun", mode=state.desired, **other)["msg"]
        for more in ({"state": "moved", "nodes": ["node2"]}, {"state": "finished"}):
            assert "another configuration" in run.refused(MODULE, mode=state.desired, **other, **more)["msg"]
        assert "state=absent" in run.refused(MODULE, state="begun", mode="")["msg"]

    def test_a_conflict_is_planned_anew(
        self, run: KubernetesRun, cluster: FastCluster, state: Cluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Somebody writes both objects between what is read of them and what is written, without changing much."""
        times: collections.Counter[str] = collections.Counter()

        def meddled(name: str) -> None:
            original = getattr(KubernetesApi, name)
            touch = cluster.patch_config_map if "config_map" in name else cluster.patch_daemon_set

            def call(*arguments: t.Any, **more: t.Any) -> t.Any:
                times[name] += 1
                if times[name] == 1:
                    touch({"metadata": {"labels": {"touched": "yes"}}})
                return original(*arguments, **more)

            monkeypatch.setattr(KubernetesApi, name, call)

        run.done(MODULE, state="moved", nodes=NODES)
        for name in ("replace_config_map", "patch_daemon_set"):
            meddled(name)
        run.done(MODULE, state="finished")
        assert times["replace_config_map"] == 2
        state.finished()


class Killer:
    """Ends a run right after its first request that changes something."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests: list[str] = []
        self._armed = False
        for name in WRITING:
            self._watch(monkeypatch, name)

    def _watch(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        original = getattr(KubernetesApi, name)

        def call(*arguments: t.Any, **more: t.Any) -> t.Any:
            answer = original(*arguments, **more)
            if self._armed:
                self._armed = False
                self.requests.append(name)
                raise Killed
            return answer

        monkeypatch.setattr(KubernetesApi, name, call)

    def run(self, run: KubernetesRun, **options: t.Any) -> None:
        """The same task until it comes to its end; every run but that one is killed."""
        for _attempt in range(40):
            self._armed = True
            try:
                run.killed(MODULE, **options)
            except Killed:
                continue
            except SystemExit:
                break
        self._armed = False
        assert not run.done(MODULE, **options)["changed"]


@pytest.fixture
def killer(monkeypatch: pytest.MonkeyPatch) -> Killer:
    return Killer(monkeypatch)


def test_killed_after_every_request_it_comes_to_the_same_end(
    run: KubernetesRun, cluster: FastCluster, state: Cluster, killer: Killer
) -> None:
    wanted = {"mode": state.desired}
    killer.run(run, state="begun", **wanted)
    assert state.pod_names() == state.pods
    killer.run(run, state="moved", nodes=NODES, **wanted)
    assert state.modes() == state.all_in(state.desired)
    killer.run(run, state="finished", **wanted)
    state.finished()
    # 3 to begin, 2 for each node to move, and to finish: the ConfigMap, the mark, 2 for each node, the second
    # DaemonSet, the template, the strategy, the second ConfigMap. Pods that were marked in time need no new label.
    counted = collections.Counter(killer.requests)
    assert counted["label_node"] == 12
    assert counted["create_config_map"] == counted["create_daemon_set"] == counted["replace_config_map"] == 1
    assert counted["delete_config_map"] == counted["delete_daemon_set"] == 1


def test_killed_after_every_request_of_an_abort_it_comes_to_the_same_end(
    run: KubernetesRun, cluster: FastCluster, state: Cluster, killer: Killer
) -> None:
    run.done(MODULE, state="begun", mode=state.desired)
    run.done(MODULE, state="moved", nodes=["node1", "node2"])
    killer.run(run, state="returned", nodes=["node2"])
    killer.run(run, state="absent")
    state.as_before()
    assert state.pod_names()["node3"] == state.pods["node3"]
