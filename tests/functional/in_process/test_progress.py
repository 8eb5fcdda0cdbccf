# SPDX-License-Identifier: GPL-3.0-or-later

"""Those who wait see what for, in the output of ansible-playbook."""

from __future__ import annotations

import itertools
import json
import re

import pytest
from task_play import Play, customized

from ovh_simulator import Fault

CHANGE = customized(name="production", kube_proxy={"ipvs": {"scheduler": "sh"}}, wait_sleep=0.2)
LINE = re.compile(
    r"^\[production\] Waiting for the change of the customization of cluster \S+: its status is .*$", re.M
)


@pytest.fixture(autouse=True)
def slow(play: Play) -> None:
    play.sim.add_cluster(name="production", kubeProxyMode="ipvs")
    play.sim.inject(Fault(kind="delay", seconds=0.3, times=-1))


def test_lines_while_a_change_is_waited_for(play: Play) -> None:
    played = play(CHANGE, variables={"clusterops_progress": 0.3})
    assert played.results[0]["changed"], played.output
    lines = LINE.findall(played.output)
    assert lines
    assert all(re.search(r", for \d+ s$", line) for line in lines)
    assert played.output.index(lines[0]) < played.output.index("changed: [production]")


def test_no_line_unless_it_takes_long_or_if_nobody_wants_one(play: Play) -> None:
    for variables in ({}, {"clusterops_progress": 0}, {"clusterops_progress": "false"}):
        assert not LINE.findall(play(CHANGE, variables=variables).output)
    assert not LINE.findall(play({**CHANGE, "no_log": True}, variables={"clusterops_progress": 0.1}).output)


def test_awx_gets_a_line_for_each_change(play: Play) -> None:
    variables = {"clusterops_progress": 0.2, "awx_job_id": 7}
    lines = LINE.findall(play(CHANGE, variables=variables).output)
    assert lines
    assert all(line != following for line, following in itertools.pairwise(lines))
    assert not any(line.endswith(" s") for line in lines)


def test_programs_that_read_the_output_are_not_disturbed(play: Play) -> None:
    played = play(CHANGE, variables={"clusterops_progress": 0.3}, environment={"ANSIBLE_STDOUT_CALLBACK": "json_recap"})
    assert json.loads(played.output)["production"]["changed"] == 1
    assert LINE.findall(played.errors)
