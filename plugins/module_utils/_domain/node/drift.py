# SPDX-License-Identifier: GPL-3.0-or-later

"""How what runs on a node differs from the requested mode and scheduler."""

from __future__ import annotations

from .facts import IpvsState, KubeProxyState, VirtualService
from .ipvs_table import of_kube_proxy

#: After a change of the scheduler every virtual service may differ; a few of them say enough.
NAMED_SERVICES = 3


def drift(mode: str | None, scheduler: str | None, kube_proxy: KubeProxyState, ipvs: IpvsState) -> list[str]:
    """One sentence for each difference, without its full stop; none if no mode was requested.

    The scheduler counts only if one was requested.
    """
    if mode is None:
        return []
    found: list[str] = []
    if kube_proxy.mode is None:
        found.append(f"kube-proxy does not report its mode ({kube_proxy.error})")
    elif kube_proxy.mode != mode:
        found.append(f"kube-proxy runs in mode {kube_proxy.mode} instead of {mode}")
    if kube_proxy.healthz is not None and not kube_proxy.healthy:
        found.append(f"kube-proxy is not healthy (status {kube_proxy.healthz.status})")
    return [*found, *_of_ipvs(scheduler, ipvs)] if mode == "ipvs" else found


def _of_ipvs(scheduler: str | None, ipvs: IpvsState) -> list[str]:
    found = [] if ipvs.interface.present else [f"interface {ipvs.interface.name} is missing"]
    if ipvs.services is None:
        return [*found, f"the IPVS table could not be read ({ipvs.reason})"]
    services = of_kube_proxy(ipvs.services, ipvs.interface)
    if not services:
        found.append("the IPVS table has no virtual service of kube-proxy")
    return [*found, *_of_schedulers(scheduler, services)] if scheduler else found


def _of_schedulers(scheduler: str, services: list[VirtualService]) -> list[str]:
    others = [service for service in services if service.scheduler != scheduler]
    found = [
        f"virtual service {service.protocol} {service.address} port {service.port} has scheduler "
        f"{service.scheduler} instead of {scheduler}"
        for service in others[:NAMED_SERVICES]
    ]
    if len(others) > NAMED_SERVICES:
        more = len(others) - NAMED_SERVICES
        found.append(f"{more} more virtual services have another scheduler than {scheduler}")
    return found
