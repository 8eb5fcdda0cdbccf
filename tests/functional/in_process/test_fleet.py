# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of one run have in common: names that one of them has read, and an API that wants to be left alone."""

from __future__ import annotations

import collections
import itertools

import pytest
from task_play import COLLECTION, Play, Task, customized

from ovh_simulator import Fault

SIGNED = "x-ovh-signature"
COUNT = 12
HOSTS = tuple(f"cluster-{number}" for number in range(COUNT))
BY_NAME = customized(name="{{ inventory_hostname }}")


@pytest.fixture
def ids(play: Play) -> list[str]:
    settings = {"kubeProxy": {"ipvs": {"scheduler": "lc"}}}
    return [play.sim.add_cluster(name=name, kubeProxyMode="ipvs", customization=settings) for name in HOSTS]


def authenticated(play: Play) -> list[str]:
    """The requests with a signature, by the end of their paths."""
    return [request.path.rpartition("/kube")[2] for request in play.sim.requests if SIGNED in request.headers]


@pytest.mark.parametrize("options", [["--forks", "20"], ["--forks", "1"]])
@pytest.mark.parametrize("serial", [COUNT, 5])
def test_a_project_is_read_once_whatever_the_batch(play: Play, ids: list[str], options: list[str], serial: int) -> None:
    played = play(BY_NAME, hosts=HOSTS, options=options, serial=serial)
    assert [result["changed"] for result in played.results] == [False] * COUNT, played.output
    sent = authenticated(play)
    assert len(sent) <= 2 * COUNT + 5
    # One list, each cluster by the task that reads all of them, and each by its own.
    assert sent.count("") == 1
    assert collections.Counter(sent)[f"/{ids[0]}"] <= 2


def test_by_id_one_request_for_each(play: Play, ids: list[str]) -> None:
    by_name = dict(zip(HOSTS, ids, strict=True))
    task = customized(kube_id="{{ ids[inventory_hostname] }}")
    play(task, hosts=HOSTS, variables={"ids": by_name})
    assert sorted(authenticated(play)) == sorted(f"/{kube_id}" for kube_id in ids)


def test_all_names_are_wrong(play: Play, ids: list[str]) -> None:
    """Each learns that its name does not exist, and the project is not read by each."""
    task = {**customized(name="no-{{ inventory_hostname }}"), "ignore_errors": True}
    played = play(task, hosts=HOSTS)
    assert all("the project has no cluster 'no-cluster-" in result["msg"] for result in played.results), played.output
    assert len(authenticated(play)) <= 2 * COUNT + 5


def test_two_of_one_name(play: Play, ids: list[str]) -> None:
    second = play.sim.add_cluster(name="cluster-1", kubeProxyMode="ipvs", region="SBG5")
    played = play({**BY_NAME, "ignore_errors": True}, hosts=("cluster-0", "cluster-1"))
    messages = {line["host"]: line["result"].get("msg", "") for line in played.lines}
    assert messages["cluster-0"] == ""
    assert "2 clusters are called 'cluster-1'" in messages["cluster-1"]
    assert second in messages["cluster-1"]


def test_a_name_that_went_to_another_cluster(play: Play, ids: list[str]) -> None:
    """The notes are a way to an id, and not what is believed of it."""
    other = "99999999-2222-4333-8444-555555555555"

    def rename() -> None:
        play.sim.remove_cluster(ids[0])
        play.sim.add_cluster(id=ids[0], name="renamed", kubeProxyMode="ipvs")
        play.sim.add_cluster(id=other, name="cluster-0", kubeProxyMode="ipvs")

    # Read once with the whole project; then by its id.
    play.sim.inject(Fault(kind="meanwhile", path=f"*/{ids[0]}", action=rename, after=1))
    played = play(customized(name="cluster-1"), {**customized(name="cluster-0"), "check_mode": True})
    assert played.results[-1]["kube_id"] == other, played.output


def test_a_cluster_that_came_after_the_notes(play: Play, ids: list[str]) -> None:
    created: Task = {
        f"{COLLECTION}.kube_cluster": {"name": "new", "region": "GRA11", "wait": False, "kube_proxy_mode": "ipvs"}
    }
    found: Task = {f"{COLLECTION}.kube_cluster_info": {"name": "new"}}
    played = play(customized(name="cluster-0"), created, found)
    assert played.status == 0, played.output
    assert played.results[-1]["clusters"][0]["name"] == "new"


def test_an_api_that_wants_to_be_left_alone_is_by_all(play: Play, ids: list[str]) -> None:
    """One meets 429; none of the others asks before the time that the API gave is over."""
    play.sim.inject(Fault(status=429, headers={"Retry-After": "4"}, path=f"*/{ids[3]}", after=1))
    played = play(BY_NAME, hosts=HOSTS, options=["--forks", "2"])
    assert [result["changed"] for result in played.results] == [False] * COUNT, played.output
    times = [int(request.headers["x-ovh-timestamp"]) for request in play.sim.requests if request.headers.get(SIGNED)]
    assert max(later - earlier for earlier, later in itertools.pairwise(times)) >= 3
    assert len(authenticated(play)) <= 2 * COUNT + 5
