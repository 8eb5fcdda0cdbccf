# SPDX-License-Identifier: GPL-3.0-or-later

"""Every path that a change can take: what failed, whether to roll back, and what the message says."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.rollback_decision import (
    NOT_RUN,
    Answer,
    Change,
    Policy,
    Rollback,
    Step,
    decide,
    drift,
)

DONE = Step(changed=True)
FAILED = Step(failed=True, message="No route to host.")
LOST = Step(unreachable=True, message="Connection reset by peer")
CRASHED = Step(failed=True, changed=True, message="The rollout stopped.", log=("F1 address in use", "exit 255"))
DRIFT = ("node2: kube-proxy is in mode iptables, not ipvs",)
DRIFTED = "Not every node does what was requested. node2: kube-proxy is in mode iptables, not ipvs."

IN_FORCE = "The former configuration is in force again on every node."
UNVERIFIED = "The former configuration is back in the cluster, but the nodes could not be verified: "
NOTHING_CHANGED = "No rollback: this run had changed nothing."
SWITCHED_OFF = "No rollback: self_hosted_cluster_rollback is false."

#: A rollback that succeeded, of which tests replace what went wrong.
RESTORED = Rollback(undo=DONE, reading=Step(), mode="iptables", drift=())


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (Change(False), False),
        # An edit back to what the pods run needs no rollout.
        (Change(True, DONE, Step()), True),
        (Change(True, DONE, DONE), True),
        (Change(True, NOT_RUN, DONE), True),
        # Somebody edited by hand and restarted no pod.
        (Change(False, NOT_RUN, DONE), True),
    ],
)
def test_without_a_failure_nothing_is_rolled_back(change: Change, changed: bool) -> None:
    decision = decide(change, Policy())
    assert (decision.failed, decision.roll_back, decision.changed) == (False, False, changed)
    assert (decision.reason, decision.end, decision.message) == ("", "", "")


@pytest.mark.parametrize(
    ("change", "reason", "roll_back"),
    [
        (Change(True, FAILED), "No route to host.", False),
        (Change(True, Step(failed=True, changed=True, message="Lost.")), "Lost.", True),
        (Change(True, Step(failed=True, changed=True, message="Lost."), CRASHED, DRIFT), "Lost.", True),
        # Nobody knows whether it was made.
        (Change(True, LOST), "Connection reset by peer", True),
        (Change(True, DONE, CRASHED), "The rollout stopped.", True),
        (Change(True, DONE, LOST), "Connection reset by peer", True),
        # The cluster fails by itself: an earlier rollout was finished, and this one began none.
        (Change(False, NOT_RUN, FAILED), "No route to host.", False),
        (Change(False, NOT_RUN, CRASHED), "The rollout stopped.", True),
        # An earlier run was interrupted after its edit.
        (Change(True, NOT_RUN, FAILED), "No route to host.", True),
        (Change(True, DONE, DONE, DRIFT), DRIFTED, True),
        (Change(False, NOT_RUN, Step(), DRIFT), DRIFTED, False),
        (Change(True, Step(failed=True, changed=True)), "A task failed.", True),
        (Change(True, DONE, Step(unreachable=True)), "A task failed.", True),
    ],
)
def test_the_first_failure_is_the_reason(change: Change, reason: str, roll_back: bool) -> None:
    decision = decide(change, Policy())
    assert decision.failed
    assert (decision.reason, decision.roll_back) == (reason, roll_back)
    assert decision.message.startswith(reason)
    for policy in (Policy(rollback=False), Policy(check_mode=True)):
        other = decide(change, policy)
        assert (other.failed, other.reason, other.roll_back) == (True, reason, False)


@pytest.mark.parametrize(
    ("rollback", "end"),
    [
        (RESTORED, IN_FORCE),
        (None, "Rollback failed: it was interrupted."),
        (Rollback(undo=Step(failed=True, message="undo: no earlier one.")), "Rollback failed: undo: no earlier one."),
        (Rollback(undo=Step(failed=True)), "Rollback failed: it was interrupted."),
        (Rollback(undo=LOST), "Rollback failed: Connection reset by peer"),
        (Rollback(undo=DONE, reading=FAILED), f"{UNVERIFIED}No route to host."),
        (Rollback(undo=DONE, reading=LOST), f"{UNVERIFIED}Connection reset by peer."),
        (Rollback(undo=DONE, reading=Step(failed=True)), f"{UNVERIFIED}reading the configuration failed."),
        (
            Rollback(undo=DONE, reading=Step()),
            f"{UNVERIFIED}the configuration cannot be decoded, so there is nothing to compare the nodes with.",
        ),
        (Rollback(undo=DONE, reading=Step(), mode="iptables"), f"{UNVERIFIED}verifying them was interrupted."),
        (
            Rollback(undo=DONE, reading=Step(), mode="iptables", drift=("node1: a.", "node2: b")),
            f"{UNVERIFIED}node1: a; node2: b.",
        ),
        (
            Rollback(undo=DONE, reading=Step(), mode="iptables", drift=(), nodes_skipped=("node1",)),
            "The former configuration is in force again on every node except node1, which is not Ready.",
        ),
        (
            Rollback(undo=DONE, reading=Step(), mode="iptables", drift=(), nodes_skipped=("node1", "node3")),
            "The former configuration is in force again on every node except node1, node3, which are not Ready.",
        ),
        # A node that drifts is worse news than one that was left out.
        (
            Rollback(undo=DONE, reading=Step(), mode="iptables", drift=("node2: b",), nodes_skipped=("node1",)),
            f"{UNVERIFIED}node2: b.",
        ),
    ],
)
def test_the_end_is_that_of_the_rollback(rollback: Rollback | None, end: str) -> None:
    decision = decide(Change(True, DONE, DONE, DRIFT), Policy(), rollback)
    assert decision.end == end
    assert decision.message == f"{DRIFTED} {end}"
    assert decision.undone is (rollback is not None and rollback.undo is DONE)
    # What was decided before the rollback does not change with its result.
    assert (decision.failed, decision.roll_back, decision.changed) == (True, True, True)


@pytest.mark.parametrize(
    ("change", "policy", "end"),
    [
        (Change(True, FAILED), Policy(), NOTHING_CHANGED),
        (Change(True, FAILED), Policy(rollback=False), NOTHING_CHANGED),
        (Change(False, NOT_RUN, Step(), DRIFT), Policy(), NOTHING_CHANGED),
        (Change(True, DONE, CRASHED), Policy(rollback=False), SWITCHED_OFF),
        (Change(True, DONE, DONE, DRIFT), Policy(rollback=False), SWITCHED_OFF),
        (Change(True, DONE, CRASHED), Policy(check_mode=True), ""),
        (Change(True, FAILED), Policy(check_mode=True, rollback=False), ""),
    ],
)
def test_the_end_without_a_rollback(change: Change, policy: Policy, end: str) -> None:
    decision = decide(change, policy)
    assert decision.end == end
    assert decision.message.endswith(end)
    assert "Rollback" not in decision.message
    assert decision.message == decision.message.strip()


def test_the_message_has_the_log_between_reason_and_end() -> None:
    decision = decide(Change(True, DONE, CRASHED), Policy(), RESTORED)
    assert decision.message == f"The rollout stopped. Log: F1 address in use / exit 255. {IN_FORCE}"


def test_modules_to_load_at_boot_do_not_hide_the_reason() -> None:
    rollback = Rollback(DONE, Step(), "iptables", (), boot_failures=("node1: no space", "node2: read-only"))
    decision = decide(Change(True, DONE, CRASHED), Policy(), rollback)
    assert decision.message.startswith("The rollout stopped. ")
    assert decision.message.endswith(
        f"{IN_FORCE} The list of modules to load at boot was not restored. node1: no space; node2: read-only"
    )


def test_drift_names_the_node_and_counts_those_without_an_answer() -> None:
    answers = [
        Answer("node1", drift=()),
        Answer("node2", drift=("the mode is iptables.", "the scheduler is rr")),
        Answer("node3", message="Connection refused."),
        Answer("node4"),
        Answer("node5", message="left out"),
        # An answer with a message is an answer.
        Answer("node6", drift=(), message="all well"),
    ]
    assert drift(answers, without=["node5"]) == [
        "node2: the mode is iptables, the scheduler is rr",
        "node3: Connection refused",
        "node4: it was not verified",
    ]
