# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When kube-proxy's pods have to be replaced, and what is sent to replace them."""

from __future__ import annotations

import copy
import dataclasses
import json
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import (
    RefusedError,
    ValidationError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.daemon_set import (
    CHECKSUM,
    RESTORE,
    DaemonSet,
    Pod,
    owned,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.rollout_plan import (
    Current,
    RolloutOptions,
    plan_restore,
    plan_rollout,
    rollout_options,
)

from . import proxy_objects as objects

NEW, OLD = "sha256:new", "sha256:old"
CRASHED = {"terminated": {"exitCode": 255, "message": "no such gate\n"}}


def current(
    daemon_set: dict[str, t.Any], *pods: dict[str, t.Any], config_map: dict[str, t.Any] | None = None
) -> Current:
    found = DaemonSet(daemon_set)
    return Current(config_map or objects.config_map(), found, owned(pods, found), NEW)


class TestNeedsRoll:
    def test_pods_told_another_content(self) -> None:
        assert current(objects.daemon_set(OLD), objects.pod("a", OLD)).needs_rollout()

    def test_pods_told_the_present_content(self) -> None:
        assert not current(objects.daemon_set(NEW), objects.pod("a", NEW)).needs_rollout()

    def test_a_roll_under_way_is_not_started_again(self) -> None:
        assert not current(objects.daemon_set(NEW), objects.pod("a", NEW), objects.pod("b", OLD)).needs_rollout()

    def test_unmarked_pods_started_after_the_write_run_it(self) -> None:
        assert not current(objects.daemon_set(), objects.pod("a", created="2026-11-21T08:00:01Z")).needs_rollout()

    @pytest.mark.parametrize("created", ["2026-11-21T08:00:00Z", "2026-11-21T07:59:59Z"])
    def test_unmarked_pods_of_the_same_second_or_before_may_not(self, created: str) -> None:
        assert current(objects.daemon_set(), objects.pod("a"), objects.pod("b", created=created)).needs_rollout()

    @pytest.mark.parametrize(("created", "needed"), [("2026-11-21T08:00:00Z", False), ("2026-11-21T07:59:59Z", True)])
    def test_unmarked_pods_of_a_config_map_that_was_never_edited(self, created: str, needed: bool) -> None:
        config_map = objects.config_map(creationTimestamp=objects.WRITTEN)
        present = current(objects.daemon_set(), objects.pod("a", created=created), config_map=config_map)
        assert present.needs_rollout() is needed

    def test_unmarked_pods_when_nobody_knows_when_it_was_written(self) -> None:
        config_map = objects.config_map(managedFields=None, creationTimestamp=None)
        assert current(objects.daemon_set(), objects.pod("a"), config_map=config_map).needs_rollout()

    def test_without_record_of_fields_an_edit_may_have_come_after_the_pods(self) -> None:
        present = current(objects.daemon_set(), objects.pod("a"), config_map=objects.config_map(managedFields=None))
        assert present.needs_rollout()
        assert present.up_to_date(present.pods[0]) is None

    def test_a_server_that_does_not_date_every_write_proves_nothing(self) -> None:
        pods = objects.pod("a"), objects.pod("b", OLD), objects.pod("c", created="2026-11-21T07:00:00Z")
        present = dataclasses.replace(current(objects.daemon_set(), *pods), dated=False)
        assert [present.up_to_date(pod) for pod in present.pods] == [None, False, False]
        unedited = objects.config_map(creationTimestamp=objects.WRITTEN)
        untouched = current(objects.daemon_set(), pods[0], config_map=unedited)
        assert not dataclasses.replace(untouched, dated=False).needs_rollout()

    def test_a_wrong_mark_is_replaced(self) -> None:
        present = current(objects.daemon_set(OLD), objects.pod("a", OLD, created="2026-11-21T09:00:00Z"))
        assert present.up_to_date(present.pods[0])
        assert present.needs_rollout()

    def test_a_pod_that_is_older_than_the_write_runs_what_it_is_marked_with(self) -> None:
        present = current(objects.daemon_set(OLD), objects.pod("a", OLD, created="2026-11-21T07:00:00Z"))
        assert present.up_to_date(present.pods[0]) is False

    def test_content_that_is_yet_to_be_written_is_run_by_nobody(self) -> None:
        present = current(objects.daemon_set(), objects.pod("a"))
        assert not present.needs_rollout()
        assert present.with_content("sha256:newer").needs_rollout()


class TestProven:
    def test_all_ready_pods_run_it(self) -> None:
        assert current(objects.daemon_set(NEW), objects.pod("a", NEW), objects.pod("b", NEW)).proven()

    def test_a_node_that_is_down_says_nothing(self) -> None:
        raw = objects.daemon_set(NEW, status={"numberReady": 1, "numberAvailable": 1})
        assert current(raw, objects.pod("a", NEW), objects.pod("b", OLD, ready=False)).proven()

    @pytest.mark.parametrize(
        ("raw", "pods"),
        [
            (objects.daemon_set(NEW), [objects.pod("a", NEW), objects.pod("b", OLD, created="2026-11-21T07:00:00Z")]),
            (objects.daemon_set(NEW), [objects.pod("a", NEW), objects.pod("b", NEW, ready=False, state=CRASHED)]),
            (objects.daemon_set(NEW, status={"numberAvailable": 0}), [objects.pod("a", NEW)]),
            (objects.daemon_set(NEW, status={"observedGeneration": 2}), [objects.pod("a", NEW)]),
            (objects.daemon_set(NEW), []),
        ],
        ids=["half rolled", "crashing", "not available yet", "status of an earlier spec", "no pod"],
    )
    def test_not_otherwise(self, raw: dict[str, t.Any], pods: list[dict[str, t.Any]]) -> None:
        assert not current(raw, *pods).proven()


class TestPlanOfARollThatHasBegun:
    HALF = (objects.pod("a", NEW), objects.pod("b", OLD, created="2026-11-21T07:00:00Z"))

    def test_with_the_same_settings_there_is_nothing_to_send(self) -> None:
        begun = current(objects.daemon_set(NEW), *self.HALF)
        assert begun.unfinished()
        assert plan_rollout(begun, RolloutOptions(min_ready_seconds=30)).patch is None

    def test_a_node_that_went_down_meanwhile_makes_room_for_the_others(self) -> None:
        raw = objects.daemon_set(NEW)
        options = RolloutOptions(ignored_nodes=frozenset({"a"}))
        plan = plan_rollout(current(raw, *self.HALF), options, frozenset({"a"}))
        assert (plan.restarts, plan.changed) == (False, True)
        assert plan.before != plan.after
        resumed = _merged(raw, plan.patch)
        assert resumed["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == 2
        assert resumed["spec"]["template"] == raw["spec"]["template"]
        assert resumed["spec"].get("minReadySeconds", 0) == 0
        assert _merged(resumed, plan_restore(DaemonSet(resumed)))["spec"] == {**raw["spec"], "minReadySeconds": 0}

    def test_nodes_that_are_ignored_do_not_keep_it_unfinished(self) -> None:
        options = RolloutOptions(ignored_nodes=frozenset({"b"}))
        plan = plan_rollout(current(objects.daemon_set(NEW), *self.HALF), options, frozenset({"b"}))
        assert (plan.patch, plan.changed) == (None, False)

    def test_what_an_earlier_one_left_is_a_change(self) -> None:
        raw = objects.daemon_set(NEW, annotations={RESTORE: '{"minReadySeconds": 0, "updateStrategy": {}}'})
        plan = plan_rollout(current(raw, objects.pod("a", NEW)), RolloutOptions())
        assert (plan.patch, plan.changed) == (None, True)
        assert (plan.before["rollout"], plan.after["rollout"]) == ("unfinished", "finished")
        assert not plan_rollout(current(raw, objects.pod("a", NEW)), RolloutOptions(awaited=False)).changed


class TestPlan:
    def test_nothing_to_send(self) -> None:
        plan = plan_rollout(current(objects.daemon_set(NEW), objects.pod("a", NEW)), RolloutOptions())
        assert (plan.patch, plan.changed, plan.before) == (None, False, plan.after)

    def test_the_patch_marks_the_template_and_names_the_version_it_was_made_for(self) -> None:
        plan = plan_rollout(current(objects.daemon_set(OLD)), RolloutOptions(min_ready_seconds=0))
        assert plan.patch == {
            "metadata": {"resourceVersion": "9"},
            "spec": {"template": {"metadata": {"annotations": {CHECKSUM: NEW}}}},
        }
        assert (plan.before, plan.after) == ({"config_checksum": OLD}, {"config_checksum": NEW})

    def test_what_holds_for_the_roll_is_put_back_afterwards(self) -> None:
        raw = objects.daemon_set(OLD)
        rolled = _merged(raw, plan_rollout(current(raw), RolloutOptions("2", 10)).patch)
        assert rolled["spec"]["minReadySeconds"] == 10
        assert rolled["spec"]["updateStrategy"]["rollingUpdate"] == {"maxUnavailable": 2, "maxSurge": 0}
        restored = _merged(rolled, plan_restore(DaemonSet(rolled)))
        assert restored["spec"]["updateStrategy"] == raw["spec"]["updateStrategy"]
        assert restored["spec"]["minReadySeconds"] == 0
        assert RESTORE not in restored["metadata"]["annotations"]
        assert plan_restore(DaemonSet(restored)) is None

    def test_an_interrupted_roll_does_not_make_its_settings_last(self) -> None:
        interrupted = _merged(
            objects.daemon_set(OLD), plan_rollout(current(objects.daemon_set(OLD)), RolloutOptions("2")).patch
        )
        interrupted["spec"]["template"]["metadata"]["annotations"][CHECKSUM] = "sha256:other"
        again = _merged(interrupted, plan_rollout(current(interrupted), RolloutOptions("3", 20)).patch)
        assert again["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == 3
        assert json.loads(again["metadata"]["annotations"][RESTORE])["minReadySeconds"] == 0
        restored = _merged(again, plan_restore(DaemonSet(again)))
        assert restored["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == 1

    def test_on_delete_rolls_by_itself_and_stays_on_delete(self) -> None:
        raw = objects.daemon_set(OLD, spec={"updateStrategy": {"type": "OnDelete"}})
        rolled = _merged(raw, plan_rollout(current(raw), RolloutOptions()).patch)
        assert rolled["spec"]["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}
        restored = _merged(rolled, plan_restore(DaemonSet(rolled)))
        assert restored["spec"]["updateStrategy"] == {"type": "OnDelete"}

    def test_two_instances_never_run_on_a_node(self) -> None:
        surge = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
        raw = objects.daemon_set(OLD, spec={"updateStrategy": surge})
        rolled = _merged(raw, plan_rollout(current(raw), RolloutOptions()).patch)
        assert rolled["spec"]["updateStrategy"]["rollingUpdate"] == {"maxUnavailable": 1, "maxSurge": 0}
        assert _merged(rolled, plan_restore(DaemonSet(rolled)))["spec"]["updateStrategy"] == surge

    def test_nodes_that_are_down_do_not_use_up_what_may_be_unavailable(self) -> None:
        raw = objects.daemon_set(OLD)
        rolled = _merged(raw, plan_rollout(current(raw), RolloutOptions(), frozenset({"b", "c"})).patch)
        assert rolled["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == 3

    def test_a_percentage_is_rounded_up_before_nodes_that_are_down_are_added(self) -> None:
        raw = objects.daemon_set(OLD, nodes=11)
        rolled = _merged(raw, plan_rollout(current(raw), RolloutOptions("10%"), frozenset({"b"})).patch)
        assert rolled["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == 3

    def test_without_waiting_the_settings_stay_as_they_are(self) -> None:
        raw = objects.daemon_set(OLD)
        plan = plan_rollout(current(raw), RolloutOptions("2", 10, awaited=False), frozenset({"b"}))
        assert plan.patch["spec"] == {"template": {"metadata": {"annotations": {CHECKSUM: NEW}}}}
        assert plan.preparation is None

    def test_a_longer_min_ready_seconds_of_the_daemon_set_stays(self) -> None:
        raw = objects.daemon_set(OLD, spec={"minReadySeconds": 60})
        assert "minReadySeconds" not in plan_rollout(current(raw), RolloutOptions()).patch["spec"]


class TestOptions:
    @pytest.mark.parametrize("text", ["1", "12", "10%", "100%", None, ""])
    def test_taken(self, text: str | None) -> None:
        assert rollout_options(text, 0, ["a", ""]) == RolloutOptions(text or None, 0, frozenset({"a"}))

    @pytest.mark.parametrize("text", ["0", "0%", "00", "-1", "101%", "one", "1.5", "%"])
    def test_refused_with_the_name_of_the_option(self, text: str) -> None:
        with pytest.raises(ValidationError, match=r"^max_unavailable: "):
            rollout_options(text, 0, [])

    def test_all_problems_at_once(self) -> None:
        with pytest.raises(ValidationError) as caught:
            rollout_options("x", -1, [])
        assert [problem.path for problem in caught.value.problems] == ["max_unavailable", "min_ready_seconds"]


class TestProgram:
    def test_of_kubeadm(self) -> None:
        program = DaemonSet(objects.daemon_set()).program("kube-proxy", "config.conf")
        assert (program.container, program.path, program.version_text) == (
            "kube-proxy",
            "/usr/local/bin/kube-proxy",
            "v1.31.4",
        )

    @pytest.mark.parametrize(
        ("image", "tag"),
        [
            ("registry:5000/kube-proxy:v1.30.0-eks-1", "v1.30.0-eks-1"),
            ("registry:5000/kube-proxy", ""),
            ("registry.k8s.io/kube-proxy@sha256:abc", ""),
            ("registry.k8s.io/kube-proxy:v1.2.3@sha256:abc", "v1.2.3"),
        ],
    )
    def test_version_is_the_tag(self, image: str, tag: str) -> None:
        raw = objects.daemon_set()
        raw["spec"]["template"]["spec"]["containers"][0]["image"] = image
        assert DaemonSet(raw).program("kube-proxy", "config.conf").version_text == tag

    @pytest.mark.parametrize(
        ("command", "mount", "volume"),
        [
            (["kube-proxy", "--config", "/c/config.conf"], {"mountPath": "/c/"}, {}),
            (["kube-proxy", "--config=/c/x"], {"mountPath": "/c/x", "subPath": "config.conf"}, {}),
            (["kube-proxy", "--config=/c/x"], {"mountPath": "/c"}, {"items": [{"key": "config.conf", "path": "x"}]}),
        ],
        ids=["two words", "subPath", "items"],
    )
    def test_of_others_that_read_the_key(
        self, command: list[str], mount: dict[str, str], volume: dict[str, t.Any]
    ) -> None:
        raw = _with(command, mount, volume)
        assert DaemonSet(raw).program("kube-proxy", "config.conf").container == "kube-proxy"

    @pytest.mark.parametrize(
        ("command", "mount", "volume", "message"),
        [
            (["kube-proxy", "--proxy-mode=ipvs"], {"mountPath": "/c"}, {}, "starts no container with --config"),
            (["kube-proxy", "--config=/d/config.conf"], {"mountPath": "/c"}, {}, "from no ConfigMap"),
            (["kube-proxy", "--config=/c/other"], {"mountPath": "/c"}, {}, "from key other of ConfigMap kube-proxy"),
            (
                ["kube-proxy", "--config=/c/config.conf"],
                {"mountPath": "/c"},
                {"name": "mine"},
                "from key config.conf of ConfigMap mine",
            ),
        ],
    )
    def test_one_that_does_not_read_the_key_is_refused(
        self, command: list[str], mount: dict[str, str], volume: dict[str, t.Any], message: str
    ) -> None:
        with pytest.raises(RefusedError, match=message):
            DaemonSet(_with(command, mount, volume)).program("kube-proxy", "config.conf")


class TestPod:
    @pytest.mark.parametrize(
        ("raw", "earlier", "failing"),
        [
            (objects.pod("a"), 0, False),
            (objects.pod("a", restarts=3), 3, False),
            (objects.pod("a", restarts=4), 3, True),
            (objects.pod("a", state={"waiting": {"reason": "ContainerCreating"}}), 0, False),
            (objects.pod("a", state={"waiting": {"reason": "CrashLoopBackOff"}}, restarts=3), 3, True),
            (objects.pod("a", state={"waiting": {"reason": "ImagePullBackOff"}}), 0, True),
            (objects.pod("a", state=CRASHED), 0, True),
        ],
    )
    def test_failing(self, raw: dict[str, t.Any], earlier: int, failing: bool) -> None:
        assert Pod(raw).failing(earlier) is failing

    def test_one_that_leaves_does_not_fail(self) -> None:
        raw = objects.pod("a", state=CRASHED)
        raw["metadata"]["deletionTimestamp"] = "2026-11-21T09:00:00Z"
        assert not Pod(raw).failing(0)

    def test_what_it_said(self) -> None:
        crashed = Pod(objects.pod("a", state={"waiting": {"reason": "CrashLoopBackOff"}}, last=CRASHED))
        assert (crashed.state, crashed.exit_code, crashed.termination_message) == (
            "CrashLoopBackOff",
            255,
            "no such gate",
        )

    def test_node_of_one_that_is_not_bound_yet(self) -> None:
        raw = objects.pod("a")
        term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["b"]}]}
        wanted = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
        raw["spec"] = {"affinity": {"nodeAffinity": wanted}}
        assert Pod(raw).node == "b"

    def test_pods_of_others_with_the_same_labels_do_not_count(self) -> None:
        foreign = objects.pod("a")
        foreign["metadata"]["ownerReferences"] = [{"uid": "u2"}]
        found = owned([foreign, objects.pod("c"), objects.pod("b")], DaemonSet(objects.daemon_set()))
        assert [pod.node for pod in found] == ["b", "c"]


def _with(command: list[str], mount: dict[str, str], volume: dict[str, t.Any]) -> dict[str, t.Any]:
    raw = objects.daemon_set()
    spec = raw["spec"]["template"]["spec"]
    spec["containers"][0]["command"] = command
    spec["containers"][0]["volumeMounts"] = [{"name": "kube-proxy", **mount}]
    spec["volumes"][0]["configMap"].update(volume)
    return raw


def _merged(target: dict[str, t.Any], patch: dict[str, t.Any] | None) -> dict[str, t.Any]:
    """RFC 7386."""
    assert patch is not None
    merged = copy.deepcopy(target)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = _merged(merged.get(key) or {}, value)
        else:
            merged[key] = value
    return merged
