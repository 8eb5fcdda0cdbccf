# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters of every kind, as the modules would tell of them, made into a report by the filters of the role.

``python tests/pages/fleet.py 50 folder`` writes the three files of an audit of fifty clusters into the folder.
"""

from __future__ import annotations

import sys
import typing as t
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "gate"))

import collection_loader

collection_loader.install()

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import audit_results

REGIONS = ("GRA11", "SBG5", "BHS5", "WAW1", "DE1", "UK1")
VERSIONS = ("1.31.7-0", "1.33.4-2", "1.34.1-0", "1.35.2-1")
HOSTILE = '</script><img src=x onerror=alert(1)> & "quotes" \u202e'


def report(number: int) -> dict[str, t.Any]:
    """An audit of this many clusters, always the same; the third one has a name made to break pages."""
    records = [_self_hosted(place) if place % 7 == 3 else _managed(place) for place in range(number)]
    hosts = {str(place): {audit_results.RECORD: record} for place, record in enumerate(records)}
    return audit_results.audit_report(list(hosts), hosts, "2026-11-26 18:00 UTC")


def _managed(place: int) -> dict[str, t.Any]:
    name = HOSTILE if place == 2 else f"team-{place % 13}-cluster-{place}"
    mode = "ipvs" if place % 3 else "iptables"
    kube_id = f"{place:08x}-2222-3333-4444-555555555555"
    request = {"customization": {"name": name, "kube_id": kube_id} if place % 5 else {}, "info": {"name": name}}
    request["mode"] = "" if place % 11 else "ipvs"
    if place % 17 == 5:
        message = f"cluster {kube_id}: HTTP 403: This credential is not valid (query EU.ext-4.5f1c2a3b.1234)"
        return audit_results.audit_managed({"failed": True, "msg": message}, request, "", name)
    before = {"kube_proxy": {mode: {"sync_period": "PT30S"}}}
    after = {"kube_proxy": {mode: {"sync_period": "PT1M", **({"scheduler": "lc"} if mode == "ipvs" else {})}}}
    result = {
        "changed": place % 4 == 1,
        "kube_id": kube_id,
        "name": name,
        "region": REGIONS[place % len(REGIONS)],
        "status": "READY",
        "plan": "standard" if place % 19 == 8 else "free",
        "version": VERSIONS[place % len(VERSIONS)],
        "is_up_to_date": place % 6 != 0,
        "kube_proxy_mode": None if place % 19 == 8 else mode,
        "customization": after,
        "diff": {"before": before, "after": after if place % 4 == 1 else before},
    }
    found = result if request["customization"] else {"clusters": [{**result, "id": kube_id, "diff": None}]}
    return audit_results.audit_managed(found, request, "", name)


def _self_hosted(place: int) -> dict[str, t.Any]:
    mode = ("iptables", "ipvs", "nftables")[place % 3]
    config = {"mode": mode, mode: {"syncPeriod": "30s", "minSyncPeriod": "1s"}}
    desired = {"mode": mode, mode: {"syncPeriod": "1m0s", "minSyncPeriod": "1s"}}
    nodes = [f"worker-{number}" for number in range(3)]
    found = {
        "config": config,
        "effective": {**config, "clusterCIDR": "10.244.0.0/16", "conntrack": {"min": 131072}},
        "mode": mode,
        "kube_proxy_version": VERSIONS[place % len(VERSIONS)].partition("-")[0],
        "drift": [],
        "services": 90 * place % 4000,
        "nodes": [
            {"node": node, "ready": True, "up_to_date": True, "mode": mode, "sync": _sync(place + number)}
            for number, node in enumerate(nodes)
        ],
    }
    changed = place % 2 == 0
    planned = {"changed": changed, "config": desired if changed else config, "mode": mode}
    left = ["interface kube-ipvs0 (mode ipvs)"] if mode == "nftables" and place % 4 else []
    hosts = {
        node: {audit_results.NODE: node, audit_results.NODE_FOUND: {"leftovers": left, "drift": []}} for node in nodes
    }
    request = {"settings": {"name": f"on-premises-{place}", "api_host": "localhost"}}
    return audit_results.audit_self_hosted({"found": found, "planned": planned}, request, "", nodes, hosts)


def _sync(place: int) -> dict[str, t.Any]:
    return {"count": 40, "mean": round(0.01 * (place % 50 + 1), 3), "p99": round(0.03 * (place % 50 + 1), 3)}


def write(number: int, folder: Path) -> Path:
    """The files of an audit of this many clusters; returns the page."""
    folder.mkdir(parents=True, exist_ok=True)
    data = report(number)
    for kind in ("json", "xml", "html"):
        (folder / f"audit.{kind}").write_text(audit_results.audit_text(data, kind), encoding="utf-8")
    return folder / "audit.html"


if __name__ == "__main__":
    print(write(int(sys.argv[1]), Path(sys.argv[2])))
    collection_loader.remove()
