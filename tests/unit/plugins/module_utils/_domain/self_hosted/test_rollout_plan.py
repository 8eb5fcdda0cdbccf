# SPDX-License-Identifier: GPL-3.0-or-later

"""What is sent to the DaemonSet for a rollout, and what is put back afterwards."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.annotations import (
    CHECKSUM,
    RESTORE,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.daemon_set import DaemonSet
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.rollout_plan import (
    RolloutOptions,
    plan_restore,
    plan_rollout,
    rollout_options,
)

from . import proxy_objects as objects
from .proxy_objects import NEW, OLD, current, merged


class TestPlanOfARolloutThatHasBegun:
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
        resumed = merged(raw, plan.patch)
        assert resumed["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == 2
        assert resumed["spec"]["template"] == raw["spec"]["template"]
        assert resumed["spec"].get("minReadySeconds", 0) == 0
        assert merged(resumed, plan_restore(DaemonSet(resumed)))["spec"] == {**raw["spec"], "minReadySeconds": 0}

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
        assert plan.before == {"config_checksum": OLD}
        assert plan.after["config_checksum"] == NEW

    @pytest.mark.parametrize(
        ("nodes", "allowed", "text"),
        [
            (["b", "c", "a"], None, "3 pods, one at a time: a, b, c"),
            (["a"], "2", "1 pod, at most 2 at a time: a"),
            ([f"n{number:02}" for number in range(22)], "10%", None),
        ],
    )
    def test_the_diff_names_the_pods_and_the_pace(
        self, nodes: list[str], allowed: str | None, text: str | None
    ) -> None:
        pods = [objects.pod(node, OLD, created="2026-11-21T07:00:00Z") for node in nodes]
        restart = plan_rollout(current(objects.daemon_set(OLD), *pods), RolloutOptions(allowed)).after["restart"]
        assert restart == (text or f"22 pods, at most 10% at a time: {', '.join(nodes[:20])} and 2 more")

    def test_what_holds_for_the_rollout_is_put_back_afterwards(self) -> None:
        raw = objects.daemon_set(OLD)
        begun = merged(raw, plan_rollout(current(raw), RolloutOptions("2", 10)).patch)
        assert begun["spec"]["minReadySeconds"] == 10
        assert begun["spec"]["updateStrategy"]["rollingUpdate"] == {"maxUnavailable": 2, "maxSurge": 0}
        restored = merged(begun, plan_restore(DaemonSet(begun)))
        assert restored["spec"]["updateStrategy"] == raw["spec"]["updateStrategy"]
        assert restored["spec"]["minReadySeconds"] == 0
        assert RESTORE not in restored["metadata"]["annotations"]
        assert plan_restore(DaemonSet(restored)) is None

    def test_an_interrupted_rollout_does_not_make_its_settings_last(self) -> None:
        interrupted = merged(
            objects.daemon_set(OLD), plan_rollout(current(objects.daemon_set(OLD)), RolloutOptions("2")).patch
        )
        interrupted["spec"]["template"]["metadata"]["annotations"][CHECKSUM] = "sha256:other"
        again = merged(interrupted, plan_rollout(current(interrupted), RolloutOptions("3", 20)).patch)
        assert again["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == 3
        assert json.loads(again["metadata"]["annotations"][RESTORE])["minReadySeconds"] == 0
        restored = merged(again, plan_restore(DaemonSet(again)))
        assert restored["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == 1

    def test_on_delete_rolls_out_by_itself_and_stays_on_delete(self) -> None:
        raw = objects.daemon_set(OLD, spec={"updateStrategy": {"type": "OnDelete"}})
        begun = merged(raw, plan_rollout(current(raw), RolloutOptions()).patch)
        assert begun["spec"]["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}
        restored = merged(begun, plan_restore(DaemonSet(begun)))
        assert restored["spec"]["updateStrategy"] == {"type": "OnDelete"}

    def test_two_instances_never_run_on_a_node(self) -> None:
        surge = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
        raw = objects.daemon_set(OLD, spec={"updateStrategy": surge})
        begun = merged(raw, plan_rollout(current(raw), RolloutOptions()).patch)
        assert begun["spec"]["updateStrategy"]["rollingUpdate"] == {"maxUnavailable": 1, "maxSurge": 0}
        assert merged(begun, plan_restore(DaemonSet(begun)))["spec"]["updateStrategy"] == surge

    def test_nodes_that_are_down_do_not_use_up_what_may_be_unavailable(self) -> None:
        raw = objects.daemon_set(OLD)
        begun = merged(raw, plan_rollout(current(raw), RolloutOptions(), frozenset({"b", "c"})).patch)
        assert begun["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == 3

    def test_a_percentage_is_rounded_up_before_nodes_that_are_down_are_added(self) -> None:
        raw = objects.daemon_set(OLD, nodes=11)
        begun = merged(raw, plan_rollout(current(raw), RolloutOptions("10%"), frozenset({"b"})).patch)
        assert begun["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == 3

    def test_without_waiting_the_settings_stay_as_they_are(self) -> None:
        raw = objects.daemon_set(OLD)
        plan = plan_rollout(current(raw), RolloutOptions("2", 10, awaited=False), frozenset({"b"}))
        assert plan.patch["spec"] == {"template": {"metadata": {"annotations": {CHECKSUM: NEW}}}}
        assert plan.preparation is None

    def test_a_longer_min_ready_seconds_of_the_daemon_set_stays(self) -> None:
        raw = objects.daemon_set(OLD, spec={"minReadySeconds": 60})
        assert "minReadySeconds" not in plan_rollout(current(raw), RolloutOptions()).patch["spec"]


class TestUsualTime:
    OLDER = "2026-11-21T07:00:00Z"

    def usual_time(self, raw: t.Any, *pods: t.Any, down: t.Collection[str] = (), **options: t.Any) -> str | None:
        return plan_rollout(current(raw, *pods), RolloutOptions(**options), frozenset(down)).usual_time

    def old(self, nodes: t.Iterable[str]) -> list[t.Any]:
        return [objects.pod(node, OLD, created=self.OLDER) for node in nodes]

    def test_each_pod_takes_its_turn_and_has_to_stay_up(self) -> None:
        three = self.old("abc")
        assert self.usual_time(objects.daemon_set(OLD), *three) == "30 to 60 seconds: 3 pods, one at a time"
        assert self.usual_time(objects.daemon_set(OLD), three[0]) == "10 to 20 seconds: 1 pod, one at a time"
        raised = self.usual_time(objects.daemon_set(OLD), *three, max_unavailable="2", min_ready_seconds=15)
        assert raised == "30 to 50 seconds: 3 pods, at most 2 at a time"
        longer = objects.daemon_set(OLD, spec={"minReadySeconds": 60})
        assert self.usual_time(longer, *three) == "3 to 4 minutes: 3 pods, one at a time"

    def test_a_percentage_is_of_all_nodes_and_rounded_up(self) -> None:
        raw = objects.daemon_set(OLD, nodes=11)
        eleven = self.old("abcdefghijk")
        assert self.usual_time(raw, *eleven, max_unavailable="10%") == (
            "60 to 120 seconds: 11 pods, at most 2 at a time"
        )

    @pytest.mark.parametrize("max_unavailable", [None, "1", "10%"])
    def test_nodes_that_are_down_are_not_waited_for_and_leave_the_pace_as_it_is(
        self, max_unavailable: str | None
    ) -> None:
        usual = self.usual_time(objects.daemon_set(OLD), *self.old("abc"), down=["b"], max_unavailable=max_unavailable)
        assert usual == "20 to 40 seconds: 2 pods, one at a time"

    def test_of_a_rollout_that_has_begun_only_the_rest_counts(self) -> None:
        pods = [objects.pod("a", NEW), *self.old("bc")]
        assert self.usual_time(objects.daemon_set(NEW), *pods) == "up to 20 seconds: 2 pods, one at a time"
        ignoring = self.usual_time(objects.daemon_set(NEW), *pods, ignored_nodes=frozenset("c"))
        assert ignoring == "up to 10 seconds: 1 pod, one at a time"
        assert self.usual_time(objects.daemon_set(NEW), *pods, ignored_nodes=frozenset("bc")) is None

    def test_without_a_pod_to_replace_there_is_none(self) -> None:
        assert self.usual_time(objects.daemon_set(NEW), objects.pod("a", NEW)) is None
        assert self.usual_time(objects.daemon_set(OLD)) is None
        interrupted = objects.daemon_set(NEW, annotations={RESTORE: '{"minReadySeconds": 0, "updateStrategy": {}}'})
        assert self.usual_time(interrupted, objects.pod("a", NEW)) is None

    def test_without_waiting_the_settings_of_the_daemon_set_count(self) -> None:
        three = self.old("abc")
        assert self.usual_time(objects.daemon_set(OLD), *three, max_unavailable="3", awaited=False) == (
            "up to 30 seconds: 3 pods, one at a time"
        )
        surge = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
        surging = objects.daemon_set(OLD, spec={"updateStrategy": surge})
        assert self.usual_time(surging, *three, awaited=False) == "up to 30 seconds: 3 pods, one at a time"

    def test_nobody_knows_when_somebody_deletes_the_pods(self) -> None:
        raw = objects.daemon_set(OLD, spec={"updateStrategy": {"type": "OnDelete"}})
        assert self.usual_time(raw, *self.old("abc"), awaited=False) is None
        assert self.usual_time(raw, *self.old("abc")) == "30 to 60 seconds: 3 pods, one at a time"


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
