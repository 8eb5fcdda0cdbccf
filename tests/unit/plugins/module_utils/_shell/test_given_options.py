# SPDX-License-Identifier: GPL-3.0-or-later

"""Blank means not given: for every option of every module, before Ansible's own check of the arguments."""

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.given_options import given_options
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.managed_modules import (
    KUBE_CLUSTER,
    KUBE_CLUSTER_RESET,
    KUBE_PROXY_CUSTOMIZATION,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.module_spec import ModuleSpec
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.node_module import KUBE_PROXY_NODE_INFO
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.node_probe_module import (
    KUBE_PROXY_NODE_PROBE,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import Module
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.self_hosted_modules import (
    KUBE_PROXY_CONFIG,
    KUBE_PROXY_INFO,
)

from .test_module_spec import HOST, SPECS, Connection

BLANKS = ("", "  ", "\n", None)
#: What a module needs at least, so that Ansible's check passes.
LEAST: dict[str, t.Any] = {
    "name": "prod",
    "region": "GRA11",
    "kube_proxy_mode": "ipvs",
    "kube_proxy": {},
    "targets": [{"address": "127.0.0.1:1"}],
}


def checked(spec: ModuleSpec, **options: t.Any) -> dict[str, t.Any]:
    """The parameters as the module's code gets them."""
    with patch_module_args({**options, "_ansible_check_mode": True}):
        module = Module(spec)
        return module.task.given(module.params)


def refused(spec: ModuleSpec, capsys: pytest.CaptureFixture[str], **options: t.Any) -> str:
    with pytest.raises(SystemExit):
        checked(spec, **options)
    return str(json.loads(capsys.readouterr().out)["msg"])


def filled(spec: t.Mapping[str, t.Any], blank: str | None) -> dict[str, t.Any]:
    """Every option blank; of a mapping, every member."""
    return {name: filled(option["options"], blank) if "options" in option else blank for name, option in spec.items()}


def _lacks(option: dict[str, t.Any], given: bool) -> bool:
    """Whether it is an option that must be given, and can only be one of some words."""
    return bool(option.get("required") and option.get("choices") and not given)


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("spec", SPECS)
def test_a_module_whose_options_are_all_blank_is_as_without_them(spec: ModuleSpec, blank: str | None) -> None:
    least = {name: value for name, value in LEAST.items() if name in spec.argument_spec}
    least |= {name: kind["choices"][0] for name, kind in spec.argument_spec.items() if _lacks(kind, name in least)}
    without = checked(spec, **least)
    assert checked(spec, **{**dict.fromkeys(spec.argument_spec, blank), **least}) == without
    assert checked(spec, **{**filled(spec.argument_spec, blank), **least}) == without
    in_lists = {name: [blank] for name, option in spec.argument_spec.items() if option.get("type") == "list"}
    assert checked(spec, **{**in_lists, **least}) == without


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('{"ipvs": {"scheduler": "sh", "tcp_timeout": ""}}', {"ipvs": {"scheduler": "sh"}}),
        ('{"ipvs": "{\\"scheduler\\": \\"sh\\"}", "iptables": ""}', {"ipvs": {"scheduler": "sh"}}),
        ("ipvs='scheduler=sh tcp_timeout='", {"ipvs": {"scheduler": "sh"}}),
        ("{}", {}),
        ('{"ipvs": {"scheduler": " "}}', None),
        ("ipvs=", None),
    ],
)
def test_text_for_a_mapping_is_read_and_has_its_blanks_taken_out(text: str, meant: t.Any) -> None:
    read = checked(KUBE_CLUSTER, name="prod", region="GRA11", kube_proxy=text)["kube_proxy"]
    assert read == checked(KUBE_CLUSTER, name="prod", region="GRA11", kube_proxy=meant)["kube_proxy"]


@pytest.mark.parametrize("blank", BLANKS)
def test_blank_members_of_mappings_in_a_list_are_taken_out(blank: str | None) -> None:
    target = {"address": "10.96.0.1:443", **dict.fromkeys(("protocol", "label", "send", "hold"), blank)}
    for given in ([target, blank], json.dumps([target])):
        read = checked(KUBE_PROXY_NODE_PROBE, targets=given)["targets"]
        assert read == checked(KUBE_PROXY_NODE_PROBE, targets=[{"address": "10.96.0.1:443"}])["targets"]


def test_a_mapping_in_a_list_that_misses_something_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(KUBE_PROXY_NODE_PROBE, capsys, targets=[{"address": "10.96.0.1:443"}, {"address": " ", "x": 1}])
    assert "targets[1].address: missing or blank; give it a value" in said
    assert "targets[1].x: no such option; choose from address, protocol, label, send, hold" in said


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("192.0.2.0/24, 10.0.0.0/8", ["192.0.2.0/24", "10.0.0.0/8"]),
        ("192.0.2.0/24,", ["192.0.2.0/24"]),
        ('["192.0.2.0/24", "", "10.0.0.0/8"]', ["192.0.2.0/24", "10.0.0.0/8"]),
        (["", "192.0.2.0/24"], ["192.0.2.0/24"]),
        # To answer with an empty list opens the API server, so that nothing but an empty list may say it.
        ([], []),
        ("[]", []),
        (["", None], None),
        (",", None),
        ('[""]', None),
    ],
)
def test_list_has_its_blanks_taken_out_and_is_empty_only_where_it_says_so(text: t.Any, meant: t.Any) -> None:
    read = checked(KUBE_CLUSTER_RESET, name="prod", kube_proxy_mode="ipvs", ip_restrictions=text)
    assert read["ip_restrictions"] == meant


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        (
            KUBE_CLUSTER,
            {"name": None, "region": "GRA11"},
            "one of the following is required: kube_id, name; name: is blank, which counts as not given; give it a "
            "value",
        ),
        (
            KUBE_CLUSTER,
            {"name": "prod", "region": None},
            "state is present but all of the following are missing: region; region: is blank, which counts as not "
            "given; give it a value",
        ),
        (
            KUBE_CLUSTER_RESET,
            {"name": "prod", "kube_proxy_mode": None},
            "kube_proxy_mode: missing or blank; give one of iptables, ipvs",
        ),
        (
            KUBE_PROXY_CUSTOMIZATION,
            {"name": "prod", "kube_proxy": None},
            "state is present but any of the following are missing: kube_proxy, api_server, kube_proxy_mode; "
            "kube_proxy: is blank, "
            "which counts as not given; give it a value",
        ),
    ],
)
def test_what_is_required_is_missed_when_it_is_blank(
    spec: ModuleSpec,
    options: dict[str, t.Any],
    message: str,
    blank: str | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = {name: blank if value is None else value for name, value in options.items()}
    assert refused(spec, capsys, **given) == f"Refused, nothing was changed: {message}"


def test_a_blank_option_is_no_part_of_another_refusal(capsys: pytest.CaptureFixture[str]) -> None:
    message = refused(KUBE_CLUSTER, capsys, name="prod", region="GRA11", plan="gold", kube_id="")
    assert message == ("Refused, nothing was changed: plan: 'gold' is not possible; choose one of free, standard")


def test_what_the_spec_does_not_describe_stays() -> None:
    spec = {"config": {"type": "dict"}, "plan": {"type": "str", "aliases": ["tariff"]}}
    given = given_options(
        spec, {"config": {"clusterCIDR": None}, "typo": "", "_ansible_check_mode": None, "tariff": ""}
    )
    assert given.params == {"config": {"clusterCIDR": None}, "typo": "", "_ansible_check_mode": None}
    assert list(given.blank) == ["tariff"]


@pytest.mark.parametrize("version", ["1.3", "latest", "v2.1"])
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("spec", [KUBE_PROXY_CONFIG, KUBE_PROXY_INFO, KUBE_PROXY_NODE_INFO])
def test_version_that_is_none_is_refused_before_anything_is_connected(
    spec: ModuleSpec, version: t.Any, check: bool
) -> None:
    connection = Connection()
    params = checked(spec, kube_proxy_version=version)
    ended = dataclasses.replace(spec, connect=connection).execute(params, HOST, check_mode=check)
    assert [problem["option"] for problem in ended.result["problems"]] == ["kube_proxy_version"]
    assert connection.events == []
