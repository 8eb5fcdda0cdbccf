# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of a node: what follows from what was read."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.facts import (
    NOT_PROBED,
    Healthz,
    KubeProxyState,
)


@pytest.mark.parametrize(
    ("state", "healthy"),
    [
        (KubeProxyState(healthz=Healthz(200)), True),
        (KubeProxyState(healthz=Healthz(503, {"lastUpdated": "2026-11-21T06:00:00Z"})), False),
        (KubeProxyState(mode="ipvs"), None),
        (NOT_PROBED, None),
    ],
)
def test_kube_proxy_is_healthy_if_it_answers_200(state: KubeProxyState, healthy: bool | None) -> None:
    assert state.healthy is healthy


def test_a_kube_proxy_that_was_not_probed_has_a_reason_for_its_nulls() -> None:
    assert (NOT_PROBED.mode, NOT_PROBED.url, NOT_PROBED.config, NOT_PROBED.error) == (None, None, None, "not asked")
