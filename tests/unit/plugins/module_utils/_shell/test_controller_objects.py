# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects come after what they need, nodes before the links between them, and blank is not given."""

from __future__ import annotations

import typing as t

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import controller_objects as setup

WORKFLOW: dict[str, t.Any] = {
    "name": "flow",
    "organization": "Default",
    "simplified_workflow_nodes": [
        {"identifier": "look", "unified_job_template": "Look", "success_nodes": ["approve"]},
        {"identifier": "approve", "approval_node": {"name": "Sure?"}, "success_nodes": []},
    ],
}


def test_in_the_order_in_which_they_can_be() -> None:
    variables = {name: [{"name": name}] for name in reversed(setup.KINDS)}
    done = [task["action"] for task in setup.controller_objects(variables, "awx.awx")]
    assert done == [f"awx.awx.{module}" for module in setup.KINDS.values()]
    assert done.index("awx.awx.job_template") > done.index("awx.awx.inventory") > done.index("awx.awx.credential_type")


def test_nodes_come_before_their_links() -> None:
    tasks = setup.controller_objects({"controller_workflows": [WORKFLOW]}, "ansible.controller")
    assert [task["action"].rpartition(".")[2] for task in tasks] == [
        "workflow_job_template",
        *["workflow_job_template_node"] * 3,
    ]
    of_workflow = {"workflow_job_template": "flow", "organization": "Default"}
    assert [task["options"] for task in tasks] == [
        {"name": "flow", "organization": "Default"},
        {**of_workflow, "lookup_organization": "Default", "identifier": "look", "unified_job_template": "Look"},
        {**of_workflow, "identifier": "approve", "approval_node": {"name": "Sure?"}},
        {**of_workflow, "identifier": "look", "success_nodes": ["approve"]},
    ]


def test_blank_is_not_given() -> None:
    template = {
        "name": "x",
        "credentials": [" "],
        "labels": ["", "a"],
        "inventory": " ",
        "limit": None,
        "diff_mode": False,
        "forks": 0,
    }
    (task,) = setup.controller_objects({"controller_templates": [template], "controller_projects": ""}, "awx.awx")
    assert task["options"] == {"name": "x", "labels": ["a"], "diff_mode": False, "forks": 0}


def test_the_collection_that_is_installed() -> None:
    assert setup.controller_collection(["nobody.nothing", "clusterops.nothing", "clusterops.kube_proxy"]) == (
        "clusterops.kube_proxy"
    )
    assert setup.controller_collection(["nobody.nothing"]) == ""
