# SPDX-License-Identifier: GPL-3.0-or-later

"""The README tells the same times as results and messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed import usual_time as managed
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.rollout_plan import (
    RolloutOptions,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.usual_time import usual_time

README = Path(__file__).resolve().parents[3] / "README.md"


@pytest.mark.parametrize(
    ("task", "time"),
    [
        ("Create a managed cluster", managed.CREATION),
        ("Delete a managed cluster", managed.DELETION),
        ("Change the customization of a managed cluster, or reset it", managed.CHANGE),
        (
            "Restart kube-proxy on a self-hosted cluster",
            f"{usual_time(1, 1, RolloutOptions().min_ready_seconds)} for each node",
        ),
    ],
)
def test_readme_has_the_time(task: str, time: str) -> None:
    assert f"\n| {task} | {time} | " in README.read_text(encoding="utf-8")
