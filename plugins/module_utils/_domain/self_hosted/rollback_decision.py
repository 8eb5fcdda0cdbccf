# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of the role self_hosted_cluster came to: failed or not, roll back or not, and what its message says.

The role has no ``rescue``: a task with ``run_once`` that fails sends only the first host there. Its tasks register how
they ended instead, and :func:`decide` draws the conclusions, before the rollback and again after it.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..common.listed import listed


@dataclass(frozen=True)
class Step:
    """How one task ended. ``log`` is that of the pod that crashed, oldest line first."""

    ran: bool = True
    failed: bool = False
    unreachable: bool = False
    changed: bool = False
    message: str = ""
    log: tuple[str, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether it did not end well. A skipped task did: there was nothing for it to do."""
        return self.failed or self.unreachable


NOT_RUN = Step(ran=False)


@dataclass(frozen=True)
class Answer:
    """What one node answered when it was verified. ``drift`` is None when it gave no answer."""

    node: str
    drift: tuple[str, ...] | None = None
    message: str = ""


@dataclass(frozen=True)
class Policy:
    """What the user allows: ``rollback`` after a failure, and changes at all (not in ``check_mode``)."""

    rollback: bool = True
    check_mode: bool = False


@dataclass(frozen=True)
class Change:
    """The edit, the rollout, and the drift of the nodes after them.

    ``pending`` says whether there was something to do: the configuration was not the desired one yet, or an earlier
    rollout was not finished.
    """

    pending: bool
    edit: Step = NOT_RUN
    rollout: Step = NOT_RUN
    drift: tuple[str, ...] = ()

    @property
    def effective(self) -> bool:
        """Whether the run changed something (in check mode: would change it).

        Nobody knows whether an edit was made whose connection was lost, so it counts as made.
        """
        edited = not self.edit.failed or self.edit.changed
        return edited and (self.pending or self.rollout.changed)


@dataclass(frozen=True)
class Rollback:
    """The undo, reading what it restored, and the drift of the nodes from that; None while they were not verified.

    ``mode`` is the restored one, blank when the restored configuration cannot be decoded. ``nodes_skipped`` were not
    Ready. ``boot_failures`` are the nodes, with the reason, whose list of modules to load at boot was not restored.
    """

    undo: Step = NOT_RUN
    reading: Step = NOT_RUN
    mode: str = ""
    drift: tuple[str, ...] | None = None
    nodes_skipped: tuple[str, ...] = ()
    boot_failures: tuple[str, ...] = ()

    @property
    def undone(self) -> bool:
        return self.undo.ran and not self.undo.broken


@dataclass(frozen=True)
class Decision:
    """``changed`` says whether the run changed something, or in check mode would; ``end`` is the result of the rollback
    in one sentence, blank in check mode. ``message`` is the reason with everything after it, blank without a failure.
    """

    failed: bool
    changed: bool
    roll_back: bool
    undone: bool
    reason: str
    end: str
    message: str


def drift(answers: t.Iterable[Answer], without: t.Collection[str] = ()) -> list[str]:
    """How nodes differ from what is desired, as "node: differences", one text for a node.

    A node that gave no answer counts as different.
    """
    found = []
    for answer in answers:
        said = (answer.message or "it was not verified",) if answer.drift is None else answer.drift
        if answer.node not in without and said:
            found.append(f"{answer.node}: {', '.join(map(_unended, said))}")
    return found


def decide(change: Change, policy: Policy, rollback: Rollback | None = None) -> Decision:
    """What the run came to so far; without ``rollback``, as if that had not begun.

    A failure leads to a rollback only if this run changed something: a cluster that fails by itself is not set back.
    """
    rollback = rollback or Rollback()
    reason, log = _reason(change)
    failed = bool(reason)
    end = _end(change, policy, rollback) if failed else ""
    parts = [reason, f"Log: {' / '.join(log)}." if log else "", end, _boot(rollback)]
    return Decision(
        failed=failed,
        changed=change.effective,
        roll_back=failed and change.effective and policy.rollback and not policy.check_mode,
        undone=rollback.undone,
        reason=reason,
        end=end,
        message=" ".join(part for part in parts if part) if failed else "",
    )


def _reason(change: Change) -> tuple[str, tuple[str, ...]]:
    """The first thing that failed, with the log of the pod that crashed."""
    for step in (change.edit, change.rollout):
        if step.broken:
            return step.message.strip() or "A task failed.", step.log
    if change.drift:
        return f"Not every node does what was requested{_listed(change.drift)}", ()
    return "", ()


def _listed(drift: t.Sequence[str]) -> str:
    """The end of a sentence about nodes: in it for one node, a line for each of several."""
    if len(drift) == 1:
        return f". {_unended(drift[0])}."
    return "".join([":", *(f"\n  {_unended(text)}" for text in drift), "\n"])


def _end(change: Change, policy: Policy, rollback: Rollback) -> str:
    if policy.check_mode:
        return ""
    if not change.effective:
        return "No rollback: this run had changed nothing."
    if not policy.rollback:
        return "No rollback: self_hosted_cluster_rollback is false."
    if not rollback.undone:
        return f"Rollback failed: {rollback.undo.message.strip() or 'it was interrupted.'}"
    unverified = _unverified(rollback)
    if unverified:
        return (
            f"The former configuration is back in the cluster, but the nodes could not be verified: "
            f"{_unended(unverified)}."
        )
    if rollback.nodes_skipped:
        are = "is" if len(rollback.nodes_skipped) == 1 else "are"
        return (
            f"The former configuration is in force again on every node except {listed(rollback.nodes_skipped)}, "
            f"which {are} not Ready."
        )
    return "The former configuration is in force again on every node."


def _unverified(rollback: Rollback) -> str:
    """Why nobody knows that the restored configuration is in force; blank when it is."""
    if rollback.reading.broken:
        return rollback.reading.message.strip() or "reading the configuration failed"
    if not rollback.mode:
        return "the configuration cannot be decoded, so there is nothing to compare the nodes with"
    if rollback.drift is None:
        return "verifying them was interrupted"
    return "; ".join(map(_unended, rollback.drift))


def _boot(rollback: Rollback) -> str:
    if not rollback.boot_failures:
        return ""
    return f"The list of modules to load at boot was not restored. {'; '.join(rollback.boot_failures)}"


def _unended(sentence: str) -> str:
    return sentence.strip().rstrip(".")
