# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes of a batch go back to the former mode, and what a user is told."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.migration_decision import (
    NodeSteps,
    decide,
    outcome,
    put_back,
    to_copy,
    to_copy_back,
    to_move,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.rollback_decision import (
    NOT_RUN,
    Answer,
    Step,
)

DONE, SAID = Step(changed=True), "The node lacks nft."
FAILED = Step(failed=True, message=SAID)


def node(name: str, **steps: object) -> NodeSteps:
    all_well = {"running": "iptables", "stage": "moved", "frozen": DONE, "cleaned": DONE, "verified": Answer(name, ())}
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
    nodes = [node("a", frozen=FAILED, running=None)]
    assert to_copy(nodes, "iptables", "nftables") == ("a",)
    assert to_move(nodes) == ("a",)
    assert decide(DONE, nodes, "nftables").message == ""


@pytest.mark.parametrize(
    ("former", "desired", "names"),
    [
        ("iptables", "nftables", ("former", "without kube-proxy")),
        ("nftables", "ipvs", ("former", "without kube-proxy")),
        ("iptables", "ipvs", ()),
        ("nftables", "nftables", ()),
    ],
)
def test_a_copy_is_made_where_services_would_not_answer(former: str, desired: str, names: tuple[str, ...]) -> None:
    nodes = [
        node("former", running=former),
        node("moved before", running=desired),
        node("without kube-proxy", running=None),
        node("not wanted", running=former, copied=False),
    ]
    assert to_copy(nodes, former, desired) == names
    # On the way back, the rules of the desired mode are copied, whatever the node ran before.
    returning = ("former", "moved before", "not wanted")
    assert to_copy_back(nodes, returning, former, desired) == (("former", "moved before") if names else ())


def test_only_a_node_with_a_copy_may_be_put_back_at_once() -> None:
    assert put_back([node("a")], "iptables", "nftables")
    moved_before = node("a", running="nftables", frozen=NOT_RUN)
    crashing_before = node("a", running=None, frozen=FAILED)
    for unprotected in (moved_before, crashing_before):
        assert not put_back([unprotected, node("b")], "iptables", "nftables")
    # It is not moved at all.
    assert put_back([node("a", frozen=FAILED), node("b")], "iptables", "nftables")
    # Where no copy is wanted or needed, none is missing.
    assert put_back([node("a", running="nftables", frozen=NOT_RUN, copied=False)], "iptables", "nftables")
    assert put_back([moved_before], "iptables", "ipvs")


def test_a_copy_that_cannot_be_made_is_told_and_no_reason_to_stay() -> None:
    nodes = [node("a", cleaned=FAILED, copied_back=FAILED), node("b", cleaned=FAILED, copied_back=DONE)]
    decision = decide(DONE, nodes, "nftables", DONE)
    assert decision.returning == ("a", "b")
    assert "a, b went back to the former mode. a: no frozen copy on the way back: The node lacks nft." in (
        decision.message
    )
    assert "b: no frozen copy" not in decision.message


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


def test_what_a_run_came_to() -> None:
    assert outcome(3, [], begun=False, check_mode=False) == "is as requested"
    assert outcome(3, [], begun=True, check_mode=True) == "would be changed, node by node"
    changed = "was changed, and nothing of the former mode is left on"
    assert outcome(3, [], begun=True, check_mode=False) == f"{changed} any node"
    assert outcome(1, ["b"], begun=True, check_mode=False) == (
        f"{changed} 1 node; what is left on 1 ignored node is not known: b"
    )
    assert outcome(2, ["b", "c", "b"], begun=True, check_mode=False) == (
        f"{changed} 2 nodes; what is left on 2 ignored nodes is not known: b, c"
    )
