# SPDX-License-Identifier: GPL-3.0-or-later

"""config.conf is read as go-yaml reads it, and written so that it reads the same."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.settings import API_VERSION, KIND
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_text import (
    parse,
    render,
    render_values,
)

from .kubeadm import AMBIGUOUS, CONFIG, TEXT

HEAD = f"apiVersion: {API_VERSION}\nkind: {KIND}\n"
WHERE = "ConfigMap kube-system/kube-proxy, key config.conf"


def values(body: str) -> dict[str, t.Any]:
    found = dict(parse(HEAD + body, WHERE).values)
    del found["apiVersion"], found["kind"]
    return found


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("yes", True),
        ("off", False),
        ("y", True),
        ("tRUE", "tRUE"),
        ("~", None),
        ("", None),
        ('""', ""),
        ("'on'", "on"),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"),
        ("010", 8),
        ("0o17", 15),
        ("0x1F", 31),
        ("-0b11", -3),
        ("08", 8.0),
        ("1_000", 1000),
        ("1e3", 1000.0),
        (".5", 0.5),
        (".", "."),
        ("1.2.3", "1.2.3"),
        ("30s", "30s"),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 2.0**64),
        ("-9223372036854775809", -(2.0**63)),
        ("1e999", "1e999"),
        ("+", "+"),
        ("0x", "0x"),
        ("[a, 1]", ["a", 1]),
        ("{b: on}", {"b": True}),
    ],
)
def test_reads_scalars_as_go_does(scalar: str, value: t.Any) -> None:
    found = values(f"x: {scalar}\n")["x"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a mapping; it must begin with 'apiVersion: kubeproxy.config.k8s.io/v1alpha1'"),
        ("- 1\n", "not a mapping"),
        (f"{HEAD}ipvs:\n\tscheduler: lc\n", "cannot start any token"),
        (f"{HEAD}ipvs: {{a: 1\n", "cannot be read as kube-proxy reads it"),
        (f"{HEAD}mode: ipvs\nmode: iptables\n", "line 4: the key 'mode' is given twice"),
        (f"{HEAD}ipvs:\n  scheduler: a\n  scheduler: b\n", "line 5: the key 'scheduler' is given twice"),
        (f"{HEAD}---\n{HEAD}", "several YAML documents, and kube-proxy reads only the first"),
        (f"{HEAD}---\n[", "several YAML documents, and kube-proxy reads only the first"),
        (f"{HEAD}---\n---\n- 1\n", "several YAML documents, and kube-proxy reads only the first"),
        (f"{HEAD}x: &x [*x]\n", "contains itself"),
        (f"{HEAD}x: *nothing\n", "undefined alias"),
        (f"{HEAD}x: .inf\n", "line 3: .inf is not a number"),
        (f"{HEAD}null: 1\n", "line 3: a key must be a word"),
        (f"{HEAD}? [a]\n: 1\n", "line 3: a key must be a word"),
        (f"{HEAD}x: {'[' * 500}\n", "nested too deeply"),
        (f"{{apiVersion: {API_VERSION}}}", "must be JSON"),
        ('{"a": 1, "a": 2}', "'a' is given twice"),
        ('{"a": 1.0}', "write whole numbers without fraction"),
        ('{"a": Infinity}', "Infinity is not a number"),
    ],
)
def test_refuses_what_kube_proxy_reads_otherwise(text: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse(text, WHERE)
    (problem,) = caught.value.problems
    assert problem.path == WHERE
    assert message in problem.message


def test_refuses_an_alias_that_multiplies() -> None:
    bomb = "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9) if n else 'a'}]\n" for n in range(9))
    with pytest.raises(ValidationError, match="more than 20000 values"):
        parse(HEAD + bomb, WHERE)


def test_names_the_right_api_version_and_kind() -> None:
    with pytest.raises(ValidationError) as caught:
        parse("apiVersion: kubeproxy.config.k8s.io/v1alpha2\nmode: ipvs\n", WHERE)
    message = {problem.path: problem.message for problem in caught.value.problems}
    assert "'kubeproxy.config.k8s.io/v1alpha2'" in message[f"{WHERE}: apiVersion"]
    assert "'kubeproxy.config.k8s.io/v1alpha1'" in message[f"{WHERE}: apiVersion"]
    assert "is missing, kube-proxy starts only with 'KubeProxyConfiguration'" in message[f"{WHERE}: kind"]


def test_reads_json() -> None:
    text = '{"apiVersion": "%s", "kind": "%s", "mode": "yes", "x": 0.5}' % (API_VERSION, KIND)  # noqa: UP031
    assert parse(text, WHERE).values == {"apiVersion": API_VERSION, "kind": KIND, "mode": "yes", "x": 0.5}


def test_keeps_kubeadms_text_to_the_byte() -> None:
    assert render(parse(CONFIG, WHERE)) == CONFIG


def test_aliases_are_written_out() -> None:
    document = parse(f"{HEAD}x: &x [a]\nz: *x\n", WHERE)
    assert render(document) == f"{HEAD}x:\n- a\nz:\n- a\n"


@pytest.mark.parametrize(
    ("body", "comments"),
    [
        ("# ours\n", True),
        ("mode: ipvs # really\n", True),
        ("mode: 'a # b'\n", False),
        ("mode: a#b\n", False),
        ("x: |\n  # text\n", False),
        ("x: |\n  # text\n# comment\n", True),
        ("mode: ipvs\n", False),
    ],
)
def test_notices_comments(body: str, comments: bool) -> None:
    assert parse(HEAD + body, WHERE).comments is comments


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False), TEXT, AMBIGUOUS
)
TREES = st.recursive(
    SCALARS.filter(lambda value: not isinstance(value, float) or abs(value) != float("inf")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT | AMBIGUOUS, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(TEXT | AMBIGUOUS, TREES, max_size=5))
@example({"x": "a\nb\n", "y": "a\n\n b", "z": " # ", "w": "\u00e9\t"})
@example({"x": "\n", "y": "\na", "n": {"z": "a\n  b\n\n"}})
def test_what_is_written_reads_the_same(tree: dict[str, t.Any]) -> None:
    whole = {**tree, "apiVersion": API_VERSION, "kind": KIND}
    text = render_values(whole)
    found = parse(text, WHERE)
    assert found.values == whole
    assert repr(found.values) == repr(whole), "the types and the order stay too"
    assert render(found) == text
