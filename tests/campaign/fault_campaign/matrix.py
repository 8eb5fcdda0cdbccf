# SPDX-License-Identifier: GPL-3.0-or-later

"""The fault matrix: each request of a scenario under each fault, then a run without faults that must put all right."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from . import faults, judge
from .faults import Fault
from .proxy import Exchange, Spoiler
from .scenarios import Scenario
from .stage import BYSTANDER, Run, Stage


@dataclasses.dataclass(frozen=True)
class Recording:
    """A clean run of a scenario: its requests, and what is there afterwards."""

    scenario: Scenario
    exchanges: list[Exchange]
    state: list[dict[str, t.Any]]
    kubeconfig: bool


@dataclasses.dataclass(frozen=True)
class Case:
    """A fault at the n-th request of a scenario, counted from 1."""

    scenario: str
    request: int
    label: str
    fault: Fault

    @property
    def name(self) -> str:
        return f"{self.scenario} | {self.request} {self.label} | {self.fault.name}"


class CampaignError(Exception):
    """The campaign cannot judge anything: a run without faults does not do what it should."""


def record(stage: Stage, scenario: Scenario) -> Recording:
    stage.prepare(scenario)
    run = stage.run(scenario)
    result = run.ended.result
    if result is None or result.get("failed"):
        raise CampaignError(
            f"{scenario.name} fails without faults: {run.ended.output[:2000]} {run.ended.errors[-3000:]}"
        )
    stage.settle()
    kubeconfig = stage.kubeconfig_file() is not None
    wrong = list(_truths(stage, scenario, run, before={}))
    if wrong:
        raise CampaignError(f"{scenario.name} without faults: {wrong}")
    return Recording(scenario, run.exchanges, stage.state(), kubeconfig)


def cases(recording: Recording) -> t.Iterator[Case]:
    """All cases of a scenario that tell something, request by request.

    Between the first and the last of its kind a request is read by the same code: these share the faults among them.
    """
    labels = [label_of(exchange) for exchange in recording.exchanges]
    for index, exchange in enumerate(recording.exchanges):
        label = labels[index]
        make = functools.partial(Case, recording.scenario.name, exchange.number, label)
        first, last = label not in labels[:index], label not in labels[index + 1 :]
        for number, fault in enumerate(faults.everywhere()):
            # What takes real seconds comes once for each kind of request.
            if first or (not fault.slow and (last or (number + index) % 4 == 0)):
                yield make(fault)
        if recording.scenario.fields and exchange.real is not None and (first or last):
            for fault in faults.of_fields(exchange.real, values=3 if first else 1, turn=exchange.number):
                yield make(fault)


def label_of(exchange: Exchange) -> str:
    return f"{exchange.method} {faults.short(exchange.path)}"


def play(stage: Stage, recording: Recording, case: Case) -> list[str]:
    """Both runs of the case; what was wrong with them, in words."""
    scenario = recording.scenario
    stage.prepare(scenario)
    before = stage.files()
    first = stage.run(scenario, hitting(case))
    wrong = [
        *judge.ended_in_words(first),
        *judge.within_limits(first),
        *judge.names_the_request(first, case.fault),
        *judge.shows_no_escapes(first),
        *_truths(stage, scenario, first, before),
    ]
    if case.fault.renames and "kube_id" not in scenario.options:
        # Then it is another cluster, and the one that is meant is not there.
        return wrong
    believed = case.fault.kind == "field" and first.ended.status == 0
    # Settings that an answer did not show, nobody can keep; what a reset destroys is read twice.
    second, problems = next_run(stage, recording, settings=not believed or scenario.module == "kube_cluster_reset")
    wrong += [f"then, without faults, {problem}" for problem in problems]
    return [*wrong, *judge.no_blind_repetition(first, second)]


def hitting(case: Case) -> t.Callable[[Exchange], Spoiler | None]:
    hit: set[tuple[str, str]] = set()

    def choose(exchange: Exchange) -> Spoiler | None:
        if exchange.number == case.request:
            hit.add((exchange.method, exchange.path))
            return case.fault
        return case.fault if case.fault.lasting and (exchange.method, exchange.path) in hit else None

    return choose


def _truths(
    stage: Stage, scenario: Scenario, run: Run, before: t.Mapping[str, bytes], finishes: bool = False
) -> t.Iterator[str]:
    file_changed = stage.files() != before
    yield from judge.changed_is_true(run, scenario, file_changed, finishes)
    secrets = judge.secrets_of(run)
    if scenario.name != "kubeconfig returned":
        secrets |= set(stage.kubeconfig_secrets())
    yield from judge.shows_no_secret(run, secrets)


def next_run(stage: Stage, recording: Recording, settings: bool = True) -> tuple[Run, list[str]]:
    """Run again without faults, which ends where the clean run ended; the run, and what was wrong with it."""
    before, finishes = stage.files(), bool(stage.records())
    run = stage.run(recording.scenario)
    result = run.ended.result
    wrong = [
        *judge.ended_in_words(run),
        *judge.within_limits(run),
        *_truths(stage, recording.scenario, run, before, finishes),
    ]
    if result is not None and result.get("failed"):
        return run, [*wrong, f"it fails: {str(result.get('msg'))[:300]}"]
    stage.settle()
    return run, [*wrong, *differences(stage, recording, settings)]


def differences(stage: Stage, recording: Recording, settings: bool) -> t.Iterator[str]:
    """Between what is there and what should be; without ``settings`` those of the cluster itself are not compared."""
    state = stage.state()
    if not any(cluster["name"] == BYSTANDER["name"] for cluster in state):
        yield "another cluster is gone"
    if len(state) != len(recording.state):
        yield f"there are {len(state)} clusters where {len(recording.state)} should be"
        return
    for now, wanted in zip(state, recording.state, strict=True):
        for name in sorted(now.keys() | wanted.keys()):
            compared = settings or name in ("name", "ipRestrictions", "openIdConnect")
            if compared and now.get(name) != wanted.get(name):
                yield f"{name} of {wanted['name']} is {now.get(name)!r} and not {wanted.get(name)!r}"
    if recording.kubeconfig != (stage.kubeconfig_file() is not None):
        yield "the kubeconfig is missing"
    if stage.records():
        yield f"the recovery directory holds {stage.records()}"
