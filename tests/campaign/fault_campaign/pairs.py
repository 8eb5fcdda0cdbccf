# SPDX-License-Identifier: GPL-3.0-or-later

"""Pairs: two runs at once on one cluster or name. One is held at a request while the other runs to its end."""

from __future__ import annotations

import dataclasses
import typing as t

from . import judge
from .matrix import Recording, label_of
from .proxy import Exchange, Spoiler
from .scenarios import BY_NAME, NAME, RESTRICTIONS, Scenario
from .stage import Run, Stage

#: What a person cannot do anything about, and what is not so: the other run did it.
_BLAMES_THE_API = "OVHcloud's support"
_LISTED = ("customize", "other settings", "uncustomize", "modify", "reset", "delete", "kubeconfig to a file")
_OTHER_SETTINGS = Scenario(
    "other settings",
    "kube_proxy_customization",
    {"kube_id": "{id}", "kube_proxy": {"iptables": {"sync_period": "2m"}}},
    None,
)


@dataclasses.dataclass(frozen=True)
class Pair:
    """``held`` stops at its n-th request until ``other`` has ended."""

    held: str
    request: int
    label: str
    other: str

    @property
    def name(self) -> str:
        return f"{self.held} | {self.request} {self.label} | while {self.other} runs"


def scenario_of(name: str) -> Scenario:
    return _OTHER_SETTINGS if name == _OTHER_SETTINGS.name else BY_NAME[name]


def pairs(recordings: t.Mapping[str, Recording]) -> t.Iterator[Pair]:
    for held in ("customize", "modify", "reset", "delete", "kubeconfig to a file"):
        for exchange in recordings[held].exchanges:
            for other in _LISTED:
                yield Pair(held, exchange.number, label_of(exchange), other)
    for exchange in recordings["create"].exchanges:
        yield Pair("create", exchange.number, label_of(exchange), "create")


def play(stage: Stage, pair: Pair) -> list[str]:
    held, other = BY_NAME[pair.held], scenario_of(pair.other)
    stage.prepare(held)
    ended: list[Run] = []

    def choose(exchange: Exchange) -> Spoiler | None:
        if exchange.number == pair.request and not ended:
            ended.append(stage.run(other, at=1))
        return None

    # The other run takes real time, in which the held one waits for its answer.
    first = stage.run(held, choose, options={"timeout": 60})
    wrong = [f"{pair.held}: {problem}" for problem in _alone(first, held)]
    for second in ended:
        wrong += [f"{pair.other}: {problem}" for problem in _alone(second, other)]
    stage.settle()
    wrong += _cluster(stage, pair, [first, *ended])
    if pair.held in ("customize", "modify") and stage.ours():
        third = stage.run(held)
        wrong += [f"{pair.held} again: {problem}" for problem in _again(third, held)]
    if pair.held == "reset" and stage.ours():
        third = stage.run(held)
        wrong += [f"reset again: {problem}" for problem in _again(third, held)]
        stage.settle()
        wrong += [
            f"IP restrictions are {cluster['ipRestrictions']}"
            for cluster in stage.sim.clusters
            if cluster["name"] == NAME and cluster["ipRestrictions"] != RESTRICTIONS
        ]
    return wrong


def _alone(run: Run, scenario: Scenario) -> t.Iterator[str]:
    yield from judge.ended_in_words(run)
    yield from judge.no_blind_repetition(run)
    yield from judge.changed_is_true(run, scenario, file_changed=bool((run.ended.result or {}).get("changed")))
    message = str((run.ended.result or {}).get("msg", ""))
    if _BLAMES_THE_API in message:
        yield f"it blames the API for what the other run did: {message[:300]}"


def _again(run: Run, scenario: Scenario) -> t.Iterator[str]:
    yield from judge.ended_in_words(run)
    result = run.ended.result or {}
    if result.get("failed"):
        yield f"it fails: {str(result.get('msg'))[:300]}"


def _cluster(stage: Stage, pair: Pair, runs: t.Sequence[Run]) -> t.Iterator[str]:
    resets = sum(exchange.processed for run in runs for exchange in run.exchanges if exchange.path.endswith("/reset"))
    if resets > 1:
        yield f"there were {resets} resets"
    ids = stage.ours()
    if len(ids) > 1:
        said = " ".join(str(run.ended.result) for run in runs)
        if not all(kube_id in said for kube_id in ids):
            yield f"there are {len(ids)} clusters of one name and no run names both"
