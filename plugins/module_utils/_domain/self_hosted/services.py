# SPDX-License-Identifier: GPL-3.0-or-later

"""Services, as far as a mode of kube-proxy treats them differently from another."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.json_types import Json

#: Seconds of ``sessionAffinityConfig.clientIP.timeoutSeconds``, of the API server.
AFFINITY_TIMEOUT = 10800
_LOCAL = "Local"


@dataclass(frozen=True)
class Service:
    """``affinity`` is the timeout of its session affinity in seconds, None without one."""

    name: str
    type: str = "ClusterIP"
    cluster_ips: tuple[str, ...] = ()
    external_ips: tuple[str, ...] = ()
    #: addresses of the load balancer that kube-proxy serves: not those of a proxy
    load_balancer_ips: tuple[str, ...] = ()
    node_ports: tuple[int, ...] = ()
    affinity: int | None = None
    local_traffic: bool = False

    @classmethod
    def of(cls, found: Json) -> Service:
        spec = found["spec"]
        config = ((spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}).get("timeoutSeconds")
        status = (found.get("status") or {}).get("loadBalancer") or {}
        single = (spec.get("clusterIP"),)
        return cls(
            name=f"{found['metadata'].get('namespace') or 'default'}/{found['metadata']['name']}",
            type=spec.get("type") or "ClusterIP",
            cluster_ips=tuple(ip for ip in spec.get("clusterIPs") or single if ip and ip != "None"),
            external_ips=tuple(spec.get("externalIPs") or ()),
            load_balancer_ips=tuple(
                entry["ip"]
                for entry in status.get("ingress") or ()
                if entry.get("ip") and entry.get("ipMode") != "Proxy"
            ),
            node_ports=tuple(port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")),
            affinity=(config or AFFINITY_TIMEOUT) if spec.get("sessionAffinity") == "ClientIP" else None,
            local_traffic=spec.get("externalTrafficPolicy") == _LOCAL,
        )
