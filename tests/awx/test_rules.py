# SPDX-License-Identifier: GPL-3.0-or-later

"""What extensions/awx says against the rules of AWX, and each rule against something that breaks it."""

from __future__ import annotations

import copy
import json
import re
import typing as t
from pathlib import Path

import pytest

import awx_rules
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.controller_objects import KINDS
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.role_variables import ENTRY_POINTS
from awx_objects import Json, credential_type, job_template, objects
from test_project import listed

ROOT = Path(__file__).resolve().parents[2]
TYPES = ("OVHcloud application key", "OVHcloud service account", "OVHcloud access token", "Kubeconfig")
TEMPLATES = (
    "look",
    "apply",
    "reset",
    "create",
    "destroy",
    "audit",
    "look at self-hosted",
    "apply to self-hosted",
    "migrate mode",
)
SELF_HOSTED = TEMPLATES[-3:]
PLAYBOOKS = listed(ROOT)
#: Variables that no inventory says, so that a blank answer hides nothing.
ONLY_ASKED = {"managed_hosts", "managed_cluster_confirm", "audit_fail_on_drift"}
#: Members of an item that infra.aap_configuration knows beside those of the module.
NOT_OF_THE_MODULE = {"simplified_workflow_nodes"}


def set_at(whole: Json, path: str, value: t.Any) -> Json:
    """A copy with another value at a path such as inputs.fields.0.id; None removes what is there."""
    changed = copy.deepcopy(whole)
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place: t.Any = changed
    for part in way:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return changed


def test_these_are_all() -> None:
    assert [one["name"] for one in objects()["controller_credential_types"]] == list(TYPES)
    assert [one["name"] for one in objects()["controller_templates"]] == [f"kube-proxy: {name}" for name in TEMPLATES]


@pytest.mark.parametrize("name", TYPES)
def test_credential_types_are_accepted(name: str) -> None:
    assert awx_rules.credential_type(credential_type(name)) == []


@pytest.mark.parametrize("name", TYPES)
def test_what_is_secret_is_marked_and_goes_into_the_environment_or_a_file(name: str) -> None:
    definition = credential_type(name)
    secret = {field["id"] for field in definition["inputs"]["fields"] if field.get("secret")}
    words = re.compile("secret|token$|key$|kubeconfig")
    assert secret == {field["id"] for field in definition["inputs"]["fields"] if words.search(field["id"])}
    assert "extra_vars" not in definition["injectors"]


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("kind", "ssh", "'ssh' is not one of"),
        ("inputs/more", [], "Additional properties"),
        ("inputs/fields/0/id", "end-point", "does not match"),
        ("inputs/fields/0/id", "tower", "tower is a name of AWX"),
        ("inputs/fields/1/id", "endpoint", "endpoint is there twice"),
        ("inputs/fields/0/label", None, "'label' is a required property"),
        ("inputs/fields/0/type", "number", "'number' is not one of"),
        ("inputs/fields/0/ask_at_runtime", True, "Additional properties"),
        ("inputs/fields/1/type", "boolean", "secret is for text"),
        ("inputs/fields/0/default", 1, "the default is no string"),
        ("inputs/fields/0/choices", ["ovh-us"], "the default is no choice"),
        ("inputs/required", ["password"], "required password is no field"),
        ("injectors/env/OVH-ENDPOINT", "x", "match any of the regexes"),
        ("injectors/env/ANSIBLE_CONFIG", "x", "ANSIBLE_CONFIG may not be set"),
        ("injectors/env/PATH", "x", "PATH may not be set"),
        ("injectors/env/OVH_ENDPOINT", "{{ url }}", "uses url, which is no field"),
        ("injectors/env/OVH_ENDPOINT", "{{ endpoint", "unexpected end of template"),
        ("injectors/env/OVH_ENDPOINT", "\u00fc", "is not ASCII"),
        ("injectors/env/OVH_ENDPOINT", "{{ tower.filename.x }}", "uses tower, which is no field"),
        ("injectors/file", {"template": "", "template.a": ""}, "a file without a name and one with a name"),
        ("injectors/file", {"a": ""}, "match any of the regexes"),
        ("injectors/extra_vars", {"a": ["{{ b }}"]}, "uses b, which is no field"),
    ],
)
def test_other_credential_types_are_refused(path: str, value: t.Any, told: str) -> None:
    broken = set_at(credential_type("OVHcloud application key"), path, value)
    assert told in "\n".join(awx_rules.credential_type(broken))


def test_a_file_that_there_is_not() -> None:
    broken = set_at(credential_type("Kubeconfig"), "injectors/file", {"template.other": "{{ kubeconfig }}"})
    assert "uses the file kubeconfig, which there is not" in "\n".join(awx_rules.credential_type(broken))


@pytest.mark.parametrize("name", TEMPLATES)
def test_surveys_are_accepted(name: str) -> None:
    assert awx_rules.survey(job_template(name)["survey_spec"]) == []


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("name", None, "'name' is a required property"),
        ("spec", [], "non-empty"),
        ("spec/0/required", "yes", "'yes' is not of type 'boolean'"),
        ("spec/0/required", None, "'required' is a required property"),
        ("spec/0/type", "bool", "'bool' is not one of"),
        ("spec/0/variable", "answer_ipvs_scheduler", "answer_ipvs_scheduler is there twice"),
        ("spec/0/variable", "a b", "does not match"),
        ("spec/0/default", 1, "the default is no text"),
        ("spec/1/choices", None, "there is nothing to choose from"),
        ("spec/1/choices", [1], "a choice is no text"),
        ("spec/1/default", "nftables", "the default nftables is no choice"),
        ("spec/1/default", "iptables\nipvs", "more than one default"),
        ("spec/2/max", "9", "is not of type"),
        ("spec/2/default", "$encrypted$", "$encrypted$ is a word of AWX"),
        ("spec/2", {"type": "integer", "default": "5"}, "the default is no integer"),
        ("spec/2", {"type": "integer", "default": 9, "max": 8}, "out of its limits"),
        ("spec/2", {"type": "integer", "min": 9, "max": 8}, "min is greater than max"),
        ("spec/2", {"type": "integer", "default": True}, "the default is no integer"),
    ],
)
def test_other_surveys_are_refused(path: str, value: t.Any, told: str) -> None:
    spec = job_template("reset")["survey_spec"]
    assert [question["variable"] for question in spec["spec"][:3]] == [
        "managed_hosts",
        "answer_mode",
        "answer_ipvs_scheduler",
    ]
    if isinstance(value, dict):
        value = {**spec["spec"][2], **value}
    assert told in "\n".join(awx_rules.survey(set_at(spec, path, value)))


def as_sent(definition: Json) -> Json:
    """The body that a module makes of a job template: ids in place of names."""
    body = {name: value for name, value in definition.items() if name not in ("survey_spec", "credentials")}
    body = {name: value for name, value in body.items() if not name.startswith("notification_templates")}
    names = ("organization", "project", "inventory", "execution_environment")
    return {**body, **dict.fromkeys(names, 1), "extra_vars": json.dumps(definition.get("extra_vars", {}))}


@pytest.mark.parametrize("name", TEMPLATES)
def test_job_templates_are_accepted(name: str) -> None:
    assert awx_rules.job_template(as_sent(job_template(name)), PLAYBOOKS) == []


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("playbook", "clusterops.kube_proxy.managed", "Playbook not found for project."),
        ("playbook", "playbooks/tasks/some_clusters.yml", "Playbook not found for project."),
        ("job_type", "scan", "'scan' is not one of"),
        ("verbosity", 6, "6 is not one of"),
        ("inventory", None, "must provide 'inventory'"),
        ("extra_vars", {"a": 1}, "is not of type 'string'"),
        ("extra_vars", "[1]", "no dictionary"),
        ("ask_everything_on_launch", True, "Additional properties"),
    ],
)
def test_other_job_templates_are_refused(name: str, value: t.Any, told: str) -> None:
    broken = set_at(as_sent(job_template("apply")), name, value)
    assert told in "\n".join(awx_rules.job_template(broken, PLAYBOOKS))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_blank_answer_hides_nothing_of_the_inventory(name: str) -> None:
    definition = job_template(name)
    asked = {question["variable"] for question in definition["survey_spec"]["spec"]}
    assert {variable for variable in asked if not variable.startswith("answer_")} <= ONLY_ASKED
    # Each answer gets somewhere, and nothing else is asked for.
    used = set(re.findall(r"answer_\w+", str(definition.get("extra_vars"))))
    assert used == {variable for variable in asked if variable.startswith("answer_")}
    assert definition.get("extra_vars", {}).keys() <= {"kube_proxy_answers"}


@pytest.mark.parametrize("name", TEMPLATES)
def test_answers_have_names_of_variables_of_the_role(name: str) -> None:
    definition = job_template(name)
    role, entry_point = {
        "playbooks/managed.yml": ("managed_cluster", "main"),
        "playbooks/managed_reset.yml": ("managed_cluster", "reset"),
        "playbooks/managed_create.yml": ("managed_cluster", "create"),
        "playbooks/managed_destroy.yml": ("managed_cluster", "destroy"),
        "playbooks/audit.yml": ("audit", "main"),
        "playbooks/self_hosted.yml": ("self_hosted_cluster", "main"),
        "playbooks/migrate_mode.yml": ("mode_migration", "main"),
    }[definition["playbook"]]
    answers = definition.get("extra_vars", {}).get("kube_proxy_answers", {})
    assert answers.keys() <= ENTRY_POINTS[role][entry_point].spec.keys()


@pytest.mark.parametrize("name", TEMPLATES)
def test_people_press_launch_and_nothing_is_destroyed(name: str) -> None:
    definition = job_template(name)
    destroys = name in ("reset", "destroy", "migrate mode")
    assert (definition["job_type"] == "check") == (destroys or name.startswith("look"))
    assert definition["allow_simultaneous"] is False
    assert definition["diff_mode"] is True
    if name in ("reset", "destroy"):
        (question,) = [one for one in definition["survey_spec"]["spec"] if one["variable"] == "managed_cluster_confirm"]
        assert (question["required"], question.get("default")) == (True, None)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_job_has_longer_than_what_it_waits_for(name: str) -> None:
    definition = job_template(name)
    limits = {one["variable"]: one.get("max") for one in definition["survey_spec"]["spec"]}
    limit = limits.get("answer_wait_timeout", 3600)
    assert definition["timeout"] > limit


def test_the_nodes_of_a_cluster_are_never_sliced() -> None:
    for name in TEMPLATES:
        definition = job_template(name)
        if name in SELF_HOSTED:
            assert (definition["job_slice_count"], definition.get("ask_job_slice_count_on_launch")) == (1, None)
    assert {job_template(name)["ask_job_slice_count_on_launch"] for name in ("look", "apply", "audit")} == {True}


def test_the_workflow_is_accepted() -> None:
    (workflow,) = objects()["controller_workflows"]
    nodes = workflow["simplified_workflow_nodes"]
    assert awx_rules.workflow_graph(nodes) == []
    for node in nodes:
        if "unified_job_template" in node:
            template = job_template(node["unified_job_template"].removeprefix("kube-proxy: "))
            assert awx_rules.answers(template["survey_spec"], node.get("extra_data", {})) == []
            assert template["ask_limit_on_launch"] is True
    # Nothing is applied without an approval before it.
    leads_to = {to: node["identifier"] for node in nodes for to in node.get("success_nodes", ())}
    assert leads_to["apply"] == "approve"
    assert workflow["ask_limit_on_launch"] is True


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("0/failure_nodes", ["nowhere"], "audit leads to nowhere, which there is not"),
        ("4/success_nodes", ["audit"], "the nodes go round in a circle"),
        ("1/identifier", "audit", "two nodes have the same identifier"),
        ("1/unified_job_template", None, "look: neither a template nor an approval"),
        ("2/unified_job_template", "x", "approve: neither a template nor an approval"),
        ("1/always_nodes", ["approve"], "look leads to approve in two ways"),
    ],
)
def test_other_workflows_are_refused(path: str, value: t.Any, told: str) -> None:
    (workflow,) = objects()["controller_workflows"]
    nodes = t.cast("t.Any", workflow["simplified_workflow_nodes"])
    assert told in "\n".join(awx_rules.workflow_graph(set_at(nodes, path, value)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({}, "'managed_hosts' value missing"),
        ({"answer_mode": "nftables"}, "nftables is no choice"),
        ({"kube_proxy_mode": "ipvs"}, "kube_proxy_mode is not asked"),
        ({"managed_cluster_confirm": ""}, "too small"),
        ({"managed_hosts": 5}, "no text"),
    ],
)
def test_answers_that_awx_refuses(answers: Json, told: str) -> None:
    assert told in "\n".join(awx_rules.answers(job_template("reset")["survey_spec"], answers))


def test_settings_reach_the_objects() -> None:
    given = objects(
        kube_proxy_awx_scm_url="https://git.example.org/x.git",
        kube_proxy_awx_image="registry.example.org/ee:1",
        kube_proxy_awx_organization="Platform",
        kube_proxy_awx_slices="7",
    )
    assert {one["organization"] for one in given["controller_templates"]} == {"Platform"}
    assert [one["scm_url"] for one in given["controller_projects"]] == ["https://git.example.org/x.git"]
    assert [one["image"] for one in given["controller_execution_environments"]] == ["registry.example.org/ee:1"]
    assert {one.get("job_slice_count") for one in given["controller_templates"]} == {None, 1, 7}
    assert objects()["controller_projects"] == objects()["controller_execution_environments"] == []


def test_infra_aap_configuration_knows_every_member(collections: Path) -> None:
    """Its roles hand the members of an item to the module of the same kind."""
    modules = collections / "ansible_collections" / "awx" / "awx" / "plugins" / "modules"
    found = objects(kube_proxy_awx_scm_url="x", kube_proxy_awx_image="x")
    for variable, module in KINDS.items():
        text = (modules / f"{module}.py").read_text(encoding="utf-8").partition("argument_spec = dict(")[2]
        options = set(re.findall(r"^        (\w+)=dict\(", text.partition("\n    )\n")[0], re.M))
        for item in found[variable]:
            assert item.keys() - NOT_OF_THE_MODULE <= options, item["name"]
        assert found[variable]
