# SPDX-License-Identifier: GPL-3.0-or-later

"""A cached answer counts for the question that it answers, and for no other."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.cluster import Cluster
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.fleet_cache import answer, entry

QUESTION = "what the credentials s3cr3t reach"
PROJECTS = [{"service_name": "p", "clusters": [Cluster(id="1", name="a").as_result()]}]


def kept(question: str = QUESTION) -> t.Any:
    """As a file has it."""
    return json.loads(json.dumps(entry(PROJECTS, question, "salt")))


def test_the_same_question_has_the_answer() -> None:
    assert answer(kept(), QUESTION) == PROJECTS


def test_another_question_has_none() -> None:
    assert answer(kept(), "another") is None


def test_an_entry_shows_neither_the_question_nor_who_asked_the_same() -> None:
    assert "s3cr3t" not in json.dumps(kept())
    assert entry(PROJECTS, QUESTION, "salt")["stamp"] != entry(PROJECTS, QUESTION, "pepper")["stamp"]


@pytest.mark.parametrize(
    "other",
    [
        None,
        5,
        "text",
        [],
        {},
        PROJECTS,
        {**kept(), "projects": [5]},
        {**kept(), "projects": None},
        {**kept(), "stamp": 5},
        {**kept(), "stamp": "é"},
        {**kept(), "salt": None},
        {"projects": PROJECTS},
        {**kept(), "projects": [{**PROJECTS[0], "clusters": []}]},
        {**kept(), "projects": {object()}},
    ],
)
def test_what_was_kept_in_another_shape_is_no_answer(other: t.Any) -> None:
    assert answer(other, QUESTION) is None


def test_what_another_release_kept_of_clusters_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    before = kept()
    of_this_release = Cluster.as_result
    monkeypatch.setattr(Cluster, "as_result", lambda self: {**of_this_release(self), "new": None})
    assert answer(before, QUESTION) is None
