# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection, importable from a checkout anywhere, for the unit tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "gate"))

from hypothesis import HealthCheck, settings

import collection_loader

collection_loader.install()

# How long a machine takes says nothing about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_unconfigure() -> None:
    collection_loader.remove()
