# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of resets share: a cluster that has something to lose, and one run of a reset."""

from __future__ import annotations

import typing as t

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.local.journal import Journal
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import ResetRequest
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.locate import Address
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.reset import reset

NETWORK = "11111111-1111-1111-1111-111111111111"
SUBNET = "22222222-2222-2222-2222-222222222222"
RESTRICTIONS = ["192.0.2.0/24"]
OPEN_ID_CONNECT = {"clientId": "kube", "issuerUrl": "https://issuer.example.net"}
REQUEST = ResetRequest("ipvs")
FORCED = ResetRequest("ipvs", force=True)


def ran(rig: t.Any, kube_id: str, journal: Journal, request: ResetRequest = REQUEST, **how: t.Any) -> t.Any:
    """The report of a confirmed run; ``how`` goes to the rig's context."""
    return reset(rig.context(**how), Address(kube_id), request, "prod", journal)
