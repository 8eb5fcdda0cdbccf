# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports to write down."""

from __future__ import annotations

import typing as t

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.audit.record import Record
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.audit.report import report

HOSTILE = "</script><img src=x>]]>&\"' \x00\x1b[31m\u202e\ud800\ufffe"


def cluster(name: str, **members: t.Any) -> dict[str, t.Any]:
    advice = [{"kind": "nothing", "reason": "as desired", "mode": None, "todo": None}]
    return {**Record("managed", name, name, **members).as_result(), "recommendations": advice}


def hostile() -> dict[str, t.Any]:
    """Texts in every place that breaks something, as a writer must not trust who made the record."""
    one = cluster(HOSTILE, region=HOSTILE, mode=HOSTILE, version=HOSTILE, drift=(HOSTILE,), status=HOSTILE)
    two = cluster(HOSTILE, error=HOSTILE, effective={HOSTILE: HOSTILE})
    for each in (one, two):
        each["recommendations"] = [{"kind": "apply", "reason": HOSTILE, "mode": HOSTILE, "todo": HOSTILE}]
    return report([one, two], HOSTILE)
