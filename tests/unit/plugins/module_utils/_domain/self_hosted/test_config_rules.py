# SPDX-License-Identifier: GPL-3.0-or-later

"""Every rule of config_rules, in which versions it refuses what."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import settings
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_rules import problems
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.decoding import decodes

EVERY = (20, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 33, 36, 37)


def refusals(values: dict[str, t.Any], minor: int) -> dict[str, str]:
    head = {"apiVersion": settings.API_VERSION, "kind": settings.KIND}
    return {problem.path: problem.message for problem in problems({**head, **values}, KubeProxyVersion(1, minor))}


def minors_refusing(values: dict[str, t.Any], path: str) -> list[int]:
    """The versions that refuse the values, each of them at that path and at no other."""
    found = {minor: refusals(values, minor) for minor in EVERY}
    assert all(set(each) <= {path} for each in found.values()), found
    return [minor for minor, each in found.items() if each]


ALWAYS = list(EVERY)
NEVER: list[int] = []


def up_to(last: int) -> list[int]:
    return [minor for minor in EVERY if minor <= last]


def since(first: int) -> list[int]:
    return [minor for minor in EVERY if minor >= first]


RULES: list[tuple[str, dict[str, t.Any], str, list[int]]] = [
    ("V1", {"mode": "userspace"}, "mode", since(26)),
    ("V1", {"mode": "nftables"}, "mode", up_to(30)),
    ("V1", {"mode": "nftables", "featureGates": {"AllAlpha": True}}, "mode", up_to(28)),
    ("V1", {"mode": "Ipvs"}, "mode", ALWAYS),
    ("V1", {"mode": "ipvs "}, "mode", ALWAYS),
    ("V1", {"mode": "kernelspace"}, "mode", ALWAYS),
    ("V1", {"mode": ""}, "mode", NEVER),
    ("V2a", {"iptables": {"syncPeriod": "500ms"}}, "iptables.min_sync_period", ALWAYS),
    ("V2a", {"iptables": {"syncPeriod": "1s"}}, "iptables.min_sync_period", NEVER),
    ("V2a", {"mode": "ipvs", "iptables": {"minSyncPeriod": "60s"}}, "iptables.min_sync_period", ALWAYS),
    ("V2a", {"iptables": {"minSyncPeriod": "30s"}}, "iptables.min_sync_period", NEVER),
    ("V2a", {"iptables": {"syncPeriod": "-1s"}}, "iptables.sync_period", ALWAYS),
    ("V2a", {"iptables": {"minSyncPeriod": "-1s"}}, "iptables.min_sync_period", ALWAYS),
    ("V2b", {"mode": "ipvs", "ipvs": {"minSyncPeriod": "60s"}}, "ipvs.min_sync_period", ALWAYS),
    ("V2b dormant", {"ipvs": {"minSyncPeriod": "60s"}}, "ipvs.min_sync_period", ALWAYS),
    ("V2b", {"ipvs": {"syncPeriod": "100ms"}}, "ipvs.min_sync_period", NEVER),
    ("V2c unknown before 1.29", {"nftables": {"syncPeriod": "2s"}}, "nftables", up_to(28)),
    ("V3", {"iptables": {"masqueradeBit": 32}}, "iptables.masquerade_bit", ALWAYS),
    ("V3", {"iptables": {"masqueradeBit": 31}}, "iptables.masquerade_bit", NEVER),
    ("V5", {"ipvs": {"tcpTimeout": "-1s"}}, "ipvs.tcp_timeout", ALWAYS),
    ("7.5", {"ipvs": {"tcpFinTimeout": "1.5s"}}, "ipvs.tcp_fin_timeout", ALWAYS),
    ("7.5", {"ipvs": {"udpTimeout": "2147484s"}}, "ipvs.udp_timeout", ALWAYS),
    ("7.5", {"ipvs": {"udpTimeout": "2147483s"}}, "ipvs.udp_timeout", NEVER),
    ("V6", {"ipvs": {"excludeCIDRs": ["10.0.0.0"]}}, "ipvs.exclude_cidrs", ALWAYS),
    ("V6", {"ipvs": {"excludeCIDRs": ["10.1.2.3/8", "fd00::/8"]}}, "ipvs.exclude_cidrs", NEVER),
    ("V7", {"mode": "ipvs", "ipvs": {"scheduler": "mh"}}, "ipvs.scheduler", up_to(26)),
    ("V7", {"mode": "ipvs", "ipvs": {"scheduler": "RR"}}, "ipvs.scheduler", ALWAYS),
    ("V7", {"ipvs": {"scheduler": "lblcr"}}, "ipvs.scheduler", NEVER),
    ("V8", {"oomScoreAdj": -1001}, "config.oomScoreAdj", ALWAYS),
    ("V8", {"oomScoreAdj": 1000}, "config.oomScoreAdj", NEVER),
    ("V9", {"configSyncPeriod": "-1s"}, "config.configSyncPeriod", ALWAYS),
    ("V10, unknown from 1.26 on", {"udpIdleTimeout": "-1s"}, "config.udpIdleTimeout", ALWAYS),
    ("V10, unknown from 1.26 on", {"udpIdleTimeout": "1s"}, "config.udpIdleTimeout", since(26)),
    ("V11", {"bindAddress": "localhost"}, "config.bindAddress", ALWAYS),
    ("V11", {"bindAddress": "::"}, "config.bindAddress", NEVER),
    ("V12", {"healthzBindAddress": "localhost:80"}, "config.healthzBindAddress", ALWAYS),
    ("V12", {"metricsBindAddress": "0.0.0.0:65536"}, "config.metricsBindAddress", ALWAYS),
    ("V12", {"metricsBindAddress": "192.0.2.1"}, "config.metricsBindAddress", NEVER),
    ("V13", {"nodePortAddresses": ["primary"]}, "config.nodePortAddresses", up_to(30)),
    ("V13", {"nodePortAddresses": ["primary", "10.0.0.0/8"]}, "config.nodePortAddresses", up_to(36)),
    ("V13", {"nodePortAddresses": ["all"]}, "config.nodePortAddresses", up_to(36)),
    ("V13", {"nodePortAddresses": ["10.0.0.1"]}, "config.nodePortAddresses", ALWAYS),
    ("V14", {"clusterCIDR": "10.0.0.0"}, "config.clusterCIDR", ALWAYS),
    ("V14", {"clusterCIDR": "10.0.0.0", "detectLocalMode": "NodeCIDR"}, "config.clusterCIDR", up_to(30)),
    ("V14", {"clusterCIDR": "10.0.0.0/8,fd00::/48"}, "config.clusterCIDR", [20]),
    ("V14", {"clusterCIDR": "10.0.0.0/8,11.0.0.0/8"}, "config.clusterCIDR", ALWAYS),
    ("V15", {"conntrack": {"maxPerCore": -1}}, "conntrack.max_per_core", ALWAYS),
    ("V15", {"conntrack": {"min": 0}}, "conntrack.min", NEVER),
    ("V15", {"conntrack": {"tcpCloseWaitTimeout": "-1s"}}, "conntrack.tcp_close_wait_timeout", ALWAYS),
    ("V15, unknown before 1.29", {"conntrack": {"udpTimeout": "0s"}}, "conntrack.udp_timeout", up_to(28)),
    ("V15", {"conntrack": {"udpStreamTimeout": "-1s"}}, "conntrack.udp_stream_timeout", ALWAYS),
    ("V16", {"detectLocalMode": "clustercidr"}, "config.detectLocalMode", ALWAYS),
    ("V16", {"detectLocalMode": "NodeCIDR"}, "config.detectLocalMode", NEVER),
    ("V17", {"clientConnection": {"burst": -1}}, "config.clientConnection.burst", ALWAYS),
    ("V18", {"showHiddenMetricsForVersion": "1.22"}, "config.showHiddenMetricsForVersion", [20, 22, *since(24)]),
    ("V19", {"featureGates": {"MadeUp": True}}, "config.featureGates.MadeUp", ALWAYS),
    ("V19", {"featureGates": {"EndpointSlice": False}}, "config.featureGates.EndpointSlice", since(22)),
    (
        "V19",
        {"featureGates": {"NFTablesProxyMode": True}},
        "config.featureGates.NFTablesProxyMode",
        up_to(28),
    ),
    ("V20", {"portRange": "abc"}, "config.portRange", ALWAYS),
    ("V20", {"portRange": "80+10"}, "config.portRange", NEVER),
    ("key", {"windowsRunAsService": False}, "config.windowsRunAsService", up_to(30)),
    ("key", {"iptables": {"localhostNodePorts": False}}, "iptables.localhost_nodeports", up_to(25)),
    ("key", {"conntrack": {"tcpBeLiberal": True}}, "conntrack.tcp_be_liberal", up_to(28)),
    ("key", {"logging": {"verbosity": 2}}, "config.logging", up_to(27)),
    ("logging", {"logging": {"format": "xml"}}, "config.logging.format", since(28)),
]


@pytest.mark.parametrize(("rule", "values", "path", "expected"), RULES)
def test_rule_by_version(rule: str, values: dict[str, t.Any], path: str, expected: list[int]) -> None:
    if rule == "logging":
        found = [minor for minor in EVERY if path in refusals(values, minor)]
        assert found == expected
    else:
        assert minors_refusing(values, path) == expected


def test_interface_of_the_local_traffic() -> None:
    """V16, from 1.24 on; before, the mode itself is unknown."""
    mode: dict[str, t.Any] = {"detectLocalMode": "BridgeInterface"}
    assert list(refusals(mode, 23)) == ["config.detectLocalMode"]
    assert list(refusals(mode, 24)) == ["config.detectLocal.bridgeInterface"]
    assert refusals({**mode, "detectLocal": {"bridgeInterface": "br0"}}, 24) == {}
    assert list(refusals({"detectLocalMode": "InterfaceNamePrefix"}, 24)) == ["config.detectLocal.interfaceNamePrefix"]


@pytest.mark.parametrize(
    ("given", "minor", "refused"),
    [
        ({"IPv6DualStack": True, "EndpointSlice": False}, 20, True),
        ({"AllAlpha": True, "AllBeta": False}, 20, True),
        ({"AllAlpha": True, "AllBeta": False, "EndpointSlice": True}, 20, False),
        ({"EndpointSlice": False}, 20, False),
        ({"AllAlpha": True, "AllBeta": False}, 34, False),
        ({"AllAlpha": True, "AllBeta": False}, 35, True),
        ({"AllAlpha": True, "AllBeta": False}, 36, True),
        ({"AllAlpha": True}, 36, False),
        ({"AllBeta": False}, 36, False),
        ({"WorkloadWithJob": True}, 36, True),
        ({"WorkloadWithJob": True, "GenericWorkload": True}, 36, False),
        ({"MutableCSINodeAllocatableCount": False}, 36, False),
        ({"GracefulNodeShutdown": False}, 34, False),
        ({"GracefulNodeShutdown": False}, 35, True),
    ],
)
def test_gates_that_depend_on_others(given: dict[str, bool], minor: int, refused: bool) -> None:
    """V21 and V22."""
    assert ("config.featureGates" in refusals({"featureGates": given}, minor)) is refused


def test_nftables_section_is_checked_where_it_is_known() -> None:
    """V2c and V4, from 1.29 on, in every mode."""
    values: dict[str, t.Any] = {"nftables": {"minSyncPeriod": "31s", "masqueradeBit": -1}}
    assert list(refusals(values, 29)) == ["nftables.min_sync_period", "nftables.masquerade_bit"]


def test_a_section_of_another_mode_is_not_said_to_keep_kube_proxy_from_starting() -> None:
    """V2a: from 1.31 on only mode iptables checks it. It is refused all the same, for a later change of the mode."""
    values = {"mode": "nftables", "iptables": {"minSyncPeriod": "60s"}}
    assert refusals(values, 34)["iptables.min_sync_period"] == (
        "1m0s exceeds sync_period 30s (kube-proxy's default), with which kube-proxy does not start in mode iptables; "
        "set sync_period to at least the minimum"
    )
    of_1_30 = refusals({**values, "mode": "ipvs"}, 30)["iptables.min_sync_period"]
    assert "with which kube-proxy 1.30 does not start, whatever its mode;" in of_1_30


def test_messages_say_what_is_allowed() -> None:
    found = refusals(
        {
            "mode": "Ipvs",
            "iptables": {"minSyncPeriod": "1m"},
            "ipvs": {"scheduler": "LC", "schedular": "lc", "strictArp": True},
            "nftables": {},
        },
        20,
    )
    assert "did you mean ipvs?" in found["mode"]
    assert "exceeds sync_period 30s (kube-proxy's default)" in found["iptables.min_sync_period"]
    assert "did you mean lc?" in found["ipvs.scheduler"]
    assert "did you mean ipvs.scheduler?" in found["config.ipvs.schedular"]
    assert "config: {ipvs: {schedular: null}}" in found["config.ipvs.schedular"]
    assert "did you mean ipvs.strict_arp?" in found["config.ipvs.strictArp"]
    assert "known from 1.29 on" in found["nftables"]
    assert "1s (kube-proxy's default) exceeds sync_period 500ms" in str(
        refusals({"iptables": {"syncPeriod": "500ms"}}, 31)
    )
    assert "known until 1.25" in refusals({"udpIdleTimeout": "1s"}, 26)["config.udpIdleTimeout"]
    assert "NFTablesProxyMode" in refusals({"mode": "nftables"}, 29)["mode"]


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"ipvs": {"strictARP": "true"}}, "ipvs.strict_arp"),
        ({"ipvs": {"strictARP": 1}}, "ipvs.strict_arp"),
        ({"mode": False}, "mode"),
        ({"ipvs": {"syncPeriod": 30}}, "ipvs.sync_period"),
        ({"ipvs": {"syncPeriod": ""}}, "ipvs.sync_period"),
        ({"ipvs": {"syncPeriod": None}}, "ipvs.sync_period"),
        ({"ipvs": {"syncPeriod": "PT30S"}}, "ipvs.sync_period"),
        ({"conntrack": {"tcpEstablishedTimeout": "P1D"}}, "conntrack.tcp_established_timeout"),
        ({"conntrack": {"min": 2**31}}, "conntrack.min"),
        ({"conntrack": {"min": "5"}}, "conntrack.min"),
        ({"conntrack": {"min": True}}, "conntrack.min"),
        ({"oomScoreAdj": -999.5}, "config.oomScoreAdj"),
        ({"ipvs": {"excludeCIDRs": "10.0.0.0/8"}}, "ipvs.exclude_cidrs"),
        ({"nodePortAddresses": [None]}, "config.nodePortAddresses"),
        ({"featureGates": {"EndpointSlice": "true"}}, "config.featureGates"),
        ({"clientConnection": {"qps": 4e38}}, "config.clientConnection.qps"),
        ({"clientConnection": {"qps": "5"}}, "config.clientConnection.qps"),
        ({"ipvs": []}, "ipvs"),
        ({"clientConnection": "x"}, "config.clientConnection"),
    ],
)
def test_wrong_types_are_refused(values: dict[str, t.Any], path: str) -> None:
    assert list(refusals(values, 20)) == [path]
    assert not decodes(values, KubeProxyVersion(1, 20))


@pytest.mark.parametrize(
    "values",
    [
        {"Mode": "ipvs", "ipvs": {"schedular": 5}, "madeUp": {"mode": 1}},
        {"nftables": {"syncPeriod": 5}, "windowsRunAsService": "yes", "conntrack": {"tcpBeLiberal": 1}},
        {"mode": "Ipvs", "ipvs": {"minSyncPeriod": "1h"}, "oomScoreAdj": 5000, "featureGates": {"MadeUp": True}},
    ],
)
def test_what_is_refused_may_be_readable_all_the_same(values: dict[str, t.Any]) -> None:
    """kube-proxy's lenient decoder skips keys it does not know; what it reads it only then checks."""
    assert refusals(values, 20)
    assert decodes(values, KubeProxyVersion(1, 20))


@pytest.mark.parametrize(
    "values",
    [
        {"ipvs": None, "mode": None, "featureGates": None, "nodePortAddresses": None, "oomScoreAdj": None},
        {"ipvs": {"strictARP": None, "scheduler": None, "excludeCIDRs": None}},
        {"conntrack": {"tcpEstablishedTimeout": None, "tcpCloseWaitTimeout": "0s", "min": None}},
        {"oomScoreAdj": -999.0, "clientConnection": {"qps": -1, "burst": None}},
        {"ipvs": {"syncPeriod": "1h1h"}, "iptables": {"syncPeriod": "1.5h"}},
    ],
)
def test_what_kube_proxy_decodes_is_taken(values: dict[str, t.Any]) -> None:
    assert refusals(values, 20) == {}


def test_logging_from_1_28_on() -> None:
    good = {"format": "text", "flushFrequency": 0, "verbosity": 4, "vmodule": [{"filePattern": "x", "verbosity": 1}]}
    assert refusals({"logging": good}, 28) == {}
    assert list(refusals({"logging": {"format": "json", "vmodule": good["vmodule"]}}, 28)) == ["config.logging.vmodule"]
    assert list(refusals({"logging": {"flushFrequency": "-1s"}}, 28)) == ["config.logging.flushFrequency"]
    options: dict[str, t.Any] = {"logging": {"options": {"json": {"infoBufferSize": "1Ki", "splitStream": False}}}}
    assert list(refusals(options, 28)) == ["config.logging.options.json.infoBufferSize"]
    assert refusals({**options, "featureGates": {"LoggingAlphaOptions": True}}, 28) == {}
    # From 1.31 on kube-proxy drops the value before it looks for the gate.
    split: dict[str, t.Any] = {"logging": {"options": {"json": {"splitStream": True}}}}
    assert list(refusals(split, 30)) == ["config.logging.options.json.splitStream"]
    assert refusals(split, 31) == {}


def test_table_has_every_path_once() -> None:
    assert len(settings.BY_PATH) == len(settings.FIELDS)
    assert not [path for path in settings.BY_PATH if settings.is_struct(path)]
