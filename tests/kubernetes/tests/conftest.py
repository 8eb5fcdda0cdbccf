# SPDX-License-Identifier: GPL-3.0-or-later

"""The fast cluster, for its own tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kubernetes_bench.fixtures import cluster, shared_cluster

__all__ = ["cluster", "shared_cluster"]
