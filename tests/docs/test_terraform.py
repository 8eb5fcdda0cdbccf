# SPDX-License-Identifier: GPL-3.0-or-later

"""From a state of Terraform to a run in check mode, with the commands of the guide."""

from __future__ import annotations

import json
import re
import shutil
import typing as t
from pathlib import Path

import pytest

from ovh_simulator import Simulator

from .blocks import Block, blocks
from .conftest import Shell

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "docs" / "terraform_inventory.py"
SECRET = "-----BEGIN RSA PRIVATE KEY-----"
SETTINGS = {
    "iptables": [],
    "ipvs": [{"scheduler": "rr", "sync_period": "PT30S", "tcp_timeout": "", "udp_timeout": None}],
}


def attributes(sim: Simulator, kube_id: str, name: str = "production", **more: t.Any) -> dict[str, t.Any]:
    """A cluster in a state, with what the provider keeps besides."""
    return {
        "id": kube_id,
        "service_name": sim.service_name,
        "name": name,
        "region": "GRA11",
        "kube_proxy_mode": "ipvs",
        "customization_kube_proxy": [SETTINGS],
        "kubeconfig": f"client-key-data: {SECRET}",
        **more,
    }


def state(*clusters: dict[str, t.Any]) -> dict[str, t.Any]:
    """Version 4 of the format, which Terraform and OpenTofu write."""
    kind = {"mode": "managed", "type": "ovh_cloud_project_kube", "name": "clusters"}
    provider = 'provider["registry.terraform.io/ovh/ovh"]'
    instances = [{"schema_version": 0, "index_key": place, "attributes": one} for place, one in enumerate(clusters)]
    other = {"mode": "managed", "type": "ovh_cloud_project_kube_nodepool", "name": "workers", "provider": provider}
    data = {**kind, "mode": "data", "provider": provider, "instances": [{"attributes": {"id": "data"}}]}
    resources = [{**other, "instances": []}, data, {**kind, "provider": provider, "instances": instances}]
    return {
        "version": 4,
        "terraform_version": "1.9.0",
        "serial": 1,
        "lineage": "x",
        "outputs": {},
        "resources": resources,
    }


def shown(*clusters: dict[str, t.Any]) -> dict[str, t.Any]:
    """What ``terraform show -json`` writes; the clusters are in a module."""
    resources = [
        {"address": f"module.a.x[{place}]", "mode": "managed", "type": "ovh_cloud_project_kube", "values": one}
        for place, one in enumerate(clusters)
    ]
    module = {"child_modules": [{"address": "module.a", "resources": resources}]}
    return {"format_version": "1.0", "terraform_version": "1.9.0", "values": {"root_module": module}}


def blocks_run_by(test: str) -> list[Block]:
    return [block for block in blocks() if block.mark.endswith(f"::{test}")]


def prepare(shell: Shell, document: dict[str, t.Any]) -> None:
    """The guide's script in the folder, and a program called terraform that writes the document."""
    shutil.copy(SCRIPT, shell.work)
    (shell.work / "document.json").write_text(json.dumps(document), encoding="utf-8")
    program = shell.work / "terraform"
    program.write_text("#!/bin/sh\ncat document.json\n", encoding="utf-8")
    program.chmod(0o755)


@pytest.fixture
def kube_id(sim: Simulator) -> str:
    settings = {"kubeProxy": {"ipvs": {"scheduler": "rr", "syncPeriod": "PT30S", "tcpTimeout": "PT15M"}}}
    return sim.add_cluster(name="production", region="GRA11", kubeProxyMode="ipvs", customization=settings)


def test_from_the_state_to_check_mode(shell: Shell, sim: Simulator, kube_id: str) -> None:
    prepare(shell, state(attributes(sim, kube_id)))
    (commands,) = blocks_run_by("test_from_the_state_to_check_mode")
    done = shell(commands.text)
    assert done.returncode == 0, done.stdout
    assert re.search(r"production +: ok=\d+ +changed=0 ", done.stdout)
    assert "scheduler: rr" in done.stdout
    # What is blank in the state is no request: the timeout that somebody else has set stays.
    hosts = json.loads((shell.work / "clusters.json").read_text(encoding="utf-8"))["managed_clusters"]["hosts"]
    assert hosts == {
        "production": {
            "managed_cluster_kube_id": kube_id,
            "managed_cluster_service_name": sim.service_name,
            "kube_proxy_mode": "ipvs",
            "kube_proxy_ipvs": {"scheduler": "rr", "sync_period": "PT30S"},
        }
    }
    assert SECRET not in done.stdout
    assert sim.mutations == []


def test_what_terraform_shows_works_as_well(shell: Shell, sim: Simulator, kube_id: str) -> None:
    document = shown(attributes(sim, kube_id), attributes(sim, f"9{kube_id[1:]}", "staging", kube_proxy_mode=None))
    prepare(shell, document)
    (commands,) = blocks_run_by("test_what_terraform_shows_works_as_well")
    done = shell(commands.text)
    assert done.returncode == 0, done.stdout
    text = (shell.work / "clusters.json").read_text(encoding="utf-8")
    assert list(json.loads(text)["managed_clusters"]["hosts"]) == ["production", "staging"]
    assert SECRET not in text


def test_a_setting_of_host_vars_counts_in_place_of_the_state(shell: Shell, sim: Simulator, kube_id: str) -> None:
    prepare(shell, state(attributes(sim, kube_id)))
    variables, command = blocks_run_by("test_a_setting_of_host_vars_counts_in_place_of_the_state")
    (shell.work / "host_vars").mkdir()
    (shell.work / "host_vars" / "production.yml").write_text(variables.text, encoding="utf-8")
    done = shell(f"terraform state pull | python3 terraform_inventory.py > clusters.json\n{command.text}")
    assert done.returncode == 0, done.stdout
    assert re.search(r"production +: ok=\d+ +changed=1 ", done.stdout)
    assert "lc" in done.stdout
    assert sim.mutations == []


@pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform on this machine")
def test_terraform_itself_writes_such_a_state(shell: Shell, sim: Simulator, kube_id: str) -> None:
    shutil.copy(SCRIPT, shell.work)
    (shell.work / "main.tf").write_text("terraform {}\n", encoding="utf-8")
    (shell.work / "terraform.tfstate").write_text(json.dumps(state(attributes(sim, kube_id))), encoding="utf-8")
    done = shell("terraform state pull | python3 terraform_inventory.py > clusters.json", CHECKPOINT_DISABLE="1")
    assert done.returncode == 0, done.stdout
    hosts = json.loads((shell.work / "clusters.json").read_text(encoding="utf-8"))["managed_clusters"]["hosts"]
    assert hosts["production"]["managed_cluster_kube_id"] == kube_id


@pytest.mark.parametrize(
    ("names", "hosts"),
    [
        (("one", "one"), ["one-11111111", "one-22222222"]),
        (("localhost", "a b"), ["11111111-0", "22222222-0"]),
    ],
)
def test_no_two_clusters_are_one_host(shell: Shell, sim: Simulator, names: tuple[str, str], hosts: list[str]) -> None:
    clusters = [attributes(sim, f"{str(place) * 8}-0", name) for place, name in enumerate(names, 1)]
    prepare(shell, state(*clusters))
    done = shell("terraform state pull | python3 terraform_inventory.py")
    assert list(json.loads(done.stdout)["managed_clusters"]["hosts"]) == hosts


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"anything": 1}, "neither a state of Terraform nor what terraform show -json writes"),
        ({"format_version": "1.0"}, "no resource ovh_cloud_project_kube in the state"),
        ([], "the state cannot be read"),
    ],
)
def test_what_is_no_state_is_told(shell: Shell, document: t.Any, message: str) -> None:
    prepare(shell, document)
    done = shell("terraform state pull | python3 terraform_inventory.py")
    assert done.returncode == 1
    assert message in done.stdout
    assert "Traceback" not in done.stdout
