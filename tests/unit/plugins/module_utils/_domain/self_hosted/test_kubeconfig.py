# SPDX-License-Identifier: GPL-3.0-or-later

"""Which texts of a kubeconfig are secrets, in whatever shape it is."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.kubeconfig import (
    KubeconfigError,
    checked,
    form_problem,
    leaves,
    merged,
    secrets,
    select,
)


def of_user(user: t.Any) -> set[str]:
    return secrets({"users": [{"name": "me", "user": user}]})


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"token": "s", "username": "me", "password": "p"}, {"s", "p"}),
        ({"client-certificate-data": "c", "client-key-data": "k"}, {"c", "k"}),
        ({"client-key": "/etc/key.pem", "tokenFile": "~/token"}, set()),
        ({"client-key": "-----BEGIN KEY-----\ns"}, {"-----BEGIN KEY-----\ns"}),
        ({"what-only-newer-clients-know": {"a": ["s", 7, True, None]}}, {"s", "7"}),
        ({"exec": {"command": "aws", "args": ["get-token", "--region", "eu"], "apiVersion": "v1"}}, set()),
        ({"exec": {"args": ["--client-secret=s", "--password", "p", "--verbose", "x"]}}, {"s", "p"}),
        ({"exec": {"env": [{"name": "AWS_PROFILE", "value": "prod"}, {"name": "AWS_SECRET", "value": "s"}]}}, {"s"}),
        ({"exec": {"env": {"SECRET": "s"}, "args": "s2"}}, {"s", "s2"}),
        ({"exec": ["s"]}, {"s"}),
        (
            {
                "auth-provider": {
                    "name": "oidc",
                    "config": {"client-id": "i", "client-secret": "s", "id-token": "t", "refresh-token": "r"},
                }
            },
            {"s", "t", "r"},
        ),
        ({"auth-provider": {"name": "x", "config": "s"}}, {"s"}),
        ("s", {"s"}),
        (["s"], {"s"}),
    ],
)
def test_secrets_of_a_user(user: t.Any, expected: set[str]) -> None:
    assert of_user(user) == expected


def test_secrets_elsewhere() -> None:
    assert secrets({"users": [{"name": "me", "token": "s"}, "s2"]}) == {"s", "s2"}
    assert secrets({"users": {"me": {"token": "s"}}}) == {"s"}
    assert secrets(["s", {"a": "s2"}]) == {"s", "s2"}
    cluster = {"server": "https://a", "certificate-authority-data": "c", "proxy-url": "http://me:s@p"}
    assert secrets({"clusters": [{"name": "x", "cluster": cluster}]}) == {"c", "http://me:s@p", "me:s", "s"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["name", "user", "cluster", "context", "token", "exec", "env", "args", "auth-provider", "config"]
)
ODD = st.dictionaries(
    st.sampled_from(["users", "clusters", "contexts", "current-context"]),
    JSON | st.lists(st.dictionaries(KEYS, JSON, max_size=4), max_size=3),
)


@given(ODD)
def test_no_shape_is_too_odd(document: dict[str, t.Any]) -> None:
    assert secrets(document) <= leaves(document)
    # Only KubeconfigError says that it cannot be used.
    with contextlib.suppress(KubeconfigError):
        select(merged([checked(document)]), None)


@pytest.mark.parametrize("value", ["/etc/kubernetes/admin.conf", "kind: Config\n", {"clusters": [], "users": None}])
def test_a_path_a_text_and_a_dictionary_have_the_form_of_a_kubeconfig(value: t.Any) -> None:
    assert form_problem(value) is None


@pytest.mark.parametrize("value", [5, 1.5, True, ["a"], []])
def test_what_is_neither_text_nor_a_dictionary_is_no_kubeconfig(value: t.Any) -> None:
    assert form_problem(value) == "give a path, the content of a kubeconfig, or a dictionary"


def test_a_dictionary_of_another_shape_is_no_kubeconfig() -> None:
    assert form_problem({"clusters": "s3cr3t"}) == "the dictionary is no kubeconfig: clusters is not a list"
