# SPDX-License-Identifier: GPL-3.0-or-later

"""One mapping from the end of an operation to the result of a task."""

from __future__ import annotations

import re

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.failures import (
    AdapterError,
    ConfigurationError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.api_errors import ApiError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import (
    Notice,
    Problem,
    RefusedError,
    Remedy,
    ValidationError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.report import Report
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.run import EngineError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.outcome import outcome

RESET = "clusterops.kube_proxy.kube_cluster_reset or the playbook clusterops.kube_proxy.managed_reset"


def test_a_report_is_a_success_with_its_facts() -> None:
    ended = outcome(Report(True, {"before": {}, "after": {"mode": "ipvs"}}, {"kube_id": "1"}))
    assert ended.result == {"changed": True, "diff": {"before": {}, "after": {"mode": "ipvs"}}, "kube_id": "1"}
    assert not ended.failed


def test_without_a_diff_the_result_has_none() -> None:
    assert outcome(Report(False)).result == {"changed": False}


def test_notices_become_sentences_that_name_the_module() -> None:
    drift = [Notice("the pods run an earlier configuration", Remedy.ROLLOUT), Notice("node a: not ready")]
    ended = outcome(Report(False, facts={"drift": drift}), warnings=[Notice("Only a reset helps", Remedy.RESET)])
    rollout = "use clusterops.kube_proxy.kube_proxy_rollout"
    assert ended.result["drift"] == [f"the pods run an earlier configuration: {rollout}", "node a: not ready"]
    assert ended.warnings == [f"Only a reset helps: use {RESET}"]


def test_every_remedy_has_a_sentence() -> None:
    for remedy in Remedy:
        said = outcome(Report(False), warnings=[Notice("x", remedy)]).warnings[0]
        assert re.match(
            r"x: use (the playbook )?clusterops\.kube_proxy\.\w+( or the playbook clusterops\.kube_proxy\.\w+)?$", said
        )


def test_refused_options_are_listed_one_by_one() -> None:
    error = ValidationError([Problem("ipvs.scheduler", "no such scheduler"), Problem("mode", "no such mode")])
    ended = outcome(error)
    assert ended.failed
    assert ended.result["msg"] == "Refused, nothing was changed: ipvs.scheduler: no such scheduler; mode: no such mode"
    assert ended.result["problems"] == [
        {"option": "ipvs.scheduler", "problem": "no such scheduler"},
        {"option": "mode", "problem": "no such mode"},
    ]


def test_a_refusal_names_its_remedy() -> None:
    assert outcome(RefusedError("Only a reset changes it", Remedy.RESET)).result["msg"].endswith(f": use {RESET}")
    assert outcome(RefusedError("not this cluster")).result["msg"] == "not this cluster"


def test_a_wrong_configuration_names_its_option() -> None:
    assert outcome(ConfigurationError("no endpoint", "endpoint")).result["option"] == "endpoint"


def test_a_failed_request_has_the_answer_as_data() -> None:
    error = ApiError(403, method="GET", path="/cloud", query_id="EU.ext-1")
    assert outcome(error).result["error"]["query_id"] == "EU.ext-1"


def test_what_was_known_before_a_failure_is_reported() -> None:
    ended = outcome(EngineError("timed out"), {"kube_id": "1", "changed": True})
    assert ended.result == {"failed": True, "msg": "timed out", "kube_id": "1", "changed": True}


def test_a_fault_of_the_collection_says_so_and_keeps_what_was_known() -> None:
    with pytest.raises(KeyError) as caught:
        {}["id"]
    ended = outcome(caught.value, {"changed": True, "kube_id": "1"}, [Notice("it costs money")])
    assert (ended.failed, ended.result["changed"], ended.result["kube_id"]) == (True, True, "1")
    assert ended.warnings == ["it costs money"]
    assert ended.result["msg"].startswith("This is a fault of the collection clusterops.kube_proxy, not of yours: ")
    assert "KeyError ('id')" in ended.result["msg"]
    assert "https://github.com/clusterops/kube_proxy/issues" in ended.result["msg"]
    assert "test_outcome.py" in ended.result["exception"]
    assert ended.result["fault"]["error"] == "KeyError"
    assert "test_outcome.py:" in ended.result["fault"]["at"][-1]


def test_what_comes_from_outside_is_shown_escaped() -> None:
    """A name with a line end printed "FAKE TASK [ok]" as a line of its own."""
    odd = "prod\nFAKE TASK [ok]\x1b[31m\u202e"
    escaped = "prod\\nFAKE TASK [ok]\\x1b[31m\\u202e"
    assert outcome(EngineError(f"no {odd}")).result["msg"] == f"no {escaped}"
    assert outcome(RuntimeError(odd)).result["msg"].isprintable()
    diffs = [
        {"before": f"a\n\tb\x1b\r{odd}", "after": "", "before_header": odd, "after_header": odd},
        {"before": {"name": odd}, "after": {}},
    ]
    ended = outcome(Report(True, diffs, {"name": odd}), warnings=[Notice(odd, Remedy.RESET)])
    assert ended.warnings[0].startswith(escaped)
    text, data = ended.result["diff"]
    assert text["before"] == "a\n\tb\\x1b\\rprod\nFAKE TASK [ok]\\x1b[31m\\u202e"
    assert text["before_header"] == text["after_header"] == escaped
    # Data stay what they are: Ansible prints them as JSON, which escapes by itself.
    assert (data["before"], ended.result["name"]) == ({"name": odd}, odd)


def test_a_message_has_an_end() -> None:
    assert len(outcome(EngineError("x" * 1_000_000)).result["msg"]) < 20_000


def test_an_error_without_data_is_its_sentence() -> None:
    assert outcome(AdapterError("broken pipe")).result == {"failed": True, "msg": "broken pipe"}
