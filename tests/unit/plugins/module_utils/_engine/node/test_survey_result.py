# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of kube_proxy_node_info from facts: every key, and null for what is not known."""

from __future__ import annotations

import dataclasses
import json

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.addresses import Endpoint
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.distribution import Distribution
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.facts import (
    NOT_PROBED,
    Backend,
    Healthz,
    Interface,
    IptablesRules,
    IptablesState,
    IpvsState,
    KernelTables,
    KubeProxyState,
    NftablesState,
    NftTable,
    NodeState,
    Timeouts,
    Tool,
    VirtualService,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.kernel_modules import Evidence
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.readiness import Node, readiness
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.request import NodeRequest
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.node.survey_result import survey_result

LOCAL = Endpoint("127.0.0.1", 1)
REQUEST = NodeRequest("ipvs", "lc", None, ("IPv4",), LOCAL, LOCAL, True, (), (), "/etc/a.conf", "/etc/b.conf")
EVIDENCE = Evidence("6.1.0-28-amd64", loaded=frozenset({"nf_conntrack"}), files={}, has_directory=True)
NOTHING_KNOWN = NodeState(
    evidence=Evidence("rolling"),
    machine="",
    distribution=Distribution(),
    kube_proxy=NOT_PROBED,
    kernel_tables=KernelTables(
        IpvsState(None, None, "why", Interface("kube-ipvs0", True, None), None, None, "why", None),
        IptablesState(False, "why", None),
        NftablesState(False, "why", None),
    ),
    tools={"nft": None},
    sysctls={"net.a": None},
    loaded_at_boot={},
    modules_load_file=None,
    sysctl_file=None,
    python_apt=False,
    systemd=False,
)
ALL_KNOWN = NodeState(
    evidence=EVIDENCE,
    machine="x86_64",
    distribution=Distribution("debian", "Debian GNU/Linux", "12", "debian"),
    kube_proxy=KubeProxyState("ipvs", LOCAL.url("/proxyMode"), {"Mode": "ipvs"}, Healthz(200, {"a": 1})),
    kernel_tables=KernelTables(
        IpvsState(
            True,
            (
                VirtualService("TCP", "lc", 60, "10.96.0.1", 443, None, (Backend("10.0.0.1", 6443, "Masq", 1, 2, 3),)),
                VirtualService("FWM", "rr", mark=0),
            ),
            None,
            Interface("kube-ipvs0", True, ("10.96.0.1",)),
            Timeouts(900, 120, 300),
            ("KUBE-CLUSTER-IP",),
            None,
            (("TCP", 30080),),
            ("10.96.0.1", "192.0.2.7"),
        ),
        IptablesState(True, None, (IptablesRules("nft", "ip", {"nat": ("KUBE-SERVICES",)}, 1, 2),)),
        NftablesState(True, None, (NftTable("ip", "kube-proxy", 24),)),
    ),
    tools={"nft": Tool("/usr/sbin/nft", "1.0.6")},
    sysctls={"net.a": "1"},
    loaded_at_boot={"nf_conntrack": "/etc/modules"},
    modules_load_file=("ip_vs",),
    sysctl_file={"net.a": "1"},
    python_apt=True,
    systemd=True,
)


def test_what_is_known() -> None:
    ready = readiness(Node(EVIDENCE, ALL_KNOWN.distribution), None, report=["nf_conntrack"])
    result = survey_result(REQUEST, ALL_KNOWN, "ipvs", ready, leftovers=["a"], drift=["b"])
    assert (
        json.loads(json.dumps(result))
        == result
        == {
            "kernel": {
                "release": "6.1.0-28-amd64",
                "version": "6.1",
                "machine": "x86_64",
                "distribution": {"id": "debian", "name": "Debian GNU/Linux", "version": "12", "family": "debian"},
                "modules_supported": True,
                "modules_disabled": False,
                "reboot_pending": False,
            },
            "modules": {
                "nf_conntrack": {
                    "state": "loaded",
                    "evidence": "/proc/modules",
                    "needed": "no",
                    "persistent": "/etc/modules",
                    "package": None,
                }
            },
            "required": {"mode": "ipvs", "load": [], "load_now": [], "missing": [], "unknown": []},
            "kube_proxy": {
                "mode": "ipvs",
                "url": "http://127.0.0.1:1/proxyMode",
                "config": {"Mode": "ipvs"},
                "healthy": True,
                "healthz": {"status": 200, "answer": {"a": 1}},
                "error": None,
            },
            "found": {
                "ipvs": {
                    "available": True,
                    "reason": None,
                    "services": [
                        {
                            "address": "10.96.0.1",
                            "port": 443,
                            "protocol": "TCP",
                            "scheduler": "lc",
                            "persistent_seconds": 60,
                            "backends": [
                                {
                                    "address": "10.0.0.1",
                                    "port": 6443,
                                    "forward": "Masq",
                                    "weight": 1,
                                    "active_connections": 2,
                                    "inactive_connections": 3,
                                }
                            ],
                        },
                        {"mark": 0, "protocol": "FWM", "scheduler": "rr", "persistent_seconds": None, "backends": []},
                    ],
                    "interface": {"name": "kube-ipvs0", "present": True, "addresses": ["10.96.0.1"]},
                    "timeouts": {"tcp": 900, "tcp_fin": 120, "udp": 300},
                    "ipsets": ["KUBE-CLUSTER-IP"],
                    "node_ports": [{"protocol": "TCP", "port": 30080}],
                    "node_addresses": ["192.0.2.7"],
                    "ipsets_reason": None,
                },
                "iptables": {
                    "available": True,
                    "reason": None,
                    "rules": [
                        {
                            "backend": "nft",
                            "family": "ip",
                            "chains": {"nat": ["KUBE-SERVICES"]},
                            "services": 1,
                            "endpoints": 2,
                        }
                    ],
                },
                "nftables": {
                    "available": True,
                    "reason": None,
                    "tables": [{"family": "ip", "name": "kube-proxy", "chains": 24}],
                },
            },
            "leftovers": ["a"],
            "drift": ["b"],
            "tools": {"nft": {"path": "/usr/sbin/nft", "version": "1.0.6"}},
            "sysctls": {"net.a": "1"},
            "modules_load_file": {"path": "/etc/a.conf", "modules": ["ip_vs"]},
            "sysctl_file": {"path": "/etc/b.conf", "sysctls": {"net.a": "1"}},
            "python_apt": True,
            "systemd": True,
        }
    )


def test_what_is_missing() -> None:
    ready = readiness(Node(EVIDENCE, Distribution()), None, extra=["zfs"])
    [missing] = survey_result(REQUEST, ALL_KNOWN, None, ready, leftovers=[], drift=[])["required"]["missing"]
    assert missing == dataclasses.asdict(ready.missing[0])


def test_what_is_not_known_is_null() -> None:
    ready = readiness(Node(NOTHING_KNOWN.evidence, NOTHING_KNOWN.distribution), None)
    result = survey_result(REQUEST, NOTHING_KNOWN, None, ready, leftovers=None, drift=[])
    assert result["kernel"]["version"] is None
    assert result["kernel"]["distribution"] == dict.fromkeys(("id", "name", "version", "family"))
    assert result["kube_proxy"] == {
        **dict.fromkeys(("mode", "url", "config", "healthy", "healthz")),
        "error": "not asked",
    }
    found = result["found"]
    assert [found["ipvs"][name] for name in ("available", "services", "timeouts", "ipsets")] == [None] * 4
    assert found["ipvs"]["interface"]["addresses"] is None
    assert (found["iptables"]["rules"], found["nftables"]["tables"]) == (None, None)
    assert (result["tools"], result["sysctls"]) == ({"nft": None}, {"net.a": None})
    assert (result["modules_load_file"]["modules"], result["sysctl_file"]["sysctls"]) == (None, None)
    assert result["leftovers"] is None
