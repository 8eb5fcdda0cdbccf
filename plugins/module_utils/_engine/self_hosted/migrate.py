# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of a migration from one configuration to another, node by node: begin, move, return, finish, abort.

What is done stands in the cluster alone: each step reads it anew and does what is left, so that a run which was killed
is continued by the next. docs/adr/0008 has the reasons.
"""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from ..._adapters.kubernetes.server_errors import ConflictError
from ..._domain.common.json_types import Json
from ..._domain.common.listed import listed
from ..._domain.common.problems import RefusedError, Remedy
from ..._domain.kube_proxy.versions import KubeProxyVersion
from ..._domain.self_hosted.annotations import MIGRATION, RESTORE
from ..._domain.self_hosted.config_checksum import checksum
from ..._domain.self_hosted.config_plan import ConfigPlan, plan_config
from ..._domain.self_hosted.config_request import ConfigRequest
from ..._domain.self_hosted.config_text import parse, render
from ..._domain.self_hosted.effective import effective_mode
from ..._domain.self_hosted.migration import Record, Side, Stage, refused_for_edits
from ..._domain.self_hosted.migration_state import Migration, unknown_nodes
from ..._domain.self_hosted.rollout_plan import RolloutOptions
from ..._domain.self_hosted.taints import would_be_lost
from ..common.report import Report
from ..common.run import EngineError
from .context import KubernetesContext
from .edit_config import ATTEMPTS, ConfigOptions, config_facts
from .migration_objects import mark, prepare, take_away, wait_until_in_force, write_desired
from .move_nodes import Order, change_nodes
from .native_validation import effective_by_kube_proxy
from .read_current import Target, text_of, version_of
from .read_migration_state import migration_facts, read_migration


@dataclass(frozen=True)
class MigrationRequest:
    """What a task asks for. ``request`` may be empty but for the beginning; the nodes are those to move or return."""

    request: ConfigRequest
    config: ConfigOptions
    pace: RolloutOptions
    nodes: tuple[str, ...]
    put_back: bool

    @property
    def names_configuration(self) -> bool:
        return bool(self.request.values or self.request.removals or self.request.sections)


def begin(ctx: KubernetesContext, target: Target, asked: MigrationRequest) -> Report:
    """Prepare everything, so that nodes can move; no pod is restarted.

    Raises ValidationError and RefusedError before anything is changed.
    """
    for _attempt in range(ATTEMPTS):
        state = read_migration(ctx, target)
        plan, content, version = _desired(ctx, target, state, asked)
        facts = config_facts(plan, state.first, version, target)
        if asked.config.native:
            facts["effective"] = effective_by_kube_proxy(ctx, state.first, target, plan, version)
        ctx.warn(*plan.warnings)
        if content == state.first.checksum:
            _refuse_the_way_back(state)
            return Report(False, target.diff(plan.before, plan.after), {**facts, "migration": migration_facts(state)})
        record = _record(state, target, plan, content, version)
        if state.record == record and not state.edits():
            same = target.diff(plan.after, plan.after)
            return Report(False, same, {**facts, "migration": migration_facts(state)})
        _refuse_another(state, content)
        _refuse_unsettled(state)
        try:
            prepare(ctx, target, state, plan.text, record)
        except ConflictError:
            continue
        if ctx.check_mode:
            state = dataclasses.replace(state, record=record)
        else:
            state = read_migration(ctx, target)
            wait_until_in_force(ctx, target, state)
        diff = target.diff(plan.before, plan.after)
        return Report(True, diff, {**facts, "migration": migration_facts(state)})
    raise _changed_again(target)


def move(ctx: KubernetesContext, target: Target, asked: MigrationRequest) -> Report:
    """Make the nodes run the desired configuration; a node whose kube-proxy does not stay up goes back."""
    state = read_migration(ctx, target)
    if not state.present:
        return _done_before(ctx, target, state, asked)
    if not state.finishing:
        _refuse_edits(state)
    _refuse_another_way(ctx, target, state, asked)
    if state.finishing:
        return _move_at_the_end(ctx, target, state, asked)
    fault = unknown_nodes(state, asked.nodes)
    if fault:
        raise RefusedError(f"{fault}. Nothing was changed")
    _refuse_down(state, asked.nodes)
    _refuse_losing(state, asked.nodes, Stage.MOVED)
    wait_until_in_force(ctx, target, state)
    return _changed_nodes(ctx, target, state, Order(asked.nodes, Stage.MOVED, asked.put_back, asked.pace))


def _move_at_the_end(ctx: KubernetesContext, target: Target, state: Migration, asked: MigrationRequest) -> Report:
    """A play that is run again after its end was interrupted moves its nodes first: they go to where the end is."""
    late = [name for name in asked.nodes if name not in state.at(Stage.MOVED, Stage.FINISHED)]
    stale = [name for name in late if name not in state.ready or ((node := state.node(name)) and node.pod)]
    if stale:
        raise RefusedError(
            f"nodes: {listed(stale)} did not move before state=finished began to end the migration; run that again "
            f"until its end. The nodes get the desired configuration when it is over. Nothing was changed"
        )
    return _changed_nodes(ctx, target, state, Order(tuple(late), Stage.FORMER, False, asked.pace), Stage.FINISHED)


def return_nodes(ctx: KubernetesContext, target: Target, asked: MigrationRequest) -> Report:
    """Make the nodes run the former configuration again; also where somebody else has meddled."""
    state = read_migration(ctx, target)
    if not state.present:
        return _report(state)
    _refuse_finishing(state, target)
    ctx.warn(*(f"somebody else changed what the migration relies on: {edit}" for edit in state.edits()))
    gone = [name for name in asked.nodes if name not in state.ready]
    if gone:
        ctx.warn(f"nodes: {listed(gone)} are not in the cluster")
    names = tuple(name for name in asked.nodes if name in state.ready)
    _warn_of_nodes_down(ctx, state, names)
    _refuse_losing(state, names, Stage.FORMER)
    return _changed_nodes(ctx, target, state, Order(names, Stage.FORMER, False, asked.pace))


def finish(ctx: KubernetesContext, target: Target, asked: MigrationRequest) -> Report:
    """Make the desired configuration that of kube-proxy's own objects, and take everything else away."""
    for _attempt in range(ATTEMPTS):
        state = read_migration(ctx, target)
        if not state.present:
            return _done_before(ctx, target, state, asked)
        if not state.finishing:
            _refuse_edits(state)
        _refuse_another_way(ctx, target, state, asked)
        ignored = asked.pace.ignored_nodes
        names = _labelled(state)
        diffs: list[Json] = []
        if not state.finishing:
            _refuse_unmoved(state, ignored)
            desired = _desired_text(state, target)
            diffs.append(target.diff(*(_rendered(text, target) for text in (text_of(state.first, target), desired))))
        _refuse_down(state, [name for name in names if name not in ignored])
        _refuse_losing(state, names, Stage.FORMER)
        if diffs:
            try:
                write_desired(ctx, target, state, desired)
            except ConflictError:
                continue
        _warn_of_nodes_down(ctx, state, names)
        order = Order(names, Stage.FORMER, True, asked.pace)
        usual = _usual_time(state, order)
        _take_back(ctx, target, order)
        diffs.append({"before": {"migration": state.summary()}, "after": {"migration": None}})
        return Report(True, diffs, {"migration": None, **usual})
    raise _changed_again(target)


def _take_back(ctx: KubernetesContext, target: Target, order: Order) -> None:
    """One node after the other to the first DaemonSet, whose ConfigMap holds the desired configuration by now."""
    if ctx.check_mode:
        return
    state = read_migration(ctx, target)
    mark(ctx, target, state, state.first.checksum)
    state = read_migration(ctx, target)
    change_nodes(ctx, target, state, order)
    take_away(ctx, target, read_migration(ctx, target))


def abort(ctx: KubernetesContext, target: Target, asked: MigrationRequest) -> Report:
    """Return every node to its former configuration, and take everything else away."""
    state = read_migration(ctx, target)
    if not state.present:
        return _report(state)
    _refuse_finishing(state, target)
    names = _labelled(state)
    _refuse_losing(state, names, Stage.FORMER)
    _warn_of_nodes_down(ctx, state, names)
    order = Order(names, Stage.FORMER, False, asked.pace)
    diff = {"before": {"migration": state.summary()}, "after": {"migration": None}}
    facts = {"migration": None, **_usual_time(state, order)}
    take_away(ctx, target, change_nodes(ctx, target, state, order))
    return Report(True, diff, facts)


def _usual_time(state: Migration, order: Order) -> Json:
    """The result ``usual_time``, where there is one."""
    usual = order.usual_time(state)
    return {} if usual is None else {"usual_time": usual}


def _changed_nodes(
    ctx: KubernetesContext, target: Target, state: Migration, order: Order, stage: Stage | None = None
) -> Report:
    """Bring the nodes there; what is changed about them, and the diff, are the same in check mode.

    ``stage`` is what they are in then, if not what the order says.
    """
    stage = stage or order.to
    stages = {name: node.stage if (node := state.node(name)) else Stage.FORMER for name in order.names}
    changing = [name for name in stages if stages[name] is not stage]
    usual = _usual_time(state, order)
    after = change_nodes(ctx, target, state, order)
    if ctx.check_mode:
        after = after.with_stages(dict.fromkeys(changing, stage))
    diff = {
        "before": {name: stages[name].value for name in changing},
        "after": dict.fromkeys(changing, stage.value),
    }
    return Report(bool(changing), diff, {"migration": migration_facts(after), **usual})


def _labelled(state: Migration) -> tuple[str, ...]:
    """The nodes that the second DaemonSet has, or that are on their way, as far as they are in the cluster."""
    return tuple(name for name in state.at(Stage.BETWEEN, Stage.MOVED) if name in state.ready)


def _report(state: Migration) -> Report:
    return Report(False, facts={"migration": migration_facts(state)})


def _desired(
    ctx: KubernetesContext, target: Target, state: Migration, asked: MigrationRequest
) -> tuple[ConfigPlan, str, KubeProxyVersion]:
    """The desired configuration beside what the first ConfigMap holds, and the checksum of the content with it."""
    version = version_of(ctx, state.first, target, asked.config.kube_proxy_version)
    plan = plan_config(text_of(state.first, target), target.where, asked.request, version)
    content = checksum({**state.first.config_map["data"], target.key: plan.text}, target.key)
    return plan, content, version


def _record(state: Migration, target: Target, plan: ConfigPlan, content: str, version: KubeProxyVersion) -> Record:
    former = effective_mode(parse(text_of(state.first, target), target.where).values, version)
    return Record(Side(state.first.checksum, former), Side(content, plan.mode))


def _desired_text(state: Migration, target: Target) -> str:
    """What the second ConfigMap holds; after ``_refuse_edits``, which makes sure that it is there."""
    if state.desired is None:
        raise refused_for_edits(state.edits())
    return text_of(state.desired, target)


def _rendered(text: str, target: Target) -> str:
    return render(parse(text, target.where))


def _done_before(ctx: KubernetesContext, target: Target, state: Migration, asked: MigrationRequest) -> Report:
    """There is no migration: all right where kube-proxy's own objects hold the desired configuration already."""
    if asked.names_configuration and _desired(ctx, target, state, asked)[1] == state.first.checksum:
        return _report(state)
    raise RefusedError(
        f"No migration is under way in {state.first.daemon_set.where}; begin it with state=begun and the desired "
        f"configuration. Nothing was changed"
    )


def _refuse_the_way_back(state: Migration) -> None:
    if state.present and not state.finishing:
        raise RefusedError(
            "A migration is under way from this configuration to another; run with state=absent, which returns every "
            "node to it. Nothing was changed"
        )


def _refuse_finishing(state: Migration, target: Target) -> None:
    if state.finishing:
        raise RefusedError(
            f"{target.where} holds the desired configuration already, because state=finished has begun to end the "
            f"migration; run that again until its end, and then migrate back if need be. Nothing was changed"
        )


def _refuse_another(state: Migration, content: str) -> None:
    """Another desired configuration, or repairs, only as long as no node depends on what is there."""
    labelled = state.at(Stage.BETWEEN, Stage.MOVED)
    if not labelled:
        return
    if state.record is not None and state.record.desired.checksum == content:
        raise refused_for_edits(state.edits())
    raise RefusedError(
        f"A migration to another configuration is under way, and the nodes {listed(labelled)} have moved; finish it "
        f"with state=finished or abort it with state=absent first. Nothing was changed"
    )


def _refuse_unsettled(state: Migration) -> None:
    """The former configuration has to be the one that runs, or a node would not come back in it."""
    first = state.first
    interrupted = RESTORE in first.daemon_set.annotations and MIGRATION not in first.daemon_set.annotations
    down = [name for name, ready in state.ready.items() if not ready]
    if interrupted or first.needs_rollout() or first.unfinished(down):
        raise RefusedError(
            f"The pods of {first.daemon_set.where} do not all run what its ConfigMap holds, or are marked with what "
            f"ran before, as after an edit whose pods were deleted by hand: there is no one former configuration to "
            f"migrate from. Nothing was changed",
            Remedy.ROLLOUT,
        )


def _refuse_edits(state: Migration) -> None:
    found = state.edits()
    if found:
        raise refused_for_edits(found)


def _refuse_another_way(ctx: KubernetesContext, target: Target, state: Migration, asked: MigrationRequest) -> None:
    """A task that names a configuration has to name the one to which nodes are on their way."""
    if asked.names_configuration and state.record is not None:
        content = _desired(ctx, target, state, asked)[1]
        if content != state.record.desired.checksum:
            raise RefusedError(
                f"The migration under way is to another configuration (mode {state.record.desired.mode}, "
                f"{state.record.desired.checksum}) than this task asks for ({content}). Nothing was changed"
            )


def _refuse_unmoved(state: Migration, ignored: t.Collection[str]) -> None:
    left_out = {name for name in ignored if not state.ready.get(name)}
    unmoved = [name for name in state.at(Stage.FORMER, Stage.BETWEEN) if name not in left_out]
    if unmoved:
        raise RefusedError(
            f"The nodes {listed(unmoved)} do not run the desired configuration yet; move them with state=moved, or "
            f"name those that are down in ignore_nodes. Nothing was changed"
        )


def _refuse_down(state: Migration, names: t.Iterable[str]) -> None:
    down = [name for name in names if not state.ready.get(name)]
    if down:
        raise RefusedError(
            f"nodes: {listed(down)} are not Ready, so that their kube-proxy can be neither ended nor started; bring "
            f"them back, or leave them out (with state=finished in ignore_nodes). Nothing was changed"
        )


def _refuse_losing(state: Migration, names: t.Iterable[str], to: Stage) -> None:
    """Nothing is ended that could not be started again."""
    losing = state.losing(names, to)
    if losing:
        raise RefusedError(f"{would_be_lost(losing, state.first.daemon_set)} Nothing was changed")


def _warn_of_nodes_down(ctx: KubernetesContext, state: Migration, names: t.Iterable[str]) -> None:
    down = [name for name in names if not state.ready.get(name)]
    if down:
        notice = f"the nodes {listed(down)} are not Ready and not waited for; they get their pod when they are back"
        ctx.warn(notice)


def _changed_again(target: Target) -> EngineError:
    return EngineError(f"{target.where} was changed by somebody else {ATTEMPTS} times in a row; run again")
