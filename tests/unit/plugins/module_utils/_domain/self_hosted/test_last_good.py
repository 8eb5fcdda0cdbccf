# SPDX-License-Identifier: GPL-3.0-or-later

"""Which configuration is noted as the last good one, and which one undo puts back."""

from __future__ import annotations

import typing as t

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.annotations import (
    LAST_GOOD,
    WRITTEN,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_checksum import checksum
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.current import Current
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.daemon_set import DaemonSet
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.last_good import (
    last_good,
    notes,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.pods import owned

from . import proxy_objects as objects

KEY = "config.conf"
#: What the ConfigMap of the played objects holds.
CONTENT = objects.config_map()["data"][KEY]
NOTED, OURS, NEXT = "mode: iptables\n", "mode: ipvs\n", "mode: nftables\n"
BEFORE_THE_WRITE = "2026-11-21T07:00:00Z"


def mark(text: str) -> str:
    return checksum({**objects.config_map()["data"], KEY: text}, KEY)


def current(*pods: dict[str, t.Any], template: str | None = None, **annotations: str) -> Current:
    names = {"noted": LAST_GOOD, "written": WRITTEN}
    found = {names[name]: text for name, text in annotations.items()}
    config_map = objects.config_map(annotations=found)
    daemon_set = DaemonSet(objects.daemon_set(None if template is None else mark(template), nodes=len(pods)))
    return Current(config_map, daemon_set, owned(pods, daemon_set), mark(CONTENT))


def pods(text: str) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    return (
        objects.pod("a", mark(text), created=BEFORE_THE_WRITE),
        objects.pod("b", mark(text), created=BEFORE_THE_WRITE),
    )


class TestNoted:
    def test_what_all_pods_run(self) -> None:
        before = current(*pods(CONTENT), template=CONTENT, noted=NOTED, written=CONTENT)
        assert notes(before, KEY, NEXT, rollback=False) == {LAST_GOOD: CONTENT, WRITTEN: NEXT}

    def test_what_somebody_edited_and_restarted_the_pods_with(self) -> None:
        restarted = [objects.pod(node, mark(OURS)) for node in ("a", "b")]
        before = current(*restarted, template=OURS, noted=NOTED, written=OURS)
        assert notes(before, KEY, NEXT, rollback=False)[LAST_GOOD] == CONTENT

    def test_not_what_somebody_edited_and_no_pod_ran(self) -> None:
        before = current(*pods(OURS), template=OURS, noted=NOTED, written=OURS)
        assert notes(before, KEY, NEXT, rollback=False)[LAST_GOOD] == OURS

    def test_not_an_unproven_edit_although_nothing_is_noted(self) -> None:
        before = current(objects.pod("a", created=BEFORE_THE_WRITE))
        assert LAST_GOOD not in notes(before, KEY, NEXT, rollback=False)

    def test_what_nothing_speaks_against(self) -> None:
        before = current(objects.pod("a"))
        unrecorded = Current(objects.config_map(managedFields=None), before.daemon_set, before.pods, before.checksum)
        assert notes(unrecorded, KEY, NEXT, rollback=False)[LAST_GOOD] == CONTENT

    def test_a_failed_change_leaves_what_was_noted(self) -> None:
        half = (*pods(NOTED)[:1], objects.pod("b", mark(CONTENT), ready=False))
        before = current(*half, template=CONTENT, noted=NOTED, written=CONTENT)
        assert notes(before, KEY, NEXT, rollback=False)[LAST_GOOD] == NOTED

    def test_a_rollback_does_not_make_what_failed_the_last_good_one(self) -> None:
        before = current(*pods(CONTENT), template=CONTENT, noted=NOTED, written=CONTENT)
        assert notes(before, KEY, NOTED, rollback=True) == {LAST_GOOD: NOTED, WRITTEN: NOTED}


class TestLastGood:
    def test_what_was_noted(self) -> None:
        assert last_good(current(*pods(CONTENT), template=CONTENT, noted=NOTED, written=CONTENT), KEY) == NOTED

    def test_what_the_pods_run_when_somebody_else_has_edited_since(self) -> None:
        assert last_good(current(*pods(OURS), template=OURS, noted=NOTED, written=OURS), KEY) == OURS

    def test_not_what_was_written_and_only_some_run(self) -> None:
        half = (*pods(OURS)[:1], *pods(NOTED)[1:])
        assert last_good(current(*half, template=OURS, noted=NOTED, written=OURS), KEY) == NOTED

    def test_nothing(self) -> None:
        assert last_good(current(*pods(CONTENT), template=CONTENT), KEY) is None
