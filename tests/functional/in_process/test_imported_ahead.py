# SPDX-License-Identifier: GPL-3.0-or-later

"""What the roles need of this collection is imported before Ansible forks, once for all hosts."""

from __future__ import annotations

from pathlib import Path

import pytest
from import_record import ImportRecord
from task_play import COLLECTION, Play

HOSTS = ("one", "two", "three")


@pytest.mark.parametrize(("role", "tasks_from"), [("managed_cluster", "main"), ("audit", "managed")])
def test_a_fleet_of_managed_clusters(role: str, tasks_from: str, play: Play, tmp_path: Path) -> None:
    for name in HOSTS:
        play.sim.add_cluster(name=name, kubeProxyMode="ipvs")
    record = ImportRecord(tmp_path)
    task = {"ansible.builtin.import_role": {"name": f"{COLLECTION}.{role}", "tasks_from": tasks_from}}
    variables = {"kube_proxy_mode": "ipvs", "kube_proxy_ipvs": {"scheduler": "lc"}}
    played = play(task, hosts=HOSTS, variables=variables, environment=record.variables)
    assert played.status == 0, played.output
    assert len(record.by_process()) == 1, record.by_process()
