# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of the roles: for each of them blank is not given and text is taken, and all problems are told at once.

Every test of a kind runs for every variable, so that a new one cannot do without.
"""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import role_requests, specs
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.module_spec import Spec
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.role_variables import ENTRY_POINTS

ROLES = Path(__file__).resolve().parents[5] / "roles"
POINTS = [(role, entry_point) for role, points in ENTRY_POINTS.items() for entry_point in points]
VARIABLES = [
    (role, entry_point, name, option)
    for role, entry_point in POINTS
    for name, option in ENTRY_POINTS[role][entry_point].spec.items()
]
every_variable = pytest.mark.parametrize(
    ("role", "entry_point", "name", "option"),
    VARIABLES,
    ids=[f"{role}-{point}-{name}" for role, point, name, _option in VARIABLES],
)
#: What a slip makes of a value, and what somebody tries; each is wrong for most variables.
ODD: t.Mapping[str, t.Any] = {
    "number": 5,
    "negative": -5,
    "huge": 10**400,
    "fraction": 1.5,
    "no number": float("nan"),
    "truth": True,
    "empty list": [],
    "list of null": [None],
    "list of a number": [5],
    "list of truth": [True],
    "list of a list": [["x"]],
    "empty dictionary": {},
    "number as name": {5: 5},
    "null as name": {None: 1},
    "dictionary": {"a": 1},
    "list of a dictionary": [{"a": 1}],
    "text": "x",
    "terminal escape": "\x1b[31m",
    "text with null": "~\0x",
    "long text": "x" * 3000,
    "long number": "9" * 3000,
    "deep text": "[" * 3000,
}
#: Characters of one problem.
LONGEST_PROBLEM = 600
#: What AWX passes for a question without an answer, and what an empty template leaves.
BLANKS = ("", None, "  ")


def read_yaml(role: str, path: str) -> t.Any:
    return yaml.safe_load((ROLES / role / path).read_text(encoding="utf-8"))


def request(role: str, entry_point: str, variables: dict[str, t.Any]) -> t.Any:
    if role == "managed_cluster":
        return role_requests.managed_request(variables, entry_point, "prod")
    if role == "self_hosted_cluster":
        return role_requests.self_hosted_request(variables, "prod")
    if role == "mode_migration":
        return role_requests.migration_request(variables, "prod")
    if role == "audit":
        return role_requests.audit_request(variables, entry_point, "prod")
    return role_requests.node_prerequisites_request(variables, entry_point)


def problems(role: str, entry_point: str, variables: dict[str, t.Any]) -> str:
    return role_requests.role_problems(variables, role, entry_point, "prod")


def required(role: str, entry_point: str) -> dict[str, t.Any]:
    """Values for what is required."""
    values = {"kube_proxy_mode": "ipvs", "managed_cluster_region": "GRA11"}
    spec = ENTRY_POINTS[role][entry_point].spec
    return {name: value for name, value in values.items() if spec.get(name, {}).get("required")}


def sample(option: dict[str, t.Any]) -> t.Any:
    """A value of the type of an option."""
    kind = option["type"]
    if kind == "dict":
        return {name: sample(member) for name, member in option.get("options", {"a": {"type": "int"}}).items()}
    if kind == "list":
        return [option["choices"][0]] if option.get("choices") else ["192.0.2.0/24"]
    return {"bool": True, "int": 30, "float": 30}.get(kind, option.get("choices", ["a"])[0])


def as_text(value: t.Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@every_variable
def test_blank_is_not_given(role: str, entry_point: str, name: str, option: dict[str, t.Any]) -> None:
    others = {key: value for key, value in required(role, entry_point).items() if key != name}
    without = request(role, entry_point, others)
    for blank in BLANKS:
        assert request(role, entry_point, {**others, name: blank}) == without
        found = problems(role, entry_point, {**others, name: blank})
        assert found == problems(role, entry_point, others)
        assert bool(found) is bool(option.get("required"))


@every_variable
def test_a_form_of_blanks_is_not_given(role: str, entry_point: str, name: str, option: dict[str, t.Any]) -> None:
    forms: list[t.Any] = []
    if option["type"] == "list":
        forms = [["", None], [" "], '[""]']
    elif option.get("options"):
        members = list(option["options"])
        forms = [dict.fromkeys(members, blank) for blank in BLANKS] + [json.dumps(dict.fromkeys(members, ""))]
    others = required(role, entry_point)
    for form in forms:
        assert request(role, entry_point, {**others, name: form}) == request(role, entry_point, others)
        assert problems(role, entry_point, {**others, name: form}) == ""


@pytest.mark.parametrize(("role", "entry_point"), POINTS)
def test_the_defaults_of_the_role_are_what_blank_means(role: str, entry_point: str) -> None:
    """What a module or this collection takes for a variable that is not given is what the role's defaults say."""
    defaults = {
        name: value
        for name, value in read_yaml(role, "defaults/main.yml").items()
        if value != "{{ inventory_hostname }}"
    }
    others = required(role, entry_point)
    stated, blank = (request(role, entry_point, given) for given in ({**defaults, **others}, others))
    assert meant(role, entry_point, stated) == meant(role, entry_point, blank)


def meant(role: str, entry_point: str, found: dict[str, t.Any]) -> dict[str, t.Any]:
    """With the defaults of the modules for what is left out."""
    modules = {
        "main": specs.kube_proxy_customization,
        "tidy": dict,
        "reset": specs.kube_cluster_reset,
        "create": specs.kube_cluster,
        "destroy": specs.kube_cluster,
    }
    self_hosted: dict[str, Spec] = {
        "api": {**specs.kubernetes(), **specs.proxy_target()},
        "config": specs.kube_proxy_config(),
        # The role has a default of its own for this one.
        "rollout": {name: kind for name, kind in specs.kube_proxy_rollout().items() if name != "wait_timeout"},
    }
    groups: dict[str, Spec] = {
        "managed_cluster": {"api": specs.ovh_project(), "options": modules.get(entry_point, dict)()},
        "self_hosted_cluster": self_hosted,
        "mode_migration": {**self_hosted, "begin": self_hosted["config"], "moving": self_hosted["rollout"]},
        "audit": {
            "managed": {"api": specs.ovh_project(), "customization": specs.kube_proxy_customization()},
            "self_hosted": self_hosted,
        }.get(entry_point, {}),
    }.get(role, {})
    filled = {
        group: {name: kind["default"] for name, kind in spec.items() if "default" in kind}
        for group, spec in groups.items()
    }
    return {**found, **{group: {**members, **found[group]} for group, members in filled.items()}}


@every_variable
def test_text_is_taken_for_every_type(role: str, entry_point: str, name: str, option: dict[str, t.Any]) -> None:
    """Extra variables of the command line and answers to a survey are text."""
    value = sample(option)
    found = request(role, entry_point, {name: value})
    assert request(role, entry_point, {name: as_text(value)}) == found
    if option["type"] in {"dict", "list"}:
        assert request(role, entry_point, {name: f" {json.dumps(value, indent=1)}\n"}) == found
        # What Jinja makes of a value within a longer text.
        assert request(role, entry_point, {name: str(value)}) == found
    if option["type"] == "list" and not option.get("choices"):
        texts = ["10.0.0.0/8,192.168.0.0/16", "10.0.0.0/8, 192.168.0.0/16"]
        both = request(role, entry_point, {name: ["10.0.0.0/8", "192.168.0.0/16"]})
        assert [request(role, entry_point, {name: text}) for text in texts] == [both, both]


@every_variable
def test_members_are_read_as_variables_are(role: str, entry_point: str, name: str, option: dict[str, t.Any]) -> None:
    for member, kind in option.get("options", {}).items():
        found = request(role, entry_point, {name: {member: sample(kind)}})
        blanks = {other: "" for other in option["options"] if other != member}
        assert request(role, entry_point, {name: {member: as_text(sample(kind)), **blanks}}) == found


@every_variable
def test_a_wrong_type_is_told_with_its_path(role: str, entry_point: str, name: str, option: dict[str, t.Any]) -> None:
    wrong: t.Any = {"str": ["x"], "path": ["x"], "list": {"a": "b"}, "dict": ["x"]}.get(option["type"], "maybe")
    if option["type"] == "raw":
        return
    found = problems(role, entry_point, {**required(role, entry_point), name: wrong})
    assert f"{name}: " in found
    assert found.startswith("Refused, nothing was changed: ")
    if option.get("choices"):
        assert "choose one of " in problems(role, entry_point, {**required(role, entry_point), name: "wrong"})


@every_variable
def test_an_odd_value_is_told_in_few_words_or_taken(
    role: str, entry_point: str, name: str, option: dict[str, t.Any]
) -> None:
    spec = ENTRY_POINTS[role][entry_point].spec
    for what, value in ODD.items():
        variables = {**required(role, entry_point), name: value}
        found = role_requests.all_problems(variables, role, entry_point, "prod")
        for problem in found:
            assert re.split(r"[.\[]", problem.path)[0] in spec, (what, problem)
            assert len(str(problem)) <= LONGEST_PROBLEM, (what, problem)
            assert str(problem).isprintable(), (what, problem)
        assert len(found) <= len(spec), (what, found)
        # Nothing can be planned with what would not be taken.
        if not found:
            request(role, entry_point, variables)


def test_the_problems_are_told_in_one_sentence_each() -> None:
    variables = {"node_prerequisites_modules": [5], "node_prerequisites_sysctls": {5: 5}}
    found = role_requests.all_problems(variables, "node_prerequisites", "main", "prod")
    said = "; ".join(str(problem) for problem in found)
    assert problems("node_prerequisites", "main", variables) == f"Refused, nothing was changed: {said}"
    assert len(found) == 2


TAKE_NUMBERS = ("_max_unavailable", "_batch", "_version")


@every_variable
def test_what_yaml_has_read_as_no_text_is_to_be_put_in_quotes(
    role: str, entry_point: str, name: str, option: dict[str, t.Any]
) -> None:
    kind = option["elements"] if option["type"] == "list" else option["type"]
    if kind not in ("str", "path") or option.get("choices") or name.endswith(TAKE_NUMBERS):
        return
    for value, shown in ((2026, "2026"), (True, "true"), (1.5, "1.5")):
        given, path = ([value], f"{name}[0]") if option["type"] == "list" else (value, name)
        seen = "the value" if option.get("no_log") and kind != "path" else shown
        found = problems(role, entry_point, {**required(role, entry_point), name: given})
        assert f"{path}: {seen} is not text; put it in quotes" in found


@pytest.mark.parametrize(
    ("role", "name", "value"),
    [
        ("self_hosted_cluster", "self_hosted_cluster_max_unavailable", 2),
        ("mode_migration", "mode_migration_batch", 2),
    ],
)
def test_a_number_of_nodes_may_be_a_number(role: str, name: str, value: int) -> None:
    assert problems(role, "main", {name: value}) == ""


def test_a_version_that_yaml_has_read_as_a_number_is_told_as_such() -> None:
    for role, entry_point, name in (
        ("managed_cluster", "create", "managed_cluster_version"),
        ("self_hosted_cluster", "main", "self_hosted_cluster_kube_proxy_version"),
    ):
        found = problems(role, entry_point, {**required(role, entry_point), name: 1.3})
        assert f"{name}: 1.3 is " in found
        assert "put it in quotes, because YAML reads 1.30 as 1.3" in found


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("self_hosted_cluster_verify_retries", -5, "self_hosted_cluster_verify_retries: -5 is not a number of checks"),
        ("self_hosted_cluster_verify_retries", 10**12, "self_hosted_cluster_verify_retries: 1000000000000 checks, 3 s"),
        ("self_hosted_cluster_verify_delay", -5, "self_hosted_cluster_verify_delay: -5 is not a number of seconds"),
        ("self_hosted_cluster_verify_delay", 10**12, "self_hosted_cluster_verify_delay: 1e+12 seconds are more than a"),
        ("self_hosted_cluster_ignore_nodes", 5, "self_hosted_cluster_ignore_nodes: 5 is no list of names"),
        ("self_hosted_cluster_ignore_nodes", True, "self_hosted_cluster_ignore_nodes: true is no list of names"),
        ("self_hosted_cluster_ignore_nodes", {}, "self_hosted_cluster_ignore_nodes: a dictionary is no list of names"),
        ("self_hosted_cluster_ignore_nodes", {"a": 1}, "self_hosted_cluster_ignore_nodes: a dictionary is no list"),
        (
            "self_hosted_cluster_ignore_nodes",
            ["a", 5],
            "self_hosted_cluster_ignore_nodes[1]: this is no name of a node",
        ),
        ("self_hosted_cluster_kubeconfig", 5, "self_hosted_cluster_kubeconfig: give a path, the content of a "),
        ("self_hosted_cluster_kubeconfig", ["a"], "self_hosted_cluster_kubeconfig: give a path, the content of a "),
        ("self_hosted_cluster_kubeconfig", {"users": 5}, "self_hosted_cluster_kubeconfig: the dictionary is no kubeco"),
    ],
)
@pytest.mark.parametrize("role", ["self_hosted_cluster", "mode_migration"])
def test_what_only_the_role_judges_is_refused_at_the_start(role: str, name: str, value: t.Any, said: str) -> None:
    assert said in problems(role, "main", {name: value})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("mode_migration_node_timeout", 0, "mode_migration_node_timeout: 0 seconds leave no time for a node to change"),
        ("mode_migration_node_timeout", -5, "mode_migration_node_timeout: -5 seconds leave no time for a node to chan"),
        ("mode_migration_node_timeout", 10**12, "mode_migration_node_timeout: 1e+12 seconds are more than a day"),
        ("mode_migration_canaries", 5, "mode_migration_canaries: 5 is no list of names"),
        ("mode_migration_canaries", True, "mode_migration_canaries: true is no list of names"),
        ("mode_migration_canaries", {}, "mode_migration_canaries: a dictionary is no list of names"),
        ("mode_migration_canaries", [["a"]], "mode_migration_canaries[0]: this is no name of a node"),
        ("mode_migration_batch", "0", "mode_migration_batch: '0' is neither a number of nodes from 1 nor"),
        ("mode_migration_batch", "101%", "mode_migration_batch: '101%' is neither a number of nodes from 1 nor"),
    ],
)
def test_what_only_a_migration_judges_is_refused_at_the_start(name: str, value: t.Any, said: str) -> None:
    found = problems("mode_migration", "main", {name: value})
    assert said in found
    # Once, although a module would say something of it as well.
    assert found.count(f"{name}") == 1


def test_a_kubeconfig_of_a_managed_cluster_is_looked_at_too() -> None:
    found = problems("managed_cluster", "reset", {"kube_proxy_mode": "ipvs", "managed_cluster_kubeconfig": 5})
    assert "managed_cluster_kubeconfig: give a path, the content of a kubeconfig, or a dictionary" in found


@every_variable
def test_unknown_members_are_told_with_their_path(
    role: str, entry_point: str, name: str, option: dict[str, t.Any]
) -> None:
    if option.get("options"):
        found = problems(role, entry_point, {**required(role, entry_point), name: {"typo": 1}})
        assert f"{name}.typo: no such option; choose from {next(iter(option['options']))}" in found


@every_variable
def test_what_may_be_secret_is_not_in_a_message(
    role: str, entry_point: str, name: str, option: dict[str, t.Any]
) -> None:
    if option.get("no_log") or option["type"] == "path":
        for value in (["s3cr3t"], {"s3cr3t": "s3cr3t"}):
            assert "s3cr3t" not in problems(role, entry_point, {**required(role, entry_point), name: value})


@every_variable
def test_ansibles_own_check_leaves_everything_to_the_role(
    role: str, entry_point: str, name: str, option: dict[str, t.Any]
) -> None:
    """It would speak first, of one problem, and knows nothing of blanks."""
    documented = read_yaml(role, "meta/argument_specs.yml")["argument_specs"][entry_point]["options"][name]
    for value in (*BLANKS, "text", "{}", 3, True, [], {}, ["x"], {"x": 1}):
        checked = ArgumentSpecValidator({name: documented}).validate({name: value}, validate_role_argument_spec=True)
        assert checked.error_messages == []


@pytest.mark.parametrize("form", ["dictionary", "JSON"])
def test_every_problem_is_told_at_once(form: str) -> None:
    """Of types, names and values, whoever would have told it: Ansible, the role, or one of its modules."""
    ipvs: t.Any = {"scheduler": "foo", "sync_period": 60, "tcp_timeout": "1s", "typo": 1}
    variables = {
        "kube_proxy_ipvs": json.dumps(ipvs) if form == "JSON" else ipvs,
        "kube_proxy_iptables": ["sync_period"],
        "kube_proxy_state": "gone",
        "managed_cluster_wait": "maybe",
        "managed_cluster_wait_timeout": "-1",
        "managed_cluster_ip_restrictions": ["192.0.2.0/33"],
    }
    found = problems("managed_cluster", "reset", variables)
    assert found.startswith("Refused, nothing was changed: ")
    paths = [part.partition(": ")[0] for part in found.removeprefix("Refused, nothing was changed: ").split("; ")]
    assert {
        "kube_proxy_mode",
        "kube_proxy_ipvs.scheduler",
        "kube_proxy_ipvs.typo",
        "kube_proxy_iptables",
        "kube_proxy_state",
        "managed_cluster_wait",
    } <= set(paths)
    assert "kube_proxy_mode: missing or blank; give one of iptables, ipvs" in found
    for path in ("kube_proxy_ipvs.sync_period", "kube_proxy_ipvs.tcp_timeout", "managed_cluster_wait_timeout"):
        assert f"{path}: " in found
    found = problems("managed_cluster", "reset", {**variables, "kube_proxy_mode": "ipvs"})
    assert "kube_proxy_mode" not in found
    assert "managed_cluster_ip_restrictions" in found


def test_problems_of_both_modules_of_a_self_hosted_cluster() -> None:
    found = problems(
        "self_hosted_cluster",
        "main",
        {
            "kube_proxy_ipvs": '{"sync_period": "1", "excludeCIDRs": []}',
            "kube_proxy_config": {"bindAddres": "::"},
            "self_hosted_cluster_max_unavailable": "many",
        },
    )
    for path in ("kube_proxy_ipvs.sync_period", "kube_proxy_ipvs.excludeCIDRs", "self_hosted_cluster_max_unavailable"):
        assert f"{path}: " in found
    assert "bindAddres" in found


def test_null_in_the_other_fields_of_a_configuration_removes_them() -> None:
    for config in ({"bindAddress": None}, '{"bindAddress": null}'):
        found = request("self_hosted_cluster", "main", {"kube_proxy_config": config})
        assert found["config"] == {"config": {"bindAddress": None}}


@pytest.mark.parametrize("role", ["managed_cluster", "self_hosted_cluster"])
def test_replacing_all_settings_with_none_is_refused(role: str) -> None:
    nothing = {"kube_proxy_strategy": "replace", "kube_proxy_ipvs": {"scheduler": ""}, "kube_proxy_iptables": {}}
    assert "kube_proxy_strategy: replace changes only the sections that are given" in problems(role, "main", nothing)
    for enough in ({"kube_proxy_state": "absent"}, {"kube_proxy_ipvs": {"scheduler": "rr"}}):
        assert problems(role, "main", {**nothing, **enough}) == ""


def test_absent_empties_every_section() -> None:
    given = {"kube_proxy_state": "absent", "kube_proxy_ipvs": {"scheduler": "lc"}, "kube_proxy_mode": "ipvs"}
    options = request("managed_cluster", "main", given)["options"]
    assert options == {"state": "absent", "name": "prod", "kube_proxy_mode": "ipvs"}
    for entry_point in ("create", "reset"):
        options = request("managed_cluster", entry_point, given)["options"]
        assert (options["kube_proxy"], options["strategy"]) == ({"iptables": {}, "ipvs": {}}, "replace")
    config = request("self_hosted_cluster", "main", given)["config"]
    assert config == {
        "mode": "ipvs",
        "iptables": {},
        "ipvs": {},
        "nftables": {},
        "conntrack": {},
        "strategy": "replace",
    }


def test_the_cluster_has_the_name_of_the_host_unless_it_has_an_id() -> None:
    for given, address in (({}, {"name": "prod"}), ({"managed_cluster_kube_id": "1"}, {"kube_id": "1"})):
        assert request("managed_cluster", "main", given)["options"] == {**address, "kube_proxy": {}}
    assert request("managed_cluster", "destroy", {})["options"] == {"name": "prod", "state": "absent"}


def test_only_admission_plugins_leave_kube_proxy_alone() -> None:
    plugins = {"managed_cluster_admission_plugins": {"disabled": "AlwaysPullImages"}}
    options = request("managed_cluster", "main", plugins)["options"]
    assert options == {"name": "prod", "api_server": {"admission_plugins": {"disabled": ["AlwaysPullImages"]}}}


def test_a_mode_of_the_role_comes_with_a_scheduler_of_its_own() -> None:
    common = {"kube_proxy_mode": "iptables", "kube_proxy_ipvs": '{"scheduler": "lc"}'}

    def info(**own: str) -> tuple[str, str]:
        found = request("node_prerequisites", "main", {**common, **own})["info"]
        return found["mode"], found["scheduler"]

    assert info() == ("iptables", "lc")
    assert info(node_prerequisites_mode="ipvs") == ("ipvs", "")
    assert info(node_prerequisites_mode="ipvs", node_prerequisites_scheduler="sed") == ("ipvs", "sed")
    found = problems("node_prerequisites", "main", {"kube_proxy_mode": "ipvs", "kube_proxy_ipvs": {"scheduler": "L C"}})
    assert "kube_proxy_ipvs.scheduler: " in found


@pytest.mark.parametrize("entry_point", ["main", "create", "reset", "destroy"])
@pytest.mark.parametrize("name", [True, 83, 1.30])
def test_what_is_no_text_names_no_cluster(entry_point: str, name: t.Any) -> None:
    """The same answer as the module's, by the same reader."""
    variables = {"managed_cluster_name": name, "managed_cluster_region": "GRA11", "kube_proxy_mode": "ipvs"}
    found = problems("managed_cluster", entry_point, variables)
    assert f"managed_cluster_name: {json.dumps(name)} is" in found
    assert "not text" in found
    assert "put it in quotes" in found


def test_families_of_the_cluster_for_the_node() -> None:
    def families(value: t.Any) -> t.Any:
        return request("node_prerequisites", "main", {"node_prerequisites_ip_families": value})["info"]["ip_families"]

    assert families("") == families([]) == ["IPv4"]
    assert families("IPv4, IPv6") == families('["IPv4", "IPv6"]') == families(["IPv4", "IPv6"]) == ["IPv4", "IPv6"]
    found = problems("node_prerequisites", "main", {"node_prerequisites_ip_families": ["IPv4", "ipv6"]})
    assert "node_prerequisites_ip_families[1]: 'ipv6' is not possible; choose one of IPv4, IPv6" in found


def test_sysctls_are_written_as_the_kernel_shows_them() -> None:
    given = {"node_prerequisites_sysctls": '{"net.ipv4.ip_forward": true, "net.ipv4.conf.all.arp_ignore": ""}'}
    found = request("node_prerequisites", "main", given)
    assert found["sysctls"] == {"net.ipv4.ip_forward": "1"}
    assert found["info"]["sysctls"] == ["net.ipv4.ip_forward"]
    assert request("node_prerequisites", "main", {"node_prerequisites_sysctls": {}})["sysctls"] == {}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"net.ipv4.ip_forward": [1]},
            "node_prerequisites_sysctls.net.ipv4.ip_forward: a list is no value of a sysctl",
        ),
        ({"net.ipv4.ip_forward": {"a": 1}}, "node_prerequisites_sysctls.net.ipv4.ip_forward: a dictionary is no value"),
        ({"net.ipv4.ip_forward": "true"}, "node_prerequisites_sysctls.net.ipv4.ip_forward: 'true' is no value of a "),
        ({5: 5}, "node_prerequisites_sysctls.5: this is not the name of a sysctl"),
        ({"5": 5}, "node_prerequisites_sysctls.5: this is not the name of a sysctl"),
        ({None: 1}, "node_prerequisites_sysctls.None: this is not the name of a sysctl"),
    ],
)
def test_what_cannot_be_a_sysctl_is_told_with_its_path(given: dict[t.Any, t.Any], said: str) -> None:
    assert said in problems("node_prerequisites", "main", {"node_prerequisites_sysctls": given})


def test_targets_are_addresses_or_options_of_the_probe() -> None:
    target = {"address": "10.96.0.10:53", "protocol": "dns"}
    given = ["10.96.0.1:443", target]
    for value in (given, json.dumps(given)):
        probe = role_requests.migration_request({"mode_migration_probe_targets": value}, "n")["settings"]["probe"]
        assert probe["targets"] == [{"address": "10.96.0.1:443"}, target]
        # Longer than both ways of a node that takes its time for each.
        assert (probe["duration"], probe["interval"]) == (4 * 300 + 20 * 3 + 120, 0.05)
    assert role_requests.migration_request({}, "n")["settings"]["probe"] == {}
    waits = {"mode_migration_drain_timeout": 86_400, "mode_migration_probe_targets": given}
    assert role_requests.migration_request(waits, "n")["settings"]["probe"]["interval"] > 0.3
    assert problems("mode_migration", "main", {**waits, "mode_migration_frozen_copy": "no"}) == ""


@pytest.mark.parametrize("modules", [True, False], ids=["first host", "every host"])
def test_what_cannot_be_measured_is_told_of_every_host(modules: bool) -> None:
    given = [
        "web:80",
        {"address": "10.96.0.1:443", "protocol": "icmp", "hold": "maybe"},
        {"adress": "10.96.0.1:443"},
    ]
    variables = {"mode_migration_probe_targets": given, "mode_migration_node_timeout": 10}
    found = role_requests.role_problems(variables, "mode_migration", "main", "prod", modules)
    for said in (
        "mode_migration_probe_targets[1].protocol: 'icmp' is not possible",
        "mode_migration_probe_targets[1].hold: ",
        "mode_migration_probe_targets[2].adress: no such option",
    ):
        assert said in found
    only = {"mode_migration_probe_targets": ["web:80", {"address": "10.0.0.1:1", "hold": "no", "protocol": "dns"}]}
    found = role_requests.role_problems(only, "mode_migration", "main", "prod", modules)
    assert found.startswith("Refused, nothing was changed: mode_migration_probe_targets[0].address: 'web' is not")
    assert "hold" not in found


def test_a_report_is_beside_where_the_play_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for given, path in (("a.html", str(tmp_path / "a.html")), ("/b.html", "/b.html"), ("", "")):
        settings = role_requests.migration_request({"mode_migration_report": given}, "n")["settings"]
        assert settings["report"] == path
    found = problems("mode_migration", "main", {"mode_migration_report": "<html>\n</html>"})
    assert "mode_migration_report: this is no path but the content of a file" in found
