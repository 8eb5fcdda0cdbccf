# SPDX-License-Identifier: GPL-3.0-or-later

"""The module as Ansible runs it: options in, JSON out, and the documentation of both."""

from __future__ import annotations

import json
import typing as t

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.node_module import KUBE_PROXY_NODE_INFO
from ansible_collections.clusterops.kube_proxy.plugins.modules import kube_proxy_node_info

RETURN = yaml.safe_load(kube_proxy_node_info.RETURN)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> t.Callable[..., dict[str, t.Any]]:
    def call(check: bool = False, **options: t.Any) -> dict[str, t.Any]:
        capsys.readouterr()
        with patch_module_args({**options, "_ansible_check_mode": check}), pytest.raises(SystemExit):
            kube_proxy_node_info.main()
        return t.cast(dict[str, t.Any], json.loads(capsys.readouterr().out))

    return call


@pytest.mark.parametrize("check", [False, True])
def test_every_documented_key_is_returned(run: t.Callable[..., dict[str, t.Any]], check: bool) -> None:
    result = run(check, mode="ipvs", scheduler="lc")
    assert result["changed"] is False
    documented = {name for name, value in RETURN.items() if value["returned"] == "success"}
    assert documented <= set(result) <= documented | {"changed", "invocation", "warnings"}
    for name in ("kernel", "required", "kube_proxy", "found"):
        assert set(result[name]) == set(RETURN[name]["contains"])
    for mode, sample in ((mode, RETURN["found"]["contains"][mode]["sample"]) for mode in result["found"]):
        assert set(result["found"][mode]) == set(sample)
    for name in ("modules_load_file", "sysctl_file"):
        assert set(result[name]) == set(RETURN[name]["sample"])
    for module in result["modules"].values():
        assert set(module) == set(RETURN["modules"]["sample"]["ip_vs"])


def test_defaults_are_those_of_the_documentation() -> None:
    options = yaml.safe_load(kube_proxy_node_info.DOCUMENTATION)["options"]
    assert {name: option.get("default") for name, option in options.items()} == {
        name: option.get("default") for name, option in KUBE_PROXY_NODE_INFO.argument_spec.items()
    }


def test_every_refused_option_is_reported(run: t.Callable[..., dict[str, t.Any]]) -> None:
    result = run(kube_proxy_version="latest", metrics_address="localhost:1", scheduler="a b")
    assert result["failed"] is True
    assert {problem["option"] for problem in result["problems"]} == {
        "kube_proxy_version",
        "metrics_address",
        "scheduler",
    }
    for problem in result["problems"]:
        assert f"{problem['option']}: {problem['problem']}" in result["msg"]
