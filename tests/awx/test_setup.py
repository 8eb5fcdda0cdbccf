# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook awx_setup with the modules of awx.awx, against a stand-in for the API of AWX."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

import awx_rules
import kept_output
from controller_stand_in import TOKEN, Controller
from test_project import listed

ROOT = Path(__file__).resolve().parents[2]
SETTINGS: dict[str, t.Any] = {
    "kube_proxy_awx_scm_url": "https://git.example.org/kube_proxy.git",
    "kube_proxy_awx_image": "registry.example.org/kube-proxy:1",
    "kube_proxy_awx_managed_credential": "OVHcloud of the team",
    "kube_proxy_awx_self_hosted_credentials": ["Kubeconfig of the cellar", "Key of the nodes"],
    "kube_proxy_awx_notifications": ["On call"],
    "kube_proxy_awx_slices": 4,
}


@dataclasses.dataclass
class Played:
    status: int
    output: str

    @property
    def changed(self) -> int:
        return int(re.findall(r"^localhost .*changed=(\d+)", self.output, re.M)[-1])


Setup = t.Callable[..., Played]


@pytest.fixture
def controller() -> t.Iterator[Controller]:
    with Controller(listed(ROOT)) as running:
        running.add("organizations", name="Default")
        for name in ("OVHcloud of the team", "Kubeconfig of the cellar", "Key of the nodes"):
            running.add("credentials", name=name)
        running.add("notification_templates", name="On call")
        yield running


@pytest.fixture
def setup(controller: Controller, project: Path, collections: Path, tmp_path: Path) -> Setup:
    """``setup(*options, **settings)`` runs the playbook by its path, as AWX does."""

    def play(*options: str, token: str = TOKEN, path: Path = collections, **settings: t.Any) -> Played:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "ansible",
                "playbook",
                "-e",
                json.dumps(settings),
                *options,
                "playbooks/awx_setup.yml",
            ],
            check=False,
            cwd=project,
            env={
                "PATH": os.environ["PATH"],
                "HOME": "/dev/null",
                "ANSIBLE_HOME": str(tmp_path / "home"),
                "ANSIBLE_COLLECTIONS_PATH": str(path),
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_PIPELINING": "1",
                "ANSIBLE_LOCALHOST_WARNING": "false",
                "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
                "CONTROLLER_HOST": controller.url,
                "CONTROLLER_OAUTH_TOKEN": token,
                "CONTROLLER_REQUEST_TIMEOUT": "120",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        kept_output.keep(done.stdout)
        assert "WARNING" not in done.stdout, done.stdout
        return Played(done.returncode, done.stdout)

    return play


def refused(controller: Controller) -> list[t.Any]:
    return [change for change in controller.changes if change.status not in (200, 201, 204)]


def test_everything_is_created_and_a_second_run_changes_nothing(setup: Setup, controller: Controller) -> None:
    first = setup(**SETTINGS)
    assert first.status == 0, first.output
    assert refused(controller) == []
    assert {kind: len(found) for kind, found in controller.objects.items()} == {
        "organizations": 1,
        "credentials": 3,
        "notification_templates": 1,
        "execution_environments": 1,
        "credential_types": 4,
        "projects": 1,
        "inventories": 2,
        "groups": 2,
        "inventory_sources": 1,
        "job_templates": 9,
        "workflow_job_templates": 1,
        "workflow_job_template_nodes": 5,
        "workflow_approval_templates": 1,
    }
    types = {one["name"]: one for one in controller.objects["credential_types"].values()}
    assert types["OVHcloud access token"]["injectors"]["env"]["OVH_ACCESS_TOKEN"] == "{{ access_token }}"
    audit = controller.named("job_templates", "kube-proxy: audit")
    assert audit["job_slice_count"] == 4
    assert controller.linked("job_templates", "kube-proxy: audit", "notification_templates_error") == ["On call"]
    assert controller.linked("job_templates", "kube-proxy: audit", "credentials") == ["OVHcloud of the team"]
    nodes = SETTINGS["kube_proxy_awx_self_hosted_credentials"]
    assert controller.linked("job_templates", "kube-proxy: migrate mode", "credentials") == nodes
    migrate = json.loads(controller.named("job_templates", "kube-proxy: migrate mode")["extra_vars"])
    assert migrate["kube_proxy_answers"]["kube_proxy_mode"] == "{{ answer_mode | default('') }}"
    assert all(awx_rules.survey(spec) == [] for spec in controller.surveys.values())
    assert len(controller.surveys) == 9
    source = controller.named("inventory_sources", "OVHcloud")
    assert (ROOT / source["source_path"]).is_file()
    ways = {"audit": "failure", "look": "success", "approve": "success", "apply": "success", "verify": "success"}
    followed = {
        node: controller.linked("workflow_job_template_nodes", node, f"{way}_nodes") for node, way in ways.items()
    }
    assert followed == {
        "audit": ["look"],
        "look": ["approve"],
        "approve": ["apply"],
        "apply": ["verify"],
        "verify": [],
    }

    before = len(controller.changes)
    second = setup(**SETTINGS)
    assert second.status == 0, second.output
    assert (second.changed, controller.changes[before:]) == (0, [])


def test_some_objects_with_each_core(setup: Setup, controller: Controller) -> None:
    """The gate plays these with the oldest ansible-core as well; all of them take minutes."""
    left_out = ("execution_environments", "projects", "groups", "inventory_sources", "templates", "workflows")
    settings = {**SETTINGS, **{f"controller_{name}": [] for name in left_out}}
    first = setup(**settings)
    assert first.status == 0, first.output
    types = {one["name"]: one for one in controller.objects["credential_types"].values()}
    assert types["OVHcloud access token"]["injectors"]["env"]["OVH_ACCESS_TOKEN"] == "{{ access_token }}"
    assert (len(types), len(controller.objects["inventories"])) == (4, 2)
    assert (first.changed, refused(controller)) == (6, [])

    before = len(controller.changes)
    second = setup(**settings)
    assert second.status == 0, second.output
    assert (second.changed, controller.changes[before:]) == (0, [])


def test_a_run_that_was_broken_off_is_completed_by_the_next(setup: Setup, controller: Controller) -> None:
    """One ends early, one between a template and its survey, one between a node and its approval."""
    ends: dict[str, t.Literal["unavailable", "cut"]] = {
        "/projects": "unavailable",
        "/survey_spec": "cut",
        "/create_approval_template": "cut",
    }
    for path, how in ends.items():
        controller.end_at(path, how)
        broken = setup(**SETTINGS)
        assert broken.status != 0, broken.output
        assert any(change.path.rstrip("/").endswith(path) for change in refused(controller))
    controller.end_at(None)
    assert controller.objects["job_templates"].keys() - controller.surveys.keys() == set()
    assert 0 < len(controller.objects["workflow_job_template_nodes"]) < 5
    last = setup(**SETTINGS)
    assert last.status == 0, last.output
    # Nothing was created twice, which the API would have refused.
    assert {change.status for change in refused(controller)} == {503, None}
    assert len(controller.objects["workflow_job_template_nodes"]) == 5
    assert controller.linked("workflow_job_template_nodes", "apply", "success_nodes") == ["verify"]
    assert len(controller.surveys) == 9

    # Check mode says what a person changed since, and changes nothing.
    before = len(controller.changes)
    controller.named("job_templates", "kube-proxy: apply")["forks"] = 3
    predicted = setup("--check", **SETTINGS)
    assert predicted.status == 0, predicted.output
    assert (predicted.changed, len(controller.changes)) == (1, before)


def test_what_is_not_given_is_left_as_it_is(setup: Setup, controller: Controller) -> None:
    """A project and an execution environment that people made, and no credential yet."""
    organization = controller.named("organizations", "Default")["id"]
    controller.add("projects", name="kube-proxy", organization=organization, scm_url="ssh://mirror")
    controller.add("execution_environments", name="kube-proxy", image="registry.example.org/ours:3")
    done = setup(kube_proxy_awx_image="", kube_proxy_awx_managed_credential=" ", kube_proxy_awx_slices="")
    assert done.status == 0, done.output
    assert controller.named("projects", "kube-proxy")["scm_url"] == "ssh://mirror"
    assert controller.linked("job_templates", "kube-proxy: look", "credentials") == []
    assert controller.named("job_templates", "kube-proxy: look")["job_slice_count"] == 1
    assert "credential" not in controller.named("inventory_sources", "OVHcloud")


def test_a_refusal_is_told_with_its_reason(setup: Setup, controller: Controller, tmp_path: Path) -> None:
    unknown = setup()
    assert unknown.status != 0
    assert "returned 0 items, expected 1" in unknown.output
    wrong = setup(token="another", **SETTINGS)
    assert "(HTTP 401)" in wrong.output
    assert (wrong.status != 0, "another" in wrong.output) == (True, False)
    alone = tmp_path / "ansible_collections" / "clusterops"
    alone.mkdir(parents=True)
    (alone / "kube_proxy").symlink_to(ROOT)
    without = setup(path=tmp_path, **SETTINGS)
    assert "Install one of the collections awx.awx, ansible.controller" in without.output
    del controller.changes[:]
