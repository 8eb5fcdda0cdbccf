# SPDX-License-Identifier: GPL-3.0-or-later

"""The campaign can fail: modules that break a rule are seen, and one that keeps them all is not."""

from __future__ import annotations

import dataclasses
import sys
import typing as t
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / folder) for folder in ("campaign", "campaign/tests", "simulator")]

from fault_campaign import faults, matrix
from fault_campaign.faults import Fault
from fault_campaign.sandbox import Sandbox
from fault_campaign.scenarios import BY_NAME, NAME, Scenario
from fault_campaign.stage import Stage

FAULTS: t.Mapping[str, Fault] = {fault.name: fault for fault in faults.everywhere()}


@pytest.fixture(scope="module")
def stage() -> t.Iterator[Stage]:
    sandbox = Sandbox("bad_modules")
    stage = Stage([sandbox])
    yield stage
    stage.close()
    sandbox.close()


def scenario(habit: str, **more: t.Any) -> Scenario:
    return Scenario(habit, "bad", {"name": NAME, "habit": habit, "dest": "{folder}/config"}, None, **more)


def problems(stage: Stage, habit: str, request: int, fault: str, **more: t.Any) -> list[str]:
    good = matrix.record(stage, scenario("none", **more))
    bad = dataclasses.replace(good, scenario=scenario(habit, **more))
    return matrix.play(stage, bad, matrix.Case(habit, request, "", FAULTS[fault]))


@pytest.mark.parametrize(
    ("habit", "request_number", "fault", "problem"),
    [
        ("repeats", 3, "hung up after", "sent again without a look"),
        ("repeats", 3, "hung up after", "took place 2 times"),
        ("never looks", 4, "status 500", "there are 3 clusters where 2 should be"),
        ("denies the change", 4, "status 500", "changed is not true though POST kube took place"),
        ("forgets the query id", 1, "status 403", "the query id is not in the message"),
        ("tells", 1, "status 403", "it shows the secret eyJMarke… as Base64"),
        ("none", 1, "null", "uncaught: TypeError"),
        ("none", 2, "another cluster", ""),
        ("waits for ever", 1, "status 403", "and went on"),
        ("none", 4, "status 400", ""),
    ],
)
def test_bad_habit_is_seen(stage: Stage, habit: str, request_number: int, fault: str, problem: str) -> None:
    found = problems(stage, habit, request_number, fault)
    if problem:
        assert any(problem in text for text in found), found
    else:
        assert found == []


def test_request_in_check_mode_is_seen(stage: Stage) -> None:
    found = problems(stage, "ignores check mode", 1, "stale", check=True)
    assert any(text.startswith("check mode sent POST") for text in found), found


def test_file_written_in_check_mode_is_seen(stage: Stage) -> None:
    found = problems(stage, "writes", 1, "stale", check=True)
    assert "check mode changed a file" in found


def test_every_scenario_has_a_fault_at_every_request() -> None:
    assert len(FAULTS) == len(list(faults.everywhere())), "two faults of one name"
    assert set(BY_NAME) >= {"create", "modify", "delete", "reset", "customize", "list", "kubeconfig to a file"}
