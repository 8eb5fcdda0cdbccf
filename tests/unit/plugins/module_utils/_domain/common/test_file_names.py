# SPDX-License-Identifier: GPL-3.0-or-later

"""What looks like the name of a file is shown, and nothing else."""

from __future__ import annotations

import base64

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.file_names import (
    content_instead_of_name,
    is_content,
    looks_like_name,
    no_such_file,
    shown_name,
)

PEM = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIHunter2\n-----END EC PRIVATE KEY-----\n"
KUBECONFIG = "apiVersion: v1\nkind: Config\nusers:\n- name: admin\n  user: {token: hunter2}\n"
INI = "[ovh-eu]\napplication_secret=hunter2\n"

NAMES = [
    "/etc/kubernetes/admin.conf",
    "~/.kube/config",
    "~deploy/.ovh.conf",
    "./ovh.conf",
    "../conf/ovh.conf",
    "admin.conf",
    "conf.d/ovh-eu.conf",
    "/runner/awx_1234_abcdefgh/env/tmp0a1b2c3d",
    "/runner/project/My Files/clé (1).pem",
    "/srv/env=prod/ovh.conf",
    "/var/lib/docker/volumes/8c2f0d6e1b9a4f7c8d3e5a6b7c8d9e0f8c2f0d6e1b9a4f7c8d3e5a6b7c8d9e0f/_data/key.pem",
    "kube-proxy-production-eu-west.kubeconfig",
    " /etc/ovh.conf\n",
]

CONTENTS = [
    PEM,
    PEM.replace("\n", "\\n"),
    PEM.replace("\n", " "),
    KUBECONFIG,
    INI,
    base64.b64encode(PEM.encode()).decode(),
    base64.b64encode(KUBECONFIG.encode()).decode(),
    '{"apiVersion": "v1", "users": [{"user": {"token": "hunter2"}}]}',
    "application_secret=hunter2",
    "token: hunter2",
    "eyJhbGciOiJSUzI1NiIsImtpZCI6IkhVTlRFUjIifQ.eyJzdWIiOiJodW50ZXIyIn0.c2lnbmF0dXJlLWh1bnRlcjI",
    "0123456789abcdef0123456789ABCDEF",
    "AbCdEfGhIjKlMnOp0QrStUvWxYz",
    "/" + "a" * 300,
    "a" * 5000,
    "nul\0byte",
    "/etc/\x1b[31mred",
    "line\r\nends",
    "",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_shown(name: str) -> None:
    assert looks_like_name(name)
    assert shown_name(name) == name.strip()
    assert no_such_file("config_file", name) == f"config_file: the file {name.strip()} does not exist"
    assert content_instead_of_name(name) is None


# The tier that looks for secrets reads the names of tests, too.
@pytest.mark.parametrize("value", CONTENTS, ids=map(str, range(len(CONTENTS))))
def test_contents_are_not_shown(value: str) -> None:
    assert not looks_like_name(value)
    for text in (shown_name(value), no_such_file("client_key", value), content_instead_of_name(value) or ""):
        assert "hunter2" not in text.lower()
        assert not value.strip() or value.strip() not in text
        assert len(text) < 200


def test_what_cannot_be_a_name_is_told_from_what_only_does_not_look_like_one() -> None:
    assert is_content(PEM)
    assert is_content(KUBECONFIG)
    assert is_content("a" * 256)
    assert not is_content("application_secret=x")
    assert content_instead_of_name(PEM) == (
        "this is no path but the content of a PEM file (3 lines), which is not shown; give a path"
    )


@pytest.mark.parametrize(("text", "counted"), [("[", "1 character"), ("[[", "2 characters")])
def test_what_is_not_shown_is_counted(text: str, counted: str) -> None:
    assert shown_name(text) == f"(a text of {counted}, not shown)"
    assert f"a text of {counted}, which" in no_such_file("ca_path", text)
