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
from ansible.parsing.vault import VaultLib, VaultSecret

import kept_output
from ovh_simulator import Fault, Simulator

ROOT = Path(__file__).resolve().parents[3]
PLUGIN = "clusterops.kube_proxy.ovh_kube"
FOREIGN = re.compile("ANSIBLE_|OVH_|.*_PROXY$", re.IGNORECASE)


class Inventory:
    """``inventory(...)``: standard output and standard error of ansible-inventory with this source.

    ``program`` is another one of Ansible's, ``before`` a source that Ansible reads first, and ``text`` what the source
    has in place of options, as it is written.
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
        before: t.Mapping[str, t.Any] | None = None,
        text: str | None = None,
        **source: t.Any,
    ) -> tuple[str, str]:
        path = self._work / "test.ovh_kube.yml"
        written = yaml.safe_dump({"plugin": PLUGIN, **source}) if text is None else f"plugin: {PLUGIN}\n{text}"
        path.write_text(written, encoding="utf-8")
        sources = [path]
        if before is not None:
            sources.insert(0, self._work / "before.yml")
            sources[0].write_text(yaml.safe_dump(before), encoding="utf-8")
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
            ANSIBLE_INVENTORY_ENABLED=PLUGIN if before is None else f"{PLUGIN},ansible.builtin.yaml",
            **(environment or {}),
        )
        listed = [option for each in sources for option in ("--inventory", str(each))]
        command = [sys.executable, "-m", "ansible", program, *listed, *options]
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


def one_line(text: str) -> str:
    """Ansible breaks its warnings where the terminal ends."""
    return re.sub(r"\s+", " ", text)


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


def test_a_group_of_another_source_does_not_take_the_place_of_a_cluster(inventory: Inventory, sim: Simulator) -> None:
    """Ansible adds the group where one has the name: a task for clusters would run on its hosts."""
    kube_id = sim.add_cluster(name="production", kubeProxyMode="ipvs", region="GRA11")
    output, errors = inventory("--list", before={"production": {"hosts": {"web1": None}}})
    found = listing(output)
    assert found["managed_clusters"]["hosts"] == [kube_id]
    assert found["mode_ipvs"]["hosts"] == [kube_id]
    assert found["production"]["hosts"] == ["web1"]
    assert "managed_cluster_kube_id" not in found["_meta"]["hostvars"].get("web1", {})
    assert f"ovh_kube: cluster production is the host {kube_id}, because that is the name of a group" in one_line(
        errors
    )
    assert "Found both group and host" not in one_line(errors)


@pytest.mark.parametrize(
    "name", ["managed_clusters", "region_gra11", "mode_ipvs", "kube_nodes", "fleet", "team_a", "parent_a"]
)
def test_the_name_of_one_cluster_does_not_cost_the_inventory(inventory: Inventory, sim: Simulator, name: str) -> None:
    """Whatever group the plugin makes has that name, also by the user's own options."""
    kube_id = sim.add_cluster(name=name, kubeProxyMode="ipvs", region="GRA11")
    sim.add_cluster(name="a-1", kubeProxyMode="ipvs", region="GRA11")
    output, errors = inventory(
        "--list",
        groups={"fleet": "ovh_kube.region == 'GRA11'"},
        keyed_groups=[
            {
                "key": "inventory_hostname.split('-') | first",
                "prefix": "team",
                "parent_group": "parent_{{ inventory_hostname[0] }}",
            }
        ],
        strict=True,
    )
    assert output, errors
    found = listing(output)
    assert sorted(found["managed_clusters"]["hosts"]) == sorted([kube_id, "a-1"])
    assert sorted(found["fleet"]["hosts"]) == sorted([kube_id, "a-1"])
    assert found["_meta"]["hostvars"][kube_id]["managed_cluster_kube_id"] == kube_id
    assert "team_a" in found["parent_a"]["children"]
    assert "Found both group and host" not in one_line(errors)
    assert f"cluster {name} is the host {kube_id}, because" in one_line(errors)


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
    said = one_line(errors)
    assert f"ovh_kube: the clusters of project {lost} are left out" in said
    assert "This service does not exist" in said


def test_when_no_project_can_be_read_that_is_an_error(inventory: Inventory, sim: Simulator) -> None:
    sim.inject(Fault(path="/cloud/project/*", status=403, message="This credential is not valid", times=99))
    output, errors = inventory("--list")
    assert output == ""
    assert "This credential is not valid" in one_line(errors)


@pytest.mark.parametrize("option", ["config_file", "ca_path"])
def test_the_content_of_a_file_in_place_of_its_name_is_not_shown(inventory: Inventory, option: str) -> None:
    secret = "s3cr3t-0123456789abcdef"
    output, errors = inventory("--list", "-vvvv", **{option: f"[ovh-eu]\napplication_secret={secret}\n"})
    assert errors != ""
    assert secret not in output + errors


SECRET = "MARKERs3cr3t"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"access_token: [{SECRET}]", "Refused, nothing was changed: access_token: a list is not text"),
        (f"application_secret: {{a: {SECRET}}}", "application_secret: a dictionary is not text"),
        (f"client_id: [{SECRET}]\nclient_secret: [{SECRET}]", "client_secret: a list is not text"),
        (f"config_file: [{SECRET}]\nca_path: {{{SECRET}: }}", "config_file: a list is not text"),
        (f"consumer_key: !!set {{{SECRET}}}", "consumer_key: the value is not text"),
        (f"cache: true\ncache_connection: ['redis://:{SECRET}@host']", "cache_connection: a list is not text"),
        # Ansible shows the lines around the place of an error.
        (f"access_token: {SECRET}\nclient_id: '{{{{ nope }}}}'", "client_id: the template cannot be rendered: 'nope'"),
        (f"access_token: {SECRET}\nclient_id: '{{{{ nope'", "client_id: the template cannot be rendered: "),
        (f"access_token: {SECRET}: x", "YAML parsing failed: "),
        (f"access_token: *{SECRET}", "YAML parsing failed: "),
        (f"access_token: !{SECRET} x", "YAML parsing failed: "),
        (f"access_token: {SECRET}\nclient_secret: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  00", "client_secret: "),
    ],
)
def test_a_secret_of_any_shape_is_not_shown(inventory: Inventory, sim: Simulator, text: str, said: str) -> None:
    shown = "".join(inventory("--list", "-vvvv", text=text))
    assert SECRET not in shown
    assert said in one_line(shown)
    assert sim.requests == []


def test_a_secret_is_not_shown_beside_a_name_that_is_there_twice(inventory: Inventory) -> None:
    shown = "".join(inventory("--list", "-vvvv", text=f"access_token: {SECRET}1\naccess_token: {SECRET}2"))
    assert "access_token" in shown
    assert SECRET not in shown


@pytest.mark.parametrize(
    "faulty",
    [
        "groups: {old: 5}",
        "compose: {a: '{{ nope }}'}",
        "keyed_groups: [{key: ovh_kube.region, parent_group: '{{ nope }}'}]",
    ],
)
def test_a_secret_is_not_shown_beside_a_template_that_fails(inventory: Inventory, sim: Simulator, faulty: str) -> None:
    sim.add_cluster(name="production")
    secret = sim.credentials.application_secret
    output, errors = inventory("--list", text=f"strict: true\napplication_secret: {secret}\n{faulty}\n")
    assert "production" in output + errors or "'nope' is undefined" in one_line(errors)
    assert secret not in output + errors


def test_a_secret_in_a_vault(inventory: Inventory, sim: Simulator, tmp_path: Path) -> None:
    """In the place where Ansible's documentation shows it: one value of the file."""
    sim.add_cluster(name="production")
    password = tmp_path / "password"
    password.write_text("password", encoding="utf-8")
    vault = VaultLib([("default", VaultSecret(b"password"))])
    sealed = vault.encrypt(sim.credentials.client_secret).decode().strip().replace("\n", "\n  ")
    text = f"client_id: {sim.credentials.client_id}\ntoken_url: {sim.token_url}\nclient_secret: !vault |\n  {sealed}\n"
    output, errors = inventory("--list", "--vault-password-file", str(password), text=text)
    assert output, errors
    assert list(listing(output)["_meta"]["hostvars"]) == ["production"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("service_name: [a]", "service_name: no such option; did you mean service_names?"),
        ("regions: 5\nstrict: maybe", "regions: no such option; choose from "),
        ("strict: maybe", "strict: 'maybe' is not true or false"),
        ("cache_timeout: 1h", "cache_timeout: '1h' is not a whole number"),
        ("timeout: soon", "timeout: 'soon' is not a number"),
        ("keyed_groups: {key: a}", "keyed_groups: a dictionary is not a list"),
    ],
)
def test_what_is_no_option_is_refused(inventory: Inventory, sim: Simulator, text: str, said: str) -> None:
    output, errors = inventory("--list", text=text)
    assert output == ""
    assert said in one_line(errors)
    assert sim.requests == []


def test_blank_is_not_given(inventory: Inventory, sim: Simulator) -> None:
    sim.add_cluster(name="production")
    blank = ("config_file", "ca_path", "timeout", "access_token", "service_names", "strict", "compose", "cache_timeout")
    assert list(inventory.listed(**dict.fromkeys(blank, ""))["_meta"]["hostvars"]) == ["production"]


def test_templates_for_more_than_texts(inventory: Inventory, sim: Simulator, tmp_path: Path) -> None:
    """They are rendered before Ansible splits a list, reads a number or looks for a path."""
    second = sim.add_project()
    for number, project in enumerate((sim.service_name, second, sim.add_project())):
        sim.add_cluster(name=f"cluster{number}", service_name=project)
    (tmp_path / "ovh.conf").write_text("[default]\n", encoding="utf-8")
    environment = {"X": f"{sim.service_name}, {second}", "SECONDS_": "7"}
    output, errors = inventory(
        "--list",
        environment=environment,
        service_names="{{ lookup('env', 'X') }}",
        timeout="{{ lookup('env', 'SECONDS_') | int + 1 }}",
        config_file="{{ lookup('env', 'HOME') }}/ovh.conf",
    )
    assert output, errors
    assert sorted(listing(output)["_meta"]["hostvars"]) == ["cluster0", "cluster1"]


def test_what_is_no_project_is_refused_before_any_request(inventory: Inventory, sim: Simulator) -> None:
    output, errors = inventory("--list", service_names=["production"])
    assert output == ""
    assert "service_names[0]: 'production' is not the id of a Public Cloud project" in one_line(errors)
    assert sim.requests == []


def test_the_cache_spares_the_api_and_holds_no_secret(inventory: Inventory, sim: Simulator, tmp_path: Path) -> None:
    sim.add_cluster(name="production")
    folder = tmp_path / "cache"
    given = {name: value for name, value in sim.credentials.as_dict().items() if name.startswith("client_")}
    given.update(token_url=sim.token_url, client_secret="{{ lookup('env', 'SECRET') }}", **cached_in(folder))
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


def cached_in(folder: Path) -> dict[str, t.Any]:
    return {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(folder)}


def test_the_cache_answers_for_what_is_asked(inventory: Inventory, sim: Simulator, tmp_path: Path) -> None:
    second = sim.add_project()
    for number, project in enumerate((sim.service_name, second)):
        sim.add_cluster(name=f"cluster{number}", service_name=project)
    folder = tmp_path / "cache"
    given = cached_in(folder)

    def hosts(**environment: str) -> list[str]:
        output, errors = inventory("--list", environment=environment, **given)
        assert output, errors
        return sorted(listing(output)["_meta"]["hostvars"])

    assert hosts() == ["cluster0", "cluster1"]
    assert hosts(OVH_CLOUD_PROJECT_SERVICE=sim.service_name) == ["cluster0"]
    assert hosts(OVH_CLOUD_PROJECT_SERVICE=second) == ["cluster1"]
    sim.clear_requests()
    assert hosts(OVH_CLOUD_PROJECT_SERVICE=second) == ["cluster1"]
    assert sim.requests == []
    # Another one who asks may not see what this one saw.
    output, errors = inventory("--list", environment={"OVH_CONSUMER_KEY": "another"}, **given)
    assert output == "", errors
    (kept,) = folder.iterdir()
    written = kept.read_text(encoding="utf-8")
    for name in ("application_key", "application_secret", "consumer_key"):
        assert sim.credentials.as_dict()[name] not in written


@pytest.mark.parametrize("shape", ['[["a"]]', "{}", "5", '[{"service_name": "a", "clusters": []}]', "no JSON"])
def test_what_the_cache_has_of_another_shape_is_read_anew(
    inventory: Inventory, sim: Simulator, tmp_path: Path, shape: str
) -> None:
    sim.add_cluster(name="production")
    given = cached_in(tmp_path / "cache")
    inventory.listed(**given)
    (kept,) = (tmp_path / "cache").iterdir()
    whole = kept.read_text(encoding="utf-8")
    kept.write_text(shape, encoding="utf-8")
    assert list(inventory.listed(**given)["_meta"]["hostvars"]) == ["production"]
    assert len(kept.read_text(encoding="utf-8")) == len(whole)


def test_a_gap_is_not_cached(inventory: Inventory, sim: Simulator, tmp_path: Path) -> None:
    second = sim.add_project()
    for number, project in enumerate((sim.service_name, second)):
        sim.add_cluster(name=f"cluster{number}", service_name=project)
    cache = cached_in(tmp_path / "cache")
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
