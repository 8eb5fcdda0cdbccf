# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible hides of the options is neither too little nor too much."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.hiding import correct

FILE = {"type": "path", "no_log": True}
SPEC: dict[str, dict[str, t.Any]] = {
    "key": FILE,
    "other": FILE,
    "token": {"type": "str", "no_log": True},
    "name": {"type": "str"},
}


def hidden(given: set[str], params: dict[str, t.Any], shown: t.Collection[str] = ()) -> set[str]:
    found = set(given)
    correct(found, SPEC, params, shown)
    return found


def test_names_of_files_are_shown_as_given_and_as_what_they_stand_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    params = {"key": "/home/me/key.pem", "other": "/etc/other.pem", "token": "s", "name": "n"}
    assert hidden({"~/key.pem", "/etc/other.pem", "s"}, params) == {"s"}


def test_content_stays_hidden_with_its_lines() -> None:
    content = "first line of it\nshort\n  another long line"
    assert hidden({content}, {"key": content}) == {content, "first line of it", "another long line"}


def test_a_secret_that_is_also_the_name_of_a_file_stays_hidden() -> None:
    assert hidden({"same"}, {"key": "same", "token": "same"}) == {"same"}


def test_a_blank_option_hides_nothing() -> None:
    assert hidden({" "}, {"key": " ", "other": None}) == set()


def test_what_is_no_secret_in_a_hidden_option_is_shown() -> None:
    assert hidden({"v1", "s"}, {}, shown={"v1"}) == {"s"}
