# SPDX-License-Identifier: GPL-3.0-or-later

"""Applying changes that a running cluster takes: each is sent while it is READY, until a read-back shows them all."""

from __future__ import annotations

import typing as t

from ..._adapters.ovh import convert
from ..._adapters.ovh.api_errors import ApiError, ConflictError, TransportError
from ..._domain.common.json_types import Json
from ..._domain.common.problems import RefusedError, ValidationError
from ..._domain.managed import usual_time
from ..._domain.managed.changes import (
    Change,
    ChangeKind,
    CustomizationChange,
    IpRestrictionsChange,
    LoadBalancersSubnetChange,
    NetworkConfigurationChange,
    OpenIdConnectChange,
    UpdatePolicyChange,
)
from ..._domain.managed.cluster import Cluster, Phase
from ..._domain.managed.plan import Plan
from ..common.run import EngineError
from .context import Context
from .read_cluster import read_cluster
from .wait import GRACE, EachRead, Verification, begun, refuse_end_state, until_ready


class Pending(t.NamedTuple):
    """What a cluster, as it was just read, still needs; with the plan behind it, if it is to be verified by one."""

    changes: tuple[Change, ...]
    plan: Plan | None = None

    @classmethod
    def of(cls, plan: Plan) -> Pending:
        return cls(plan.changes, plan)


#: What is waited for before a change is sent.
UNDER_WAY = "the operation already under way"

Replan = t.Callable[[Cluster], Pending]


class Applied(t.NamedTuple):
    """How changes ended: the last read, whether this run changed anything, and what it found when it planned anew.

    The last two are sides of the diff, of what somebody else changed before a request of this run was accepted.
    """

    cluster: Cluster
    changed: bool
    before: Json
    after: Json

    def diff(self, plan: Plan) -> dict[str, Json]:
        """The diff of a run whose first plan this was."""
        return {"before": {**plan.before, **self.before}, "after": {**plan.after, **self.after}}


def wait_until_idle(ctx: Context, cluster: Cluster, each_read: EachRead | None = None) -> Cluster:
    """The cluster, once no operation is under way on it; in check mode, or without waiting, as it is.

    An end state is refused here, before anything is sent, and in check mode just as for real.
    """
    refuse_end_state(cluster)
    if cluster.phase is Phase.READY:
        return cluster
    if ctx.check_mode or not ctx.waiting.wait:
        ctx.warn(
            f"{cluster.label()} has the status {cluster.status}: an operation is under way that may still change what "
            f"was compared here"
        )
        return cluster
    usual = usual_time.under_way(cluster.status)
    return until_ready(ctx, cluster.id, UNDER_WAY, usual=usual, started=True, each_read=each_read)


def apply_changes(ctx: Context, cluster: Cluster, replan: Replan, purpose: str) -> Applied:
    """Send the changes that ``replan`` returns, one at a time.

    Without waiting, the changes are sent and not followed, which can only be one that makes the cluster busy.
    """
    pending = replan(cluster)
    # What is done with its answer goes first: it must not wait for what makes the cluster busy.
    kinds = sorted({change.kind for change in pending.changes}, key=lambda kind: (kind.waits, kind.value))
    busying = [kind for kind in kinds if kind.waits]
    if not ctx.waiting.wait:
        refuse_several(busying)
    sender = _Sender(ctx, cluster, replan, pending)
    for position, kind in enumerate(kinds):
        started = sender.send_when_free(kind)
        if ctx.waiting.wait and kind.waits:
            last = position == len(kinds) - 1
            verification = sender.verification if last else None
            sender.cluster = until_ready(ctx, cluster.id, purpose, verification=verification, started=started)
    cluster = sender.cluster
    if not ctx.waiting.wait or not busying:
        cluster = read_cluster(ctx, cluster.id)
    found = sender.verification.drift(cluster)
    if ctx.waiting.wait and found is not None:
        raise sender.verification.error(cluster, f"READY after {purpose}", found)
    return Applied(cluster, sender.changed, sender.before, sender.after)


def refuse_several(kinds: t.Sequence[ChangeKind]) -> None:
    """Raises EngineError for several changes that a run without waiting cannot send one after the other."""
    if len(kinds) > 1:
        raise EngineError(
            f"wait: {', '.join(kind.label for kind in kinds)} differ, and the API takes the next of them only when it "
            f"is done with the one before. Set wait to true; nothing was sent"
        )


#: The options that a change of this kind changes, as a diff names them.
_OPTIONS = {ChangeKind.CUSTOMIZATION: ("kube_proxy", "api_server")}


class _Sender:
    """Sends one change after the other, and plans anew when the API says that something else is under way."""

    def __init__(self, ctx: Context, cluster: Cluster, replan: Replan, pending: Pending) -> None:
        self._ctx = ctx
        self._replan = replan
        self._pending = pending
        self._ours: set[str] = set()
        self.cluster = cluster
        self.changed = False
        self.before: Json = {}
        self.after: Json = {}
        self.verification = self._verification()

    def send_when_free(self, kind: ChangeKind) -> bool:
        """Send the change of one kind, again after a conflict when something else is under way.

        It is planned anew then: somebody else may have changed the cluster, and a request whose answer was lost may
        have taken effect and be the very thing under way. Returns whether that was seen.
        """
        ctx = self._ctx
        in_vain_since: float | None = None
        started = lost = False
        while (change := next((change for change in self._pending.changes if change.kind is kind), None)) is not None:
            try:
                send(ctx, self.cluster.id, change)
                self._sent(kind)
                return False
            except ConflictError as error:
                now = ctx.clock.now()
                lost = lost or error.maybe_processed
                in_vain_since = now if in_vain_since is None else in_vain_since
                # Refused although READY all that time: no waiting makes that go away (NEVER_UPDATE is such a case).
                if not ctx.waiting.wait or now - in_vain_since >= GRACE or ctx.out_of_time():
                    raise
            except (ApiError, TransportError) as error:
                if not error.maybe_processed or not begun(ctx, self.cluster):
                    raise
                self._sent(kind)
                return False
            ctx.clock.sleep(ctx.waiting.sleep)
            cluster = read_cluster(ctx, self.cluster.id)
            if cluster.phase is not Phase.READY:
                cluster = until_ready(ctx, cluster.id, UNDER_WAY, started=True)
                in_vain_since, started = None, True
            self._plan_anew(cluster, kind if lost else None)
        return started

    def _sent(self, kind: ChangeKind) -> None:
        self._ctx.accepted()
        self.changed = True
        self._ours.update(_OPTIONS.get(kind, (kind.label,)))

    def _plan_anew(self, cluster: Cluster, lost: ChangeKind | None) -> None:
        """``lost`` is a change of which an attempt got no answer: if it is needed no more, it was that attempt."""
        former, self.cluster = self._pending.plan, cluster
        self._pending = _again(self._ctx, self._replan, cluster)
        self.verification = self._verification()
        if lost is not None and all(change.kind is not lost for change in self._pending.changes):
            self._sent(lost)
        plan = self._pending.plan
        if former is None or plan is None:
            return
        theirs = {option for option in plan.before if option not in self._ours}
        meanwhile = sorted(option for option in theirs if plan.before[option] != former.before.get(option))
        if not meanwhile:
            return
        self.before.update({option: plan.before[option] for option in theirs})
        self.after.update({option: plan.after[option] for option in theirs})
        self._ctx.warn(
            f"{cluster.label()} was changed by somebody else meanwhile ({', '.join(meanwhile)}); what this run changes "
            f"was planned anew"
        )

    def _verification(self) -> Verification:
        plan = self._pending.plan
        return Verification(None if plan is None else plan.desired, self.cluster)


def _again(ctx: Context, replan: Replan, cluster: Cluster) -> Pending:
    try:
        return replan(cluster)
    except (RefusedError, ValidationError) as error:
        if not ctx.facts.get("changed"):
            raise
        # What is refused here was right when the first request was sent: it must not be called unchanged.
        raise EngineError(f"{cluster.label()} was changed in part, then somebody else changed it: {error}") from error


def send(ctx: Context, kube_id: str, change: Change) -> None:
    """The one request of a change."""
    api = ctx.api
    if isinstance(change, CustomizationChange):
        api.put_customization(kube_id, convert.change_body(change))
    elif isinstance(change, NetworkConfigurationChange):
        api.put_private_network_configuration(kube_id, convert.change_body(change))
    elif isinstance(change, LoadBalancersSubnetChange):
        api.set_load_balancers_subnet(kube_id, change.subnet_id)
    elif isinstance(change, IpRestrictionsChange):
        api.replace_ip_restrictions(kube_id, change.blocks)
    elif isinstance(change, OpenIdConnectChange):
        api.create_open_id_connect(kube_id, convert.change_body(change))
    elif isinstance(change, UpdatePolicyChange):
        api.set_update_policy(kube_id, change.policy)
    else:
        raise TypeError(f"{change!r} has no route")
    ctx.accepted()
