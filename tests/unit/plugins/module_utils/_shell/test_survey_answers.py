# SPDX-License-Identifier: GPL-3.0-or-later

"""An answer counts more than the inventory, and a question without one leaves the inventory alone."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import role_requests
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.role_variables import ENTRY_POINTS

INVENTORY: dict[str, t.Any] = {
    "kube_proxy_mode": "ipvs",
    "kube_proxy_ipvs": {"scheduler": "lc", "sync_period": "60s"},
    "managed_cluster_wait_timeout": 600,
}


def options(answers: t.Any, **more: t.Any) -> dict[str, t.Any]:
    variables = {**INVENTORY, **more, "kube_proxy_answers": answers}
    assert role_requests.role_problems(variables, "managed_cluster", "main", "prod") == ""
    return dict(role_requests.managed_request(variables, "main", "prod")["options"])


def problems(answers: t.Any, role: str = "managed_cluster") -> str:
    return role_requests.role_problems({**INVENTORY, "kube_proxy_answers": answers}, role, "main", "prod")


@pytest.mark.parametrize(
    "answers",
    [
        None,
        "",
        " ",
        {},
        "{}",
        dict.fromkeys(set(ENTRY_POINTS["managed_cluster"]["main"].spec) - {"kube_proxy_answers"}, ""),
        {"kube_proxy_mode": None, "kube_proxy_ipvs": {"scheduler": "", "sync_period": None}},
        {"kube_proxy_ipvs": {}},
    ],
)
def test_without_an_answer_the_inventory_counts(answers: t.Any) -> None:
    assert options(answers) == options({})
    assert options(answers)["kube_proxy"] == {"ipvs": INVENTORY["kube_proxy_ipvs"]}
    assert options(answers)["kube_proxy_mode"] == "ipvs"


@pytest.mark.parametrize("form", [dict, json.dumps])
def test_an_answer_counts_more_than_the_inventory(form: t.Callable[[t.Any], t.Any]) -> None:
    answers = {"kube_proxy_ipvs": {"scheduler": "sh", "sync_period": ""}, "managed_cluster_wait_timeout": "30"}
    given = options(form(answers))
    assert given["kube_proxy"] == {"ipvs": {"scheduler": "sh", "sync_period": "60s"}}
    assert given["wait_timeout"] == 30


def test_members_are_laid_over_text_as_well() -> None:
    given = options({"kube_proxy_ipvs": '{"scheduler": "sh"}'}, kube_proxy_ipvs='{"sync_period": "90s"}')
    assert given["kube_proxy"] == {"ipvs": {"scheduler": "sh", "sync_period": "90s"}}


def test_the_inventory_itself_is_left_as_it_is() -> None:
    options({"kube_proxy_ipvs": {"scheduler": "sh"}})
    assert INVENTORY["kube_proxy_ipvs"] == {"scheduler": "lc", "sync_period": "60s"}


def test_a_wrong_answer_is_told_like_a_wrong_variable() -> None:
    told = problems({"kube_proxy_ipvs": {"scheduler": "foo"}, "kube_proxy_mod": "ipvs", "kube_proxy_answers": {}})
    assert "kube_proxy_ipvs.scheduler" in told
    assert "kube_proxy_answers.kube_proxy_mod: is no variable of this entry point" in told
    assert "kube_proxy_answers.kube_proxy_answers: is no variable of this entry point" in told
    assert "kube_proxy_answers: 'no' is not a dictionary, or its text in JSON" in problems("no")


def test_what_is_required_may_be_an_answer() -> None:
    variables = {"kube_proxy_mode": "ipvs", "kube_proxy_answers": {"managed_cluster_region": "GRA11"}}
    assert role_requests.role_problems(variables, "managed_cluster", "create", "prod") == ""
    assert role_requests.managed_request(variables, "create", "prod")["options"]["region"] == "GRA11"


def test_an_answer_for_another_world_is_no_variable() -> None:
    assert "is no variable of this entry point" in problems({"managed_cluster_region": "GRA11"}, "self_hosted_cluster")


def test_an_audit_has_no_answers() -> None:
    assert [name for name, point in ENTRY_POINTS["audit"].items() if "kube_proxy_answers" in point.spec] == []
