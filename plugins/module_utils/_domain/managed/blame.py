# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a cluster is not as desired although the API accepted the request: the API itself, or somebody else.

OVHcloud's support is named only where nobody but the API can be the cause.
"""

from __future__ import annotations

from .cluster import Cluster
from .desired import Desired

#: Nothing but a creation or a reset sets these.
_ONLY_BY_RESET = {"kube_proxy_mode", "private_network_id", "nodes_subnet_id"}

_BY_THE_API = "The API accepted the request and did something else; report it to OVHcloud's support"
_BY_SOMEBODY_ELSE = (
    "It was as requested, and was changed by somebody else meanwhile. Settle who decides about it, then run again"
)
_BY_EITHER = (
    "It was changed by somebody else meanwhile, or the API did something else than it accepted. Look at the cluster, "
    "then run again"
)


def cause(desired: Desired, read: Cluster, before: Cluster | None = None, seen_in_force: bool = False) -> str:
    """One or two sentences, without the last full stop, to follow the differences between ``read`` and ``desired``.

    ``before`` is the cluster as it was when an existing one was changed, None after a creation or a reset.
    ``seen_in_force`` says that a read after the request showed what was requested.
    """
    if seen_in_force:
        return _BY_SOMEBODY_ELSE
    different = desired.differences(read)
    if before is None:
        only_the_api = all(difference.option in _ONLY_BY_RESET for difference in different)
    else:
        # Somebody else would have had to bring back exactly what there was.
        only_the_api = different == desired.differences(before) and read.customization == before.customization
    return _BY_THE_API if only_the_api else _BY_EITHER
