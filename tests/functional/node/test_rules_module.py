# SPDX-License-Identifier: GPL-3.0-or-later

"""kube_proxy_node_rules as Ansible runs it, and the documentation of its options and results."""

from __future__ import annotations

import json
import typing as t

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.clean_plan import NOTHING
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.facts import Interface
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.kernel_rules import KernelRules
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.node.rules_result import result
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.node_rules_module import (
    KUBE_PROXY_NODE_RULES,
)
from ansible_collections.clusterops.kube_proxy.plugins.modules import kube_proxy_node_rules

RETURN = yaml.safe_load(kube_proxy_node_rules.RETURN)


def test_every_key_is_documented() -> None:
    empty = KernelRules((), (), Interface("kube-ipvs0", False, ()), {}, {})
    found = result(empty, NOTHING, copied=(), timer=None, commands=[])
    assert set(found) == {name for name, value in RETURN.items() if value["returned"] == "success"}
    assert set(found["removed"]) == set(RETURN["removed"]["contains"])
    assert {family: set(modes) for family, modes in found["in_force"].items()} == {
        family: set(modes) for family, modes in RETURN["in_force"]["sample"].items()
    }


def test_defaults_are_those_of_the_documentation() -> None:
    options = yaml.safe_load(kube_proxy_node_rules.DOCUMENTATION)["options"]
    assert {name: option.get("default") for name, option in options.items()} == {
        name: option.get("default") for name, option in KUBE_PROXY_NODE_RULES.argument_spec.items()
    }


@pytest.mark.parametrize("check", [False, True])
def test_every_refused_option_is_reported(capsys: pytest.CaptureFixture[str], check: bool) -> None:
    options = {"mode": " ", "lifetime": 1, "kubelet_version": "latest", "wait_timeout": -1}
    with patch_module_args({**options, "_ansible_check_mode": check}), pytest.raises(SystemExit):
        kube_proxy_node_rules.main()
    found = t.cast(dict[str, t.Any], json.loads(capsys.readouterr().out))
    assert found["failed"] is True
    assert found["msg"].startswith("Refused, nothing was changed: ")
    assert [problem["option"] for problem in found["problems"]] == [
        "mode",
        "lifetime",
        "kubelet_version",
        "wait_timeout",
    ]
