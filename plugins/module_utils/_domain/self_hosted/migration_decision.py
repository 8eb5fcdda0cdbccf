# SPDX-License-Identifier: GPL-3.0-or-later

"""What a batch of the role mode_migration came to: which nodes move and go back, and what the message says.

Its tasks register how they ended instead of failing, so that every node of the batch takes part in what follows.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..common.listed import counted, listed
from ..kube_proxy.modes import interrupts
from .rollback_decision import NOT_RUN, Answer, Step, drift


@dataclass(frozen=True)
class NodeSteps:
    """How the steps on one node ended: the frozen copy, the removal of what was left, and the verification.

    ``running`` is the mode that kube-proxy reported before; None without a kube-proxy. ``copied`` says whether frozen
    copies are wanted on the node. ``stage`` is the node's in the migration after the batch moved; None where that is
    not known. ``copied_back`` is the frozen copy of the desired mode, for the way back, and ``tidied`` the removal of
    what that mode left, on a node that runs its former mode again.
    """

    node: str
    running: str | None = None
    copied: bool = True
    stage: str | None = None
    frozen: Step = NOT_RUN
    cleaned: Step = NOT_RUN
    verified: Answer | None = None
    copied_back: Step = NOT_RUN
    tidied: Step = NOT_RUN

    @property
    def stays(self) -> bool:
        """Whether it must not move: Services answer, and would not while it changes its mode.

        Without a kube-proxy there may be nothing left to copy, as after a reboot, and nothing gets better by waiting.
        """
        return self.running is not None and self.frozen.broken


@dataclass(frozen=True)
class BatchDecision:
    """``returning`` are the nodes to give the former mode back; ``message`` is blank if all is well.

    ``former`` are the nodes that shall run their former mode in the end: those, and others that never left it. The
    frozen copy and what the new mode left go from them.
    """

    returning: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    message: str = ""


def to_copy(nodes: t.Iterable[NodeSteps], former: str, desired: str) -> tuple[str, ...]:
    """The nodes that need a frozen copy of the former mode before they move.

    What an earlier run moved has the rules of the desired mode. A node without a kube-proxy, which that run left
    between two, may still have the former ones.
    """
    return tuple(node.node for node in nodes if _bridged(node, former, desired) and node.running != desired)


def to_copy_back(
    nodes: t.Iterable[NodeSteps], returning: t.Collection[str], former: str, desired: str
) -> tuple[str, ...]:
    """Of the nodes that go back, those that need a frozen copy of the desired mode before they do.

    A copy of the former mode may still be in place, with little time left to live. The two stand beside each other: one
    of them is a table of nftables, the other one has chains of iptables. Making the second renews the time of both, and
    where the desired mode has no rules, that of the first.
    """
    return tuple(node.node for node in nodes if node.node in returning and _bridged(node, former, desired))


def put_back(nodes: t.Iterable[NodeSteps], former: str, desired: str) -> bool:
    """Whether nodes whose kube-proxy does not stay up may go back at once: not where no copy answers meanwhile."""
    return not any(
        _bridged(node, former, desired) and not node.stays and (node.frozen.broken or not node.frozen.ran)
        for node in nodes
    )


def _bridged(node: NodeSteps, former: str, desired: str) -> bool:
    return node.copied and interrupts(former, desired)


def to_move(nodes: t.Iterable[NodeSteps]) -> tuple[str, ...]:
    """The nodes that may move: without a frozen copy that was to be made, Services would not answer meanwhile."""
    return tuple(node.node for node in nodes if not node.stays)


def decide(moved: Step, nodes: t.Sequence[NodeSteps], desired: str, returned: Step = NOT_RUN) -> BatchDecision:
    """What the batch came to.

    A node goes back when it may have moved and is not verified in the desired mode. One whose frozen copy could not be
    made has not moved. The message counts on ``returned``, how giving the former mode back ended.
    """
    reasons = [f"{node.node}: no frozen copy: {_said(node.frozen)}" for node in nodes if node.stays]
    moving = [node for node in nodes if not node.stays]
    if moved.broken:
        # The module has put back what crashed; a node that it left between two pods goes back as well.
        reasons.append(_said(moved))
        back = [node.node for node in moving if node.stage != "former"]
        former = [node.node for node in nodes]
    else:
        failed = {node.node: f"{node.node}: {_said(node.cleaned)}" for node in moving if node.cleaned.broken}
        for node in moving:
            if not node.cleaned.broken and (texts := drift([node.verified or Answer(node.node)])):
                failed[node.node] = ". ".join(texts)
        reasons += failed.values()
        back = list(failed)
        former = [node.node for node in nodes if node.stays or node.node in failed]
    if not reasons:
        return BatchDecision()
    log = f"Log: {' / '.join(moved.log)}." if moved.log else ""
    parts = [
        f"The migration to {desired} stopped. {'. '.join(reason.rstrip('. ') for reason in reasons)}.",
        log,
        _went_back(sorted(back), returned),
        *(
            f"{node.node}: no frozen copy on the way back: {_said(node.copied_back)}."
            for node in nodes
            if node.copied_back.broken
        ),
        *(
            f"{node.node}: what mode {desired} left is still there, and goes with the next run: {_said(node.tidied)}."
            for node in nodes
            if node.tidied.broken and not returned.broken
        ),
        "No other node was touched. Run the playbook again to continue.",
    ]
    return BatchDecision(tuple(back), tuple(former), " ".join(part for part in parts if part))


def outcome(covered: int, ignored: t.Iterable[str], *, begun: bool, check_mode: bool) -> str:
    """What a run came to that did not fail, of which a cluster is the subject.

    ``covered`` is the number of nodes that the play covers. Nobody has looked at the ``ignored`` ones.
    """
    if not begun:
        return "is as requested"
    if check_mode:
        return "would be changed, node by node"
    names = list(dict.fromkeys(ignored))
    where = counted(covered, "node") if names else "any node"
    unknown = f"; what is left on {counted(len(names), 'ignored node')} is not known: {listed(names)}" if names else ""
    return f"was changed, and nothing of the former mode is left on {where}{unknown}"


def _went_back(nodes: t.Sequence[str], returned: Step) -> str:
    if not nodes:
        return ""
    if returned.broken:
        return f"The former mode could not be given back to {listed(nodes)}: {_said(returned)}."
    return f"{listed(nodes)} went back to the former mode."


def _said(step: Step) -> str:
    text = step.message or ("the host could not be reached" if step.unreachable else "the task failed")
    return text.rstrip(". ")
