# SPDX-License-Identifier: GPL-3.0-or-later

"""Real Kubernetes for the tests: see README.md beside this package."""

from __future__ import annotations

from .audit import AuditedRequest
from .errors import BenchError, MissingProgramsError
from .fast_cluster import FastCluster
from .played_pods import Faults

__all__ = ["AuditedRequest", "BenchError", "FastCluster", "Faults", "MissingProgramsError"]
