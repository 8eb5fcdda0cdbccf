# SPDX-License-Identifier: GPL-3.0-or-later

"""Which changes of the mode a restart of all pods must not make."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import Remedy
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.modes import MODES
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.mode_change import (
    NodePod,
    has_to_ask,
    refusal,
)


def pods(*modes: str | None, ready: bool = True) -> list[NodePod]:
    return [NodePod(f"node{number}", ready, True, mode) for number, mode in enumerate(modes, 1)]


@pytest.mark.parametrize(("former", "desired"), list(itertools.permutations(MODES, 2)))
def test_every_change_of_the_mode_is_refused_with_what_it_does(former: str, desired: str) -> None:
    notice = refusal(former, desired, pods(former, former))
    assert notice is not None
    assert notice.text.startswith(
        f"Nothing was changed. kube-proxy runs in mode {former} on node1, node2, and {desired} is desired. "
    )
    assert notice.remedy is Remedy.MIGRATION
    assert "self_hosted_cluster_allow_leftovers" in notice.text
    hole = "nftables" in (former, desired)
    assert ("connections to Services fail for seconds" in notice.text) is hole
    assert (f"does not remove the rules of its former mode {former}" in notice.text) is not hole


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("configured", [*MODES, None])
def test_pods_that_run_the_desired_mode_are_not_in_the_way(mode: str, configured: str | None) -> None:
    """Whatever is configured: an edit was not rolled out, or kube-proxy fell back to iptables (up to 1.25)."""
    assert refusal(configured, mode, pods(mode, mode)) is None


def test_only_nodes_in_another_mode_are_named() -> None:
    """A migration that was interrupted leaves a cluster like this."""
    notice = refusal("ipvs", "nftables", pods("ipvs", "nftables", "iptables"))
    assert notice is not None
    assert "runs in mode iptables on node3 and ipvs on node1, and nftables is desired" in notice.text
    notice = refusal("ipvs", "ipvs", pods("ipvs", "nftables", "iptables"))
    assert notice is not None
    assert "iptables on node3 and nftables on node2" in notice.text
    assert "its former mode iptables" in notice.text
    assert "fail for seconds" in notice.text


def test_kube_proxy_that_runs_nowhere_is_not_in_the_way() -> None:
    assert refusal("iptables", "nftables", []) is None
    # Pods that do not come up in a mode that the kernel lacks.
    assert refusal("nftables", "iptables", pods(None, None, ready=False)) is None


def test_a_pod_that_does_not_answer_is_taken_to_run_the_configured_mode() -> None:
    notice = refusal("iptables", "ipvs", pods("ipvs", None))
    assert notice is not None
    assert "iptables on node2, and" in notice.text
    assert refusal("ipvs", "ipvs", pods(None)) is None
    # Nor is there a mode to take where the configuration cannot be read.
    assert refusal(None, "ipvs", pods(None)) is None


def test_the_mode_of_the_past_has_no_migration() -> None:
    assert refusal("userspace", "iptables", pods("userspace")) is None
    assert refusal("iptables", "userspace", pods("iptables")) is None


def test_pods_are_asked_only_where_another_mode_may_run() -> None:
    up_to_date, earlier, unknown = (NodePod("node1", up_to_date=known) for known in (True, False, None))
    assert not has_to_ask("ipvs", "ipvs", [up_to_date])
    assert not has_to_ask("iptables", "ipvs", [])
    for configured, pod in (("iptables", up_to_date), (None, up_to_date), ("ipvs", earlier), ("ipvs", unknown)):
        assert has_to_ask(configured, "ipvs", [up_to_date, pod])
