# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the API usually works on something, for results and for messages of waits that reached their limit.

The source of the figures is what OVHcloud's guide "Creating a cluster" (of 2025-05-06) shows of Terraform, Pulumi and
CDK for Terraform: creations in 152, 241 and 435 s, deletions in 33, 96 and 76 s, without their node pools. Of a change
and of a reset it says nothing.
"""

from __future__ import annotations

CREATION = "3 to 7 minutes, according to OVHcloud's guide"
DELETION = "30 seconds to 2 minutes, according to OVHcloud's guide"
#: Of a cluster that exists: in place or by a reset.
CHANGE = "minutes; OVHcloud publishes no figure"


def under_way(status: str) -> str:
    """Of an operation that was already under way, by the status of the cluster."""
    return CREATION if status == "INSTALLING" else CHANGE
