# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a rollout usually takes, in words."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.usual_time import (
    described,
    usual_time,
)


@pytest.mark.parametrize(
    ("pods", "at_a_time", "min_ready_seconds", "text"),
    [
        (1, 1, 10, "10 to 20 seconds"),
        (6, 1, 10, "60 to 120 seconds"),
        (7, 1, 10, "1 to 3 minutes"),
        (100, 1, 10, "16 to 34 minutes"),
        (100, 10, 10, "1 to 4 minutes"),
        (3, 2, 10, "20 to 40 seconds"),
        (3, 5, 10, "10 to 20 seconds"),
        (1, 1, 0, "up to 10 seconds"),
        (15, 1, 1, "up to 3 minutes"),
        (1, 1, 3600, "60 to 61 minutes"),
    ],
)
def test_time_in_words(pods: int, at_a_time: int, min_ready_seconds: int, text: str) -> None:
    assert usual_time(pods, at_a_time, min_ready_seconds) == text


def test_with_what_it_is_for() -> None:
    assert described(1, 1, 10) == "10 to 20 seconds: 1 pod, one at a time"
    assert described(5, 2, 0) == "up to 30 seconds: 5 pods, at most 2 at a time"
