# SPDX-License-Identifier: GPL-3.0-or-later

"""When a task runs as a module all the same, and that it says so; what it shares with its worker, and what not."""

from __future__ import annotations

import os
import signal
import sys
import typing as t
from pathlib import Path

import pytest
from task_play import COLLECTION, HERE, MODULE, Play, Task, customized

from ovh_simulator import Fault

LISTED: Task = {"name": "List", f"{COLLECTION}.kube_cluster_info": {}}


def another_name(play: Play) -> str:
    """Ansible's Python under a name of another folder, where it finds no libraries."""
    path = play.work / "elsewhere" / "python3"
    path.parent.mkdir()
    path.symlink_to(os.path.realpath(sys.executable))
    return str(path)


def test_in_ansibles_worker_under_any_name_of_its_python(play: Play) -> None:
    folder = Path(sys.executable).parent
    names = [name for name in ("python", "python3") if (folder / name).exists()]
    assert len(names) == 2
    for name in names:
        played = play(LISTED, options=["-vvv"], variables={"ansible_python_interpreter": str(folder / name)})
        assert HERE in played.output, played.output
        assert played.status == 0, played.output


def test_reasons(play: Play) -> None:
    """Where the task runs, what it needs of a process of its own, and what the user wants."""
    elsewhere = another_name(play)
    tasks = {
        "clusterops_in_process is off": {**LISTED, "vars": {"clusterops_in_process": "no"}},
        "the task is asynchronous": {**LISTED, "async": 60, "poll": 1},
        "the task uses become": {**LISTED, "become": True, "vars": {"ansible_become_exe": str(play.work / "sudo")}},
        f"its interpreter is {elsewhere}, Ansible's is {sys.executable}": {
            **LISTED,
            "vars": {"ansible_python_interpreter": elsewhere},
        },
        "its interpreter is auto_silent, ": {**LISTED, "vars": {"ansible_python_interpreter": "auto_silent"}},
        "its connection is ssh": {**LISTED, "vars": {"ansible_connection": "ssh", "ansible_port": 9}},
        "a new process has to read PYTHONPATH of its environment": {
            **LISTED,
            "environment": {"PYTHONPATH": "/nothing"},
        },
        "it is for a shell to judge A B in its environment": {**LISTED, "environment": {"A B": "x"}},
    }
    (play.work / "sudo").write_text('#!/bin/sh\nwhile [ "$1" != -u ]; do shift; done\nshift 2\nexec "$@"\n')
    (play.work / "sudo").chmod(0o755)
    played = play(
        *({**task, "ignore_errors": True, "ignore_unreachable": True} for task in tasks.values()),
        options=["-vvv"],
        environment={"ANSIBLE_BECOME_ALLOW_SAME_USER": "1", "ANSIBLE_ASYNC_DIR": str(play.work / "async")},
    )
    for reason in tasks:
        assert f"{MODULE}{reason}" in played.output, played.output
    assert HERE not in played.output
    # Of those that reach a Python with its libraries, each has a result.
    assert [bool(result.get("failed")) for result in played.results].count(False) >= 4, played.results


@pytest.mark.parametrize("blank", ["", None])
def test_a_blank_switch_is_not_given(play: Play, blank: str | None) -> None:
    played = play(LISTED, options=["-vvv"], variables={"clusterops_in_process": blank, "clusterops_progress": blank})
    assert HERE in played.output, played.output
    assert played.status == 0


def test_a_switch_that_is_neither_on_nor_off_is_refused(play: Play) -> None:
    played = play(LISTED, variables={"clusterops_in_process": "junk", "clusterops_progress": "often"})
    assert played.results[0]["failed"]
    assert played.results[0]["msg"] == (
        "Refused, nothing was changed: clusterops_in_process: 'junk' is not true or false; "
        "clusterops_progress: 'often' is not a number"
    )
    assert not play.sim.requests


def test_a_library_that_ansibles_python_lacks(play: Play) -> None:
    broken = play.work / "broken"
    broken.mkdir()
    (broken / "isodate.py").write_text("raise ImportError('broken on purpose')\n")
    played = play(LISTED, options=["-vvv"], environment={"PYTHONPATH": str(broken)})
    assert f"{MODULE}Ansible's Python lacks isodate" in played.output, played.output
    assert "Failed to import the required Python library (isodate" in played.results[0]["msg"]


def test_the_environment_of_a_task_is_its_own(play: Play) -> None:
    other = play.sim.add_project()
    tasks = [{**LISTED, "environment": {"OVH_CLOUD_PROJECT_SERVICE": other}}, LISTED]
    play.sim.add_cluster(name="production")
    played = play(*tasks)
    assert [len(result["clusters"]) for result in played.results] == [0, 1]


def of_task(play: Play) -> int:
    """The process of the task: of those with the environment of the play, the one without a child."""
    parents, found = set(), set()
    mark = f"TASK_RESULTS={play.work}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes():
                found.add(int(folder.name))
                parents.add(int((folder / "stat").read_text().rpartition(")")[2].split()[1]))
        except OSError:
            continue
    (last,) = found - parents
    return last


@pytest.mark.parametrize(
    ("number", "how"), [(signal.SIGSEGV, "was ended by SIGSEGV"), (signal.SIGALRM, "did not end within its time")]
)
def test_a_crash_is_the_failure_of_one_task(play: Play, number: signal.Signals, how: str) -> None:
    """As is a limit of time, which the kernel sees to."""
    play.sim.add_cluster(name="first", kubeProxyMode="ipvs")
    play.sim.add_cluster(name="second", kubeProxyMode="ipvs")
    tasks = [{**customized(name="{{ inventory_hostname }}"), "ignore_errors": True}, {"ansible.builtin.ping": {}}]
    # One host after the other, so that the process is the first one's.
    play.sim.inject(Fault(kind="meanwhile", path="*/kube", action=lambda: os.kill(of_task(play), number)))
    played = play(*tasks, hosts=("first", "second"), options=["--forks", "1"])
    assert played.status == 0, played.output
    first, second = played.results
    assert first["failed"]
    assert how in first["msg"]
    assert "run again" in first["msg"]
    assert second["changed"] is True
    assert "second                     : ok=2    changed=1" in played.output


def test_the_limit_of_a_task_ends_its_process(play: Play) -> None:
    play.sim.inject(Fault(kind="delay", seconds=600, times=-1))
    played = play({**LISTED, "timeout": 1, "ignore_errors": True})
    assert played.results[0]["failed"]
    assert "Timed out after 1 second" in played.results[0]["msg"]
    assert not remaining(play)


def remaining(play: Play) -> list[str]:
    mark = f"TASK_RESULTS={play.work}".encode()
    left = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes():
                left.append(folder.name)
        except OSError:
            continue
    return left


def test_who_ends_ansible_ends_its_tasks(play: Play) -> None:
    play.sim.add_cluster(name="production", kubeProxyMode="ipvs")
    parents: list[t.Any] = []

    def interrupt() -> None:
        pid = of_task(play)
        while pid > 1:
            chain = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if b"play.json" in chain:
                parents.append(pid)
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(parents[-1], signal.SIGINT)

    play.sim.inject(
        Fault(kind="meanwhile", path="*/kube", action=interrupt),
        Fault(kind="delay", seconds=600, path="*/kube", times=-1),
    )
    played = play(customized(name="production", timeout=60))
    assert played.status != 0
    assert not remaining(play)
    # A task that went on would have asked again when its minute was over.
    assert [request.route for request in play.sim.requests].count(f"/cloud/project/{play.sim.service_name}/kube") == 1
    assert not play.sim.mutations
