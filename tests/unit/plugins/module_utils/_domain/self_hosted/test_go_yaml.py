# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML as go-yaml v2 reads it. Each outcome is what sigs.k8s.io/yaml of Kubernetes 1.31 and 1.36 says."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted import go_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # Tabs where they do not indent
        ("a: b\t\n", {"a": "b"}),
        ("a:\tb\n", {"a": "b"}),
        ("a: b\t# c\n", {"a": "b"}),
        ("a:\n  b: c \t \n\t\n  d: e\n", None),
        ("a:\t\n  b:\t1\t\n", {"a": {"b": 1}}),
        ("a: {b:\tc,\n\td: e}\n", {"a": {"b": "c", "d": "e"}}),
        ("a: b\tc\n", {"a": "b\tc"}),
        ("a: b\n  \tc\n", {"a": "b c"}),
        ("a: b\n \t\nc: d\n", {"a": "b", "c": "d"}),
        ("\ta: b\n", None),
        ("a:\n\tb: c\n", None),
        ("-\ta\n", None),
        ("a: |\t\n  b\n", {"a": "b\n"}),
        ("a: |\n  \tb\n", None),
        ("a: |2\n  \tb\n", {"a": "\tb\n"}),
        ("a: 'b\t\n\tc'\n", {"a": "b c"}),
        # One document
        ("a: b\n---\n", {"a": "b"}),
        ("---\na: b\n...\n---\n# end\n---\n", {"a": "b"}),
        ("a: b\n---\nc: d\n", None),
        ("a: b\n...\nc: d\n", None),
        ("a: b\n---\n]\n", None),
        ("a: b\n--- ''\n", None),
        # Tags and directives
        ("%YAML 1.1\n---\na: b\n", {"a": "b"}),
        ("%YAML 1.2\n---\na: b\n", None),
        ("%TAG !x! tag:yaml.org,2002:\n---\na: !x!str 5\n", {"a": "5"}),
        ("%FOO\n---\na: b\n", None),
        ("%YAML\t1.1 \t# c\n---\na: !!str\t5\n", {"a": "5"}),
        ("a: !!str 5\nb: !!int '5'\nc: !!float 5\nd: !!bool 'yes'\ne: !!null ''\n",
         {"a": "5", "b": 5, "c": 5.0, "d": True, "e": None}),
        ("a: !mine 5\nb: ! 5\nc: ! \n", {"a": "5", "b": "5", "c": ""}),
        ("a: !!binary aGVs\n  bG8=\n", None),
        ("a: !!binary aGVsbG8=\n", {"a": "hello"}),
        ("a: !!timestamp 2026-01-01\n", {"a": "2026-01-01"}),
        ("a: !!int x\n", None),
        ("a: !!bool 1\n", None),
        ("a: !!map {b: 1}\n", {"a": {"b": 1}}),
        # Anchors and merge keys
        ("a: &x 1\nb: &x 2\nc: *x\n", {"a": 1, "b": 2, "c": 2}),
        ("a: &x {b: c}\nd:\n  <<: *x\n  e: f\n", {"a": {"b": "c"}, "d": {"b": "c", "e": "f"}}),
        ("a: {<<: [{b: 1}, {c: 2}]}\n", {"a": {"b": 1, "c": 2}}),
        ("a: {<<: {b: 1}, b: 2}\n", None),
        ("a: {<<: 1}\n", None),
        ("a: {'<<': {b: 1}}\n", {"a": {"<<": {"b": 1}}}),
        # Flow context and quotes
        ("a: {b:c}\n", {"a": {"b:c": None}}),
        ("a: {b:}\n", {"a": {"b:": None}}),
        ("a: [b?c]\n", None),
        ('a: {"b":c}\n', {"a": {"b": "c"}}),
        ('a: "\\\'"\n', {"a": "'"}),
        ('a: "\\/"\n', None),
        ('a: "\\U00110000"\n', None),
        ("a: >-#\n  b\n", {"a": "b"}),
        ("\ufeffa: b\n", {"a": "b"}),
        ("a: b\r\nc: d\r\n", {"a": "b", "c": "d"}),
    ],
)  # fmt: skip
def test_reads_and_refuses_as_go_yaml_does(text: str, value: t.Any) -> None:
    if value is None:
        with pytest.raises(go_yaml.ReadError):
            go_yaml.read(text)
    else:
        assert go_yaml.read(text) == value


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("a: b\t# c\n", True),
        ("a: b # c\n---\n", True),
        ("a: 'b # c'\n", False),
        ("a: b#c\n", False),
        ("a: >-# c\n  d\n", False),
    ],
)
def test_sees_comments(text: str, has: bool) -> None:
    assert go_yaml.has_comments(text) is has
