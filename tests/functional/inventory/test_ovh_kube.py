# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin in ansible-inventory, against the simulator."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

import kept_output
from ovh_simulator import Fault, Simulator

ROOT = Path(__file__).resolve().parents[3]
FOREIGN = re.compile("ANSIBLE_|OVH_|.*_PROXY$", re.IGNORECASE)


class Inventory:
    """``inventory(...)``: standard output and standard error of ansible-inventory with this source.

    ``program`` is another one of Ansible's.
    """

    def __init__(self, sim: Simulator, work: Path) -> None:
        self._sim, self._work = sim, work
        (work / "ansible_collections" / "clusterops").mkdir(parents=True)
        (work / "ansible_collections" / "clusterops" / "kube_proxy").symlink_to(ROOT)

    def __call__(
        self,
        *options: str,
        program: str = "inventory",
        environment: t.Mapping[str, str] | None = None,
        **source: t.Any,
    ) -> tuple[str, str]:
        path = self._work / "test.ovh_kube.yml"
        path.write_text(yaml.safe_dump({"plugin": "clusterops.kube_proxy.ovh_kube", **source}), encoding="utf-8")
        variables = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
        known = self._sim.credentials.as_dict()
        for name in ("application_key", "application_secret", "consumer_key"):
            variables[f"OVH_{name.upper()}"] = known[name]
        variables.update(
            OVH_ENDPOINT=self._sim.url,
            HOME=str(self._work),
            ANSIBLE_COLLECTIONS_PATH=str(self._work),
            ANSIBLE_HOME=str(self._work / "home"),
            ANSIBLE_NOCOLOR="1",
            ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="1",
            ANSIBLE_INVENTORY_ENABLED="clusterops.kube_proxy.ovh_kube",
            **(environment or {}),
        )
        command = [sys.executable, "-m", "ansible", program, "--inventory", str(path), *options]
        done = subprocess.run(
            command,
            check=False,
            cwd=self._work,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        kept_output.keep(done.stdout + done.stderr)
        return done.stdout, done.stderr

    def listed(self, **source: t.Any) -> dict[str, t.Any]:
        output, errors = self("--list", **source)
        assert output, errors
        return listing(output)


def listing(output: str) -> dict[str, t.Any]:
    """What ansible-inventory lists, without its marks of texts that are no templates."""
    return dict(json.loads(output, object_hook=lambda found: found.get("__ansible_unsafe", found)))


@pytest.fixture
def inventory(sim: Simulator, tmp_path: Path) -> Inventory:
    return Inventory(sim, tmp_path)


def test_clusters_of_all_projects_are_hosts(inventory: Inventory, sim: Simulator) -> None:
    second = sim.add_project()
    sim.add_cluster(name="production", region="GRA11", kubeProxyMode="iptables")
    sim.add_cluster(name="testing", region="SBG5", kubeProxyMode="ipvs", service_name=second)
    output, errors = inventory("--graph")
    assert errors == ""
    for group, host in (("mode_ipvs", "testing"), ("region_gra11", "production"), (f"project_{second}", "testing")):
        assert f"@{group}:\n  |  |--{host}\n" in output
    assert re.search(r"@managed_clusters:\n  \|  \|--(production|testing)\n  \|  \|--(production|testing)\n", output)


def test_variables_for_the_role_and_for_groups(inventory: Inventory, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="production", kubeProxyMode="ipvs", region="GRA11")
    found = inventory.listed(
        compose={"where": "ovh_kube.region | lower"},
        groups={"old": "ovh_kube.kube_proxy_mode == 'ipvs'"},
        keyed_groups=[{"key": "ovh_kube.update_policy", "prefix": "policy"}],
    )
    variables = found["_meta"]["hostvars"]["production"]
    assert variables["managed_cluster_kube_id"] == kube_id
    assert variables["managed_cluster_service_name"] == sim.service_name
    assert variables["where"] == "gra11"
    assert found["old"]["hosts"] == ["production"]
    assert found["policy_ALWAYS_UPDATE"]["hosts"] == ["production"]


def test_what_a_cluster_is_called_is_no_template(inventory: Inventory, sim: Simulator) -> None:
    sim.add_cluster(name="{{ lookup('pipe', 'id') }}")
    (variables,) = inventory.listed()["_meta"]["hostvars"].values()
    assert (
        variables["ovh_kube"]["name"] == {"__ansible_unsafe": "{{ lookup('pipe', 'id') }}"}
        or variables["ovh_kube"]["name"] == "{{ lookup('pipe', 'id') }}"
    )


def test_given_projects_only(inventory: Inventory, sim: Simulator) -> None:
    second = sim.add_project()
    for number, project in enumerate((sim.service_name, second)):
        sim.add_cluster(name=f"cluster{number}", service_name=project)
    assert list(inventory.listed(service_names=[second])["_meta"]["hostvars"]) == ["cluster1"]
    assert "/cloud/project" not in {request.route for request in sim.requests}
    output, _errors = inventory("--list", environment={"OVH_CLOUD_PROJECT_SERVICE": sim.service_name})
    assert list(listing(output)["_meta"]["hostvars"]) == ["cluster0"]


def test_one_failing_project_does_not_hide_the_others(inventory: Inventory, sim: Simulator) -> None:
    lost = "0" * 32
    sim.add_cluster(name="production")
    output, errors = inventory("--list", service_names=[sim.service_name, lost])
    assert list(listing(output)["_meta"]["hostvars"]) == ["production"]
    said = re.sub(r"\s+", " ", errors)
    assert f"ovh_kube: the clusters of project {lost} are left out" in said
    assert "This service does not exist" in said


def test_when_no_project_can_be_read_that_is_an_error(inventory: Inventory, sim: Simulator) -> None:
    sim.inject(Fault(path="/cloud/project/*", status=403, message="This credential is not valid", times=99))
    output, errors = inventory("--list")
    assert output == ""
    assert "This credential is not valid" in re.sub(r"\s+", " ", errors)


@pytest.mark.parametrize("option", ["config_file", "ca_path"])
def test_the_content_of_a_file_in_place_of_its_name_is_not_shown(inventory: Inventory, option: str) -> None:
    secret = "s3cr3t-0123456789abcdef"
    output, errors = inventory("--list", "-vvvv", **{option: f"[ovh-eu]\napplication_secret={secret}\n"})
    assert errors != ""
    assert secret not in output + errors


def test_what_is_no_project_is_refused_before_any_request(inventory: Inventory, sim: Simulator) -> None:
    output, errors = inventory("--list", service_names=["production"])
    assert output == ""
    assert "service_names[0]: 'production' is not the id of a Public Cloud project" in re.sub(r"\s+", " ", errors)
    assert sim.requests == []


def test_the_cache_spares_the_api_and_holds_no_secret(inventory: Inventory, sim: Simulator, tmp_path: Path) -> None:
    sim.add_cluster(name="production")
    folder = tmp_path / "cache"
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(folder)}
    given = {name: value for name, value in sim.credentials.as_dict().items() if name.startswith("client_")}
    given.update(token_url=sim.token_url, client_secret="{{ lookup('env', 'SECRET') }}", **cache)
    secret = sim.credentials.client_secret
    first = inventory("--list", environment={"SECRET": secret}, **given)
    assert "production" in first[0], first
    sim.clear_requests()
    assert inventory("--list", environment={"SECRET": secret}, **given)[0] == first[0]
    assert sim.requests == []
    (kept,) = folder.iterdir()
    assert "production" in kept.read_text(encoding="utf-8")
    assert secret not in kept.read_text(encoding="utf-8")
    inventory("--list", "--flush-cache", environment={"SECRET": secret}, **given)
    assert sim.requests != []


def test_a_gap_is_not_cached(inventory: Inventory, sim: Simulator, tmp_path: Path) -> None:
    second = sim.add_project()
    for number, project in enumerate((sim.service_name, second)):
        sim.add_cluster(name=f"cluster{number}", service_name=project)
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    sim.inject(Fault(path=f"/cloud/project/{second}/kube", status=403, message="no", times=1))
    assert list(inventory.listed(**cache)["_meta"]["hostvars"]) == ["cluster0"]
    assert sorted(inventory.listed(**cache)["_meta"]["hostvars"]) == ["cluster0", "cluster1"]


def test_the_playbook_finds_each_cluster_with_one_request(inventory: Inventory, sim: Simulator) -> None:
    """However many there are: beside them, their projects and the ids in each are listed once."""
    held = {"kubeProxy": {"iptables": {"syncPeriod": "PT1M"}}}
    names = [f"cluster{number}" for number in range(3)]
    ids = [sim.add_cluster(name=name, kubeProxyMode="iptables", customization=held) for name in names]
    sim.add_cluster(name="other", kubeProxyMode="ipvs")
    asked = json.dumps({"kube_proxy_mode": "iptables", "kube_proxy_iptables": {"sync_period": "60s"}})
    options = ("clusterops.kube_proxy.managed", "--limit", "mode_iptables", "--extra-vars", asked)
    output, errors = inventory(*options, program="playbook")
    assert sorted(re.findall(r"(\w+) \(?.*is as requested", output)) == names, output + errors
    prefix = f"/cloud/project/{sim.service_name}/kube"
    routes = [request.route for request in sim.requests if request.route.startswith("/cloud")]
    assert sorted(routes[-3:]) == sorted(f"{prefix}/{kube_id}" for kube_id in ids)
    assert len(routes) == 2 + 4 + 3
