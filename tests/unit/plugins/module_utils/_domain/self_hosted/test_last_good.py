# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which configuration is noted to go back to, and which one is gone back to."""

from __future__ import annotations

import typing as t

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_checksum import checksum
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.daemon_set import (
    LAST_GOOD,
    WRITTEN,
    DaemonSet,
    owned,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.last_good import (
    last_good,
    notes,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.rollout_plan import Current

from . import proxy_objects as objects

KEY = "config.conf"
#: What the ConfigMap of the played objects holds.
PRESENT = objects.config_map()["data"][KEY]
NOTED, OURS, NEXT = "mode: iptables\n", "mode: ipvs\n", "mode: nftables\n"
BEFORE_THE_WRITE = "2026-11-21T07:00:00Z"


def mark(text: str) -> str:
    return checksum({**objects.config_map()["data"], KEY: text}, KEY)


def current(*pods: dict[str, t.Any], told: str | None = None, **annotations: str) -> Current:
    names = {"noted": LAST_GOOD, "written": WRITTEN}
    found = {names[name]: text for name, text in annotations.items()}
    config_map = objects.config_map(annotations=found)
    daemon_set = DaemonSet(objects.daemon_set(None if told is None else mark(told), nodes=len(pods)))
    return Current(config_map, daemon_set, owned(pods, daemon_set), mark(PRESENT))


def pods(text: str) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    return (
        objects.pod("a", mark(text), created=BEFORE_THE_WRITE),
        objects.pod("b", mark(text), created=BEFORE_THE_WRITE),
    )


class TestNoted:
    def test_what_all_pods_run(self) -> None:
        present = current(*pods(PRESENT), told=PRESENT, noted=NOTED, written=PRESENT)
        assert notes(present, KEY, NEXT, going_back=False) == {LAST_GOOD: PRESENT, WRITTEN: NEXT}

    def test_what_somebody_edited_and_restarted_the_pods_with(self) -> None:
        restarted = [objects.pod(node, mark(OURS)) for node in ("a", "b")]
        present = current(*restarted, told=OURS, noted=NOTED, written=OURS)
        assert notes(present, KEY, NEXT, going_back=False)[LAST_GOOD] == PRESENT

    def test_not_what_somebody_edited_and_no_pod_ran(self) -> None:
        present = current(*pods(OURS), told=OURS, noted=NOTED, written=OURS)
        assert notes(present, KEY, NEXT, going_back=False)[LAST_GOOD] == OURS

    def test_not_an_unproven_edit_although_nothing_is_noted(self) -> None:
        present = current(objects.pod("a", created=BEFORE_THE_WRITE))
        assert LAST_GOOD not in notes(present, KEY, NEXT, going_back=False)

    def test_what_nothing_speaks_against(self) -> None:
        present = current(objects.pod("a"))
        unrecorded = Current(objects.config_map(managedFields=None), present.daemon_set, present.pods, present.checksum)
        assert notes(unrecorded, KEY, NEXT, going_back=False)[LAST_GOOD] == PRESENT

    def test_a_failed_change_leaves_what_was_noted(self) -> None:
        half = (*pods(NOTED)[:1], objects.pod("b", mark(PRESENT), ready=False))
        present = current(*half, told=PRESENT, noted=NOTED, written=PRESENT)
        assert notes(present, KEY, NEXT, going_back=False)[LAST_GOOD] == NOTED

    def test_going_back_does_not_make_what_failed_the_one_to_return_to(self) -> None:
        present = current(*pods(PRESENT), told=PRESENT, noted=NOTED, written=PRESENT)
        assert notes(present, KEY, NOTED, going_back=True) == {LAST_GOOD: NOTED, WRITTEN: NOTED}


class TestLastGood:
    def test_what_was_noted(self) -> None:
        assert last_good(current(*pods(PRESENT), told=PRESENT, noted=NOTED, written=PRESENT), KEY) == NOTED

    def test_what_the_pods_run_when_somebody_else_has_edited_since(self) -> None:
        assert last_good(current(*pods(OURS), told=OURS, noted=NOTED, written=OURS), KEY) == OURS

    def test_not_what_was_written_and_only_some_run(self) -> None:
        half = (*pods(OURS)[:1], *pods(NOTED)[1:])
        assert last_good(current(*half, told=OURS, noted=NOTED, written=OURS), KEY) == NOTED

    def test_nothing(self) -> None:
        assert last_good(current(*pods(PRESENT), told=PRESENT), KEY) is None
