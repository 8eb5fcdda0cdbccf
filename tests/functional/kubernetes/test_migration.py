# SPDX-License-Identifier: GPL-3.0-or-later

"""kube_proxy_migration against a real API server and DaemonSet controller, with played nodes: the way."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.annotations import (
    LAST_GOOD,
    WRITTEN,
)
from kubernetes_bench import FastCluster

from .migrations import MODULE, NODES, Cluster, stages
from .runs import KubernetesRun


def test_the_whole_way(run: KubernetesRun, cluster: FastCluster, state: Cluster) -> None:
    begun = run.done(MODULE, state="begun", mode=state.desired)
    assert begun["changed"]
    assert stages(begun) == dict.fromkeys(NODES, "former")
    assert begun["migration"]["former"]["mode"] == "iptables"
    assert begun["migration"]["desired"]["mode"] == begun["mode"] == state.desired
    # Nothing was restarted, and nothing is going to be.
    assert state.pod_names() == state.pods
    assert not run.done(MODULE, state="begun", mode=state.desired)["changed"]

    moved = run.done(MODULE, state="moved", nodes=["node2"])
    assert moved["changed"]
    assert moved["usual_time"] == "up to 10 seconds: 1 pod, one at a time"
    assert moved["diff"] == {"before": {"node2": "former"}, "after": {"node2": "moved"}}
    assert state.modes() == {**state.all_in("iptables"), "node2": state.desired}
    assert moved["migration"]["summary"] == f"1 of 3 nodes run {state.desired}"
    cluster.forget_requests()
    again = run.done(MODULE, state="moved", nodes=["node2"])
    assert (again["changed"], again.result.get("usual_time")) == (False, None)
    assert not [request for request in cluster.audit() if request.mutating]

    info = run.done("kube_proxy_info")
    assert info["migration"]["summary"] == f"1 of 3 nodes run {state.desired}"
    assert stages(info) == {"node1": "former", "node2": "moved", "node3": "former"}
    assert [(node["node"], node["ready"], node["up_to_date"]) for node in info["nodes"]] == [
        (name, True, True) for name in NODES
    ]
    assert (info["drift"], info["rollout_pending"]) == ([], False)

    untouched = state.pod_names()
    run.done(MODULE, state="moved", nodes=["node1", "node3"], mode=state.desired)
    assert state.modes() == state.all_in(state.desired)
    assert state.pod_names()["node2"] == untouched["node2"]

    finished = run.done(MODULE, state="finished")
    assert finished["changed"]
    assert finished["usual_time"] == "up to 30 seconds: 3 pods, one at a time"
    assert finished["migration"] is None
    pods = state.pod_names()
    state.finished()
    # Taken back once, and not restarted once more for the sake of the controller.
    assert state.pod_names() == pods
    annotations = cluster.config_map()["metadata"]["annotations"]
    assert annotations[LAST_GOOD] == state.text
    assert annotations[WRITTEN] == cluster.config_map()["data"]["config.conf"]
    info = run.done("kube_proxy_info")
    assert (info["migration"], info["drift"], info["rollout_pending"]) == (None, [], False)
    cluster.forget_requests()
    for more in ({"state": "begun"}, {"state": "moved", "nodes": NODES}, {"state": "finished"}):
        assert not run.done(MODULE, mode=state.desired, **more)["changed"]
    assert not run.done("kube_proxy_rollout")["changed"]
    assert not [request for request in cluster.audit() if request.mutating]


def test_several_at_once(run: KubernetesRun, state: Cluster) -> None:
    run.done(MODULE, state="begun", mode=state.desired)
    moved = run.done(MODULE, state="moved", nodes=NODES, max_unavailable="100%")
    assert moved["usual_time"] == "up to 10 seconds: 3 pods, at most 3 at a time"
    assert state.modes() == state.all_in(state.desired)
    run.done(MODULE, state="finished", max_unavailable="2")
    state.finished()


def test_what_starts_again_before_its_turn_comes_back_in_the_former_mode(
    run: KubernetesRun, cluster: FastCluster, state: Cluster
) -> None:
    run.done(MODULE, state="begun", mode=state.desired)
    run.done(MODULE, state="moved", nodes=["node1"])
    before = state.pod_names()
    for node in NODES:
        cluster.delete_pod(node)
    cluster.wait(lambda: not set(before.values()) & set(state.pod_names().values()), "the pods to be replaced")
    state.wait_for_modes({"node1": state.desired, "node2": "iptables", "node3": "iptables"})
    cluster.wait(lambda: all(run.done("kube_proxy_info")["nodes"][i]["ready"] for i in range(3)), "the pods")
    assert run.done("kube_proxy_info")["drift"] == []
    run.done(MODULE, state="moved", nodes=NODES)
    run.done(MODULE, state="finished")
    state.finished()


def test_a_node_is_returned_and_moves_again(run: KubernetesRun, state: Cluster) -> None:
    run.done(MODULE, state="begun", mode=state.desired)
    run.done(MODULE, state="moved", nodes=["node1", "node2"])
    returned = run.done(MODULE, state="returned", nodes=["node1"])
    assert returned["changed"]
    assert returned["usual_time"] == "up to 10 seconds: 1 pod, one at a time"
    assert stages(returned) == {"node1": "former", "node2": "moved", "node3": "former"}
    assert state.modes() == {"node1": "iptables", "node2": state.desired, "node3": "iptables"}
    assert not run.done(MODULE, state="returned", nodes=["node1", "node3"])["changed"]
    assert "node1, node3 do not run the desired configuration yet" in run.refused(MODULE, state="finished")["msg"]
    run.done(MODULE, state="moved", nodes=NODES)
    run.done(MODULE, state="finished")
    state.finished()


def test_aborted_every_node_is_as_before(run: KubernetesRun, cluster: FastCluster, state: Cluster) -> None:
    run.done(MODULE, state="begun", mode=state.desired)
    run.done(MODULE, state="moved", nodes=["node1", "node2"])
    aborted = run.done(MODULE, state="absent")
    assert (aborted["changed"], aborted["migration"]) == (True, None)
    assert aborted["usual_time"] == "up to 20 seconds: 2 pods, one at a time"
    pods = state.pod_names()
    state.as_before()
    assert state.pod_names() == pods
    # The node whose turn never came kept its pod all the time.
    assert pods["node3"] == state.pods["node3"]
    cluster.forget_requests()
    assert not run.done(MODULE, state="absent")["changed"]
    assert not run.done("kube_proxy_rollout")["changed"]
    assert not [request for request in cluster.audit() if request.mutating]


def test_check_mode_says_what_each_step_would_do(run: KubernetesRun, cluster: FastCluster, state: Cluster) -> None:
    def looked_at(**options: t.Any) -> tuple[t.Any, t.Any]:
        cluster.forget_requests()
        looked = run.done(MODULE, check=True, **options)
        assert [request for request in cluster.audit() if request.dry_run]
        return looked, run.done(MODULE, **options)

    looked, done = looked_at(state="begun", mode=state.desired)
    assert (looked["changed"], looked["diff"]) == (done["changed"], done["diff"])
    assert looked["migration"] == done["migration"]
    looked, done = looked_at(state="moved", nodes=NODES)
    assert (looked["changed"], looked["diff"], stages(looked)) == (done["changed"], done["diff"], stages(done))
    assert looked["usual_time"] == done["usual_time"]
    looked, done = looked_at(state="returned", nodes=["node1"])
    assert (looked["changed"], looked["diff"], stages(looked)) == (done["changed"], done["diff"], stages(done))
    assert looked["usual_time"] == done["usual_time"]
    run.done(MODULE, state="moved", nodes=["node1"])
    looked, done = looked_at(state="finished")
    assert (looked["changed"], looked["diff"], looked["migration"]) == (done["changed"], done["diff"], None)
    assert looked["usual_time"] == done["usual_time"]
    state.finished()


class TestCrash:
    @pytest.fixture(autouse=True)
    def _crash(self, cluster: FastCluster, state: Cluster) -> None:
        def crash(pod: dict[str, t.Any], text: str) -> str | None:
            bad = pod["spec"]["nodeName"] == "node2" and f"mode: {state.desired}" in text
            return "no kernel for it" if bad else None

        cluster.faults.crash = crash
        cluster.faults.crash_after = 0.5

    def test_that_node_goes_back_and_no_other_is_touched(
        self, run: KubernetesRun, cluster: FastCluster, state: Cluster
    ) -> None:
        run.done(MODULE, state="begun", mode=state.desired)
        outcome = run(MODULE, state="moved", nodes=NODES, min_ready_seconds=2)
        assert outcome.failed
        assert outcome["changed"]
        assert "stopped: node node2: pod kube-proxy-migration-" in outcome["msg"]
        assert "no kernel for it" in outcome["msg"]
        assert "node2 went back and runs as before" in outcome["msg"]
        [failed] = outcome["failed_pods"]
        assert failed["node"] == "node2"
        assert any("no kernel for it" in line for line in failed["log"])
        assert stages(outcome) == {"node1": "moved", "node2": "former", "node3": "former"}
        assert state.modes() == {"node1": state.desired, "node2": "iptables", "node3": "iptables"}
        assert state.pod_names()["node3"] == state.pods["node3"]

    def test_it_is_left_as_it_is_where_that_is_wanted(
        self, run: KubernetesRun, cluster: FastCluster, state: Cluster
    ) -> None:
        run.done(MODULE, state="begun", mode=state.desired)
        outcome = run(MODULE, state="moved", nodes=["node2", "node3"], put_back=False, min_ready_seconds=2)
        assert outcome.failed
        assert stages(outcome)["node2"] == "moved"
        run.done(MODULE, state="returned", nodes=["node2"])
        assert state.modes() == state.all_in("iptables")
        run.done(MODULE, state="absent")
        state.as_before()

    def test_of_a_batch_the_others_are_brought_to_their_end(self, run: KubernetesRun, state: Cluster) -> None:
        run.done(MODULE, state="begun", mode=state.desired)
        outcome = run(MODULE, state="moved", nodes=NODES, max_unavailable="3", min_ready_seconds=2)
        assert outcome.failed
        assert stages(outcome) == {"node1": "moved", "node2": "former", "node3": "moved"}


def test_before_the_first_node_moves_another_configuration_may_be_prepared(
    run: KubernetesRun, cluster: FastCluster, state: Cluster
) -> None:
    first = run.done(MODULE, state="begun", mode="ipvs", ipvs={"scheduler": "lc"})
    second = run.done(MODULE, state="begun", mode=state.desired)
    assert first["migration"]["desired"] != second["migration"]["desired"]
    run.done(MODULE, state="moved", nodes=NODES)
    run.done(MODULE, state="finished")
    state.finished()


def test_pods_that_do_not_run_the_config_map_come_first(run: KubernetesRun, state: Cluster) -> None:
    run.done("kube_proxy_config", config={"configSyncPeriod": "60s"})
    message = run.refused(MODULE, state="begun", mode=state.desired)["msg"]
    assert message.endswith("use clusterops.kube_proxy.kube_proxy_rollout")


def test_without_a_beginning_there_is_nothing_to_move(run: KubernetesRun, state: Cluster) -> None:
    for more in ({"state": "moved", "nodes": NODES}, {"state": "finished"}):
        assert "state=begun" in run.refused(MODULE, mode=state.desired, **more)["msg"]
        assert "state=begun" in run.refused(MODULE, **more)["msg"]
    assert not run.done(MODULE, state="returned", nodes=NODES)["changed"]
    assert not run.done(MODULE, state="absent")["changed"]


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"state": "moved"}, "nodes"),
        ({"state": "returned", "nodes": [" "]}, "nodes"),
        ({"state": "finished", "nodes": ["node1"]}, "nodes"),
        ({"state": "moved", "nodes": ["node1"], "max_unavailable": "0"}, "max_unavailable"),
        ({"state": "begun", "mode": "nonsense"}, "mode"),
    ],
)
def test_bad_options_are_refused(run: KubernetesRun, options: dict[str, t.Any], option: str) -> None:
    outcome = run.refused(MODULE, **options)
    assert [problem["option"] for problem in outcome["problems"]] == [option]
