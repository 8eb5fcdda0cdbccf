# SPDX-License-Identifier: GPL-3.0-or-later

"""How a node differs from the requested mode and scheduler."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.drift import drift
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.facts import (
    NOT_PROBED,
    Healthz,
    Interface,
    IpvsState,
    KubeProxyState,
    VirtualService,
)

RUNNING = KubeProxyState(mode="ipvs", healthz=Healthz(200))
UNHEALTHY = KubeProxyState(mode="ipvs", healthz=Healthz(503))
SILENT = KubeProxyState(error="connection refused")


def ipvs(
    *schedulers: str, present: bool = True, on_interface: bool | None = True, reason: str | None = None
) -> IpvsState:
    """One service for each scheduler; no table if there is a reason."""
    services = tuple(
        VirtualService("TCP", scheduler, address=f"10.96.0.{at}", port=80) for at, scheduler in enumerate(schedulers, 1)
    )
    addresses = None if on_interface is None else tuple(str(service.address) for service in services if on_interface)
    interface = Interface("kube-ipvs0", present, addresses)
    return IpvsState(True, None if reason else services, reason, interface, None, (), None)


@pytest.mark.parametrize(
    ("mode", "scheduler", "kube_proxy", "state", "expected"),
    [
        (None, "lc", SILENT, ipvs(), []),
        ("ipvs", "lc", RUNNING, ipvs("lc", "lc"), []),
        ("ipvs", None, RUNNING, ipvs("lc", "rr"), []),
        ("iptables", "lc", KubeProxyState(mode="iptables"), ipvs(present=False), []),
        ("iptables", None, SILENT, ipvs(), ["kube-proxy does not report its mode (connection refused)"]),
        ("iptables", None, NOT_PROBED, ipvs(), ["kube-proxy does not report its mode (not asked)"]),
        ("iptables", None, RUNNING, ipvs("rr"), ["kube-proxy runs in mode ipvs instead of iptables"]),
        ("ipvs", None, UNHEALTHY, ipvs("rr"), ["kube-proxy is not healthy (status 503)"]),
        (
            "ipvs",
            None,
            RUNNING,
            ipvs(present=False),
            ["interface kube-ipvs0 is missing", "the IPVS table has no virtual service of kube-proxy"],
        ),
        (
            "ipvs",
            "lc",
            RUNNING,
            ipvs("rr", "lc"),
            ["virtual service TCP 10.96.0.1 port 80 has scheduler rr instead of lc"],
        ),
        # Somebody else's services do not follow kube-proxy's scheduler.
        (
            "ipvs",
            "lc",
            RUNNING,
            ipvs("rr", on_interface=False),
            ["the IPVS table has no virtual service of kube-proxy"],
        ),
        ("ipvs", "lc", RUNNING, ipvs("lc", on_interface=None), []),
        ("ipvs", "lc", RUNNING, ipvs(reason="become root"), ["the IPVS table could not be read (become root)"]),
    ],
)
def test_how_a_node_differs_from_the_request(
    mode: str | None, scheduler: str | None, kube_proxy: KubeProxyState, state: IpvsState, expected: list[str]
) -> None:
    assert drift(mode, scheduler, kube_proxy, state) == expected


def test_many_services_with_another_scheduler_are_counted() -> None:
    found = drift("ipvs", "lc", RUNNING, ipvs(*["rr"] * 5))
    assert len(found) == 4
    assert found[-1] == "2 more virtual services have another scheduler than lc"


def test_services_by_firewall_mark_are_not_of_kube_proxy() -> None:
    interface = Interface("kube-ipvs0", True, None)
    state = IpvsState(True, (VirtualService("FWM", "rr", mark=1),), None, interface, None, (), None)
    assert drift("ipvs", "lc", RUNNING, state) == ["the IPVS table has no virtual service of kube-proxy"]
