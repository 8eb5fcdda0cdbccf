# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes of a batch go back to the former mode, and what a user is told."""

from __future__ import annotations

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.migration_decision import (
    NodeSteps,
    decide,
    to_move,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.rollback_decision import (
    Answer,
    Step,
)

DONE, SAID = Step(changed=True), "The node lacks nft."
FAILED = Step(failed=True, message=SAID)


def node(name: str, **steps: object) -> NodeSteps:
    all_well = {"stage": "moved", "frozen": DONE, "cleaned": DONE, "verified": Answer(name, ())}
    return NodeSteps(name, **{**all_well, **steps})  # type: ignore[arg-type]


def test_a_batch_that_went_well_says_nothing() -> None:
    decision = decide(DONE, [node("a"), node("b")], "nftables")
    assert (decision.returning, decision.former, decision.message) == ((), (), "")


def test_a_node_without_a_frozen_copy_is_not_moved() -> None:
    nodes = [node("a", frozen=FAILED), node("b")]
    assert to_move(nodes) == ("b",)
    decision = decide(DONE, nodes, "nftables")
    assert (decision.returning, decision.former) == ((), ("a",))
    assert decision.message.startswith("The migration to nftables stopped. a: no frozen copy: The node lacks nft. ")


def test_a_node_without_a_kube_proxy_moves_although_there_is_nothing_to_copy() -> None:
    nodes = [node("a", frozen=FAILED, serving=False)]
    assert to_move(nodes) == ("a",)
    assert decide(DONE, nodes, "nftables").message == ""


def test_a_node_that_did_not_stay_up_has_its_log_in_the_message() -> None:
    moved = Step(failed=True, message="kube-proxy on a does not stay up.", log=("F1 kernel too old",))
    decision = decide(moved, [node("a", stage="former"), node("b", stage="between"), node("c", stage=None)], "nftables")
    assert (decision.returning, decision.former) == (("b", "c"), ("a", "b", "c"))
    assert "Log: F1 kernel too old." in decision.message
    assert "b, c went back to the former mode. No other node was touched." in decision.message


def test_what_is_left_of_the_former_mode_or_not_verified_goes_back() -> None:
    nodes = [
        node("a", cleaned=FAILED),
        node("b", verified=Answer("b", ("kube-proxy is in mode iptables, not nftables",))),
        node("c", verified=None),
        node("d"),
    ]
    decision = decide(DONE, nodes, "nftables")
    assert decision.returning == decision.former == ("a", "b", "c")
    for text in (
        "a: The node lacks nft.",
        "b: kube-proxy is in mode iptables, not nftables.",
        "c: it was not verified.",
        "a, b, c went back to the former mode.",
    ):
        assert text in decision.message
    assert "d:" not in decision.message


def test_a_host_that_cannot_be_reached_is_said_to_be_that() -> None:
    decision = decide(DONE, [node("a", cleaned=Step(unreachable=True))], "ipvs")
    assert "a: the host could not be reached. a went back to the former mode." in decision.message


def test_what_stands_in_the_way_back_is_told() -> None:
    nodes = [node("a", cleaned=FAILED, tidied=Step(failed=True, message="kube-proxy runs in mode ipvs."))]
    message = decide(DONE, nodes, "ipvs", DONE).message
    assert (
        "a went back to the former mode. a: what mode ipvs left is still there, and goes with the next run: " in message
    )
    assert "kube-proxy runs in mode ipvs. No other node" in message
    message = decide(DONE, nodes, "ipvs", Step(failed=True, message="The API server does not answer.")).message
    assert "The former mode could not be given back to a: The API server does not answer. No other node" in message
    assert "went back" not in message
