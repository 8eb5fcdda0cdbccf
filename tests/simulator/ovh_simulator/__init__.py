# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulator of the part of OVHcloud's API that concerns Managed Kubernetes clusters."""

from .accounts import Account, Credentials
from .clusters import Cluster
from .faults import Fault
from .recorder import RecordedRequest
from .server import Simulator
from .settings import Settings

__all__ = ["Account", "Cluster", "Credentials", "Fault", "RecordedRequest", "Settings", "Simulator"]
