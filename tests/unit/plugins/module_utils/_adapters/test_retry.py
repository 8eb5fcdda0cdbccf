# SPDX-License-Identifier: GPL-3.0-or-later

"""The policies of repetition, as their documentation states them."""

from __future__ import annotations

import email.utils
import typing as t

import pytest
import urllib3.util.retry

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.retry import (
    KUBERNETES_READS,
    OVHCLOUD,
    transient,
)

NOW = 1_790_000_000.0


@pytest.mark.parametrize(
    ("method", "unless_received", "always"),
    [
        ("GET", True, True),
        ("HEAD", True, True),
        ("PUT", True, True),
        ("DELETE", True, False),
        ("POST", False, False),
        ("PATCH", False, False),
    ],
)
def test_what_may_be_repeated(method: str, unless_received: bool, always: bool) -> None:
    assert OVHCLOUD.may_repeat(method, received=False) is unless_received
    assert OVHCLOUD.may_repeat(method, received=True) is always


def test_waits_double_up_to_a_limit() -> None:
    waits = [OVHCLOUD.wait(attempts, 1.0, None, NOW) for attempts in range(1, 8)]
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert OVHCLOUD.wait(3, 0.25, None, NOW) == 1.0


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 1.0),
        ("-7", 1.0),
        ("86400", 60.0),
        (email.utils.formatdate(NOW + 9, usegmt=True), 9.0),
        (email.utils.formatdate(NOW - 9, usegmt=True), 1.0),
        ("soon", 1.0),
        ("", 1.0),
    ],
)
def test_retry_after_is_the_shortest_wait_within_its_limit(header: str, wait: float) -> None:
    assert OVHCLOUD.wait(1, 1.0, header, NOW) == wait


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 599])
def test_transient(status: int) -> None:
    assert transient(status)


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 409, 460, 461])
def test_not_transient(status: int) -> None:
    assert not transient(status)


def test_reads_of_kubernetes_are_repeated_and_nothing_else_is() -> None:
    policy: t.Any = urllib3.util.retry.Retry(**KUBERNETES_READS)
    for status in (429, 500, 502, 503, 504):
        assert policy.is_retry("GET", status)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert not policy.is_retry(method, 503)
    waits = []
    for _attempt in range(policy.total):
        policy = policy.increment("GET", "/", response=urllib3.HTTPResponse(status=503))
        waits.append(policy.get_backoff_time())
    assert waits == [0, 0.6, 1.2, 2.4, 4.8]
