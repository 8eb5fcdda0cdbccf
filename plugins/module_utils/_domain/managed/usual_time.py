# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the API usually works on something, for results and for messages of waits that reached their limit.

The source of the figures is OVHcloud's guide about creating a cluster. Of a change and of a reset it says nothing.
"""

from __future__ import annotations

CREATION = "about 4 minutes, according to OVHcloud's guide"
DELETION = "about 40 seconds, according to OVHcloud's guide"
#: Of a cluster that exists: in place or by a reset.
CHANGE = "minutes; OVHcloud publishes no figure"


def under_way(status: str) -> str:
    """Of an operation that was already under way, by the status of the cluster."""
    return CREATION if status == "INSTALLING" else CHANGE
