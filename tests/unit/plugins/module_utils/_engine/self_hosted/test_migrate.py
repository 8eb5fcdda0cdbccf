# SPDX-License-Identifier: GPL-3.0-or-later

"""A migration by the clock, and killed at every request; the way itself is shown on a real API server.

tests/functional/kubernetes/test_migration.py has that.
"""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.json_types import Json
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import RefusedError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.annotations import MIGRATION
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_checksum import checksum
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_request import (
    ConfigRequest,
    config_request,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.rollout_plan import (
    RolloutOptions,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.report import Report
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.run import (
    EngineError,
    WaitTimeoutError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.self_hosted import migrate
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.self_hosted.edit_config import ConfigOptions
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.self_hosted.move_nodes import (
    MigrationStoppedError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.self_hosted.read_current import Target
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.self_hosted.try_nodes import (
    NodesRefusedError,
)

from .played_cluster import PlayedCluster

NODES = ("a", "b", "c")
NFTABLES = config_request({"mode": "nftables"})
NONE = config_request({})
Step = t.Callable[..., Report]


@pytest.fixture
def cluster() -> PlayedCluster:
    return PlayedCluster(*NODES)


def asked(request: ConfigRequest = NONE, *nodes: str, put_back: bool = True, **pace: t.Any) -> migrate.MigrationRequest:
    options = RolloutOptions(**{"min_ready_seconds": 3, **pace})
    return migrate.MigrationRequest(request, ConfigOptions(), options, nodes, put_back)


def do(cluster: PlayedCluster, step: Step, *nodes: str, timeout: float = 600.0, **more: t.Any) -> Report:
    return step(cluster.run(timeout=timeout), Target(), asked(NONE, *nodes, **more))


def begin(cluster: PlayedCluster) -> Report:
    return migrate.begin(cluster.run(), Target(), asked(NFTABLES))


def modes(cluster: PlayedCluster) -> dict[str, str]:
    return {node: "nftables" if "mode: nftables" in text else "iptables" for node, text in cluster.texts().items()}


def stages(report: Report) -> dict[str, str]:
    return {node["node"]: node["stage"] for node in report.facts["migration"]["nodes"]}


def all_in(mode: str) -> dict[str, str]:
    return dict.fromkeys(NODES, mode)


def lasting(cluster: PlayedCluster) -> tuple[Json, Json, set[str], set[str], list[Json]]:
    """What a migration leaves as it was, apart from the ConfigMap's content and the mark."""
    spec = copy.deepcopy(cluster.daemon_sets["kube-proxy"]["spec"])
    spec["template"]["metadata"].pop("annotations", None)
    spec.pop("minReadySeconds", None)
    labels = [node["metadata"]["labels"] for node in cluster.nodes_by_name.values()]
    annotations = cluster.daemon_sets["kube-proxy"]["metadata"]["annotations"]
    names = {*cluster.daemon_sets, *cluster.trials}
    return spec, annotations, names, set(cluster.config_maps), labels


def test_a_node_counts_as_moved_when_its_pod_has_been_up_for_as_long_as_it_must(cluster: PlayedCluster) -> None:
    begin(cluster)
    before = cluster.now
    do(cluster, migrate.move, "a", min_ready_seconds=30)
    # One second each to end and to start, and looks once a second.
    assert 32 <= cluster.now - before <= 38
    before = cluster.now
    assert not do(cluster, migrate.move, "a", min_ready_seconds=30).changed
    assert cluster.now == before


def test_one_that_a_killed_run_has_started_is_watched_for_the_rest_of_that_time(cluster: PlayedCluster) -> None:
    begin(cluster)
    do(cluster, migrate.move, "a", min_ready_seconds=0)
    before = cluster.now
    assert not do(cluster, migrate.move, "a", min_ready_seconds=30).changed
    assert 25 <= cluster.now - before <= 31


def test_one_that_crashes_between_two_looks_is_seen_by_its_restarts(cluster: PlayedCluster) -> None:
    """Without a probe it is ready at every look."""
    cluster.crash = lambda node, text: "no kernel for it" if node == "b" and "nftables" in text else None
    begin(cluster)
    untouched = cluster.names()["c"]
    with pytest.raises(MigrationStoppedError) as caught:
        do(cluster, migrate.move, *NODES, min_ready_seconds=10)
    assert "node b: pod kube-proxy-migration-" in str(caught.value)
    assert "no kernel for it. No further node was touched. b went back and runs as before." in str(caught.value)
    assert modes(cluster) == {"a": "nftables", "b": "iptables", "c": "iptables"}
    assert cluster.names()["c"] == untouched
    assert cluster.most_at_once == 1


class TestAnImageThatIsGone:
    """A node that has a kube-proxy does not lose it to a pod that cannot be started there."""

    @pytest.fixture(autouse=True)
    def _begun(self, cluster: PlayedCluster) -> None:
        begin(cluster)

    def refused(self, cluster: PlayedCluster, step: Step, *nodes: str, **more: t.Any) -> str:
        names, labels = cluster.names(), copy.deepcopy(cluster.nodes_by_name)
        with pytest.raises(NodesRefusedError) as caught:
            do(cluster, step, *nodes, **more)
        cluster.pass_time(60)
        assert (cluster.names(), cluster.nodes_by_name, cluster.trials) == (names, labels, {})
        return str(caught.value)

    def test_its_node_keeps_what_runs_there(self, cluster: PlayedCluster) -> None:
        cluster.no_image["b"] = "Back-off pulling image"
        do(cluster, migrate.move, "a")
        said = self.refused(cluster, migrate.move, "b", "c")
        assert "node b cannot start kube-proxy's image: ImagePullBackOff: Back-off pulling image." in said
        assert modes(cluster) == {"a": "nftables", "b": "iptables", "c": "iptables"}
        cluster.no_image.clear()
        do(cluster, migrate.move, *NODES)
        do(cluster, migrate.finish)
        assert modes(cluster) == all_in("nftables")

    def test_nor_do_the_others_that_would_change_with_it(self, cluster: PlayedCluster) -> None:
        cluster.no_image["b"] = "not found"
        assert "node b" in self.refused(cluster, migrate.move, *NODES, max_unavailable="100%")

    @pytest.mark.parametrize("step", [migrate.return_nodes, migrate.abort, migrate.finish])
    def test_on_the_way_back_and_at_the_end(self, cluster: PlayedCluster, step: Step) -> None:
        do(cluster, migrate.move, *NODES)
        cluster.no_image["a"] = "not found"
        assert "node a" in self.refused(cluster, step, *NODES)
        assert modes(cluster) == all_in("nftables")
        cluster.no_image.clear()
        do(cluster, step, *NODES)

    def test_what_crashes_goes_back_without_asking(self, cluster: PlayedCluster) -> None:
        """It has nothing to lose."""
        cluster.crash = lambda node, text: "no kernel for it" if "nftables" in text else None
        cluster.before_write = lambda name: cluster.no_image.update(a="gone") if name == "label_node" else None
        with pytest.raises(MigrationStoppedError, match="a went back and runs as before"):
            do(cluster, migrate.move, "a", min_ready_seconds=10)

    def test_a_node_that_starts_no_pod_in_time(self, cluster: PlayedCluster) -> None:
        cluster.start_seconds = 10_000
        with pytest.raises(WaitTimeoutError, match=r"start a pod .* a \(kube-proxy-migration-trial-\d+: .*not touched"):
            do(cluster, migrate.move, "a", timeout=30)
        assert modes(cluster) == all_in("iptables")
        assert not cluster.trials
        assert cluster.nodes_by_name["a"]["metadata"]["labels"] == {}

    def test_one_that_takes_no_pod_is_no_evidence(self, cluster: PlayedCluster) -> None:
        cluster.full.add("a")
        run = cluster.run()
        migrate.move(run, Target(), asked(NONE, "a"))
        assert ["could not be tried (OutOfpods: " in notice.text for notice in run.warnings] == [True]
        assert modes(cluster)["a"] == "nftables"

    def test_check_mode_asks_the_server_alone(self, cluster: PlayedCluster) -> None:
        cluster.no_image["a"] = "not found"
        before = list(cluster.writes)
        migrate.move(cluster.run(check_mode=True), Target(), asked(NONE, "a"))
        assert (cluster.writes, cluster.dry_runs) == (before, ["create_pod"])


def test_without_time_it_is_said_what_to_do_about_the_node(cluster: PlayedCluster) -> None:
    cluster.crash = lambda _node, text: "no kernel for it" if "nftables" in text else None
    begin(cluster)
    with pytest.raises(MigrationStoppedError, match="No time was left to put a back; run with state=returned"):
        do(cluster, migrate.move, "a", timeout=7, min_ready_seconds=10)
    assert do(cluster, migrate.return_nodes, "a").changed
    assert modes(cluster) == all_in("iptables")


def test_while_it_is_taken_back_a_node_that_crashes_keeps_what_it_had(cluster: PlayedCluster) -> None:
    begin(cluster)
    do(cluster, migrate.move, *NODES)
    names = cluster.names()
    started = cluster.now
    cluster.crash = lambda node, _text: "full disk" if node == "b" and cluster.now < started + 60 else None
    with pytest.raises(MigrationStoppedError, match="full disk"):
        do(cluster, migrate.finish, min_ready_seconds=10)
    assert modes(cluster) == all_in("nftables")
    assert cluster.names()["c"] == names["c"]
    with pytest.raises(RefusedError, match="state=finished has begun"):
        do(cluster, migrate.abort)
    cluster.pass_time(60)
    assert do(cluster, migrate.finish).facts["migration"] is None
    assert cluster.most_at_once == 1


@pytest.mark.parametrize(("at_once", "seconds"), [(None, 3), ("2", 2), ("100%", 1)])
def test_so_many_nodes_change_at_the_same_time(cluster: PlayedCluster, at_once: str | None, seconds: int) -> None:
    begin(cluster)
    before = cluster.now
    do(cluster, migrate.move, *NODES, max_unavailable=at_once, min_ready_seconds=20)
    assert 20 * seconds < cluster.now - before < 20 * (seconds + 1)


def test_a_pod_that_does_not_end(cluster: PlayedCluster) -> None:
    begin(cluster)
    cluster.stop_seconds = 10_000
    with pytest.raises(WaitTimeoutError, match="a keep the former configuration"):
        do(cluster, migrate.move, "a", timeout=30)
    assert cluster.nodes_by_name["a"]["metadata"]["labels"] == {}
    cluster.stop_seconds = 1
    cluster.pass_time(10)
    assert modes(cluster) == all_in("iptables")
    do(cluster, migrate.move, "a")
    cluster.stop_seconds = 10_000
    with pytest.raises(WaitTimeoutError, match="between the two configurations"):
        do(cluster, migrate.return_nodes, "a", timeout=30)
    # Not yet given back: two would run there.
    assert cluster.nodes_by_name["a"]["metadata"]["labels"] == {MIGRATION: "between"}
    cluster.stop_seconds = 1
    do(cluster, migrate.return_nodes, "a")
    assert modes(cluster) == all_in("iptables")
    assert cluster.most_at_once == 1


def test_a_node_that_goes_down_while_it_moves_goes_back_without_being_waited_for(cluster: PlayedCluster) -> None:
    begin(cluster)
    cluster.before_write = lambda _name: cluster.down.add("a") if len(cluster.writes) >= 6 else None
    with pytest.raises(WaitTimeoutError, match="NOT Ready"):
        do(cluster, migrate.move, *NODES, timeout=60)
    assert modes(cluster).get("b") == modes(cluster).get("c") == "iptables"
    run = cluster.run()
    before = cluster.now
    migrate.return_nodes(run, Target(), asked(NONE, "a"))
    assert cluster.now - before < 5
    assert ["a are not Ready" in notice.text for notice in run.warnings] == [True]
    cluster.down.clear()
    cluster.pass_time(10)
    assert modes(cluster) == all_in("iptables")


def test_a_node_that_is_removed_while_others_move(cluster: PlayedCluster) -> None:
    begin(cluster)
    cluster.before_write = lambda _name: cluster.nodes_by_name.pop("b", None)
    run = cluster.run()
    report = migrate.move(run, Target(), asked(NONE, *NODES))
    assert ["b is not in the cluster any more" in notice.text for notice in run.warnings] == [True]
    assert stages(report)["a"] == stages(report)["c"] == "moved"
    with pytest.raises(RefusedError, match="b have no kube-proxy"):
        do(cluster, migrate.move, *NODES)


def test_a_first_daemon_set_that_is_written_anew_meanwhile_is_no_success(cluster: PlayedCluster) -> None:
    """By kubeadm upgrade: it starts its pods on nodes that have moved as well."""
    before = copy.deepcopy(cluster.daemon_sets["kube-proxy"]["spec"])
    begin(cluster)

    def upgrade(_name: str) -> None:
        if len(cluster.writes) == 6:
            cluster.daemon_sets["kube-proxy"]["spec"] = before
            cluster.daemon_sets["kube-proxy"]["metadata"]["annotations"] = {}

    cluster.before_write = upgrade
    with pytest.raises(WaitTimeoutError, match=r"a \(kube-proxy-migration-\d+: Running, kube-proxy-\d+: Running"):
        do(cluster, migrate.move, "a", timeout=30)
    cluster.before_write = lambda _name: None
    do(cluster, migrate.abort)
    assert modes(cluster) == all_in("iptables")
    assert set(cluster.daemon_sets) == set(cluster.config_maps) == {"kube-proxy"}


class Killed(BaseException):
    """What ends a process from outside; nothing may catch it."""


def killed_at(cluster: PlayedCluster, number: int) -> None:
    """The process is gone before its request of this number gets to the server; all earlier ones did."""

    def kill(_name: str) -> None:
        if len(cluster.writes) == number:
            raise Killed

    cluster.before_write = kill


def steps(cluster: PlayedCluster, *more: Step) -> None:
    begin(cluster)
    for step in more:
        do(cluster, step, *(NODES if step in (migrate.move, migrate.return_nodes) else ()))


def requests_of(*more: Step) -> int:
    cluster = PlayedCluster(*NODES)
    steps(cluster, *more)
    return len(cluster.writes)


@pytest.mark.parametrize("number", range(requests_of(migrate.move, migrate.finish)))
@pytest.mark.parametrize("pause", [0, 30])
def test_killed_at_any_request_the_same_plays_lead_to_the_same_end(number: int, pause: float) -> None:
    """``pause`` is how long nobody runs again; whatever starts meanwhile starts as it has to."""
    cluster = PlayedCluster(*NODES)
    before = lasting(cluster)
    killed_at(cluster, number)
    with pytest.raises(Killed):
        steps(cluster, migrate.move, migrate.finish)
    cluster.before_write = lambda _name: None
    cluster.pass_time(pause)
    steps(cluster, migrate.move, migrate.finish)
    names = cluster.names()
    cluster.pass_time(60)
    assert cluster.marks() == {checksum(cluster.config_maps["kube-proxy"]["data"], "config.conf")}
    assert modes(cluster) == all_in("nftables")
    assert lasting(cluster) == before
    assert cluster.names() == names
    assert cluster.most_at_once == 1


@pytest.mark.parametrize("number", range(requests_of(migrate.move, migrate.return_nodes, migrate.abort)))
def test_killed_at_any_request_an_abort_leads_back(number: int) -> None:
    cluster = PlayedCluster(*NODES)
    before = lasting(cluster)
    killed_at(cluster, number)
    with pytest.raises(Killed):
        steps(cluster, migrate.move, migrate.return_nodes, migrate.abort)
    cluster.before_write = lambda _name: None
    do(cluster, migrate.abort)
    names = cluster.names()
    cluster.pass_time(60)
    assert modes(cluster) == all_in("iptables")
    assert lasting(cluster) == before
    assert cluster.names() == names
    assert cluster.most_at_once == 1


def test_in_check_mode_nothing_is_written(cluster: PlayedCluster) -> None:
    report = migrate.begin(cluster.run(check_mode=True), Target(), asked(NFTABLES))
    assert report.changed
    begin(cluster)
    done = len(cluster.writes)
    for step in (migrate.move, migrate.finish, migrate.abort):
        nodes = NODES if step is migrate.move else ()
        if step is migrate.finish:
            do(cluster, migrate.move, *NODES)
            done = len(cluster.writes)
        assert step(cluster.run(check_mode=True), Target(), asked(NONE, *nodes)).changed
    assert len(cluster.writes) == done


def test_somebody_who_writes_all_the_time_is_named(cluster: PlayedCluster) -> None:
    def meddle(name: str) -> None:
        if name == "patch_daemon_set":
            metadata = cluster.daemon_sets["kube-proxy"]["metadata"]
            metadata["resourceVersion"] = f"x{metadata['resourceVersion']}"

    cluster.before_write = meddle
    with pytest.raises(EngineError, match="was changed by somebody else 5 times in a row"):
        begin(cluster)
