# SPDX-License-Identifier: GPL-3.0-or-later

"""What destroys a cluster's data needs ``confirm``: the cluster's name, written by the user."""

from __future__ import annotations

from ..common.printable import quoted
from .cluster import Cluster


def confirmation_problem(cluster: Cluster, confirm: str | None) -> str | None:
    """Why the operation is not confirmed, without a full stop; None when it is. No text confirms an unnamed cluster."""
    if not confirm:
        return "confirm is not set"
    return None if confirm == cluster.name else f"confirm is {quoted(confirm)}, which is not the cluster's name"
