# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether kube-proxy's pods run what the ConfigMap holds, and whether it is known to work."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from . import proxy_objects as objects
from .proxy_objects import CRASHED, NEW, OLD, current


class TestNeedsRollout:
    def test_pods_marked_with_other_content(self) -> None:
        assert current(objects.daemon_set(OLD), objects.pod("a", OLD)).needs_rollout()

    def test_pods_marked_with_the_current_content(self) -> None:
        assert not current(objects.daemon_set(NEW), objects.pod("a", NEW)).needs_rollout()

    def test_a_rollout_under_way_is_not_started_again(self) -> None:
        assert not current(objects.daemon_set(NEW), objects.pod("a", NEW), objects.pod("b", OLD)).needs_rollout()

    def test_unmarked_pods_started_after_the_write_run_it(self) -> None:
        assert not current(objects.daemon_set(), objects.pod("a", created="2026-11-21T08:00:01Z")).needs_rollout()

    @pytest.mark.parametrize("created", ["2026-11-21T08:00:00Z", "2026-11-21T07:59:59Z"])
    def test_unmarked_pods_of_the_same_second_or_before_may_not(self, created: str) -> None:
        assert current(objects.daemon_set(), objects.pod("a"), objects.pod("b", created=created)).needs_rollout()

    @pytest.mark.parametrize(("created", "needed"), [("2026-11-21T08:00:00Z", False), ("2026-11-21T07:59:59Z", True)])
    def test_unmarked_pods_of_a_config_map_that_was_never_edited(self, created: str, needed: bool) -> None:
        config_map = objects.config_map(creationTimestamp=objects.WRITTEN)
        before = current(objects.daemon_set(), objects.pod("a", created=created), holding=config_map)
        assert before.needs_rollout() is needed

    def test_unmarked_pods_when_nobody_knows_when_it_was_written(self) -> None:
        config_map = objects.config_map(managedFields=None, creationTimestamp=None)
        assert current(objects.daemon_set(), objects.pod("a"), holding=config_map).needs_rollout()

    def test_without_record_of_fields_an_edit_may_have_come_after_the_pods(self) -> None:
        before = current(objects.daemon_set(), objects.pod("a"), holding=objects.config_map(managedFields=None))
        assert before.needs_rollout()
        assert before.up_to_date(before.pods[0]) is None

    def test_a_server_that_does_not_date_every_write_proves_nothing(self) -> None:
        pods = objects.pod("a"), objects.pod("b", OLD), objects.pod("c", created="2026-11-21T07:00:00Z")
        before = dataclasses.replace(current(objects.daemon_set(), *pods), dated=False)
        assert [before.up_to_date(pod) for pod in before.pods] == [None, False, False]
        unedited = objects.config_map(creationTimestamp=objects.WRITTEN)
        untouched = current(objects.daemon_set(), pods[0], holding=unedited)
        assert not dataclasses.replace(untouched, dated=False).needs_rollout()

    def test_a_wrong_mark_is_replaced(self) -> None:
        before = current(objects.daemon_set(OLD), objects.pod("a", OLD, created="2026-11-21T09:00:00Z"))
        assert before.up_to_date(before.pods[0])
        assert before.needs_rollout()

    def test_a_pod_that_is_older_than_the_write_runs_what_it_is_marked_with(self) -> None:
        before = current(objects.daemon_set(OLD), objects.pod("a", OLD, created="2026-11-21T07:00:00Z"))
        assert before.up_to_date(before.pods[0]) is False

    def test_content_that_is_yet_to_be_written_is_run_by_nobody(self) -> None:
        before = current(objects.daemon_set(), objects.pod("a"))
        assert not before.needs_rollout()
        assert before.with_content("sha256:newer").needs_rollout()


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
        ids=["half rolled out", "crashing", "not available yet", "status of an earlier spec", "no pod"],
    )
    def test_not_otherwise(self, raw: dict[str, t.Any], pods: list[dict[str, t.Any]]) -> None:
        assert not current(raw, *pods).proven()
