# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from task_play import Play

from ovh_simulator import Simulator


@pytest.fixture
def play(sim: Simulator, tmp_path: Path) -> Play:
    return Play(sim, tmp_path)
