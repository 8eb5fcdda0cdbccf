# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulator of the part of OVHcloud's API that concerns Managed Kubernetes clusters."""

from .accounts import Account, Credentials
from .clusters import Cluster
from .faults import Fault
from .recorder import RecordedRequest
from .server import Simulator
from .settings import Settings

__all__ = ["Account", "Cluster", "Credentials", "Fault", "RecordedRequest", "Settings", "Simulator"]
