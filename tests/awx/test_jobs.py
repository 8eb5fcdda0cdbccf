# SPDX-License-Identifier: GPL-3.0-or-later

"""Each job template for managed clusters as a job of AWX, in check type and for real, against the simulator."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest

import kept_output
from awx_objects import objects
from ovh_simulator import Simulator
from private_data import Credential, Job, Runner, hosts, injected, judged, slices

ROOT = Path(__file__).resolve().parents[2]
GROUP = "managed_clusters"
DESIRED: dict[str, t.Any] = {"kube_proxy_mode": "ipvs", "kube_proxy_ipvs": {"scheduler": "lc", "sync_period": "60s"}}
SETTINGS = {"ipvs": {"scheduler": "lc", "syncPeriod": "PT1M"}}
OTHER = {"ipvs": {"scheduler": "rr", "syncPeriod": "PT1M"}}
UNANSWERED = {
    "answer_ipvs_scheduler": "",
    "answer_ipvs_sync_period": "",
    "answer_iptables_sync_period": " ",
    "answer_wait_timeout": "",
}


@pytest.fixture
def runner(tmp_path: Path, project: Path, installed: Path) -> Runner:
    return Runner(tmp_path, project, installed)


@pytest.fixture
def keys(sim: Simulator) -> list[Credential]:
    """The credential that people make of the type for an application."""
    return [Credential("OVHcloud application key", of(sim, "application_key", "application_secret", "consumer_key"))]


def of(sim: Simulator, *names: str, **more: str) -> dict[str, str]:
    known = sim.credentials.as_dict()
    return {"endpoint": sim.url, "service_name": sim.service_name, **{name: str(known[name]) for name in names}, **more}


def fleet(*names: str, **variables: t.Any) -> dict[str, dict[str, t.Any]]:
    quick = {"managed_cluster_wait_sleep": 0.05, "managed_cluster_read_contents": False}
    return {name: {**quick, **DESIRED, **variables} for name in names}


def test_look_then_apply_as_the_inventory_says(runner: Runner, sim: Simulator, keys: list[Credential]) -> None:
    """No question is answered, which hides nothing of what the inventory says."""
    kube_id = sim.add_cluster(name="prod", kubeProxyMode="ipvs", customization={"kubeProxy": OTHER})
    inventory = hosts(fleet("prod"), GROUP)
    look = judged(runner.run("look", inventory, keys, UNANSWERED))
    assert look.status == "successful", look.output
    assert "would be changed" in look.output
    assert sim.mutations == []
    expected = {"name": "prod", "kube_id": kube_id, "status": "READY", "mode": "ipvs", "changed": True, "failed": False}
    assert look.artifacts["kube_proxy_results"]["prod"].items() >= expected.items()

    apply = judged(runner.run("apply", inventory, keys, UNANSWERED))
    assert apply.status == "successful", apply.output
    assert [request.json["kubeProxy"]["ipvs"]["scheduler"] for request in sim.mutations] == ["lc"]
    assert apply.artifacts["kube_proxy_results"]["prod"]["changed"] is True
    again = runner.run("apply", inventory, keys, job_type="check")
    assert again.artifacts["kube_proxy_results"]["prod"]["changed"] is False, again.output
    assert len(sim.mutations) == 1


def test_an_answer_counts_more_than_the_inventory(runner: Runner, sim: Simulator, keys: list[Credential]) -> None:
    """One that looks like a template stays what it is."""
    for name in ("prod", "staging"):
        sim.add_cluster(name=name, kubeProxyMode="ipvs", customization={"kubeProxy": OTHER})
    answers = {**UNANSWERED, "answer_ipvs_scheduler": "sh", "answer_wait_timeout": 30}
    job = judged(runner.run("apply", hosts(fleet("prod", "staging"), GROUP), keys, answers, limit="prod", verbosity=3))
    assert job.status == "successful", job.output
    assert [request.json["kubeProxy"]["ipvs"] for request in sim.mutations] == [
        {"scheduler": "sh", "syncPeriod": "PT1M"}
    ]
    assert job.artifacts["kube_proxy_results"].keys() == {"prod"}
    wrong = judged(runner.run("apply", hosts(fleet("prod"), GROUP), keys, {"answer_ipvs_scheduler": "{{ 'l' ~ 'c' }}"}))
    assert wrong.status == "failed"
    assert "{{ 'l' ~ 'c' }}" in wrong.output
    assert len(sim.mutations) == 1


def test_a_reset_needs_run_and_the_name_twice(
    runner: Runner, sim: Simulator, keys: list[Credential], tmp_path: Path
) -> None:
    for name in ("prod", "staging"):
        sim.add_cluster(name=name, kubeProxyMode="iptables", ipRestrictions=["192.0.2.0/24"])
    inventory = hosts(fleet("prod", "staging"), GROUP)
    answers = {"managed_hosts": "prod", "managed_cluster_confirm": "prod", "answer_mode": "ipvs"}
    records = {"answer_ip_restrictions": "198.51.100.0/24, 203.0.113.7", "answer_recovery_path": str(tmp_path / "kept")}
    homeless = runner.run("reset", inventory, keys, answers)
    assert homeless.status == "failed"
    assert "Set recovery_path to a writable directory that is yours alone" in homeless.output
    look = judged(runner.run("reset", inventory, keys, {**answers, **records}))
    assert look.status == "successful", look.output
    assert "WOULD BE RESET" in look.output
    assert sim.mutations == []
    refused = runner.run("reset", inventory, keys, {**answers, "managed_cluster_confirm": "staging"}, job_type="run")
    assert (refused.status, sim.mutations) == ("failed", []), refused.output
    nobody = runner.run("reset", inventory, keys, {**answers, "managed_hosts": "pord"}, job_type="run")
    assert nobody.status == "failed"
    assert "No host of the inventory is in pord" in nobody.output
    done = judged(runner.run("reset", inventory, keys, {**answers, **records}, job_type="run"))
    assert done.status == "successful", done.output
    modes = {cluster["name"]: cluster["kubeProxyMode"] for cluster in sim.clusters}
    assert modes == {"prod": "ipvs", "staging": "iptables"}
    written = [request.json for request in sim.mutations if request.route.endswith("/ipRestrictions")]
    assert sorted(written[-1]["ips"]) == ["198.51.100.0/24", "203.0.113.7/32"]
    assert done.artifacts["kube_proxy_results"]["prod"]["mode"] == "ipvs"


def test_a_cluster_is_created_and_destroyed(runner: Runner, sim: Simulator, keys: list[Credential]) -> None:
    inventory = hosts({"new": {"managed_cluster_wait_sleep": 0.05, "managed_cluster_region": "SBG5"}}, GROUP)
    answers = {"managed_hosts": "new", "answer_mode": "ipvs", "answer_ipvs_scheduler": "lc", "answer_plan": ""}
    look = judged(runner.run("create", inventory, keys, answers, job_type="check"))
    assert (look.status, sim.mutations) == ("successful", []), look.output
    created = judged(runner.run("create", inventory, keys, {**answers, "answer_region": "GRA11"}))
    assert created.status == "successful", created.output
    (cluster,) = sim.clusters
    assert (cluster["name"], cluster["region"], cluster["kubeProxyMode"]) == ("new", "GRA11", "ipvs")
    assert created.artifacts["kube_proxy_results"]["new"]["kube_id"] == cluster.id

    here = hosts({"new": {"managed_cluster_wait_sleep": 0.05, "managed_cluster_region": "GRA11"}}, GROUP)
    sure = {"managed_hosts": "new", "managed_cluster_confirm": "new"}
    assert judged(runner.run("destroy", here, keys, sure)).status == "successful"
    assert len(sim.clusters) == 1
    gone = judged(runner.run("destroy", here, keys, sure, job_type="run"))
    assert (gone.status, len(sim.clusters)) == ("successful", 0), gone.output


def test_an_audit_fails_on_drift_and_says_what_drifts(runner: Runner, sim: Simulator, keys: list[Credential]) -> None:
    """What a workflow does next, and who is notified, hangs on that."""
    sim.add_cluster(name="prod", kubeProxyMode="ipvs", customization={"kubeProxy": SETTINGS})
    sim.add_cluster(name="drifted", kubeProxyMode="ipvs", customization={"kubeProxy": OTHER})
    inventory = hosts(fleet("prod", "drifted"), GROUP)
    drift = judged(runner.run("audit", inventory, keys))
    assert drift.status == "failed", drift.output
    found = drift.artifacts["kube_proxy_results"]
    assert {name: one["state"] for name, one in found.items()} == {"prod": "in_order", "drifted": "drifted"}
    assert found["drifted"]["drift"] == ["ipvs.scheduler is rr, not lc"]
    assert runner.run("audit", inventory, keys, {"audit_fail_on_drift": "false"}).status == "successful"
    assert runner.run("audit", hosts(fleet("prod"), GROUP), keys).status == "successful"
    assert sim.mutations == []


@pytest.mark.parametrize("kind", ["service account", "access token"])
def test_other_credentials(runner: Runner, sim: Simulator, kind: str) -> None:
    """Without a project, which leaves its environment variable empty: the inventory says it."""
    sim.add_cluster(name="prod", kubeProxyMode="ipvs", customization={"kubeProxy": SETTINGS})
    inputs = (
        of(sim, "client_id", "client_secret", token_url=sim.token_url)
        if kind == "service account"
        else of(sim, "access_token")
    )
    del inputs["service_name"]
    inventory = hosts(fleet("prod", managed_cluster_service_name=sim.service_name), GROUP)
    job = judged(runner.run("look", inventory, [Credential(f"OVHcloud {kind}", inputs)]))
    assert job.status == "successful", job.output
    assert job.artifacts["kube_proxy_results"]["prod"]["changed"] is False


def test_the_inventory_source_finds_clusters_for_jobs(
    runner: Runner, sim: Simulator, keys: list[Credential], project: Path, installed: Path, tmp_path: Path
) -> None:
    sim.add_cluster(name="prod", kubeProxyMode="ipvs", customization={"kubeProxy": SETTINGS})
    (source,) = objects()["controller_inventory_sources"]
    (tmp_path / "env").mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/dev/null",
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "ANSIBLE_COLLECTIONS_PATH": str(installed),
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
        "ANSIBLE_INVENTORY_ENABLED": "auto",
        **injected(tmp_path, keys),
    }
    command = ["inventory", "--list", "--export", "--inventory", str(project / source["source_path"])]
    done = subprocess.run(
        [sys.executable, "-m", "ansible", *command], check=False, env=environment, capture_output=True, text=True
    )
    kept_output.keep(done.stdout + done.stderr)
    assert done.returncode == 0, done.stderr
    inventory = json.loads(done.stdout)
    assert inventory["managed_clusters"]["hosts"] == ["prod"]
    # What people say in AWX of a group that the source made.
    inventory["mode_ipvs"]["vars"] = {"kube_proxy_ipvs": {"scheduler": "sh"}}
    job = judged(runner.run("look", inventory, keys))
    assert job.status == "successful", job.output
    assert job.artifacts["kube_proxy_results"]["prod"]["changed"] is True


def test_the_slices_of_a_fleet_cover_it_once(runner: Runner, sim: Simulator, keys: list[Credential]) -> None:
    names = [f"cluster-{number}" for number in range(5)]
    for name in names:
        sim.add_cluster(name=name, kubeProxyMode="ipvs", customization={"kubeProxy": OTHER})
    parts = slices(fleet(*names), 2)
    jobs = [judged(runner.run("apply", hosts(part, GROUP), keys)) for part in parts]
    assert [job.status for job in jobs] == ["successful"] * 2
    assert sorted(itertools.chain(*(job.artifacts["kube_proxy_results"] for job in jobs))) == names
    assert sorted(len(part) for part in parts) == [2, 3]
    assert len(sim.mutations) == 5


def test_a_job_that_was_canceled_is_continued_by_the_next(
    runner: Runner, sim: Simulator, keys: list[Credential]
) -> None:
    kube_id = sim.add_cluster(name="prod", kubeProxyMode="ipvs", customization={"kubeProxy": OTHER})
    sim.settings.transient_polls = -1
    reads = f"/cloud/project/{sim.service_name}/kube/{kube_id}"

    def waits() -> bool:
        """Whether the change was sent, and its end is waited for."""
        sent = [number for number, request in enumerate(sim.requests) if request.method == "PUT"]
        return bool(sent) and sum(request.route == reads for request in sim.requests[sent[0] :]) > 3

    inventory = hosts(fleet("prod"), GROUP)
    job = judged(runner.run("apply", inventory, keys, cancel_callback=waits))
    assert job.status == "canceled", job.output
    # ansible-runner kills Ansible, and not what Ansible has given a session of its own.
    deadline = time.monotonic() + 60
    while remaining := list(processes_of(job)):
        assert time.monotonic() < deadline, remaining
        time.sleep(0.1)
    asked = len(sim.requests)

    def ends() -> bool:
        """Cancels nothing, and lets the change end once the job waits for it."""
        if len(sim.requests) > asked + 3:
            sim.cluster(kube_id).set_status("READY")
        return False

    after = judged(runner.run("apply", inventory, keys, cancel_callback=ends))
    assert after.status == "successful", after.output
    # It waits for the end of what the first one began, and sends nothing a second time.
    assert len(sim.mutations) == 1
    assert sim.cluster(kube_id).status == "READY"


def processes_of(job: Job) -> t.Iterator[int]:
    """What still runs with the environment of the job."""
    mark = f"AWX_PRIVATE_DATA_DIR={job.folder.parents[1]}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)
        except OSError:
            continue
