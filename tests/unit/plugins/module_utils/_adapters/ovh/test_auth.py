# SPDX-License-Identifier: GPL-3.0-or-later

"""Signatures known in advance."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.auth import sign

PROJECT = "https://eu.api.ovh.com/1.0/cloud/project/0123456789abcdef/kube"
CLUSTER = PROJECT + "/11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    ("method", "url", "body", "timestamp", "signature"),
    [
        ("GET", PROJECT, "", 1700000000, "$1$de33f7b0737ed39defc3c173a0620bf7b856b8bd"),
        (
            "PUT",
            CLUSTER + "/customization",
            '{"kubeProxy":{"ipvs":{"scheduler":"rr"}}}',
            1700000000,
            "$1$a1e0cbb190ee87222b1a9782513c6e891dd925ee",
        ),
        ("DELETE", CLUSTER, "", 1700000123, "$1$041735c1ce97dbde0b3eab9356eceb8500381181"),
        ("POST", PROJECT, '{"name":"été"}', 1700000123, "$1$5a863ac195a86ddf0f161ceb5fa77bda2e3ce05b"),
    ],
)
def test_signatures_known_in_advance(method: str, url: str, body: str, timestamp: int, signature: str) -> None:
    assert sign("exampleAppSecret", "exampleConsumerKey", method, url, body.encode(), timestamp) == signature


def test_method_is_signed_in_upper_case() -> None:
    assert sign("s", "c", "get", PROJECT, b"", 1) == sign("s", "c", "GET", PROJECT, b"", 1)
