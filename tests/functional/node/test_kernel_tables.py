# SPDX-License-Identifier: GPL-3.0-or-later

"""What is found in the kernel, which tools run to read it, and which do not run."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.migration_findings import (
    ModeChange,
    NodeFacts,
    node_findings,
)

TABLE = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  0A600001:01BB lc
"""
SETS = """\
create KUBE-NODE-PORT-TCP bitmap:port range 0-65535
add KUBE-NODE-PORT-TCP 30080
create mine hash:ip family inet hashsize 1024 maxelem 65536
add mine 192.0.2.1
create KUBE-CLUSTER-IP hash:ip,port family inet hashsize 1024 maxelem 65536
add KUBE-CLUSTER-IP 10.96.0.1,tcp:443
"""
#: The kernel's addresses, those of kube-ipvs0 among them.
FIB_TRIE = """\
Local:
  +-- 0.0.0.0/0 3 0 5
        |-- 10.96.0.1
           /32 host LOCAL
        |-- 192.0.2.7
           /32 host LOCAL
"""
LEGACY = "*nat\n:KUBE-SERVICES - [0:0]\n:KUBE-SVC-ABCDEFGHIJKLMNOP - [0:0]\nCOMMIT\n"


def test_ipvs_that_is_in_use(node: t.Any) -> None:
    node.kernel("6.1.0-28-amd64", loaded=["ip_vs", "ip_set"])
    node.write("/proc/net/ip_vs", TABLE)
    node.write("/sys/class/net/kube-ipvs0/address", "")
    node.tool("ip", "-o address show dev kube-ipvs0", "7: kube-ipvs0    inet 10.96.0.1/32 scope global kube-ipvs0\n")
    node.tool("ipvsadm", "-L --timeout", "Timeout (tcp tcpfin udp): 900 120 300\n")
    node.tool("ipset", "save", SETS)
    node.write("/proc/net/fib_trie", FIB_TRIE)
    node.write("/proc/net/if_inet6", "20010db8000000000000000000000007 02 40 00 80     eth0\n")
    result = node.survey()
    assert result["found"]["ipvs"] == {
        "available": True,
        "reason": None,
        "services": [
            {
                "address": "10.96.0.1",
                "port": 443,
                "protocol": "TCP",
                "scheduler": "lc",
                "persistent_seconds": None,
                "backends": [],
            }
        ],
        "interface": {"name": "kube-ipvs0", "present": True, "addresses": ["10.96.0.1"]},
        "timeouts": {"tcp": 900, "tcp_fin": 120, "udp": 300},
        "ipsets": ["KUBE-CLUSTER-IP", "KUBE-NODE-PORT-TCP"],
        "node_ports": [{"protocol": "TCP", "port": 30080}],
        "node_addresses": ["192.0.2.7", "2001:db8::7"],
        "ipsets_reason": None,
    }


def test_node_ports_are_not_taken_for_virtual_servers_of_others(node: t.Any) -> None:
    """They have an address of the node, as those of keepalived have: here 192.0.2.7 with ports 30080 and 80."""
    node.kernel("6.1.0-28-amd64", loaded=["ip_vs", "ip_set"])
    node.write("/proc/net/ip_vs", TABLE + "TCP  C0000207:7580 rr\nTCP  C0000207:0050 rr\nTCP  C0000264:7580 wlc\n")
    node.write("/proc/net/fib_trie", FIB_TRIE)
    node.write("/sys/class/net/kube-ipvs0/address", "")
    node.tool("ip", "-o address show dev kube-ipvs0", "7: kube-ipvs0    inet 10.96.0.1/32 scope global kube-ipvs0\n")
    node.tool("ipset", "save", SETS)
    facts = NodeFacts.of("worker-1", node.survey(mode="nftables", kube_proxy_version="1.34"))
    change = ModeChange("ipvs", "nftables", KubeProxyVersion.parse("1.34.9"))
    told = [finding.what for finding in node_findings(facts, change) if "virtual servers" in finding.what]
    assert len(told) == 1
    # 192.0.2.100 is keepalived's, and this node its backup: not even the port of a NodePort makes it kube-proxy's.
    assert "not kube-proxy's (TCP 192.0.2.7:80, TCP 192.0.2.100:30080), and" in told[0]


def test_scheduler_in_use_is_there_even_if_nothing_else_shows_it(node: t.Any) -> None:
    node.kernel("6.6.0", modules=(), loaded=None).write("/proc/net/ip_vs", TABLE)
    node.write("/proc/sys/net/ipv4/vs/conntrack", "1\n")
    modules = node.survey(mode="ipvs", scheduler="lc", kube_proxy_version="1.31")["modules"]
    assert (modules["ip_vs"]["state"], modules["ip_vs_lc"]["state"]) == ("functional", "functional")


@pytest.mark.parametrize(("config", "seconds"), [({"HZ": "1000"}, 2700), ({"HZ_1000": "n"}, 10800), ({}, 10800)])
def test_time_of_session_affinity(node: t.Any, config: dict[str, str], seconds: int) -> None:
    """The kernel shows ticks; without its configuration those of most kernels are assumed."""
    node.kernel("6.1.0-28-amd64", loaded=["ip_vs"]).config(**config)
    node.write("/proc/net/ip_vs", TABLE.replace("lc\n", "lc persistent 2700000 FFFFFFFF\n"))
    [service] = node.survey()["found"]["ipvs"]["services"]
    assert service["persistent_seconds"] == seconds


def test_tools_that_are_missing_leave_nulls_with_reasons(node: t.Any) -> None:
    node.kernel("6.1.0-28-amd64", loaded=["ip_vs", "ip_set", "nf_tables"])
    node.write("/proc/net/ip_vs", TABLE)
    node.write("/proc/net/ip_tables_names", "nat\n")
    node.write("/sys/class/net/kube-ipvs0/address", "")
    found = node.survey()["found"]
    assert (found["ipvs"]["ipsets"], found["ipvs"]["ipsets_reason"]) == (None, "ipset is not installed")
    assert (found["ipvs"]["timeouts"], found["ipvs"]["interface"]["addresses"]) == (None, None)
    assert (found["iptables"]["available"], found["iptables"]["rules"]) == (False, None)
    assert "iptables-legacy-save is not installed" in found["iptables"]["reason"]
    assert (found["nftables"]["available"], found["nftables"]["tables"]) == (False, None)
    assert "nft" in found["nftables"]["reason"]


def test_tools_that_fail_leave_nulls_with_their_messages(node: t.Any) -> None:
    node.kernel("6.1.0-28-amd64", loaded=["ip_set", "nf_tables"])
    node.tool("ipset", "save", error="ipset save failed with status 1: you must be root")
    node.tool("nft", "list chains", error="nft list chains failed with status 1: Operation not permitted")
    found = node.survey()["found"]
    assert found["ipvs"]["ipsets"] is found["ipvs"]["node_ports"] is None
    assert "you must be root" in found["ipvs"]["ipsets_reason"]
    assert (found["nftables"]["tables"], found["iptables"]["available"]) == (None, False)
    assert "not permitted" in found["nftables"]["reason"]


def test_tables_that_cannot_be_read_are_unknown(node: t.Any) -> None:
    node.kernel("6.1.0-28-amd64", loaded=["ip_vs"])
    # Root may read any file, and nobody a directory.
    for path in ("/proc/net/ip_vs", "/proc/net/ip_tables_names"):
        (node.root / path.lstrip("/")).mkdir(parents=True)
    found = node.survey()["found"]
    assert (found["ipvs"]["services"], found["iptables"]["available"]) == (None, False)
    assert "become root" in found["ipvs"]["reason"]
    assert "become root" in found["iptables"]["reason"]


def test_table_that_is_not_understood_is_unknown(node: t.Any) -> None:
    node.kernel("6.1.0-28-amd64", loaded=["ip_vs"]).write("/proc/net/ip_vs", TABLE + "SCTP ? ?\n")
    ipvs = node.survey()["found"]["ipvs"]
    assert ipvs["services"] is None
    assert ipvs["reason"] == "/proc/net/ip_vs has a line that is not understood: 'SCTP ? ?'"


def everything_installed(node: t.Any) -> None:
    for name in (
        "ip",
        "ipset",
        "ipvsadm",
        "iptables",
        "iptables-save",
        "iptables-nft-save",
        "nft",
        "conntrack",
        "sysctl",
    ):
        node.tool(name, out=f"{name} v1.2.3")


def test_no_tool_runs_that_would_load_a_module(node: t.Any) -> None:
    node.kernel("6.1.0-28-amd64", loaded=[])
    everything_installed(node)
    result = node.survey(mode="ipvs")
    assert {argv[0] for argv in node.ran} == {"/usr/sbin/conntrack", "/usr/sbin/modprobe"}
    assert result["tools"]["ipvsadm"] == {"path": "/usr/sbin/ipvsadm", "version": None}
    assert result["tools"]["conntrack"] == {"path": "/usr/sbin/conntrack", "version": "1.2.3"}
    # Without the modules the kernel has nothing of them, which is known.
    assert result["found"]["ipvs"]["services"] == result["found"]["ipvs"]["ipsets"] == []
    assert (result["found"]["iptables"]["rules"], result["found"]["nftables"]["tables"]) == ([], [])
    assert result["found"]["iptables"]["available"] is True


def test_each_command_runs_once(node: t.Any) -> None:
    node.kernel("6.1.0-28-amd64", loaded=["ip_vs", "ip_set", "nf_tables", "nfnetlink", "ip_tables"])
    node.write("/proc/net/ip_vs", TABLE)
    node.write("/proc/net/ip_tables_names", "nat\n")
    node.write("/proc/net/ip6_tables_names", "nat\n")
    everything_installed(node)
    versions = {name: tool["version"] for name, tool in node.survey(mode="ipvs")["tools"].items() if tool}
    assert len(node.ran) == len(set(node.ran))
    assert versions["ipvsadm"] == versions["nft"] == versions["iptables"] == "1.2.3"


def test_legacy_tables_of_an_iptables_that_has_no_other(node: t.Any) -> None:
    node.kernel("4.18.0", loaded=["ip_tables", "nfnetlink"]).write("/proc/net/ip_tables_names", "nat\n")
    node.tool("iptables", out="iptables v1.6.1").tool("iptables-save", "", LEGACY)
    iptables = node.survey()["found"]["iptables"]
    assert [(rule["backend"], rule["family"], rule["services"]) for rule in iptables["rules"]] == [("legacy", "ip", 1)]


def test_legacy_tables_beside_an_iptables_for_nf_tables_are_unknown(node: t.Any) -> None:
    node.kernel("5.14.0", loaded=["ip_tables", "nfnetlink"]).write("/proc/net/ip_tables_names", "nat\n")
    node.tool("iptables", out="iptables v1.8.10 (nf_tables)").tool("iptables-save", "", LEGACY)
    iptables = node.survey()["found"]["iptables"]
    assert (iptables["available"], iptables["reason"]) == (False, "iptables-legacy-save is not installed")


def test_iptables_for_nf_tables_shows_its_chains_but_no_other_tables(node: t.Any) -> None:
    node.kernel("5.14.0", loaded=["nf_tables", "nfnetlink"])
    node.tool("iptables", out="iptables v1.8.10 (nf_tables)")
    node.tool("iptables-save", "", LEGACY).tool("ip6tables-save", "", "")
    found = node.survey()["found"]
    assert [(rule["backend"], rule["services"]) for rule in found["iptables"]["rules"]] == [("nft", 1)]
    assert found["iptables"]["available"] is True
    assert (found["nftables"]["tables"], found["nftables"]["reason"]) == (None, "nft is not installed")


def test_tool_is_found_where_sudo_does_not_look(node: t.Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "bin:/usr/bin")
    assert node.tool("nft").kernel("6.1.0").survey()["tools"]["nft"]["path"] == "/usr/sbin/nft"
