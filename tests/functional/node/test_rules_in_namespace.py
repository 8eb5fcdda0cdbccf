# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of kube-proxy as recorded on nodes, in the kernel of this machine: the copy that answers, and what is removed.

There is no IPVS here: its table is played by what the domain makes of a recording.
"""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.facts import Interface
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.frozen_copy.plan import copy_plan
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.ip_sets import read_sets
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.ipvs_table import virtual_services
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.kernel_rules import KernelRules
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.saved_rules import read_saved

from . import namespace
from .namespace import NODE, Network, recorded

MISSING = namespace.missing_tools()
pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

WEB, ENDPOINTS = "10.96.50.50", {"172.31.250.1", "172.31.250.2"}
#: Connections after which neither of two endpoints, chosen at random, is missed: one run of five hundred million.
ENOUGH = 30
#: The answer of the first endpoint to who is masqueraded as the node.
MASQUERADED = "172.31.250.1 169.254.7.1"


@pytest.fixture
def net(tmp_path: Path) -> t.Iterator[Network]:
    network = Network(tmp_path)
    yield network
    network.close()


def load(net: Network, state: str, **replaced: str) -> None:
    """The recorded rules of a node in this state, but for the IPVS table."""
    sets = namespace.RECORDED / state / "ipset.txt"
    if sets.exists():
        # Fields of a newer ipset.
        net.run("ipset restore", text=re.sub(r" (bucketsize|initval) \S+", "", sets.read_text()))
    net.run("iptables-nft-restore", text=recorded(state, "iptables-save"))
    net.run("ip6tables-nft-restore", text=recorded(state, "ip6tables-save"))
    if (namespace.RECORDED / state / "nft-kube-proxy.txt").exists():
        net.run("nft -f -", text=recorded(state, "nft-kube-proxy"))


def only_first_endpoint(text: str) -> str:
    """Rules of a mode that knows one endpoint, so that its answers differ from those of the copy."""
    return text.replace("172.31.250.2:8081", "172.31.250.1:8081")


def flush_iptables(net: Network) -> None:
    """What kube-proxy does when it starts in mode nftables."""
    net.run(
        "iptables-nft-save | grep -e '^-A [A-Z]* .*-j KUBE-' | grep -v KUBE-FIREWALL > /run/jumps",
        "(echo '*nat'; grep -e PREROUTING -e 'nat' -e POSTROUTING /run/jumps | sed 's/^-A/-D/'; echo COMMIT)"
        " | iptables-nft-restore --noflush",
        "for chain in $(iptables-nft-save -t nat | sed -n 's/^:\\(KUBE-[^ ]*\\) .*/\\1/p'); do"
        " iptables-nft -t nat -F $chain; done",
    )


def answering(net: Network, place: str = "node") -> set[str]:
    """Who answers for the Service web."""
    return {answer.partition(" ")[0] for answer in net.ask(WEB, 80, ENOUGH, place=place)}


def nobody_answers(net: Network) -> bool:
    return net.ask(WEB, 80) == net.ask(WEB, 80, place="client") == [""]


def rules_of(saved: str) -> dict[str, dict[str, list[str]]]:
    """The rules by table and chain; kube-proxy's Go writes those of Services in any order."""
    tables = read_saved(saved, "nft", "ip").tables
    return {table: {chain: sorted(rules) for chain, rules in chains.items()} for table, chains in tables.items()}


def test_copy_of_iptables_answers_until_the_timer_removes_it(net: Network) -> None:
    load(net, "iptables")
    result = net.module(state="frozen", former_mode="iptables", lifetime=60)
    assert result["changed"] is True
    assert result["in_force"]["IPv4"] == {"iptables": 3, "ipvs": 0, "nftables": 0, "frozen_copy": True}
    assert result["timer"] == f"{net.timers()[0]}.timer"
    flush_iptables(net)
    assert answering(net) == answering(net, "client") == ENDPOINTS
    assert net.ask(NODE, 30080, place="client") == [MASQUERADED]
    # The only endpoint of a Service that asks that Service, and gets its own answer by way of the node.
    assert net.ask("10.96.50.61", 80, place="endpoints") == [MASQUERADED]
    net.time_is_up()
    assert nobody_answers(net)
    assert net.ask(NODE, 30080, place="client") == [""]
    assert "FROZEN" not in net.run("iptables-nft-save")


def test_iptables_to_nftables(net: Network) -> None:
    load(net, "iptables")
    net.module(state="frozen", former_mode="iptables")
    flush_iptables(net)
    net.run("nft -f -", text=only_first_endpoint(recorded("nftables-after-iptables", "nft-kube-proxy")))
    # The new mode is asked first.
    assert answering(net) == answering(net, "client") == {"172.31.250.1"}
    net.mode.write_text("nftables")
    announced = net.module(state="clean", mode="nftables", kubelet_version="1.34", check=True)
    before = net.run("iptables-nft-save", "ip6tables-nft-save", "nft list ruleset", "ipset save")
    result = net.module(state="clean", mode="nftables", kubelet_version="1.34")
    assert before != net.run("iptables-nft-save", "ip6tables-nft-save", "nft list ruleset", "ipset save")
    assert {**result, "timer": None} == announced
    assert result["in_force"]["IPv4"] == {"iptables": 0, "ipvs": 0, "nftables": 3, "frozen_copy": False}
    left = re.findall(r"^:((?:KUBE|FROZEN)-\S+)", net.run("iptables-nft-save", "ip6tables-nft-save"), re.MULTILINE)
    assert set(left) == {"KUBE-FIREWALL", "KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY"}
    assert net.timers() == []
    assert answering(net) == answering(net, "client") == {"172.31.250.1"}
    assert net.module(state="clean", mode="nftables", kubelet_version="1.34")["changed"] is False


def test_hostports_of_a_network_plugin_keep_working(net: Network) -> None:
    """CNI's portmap with externalSetMarkChain: KUBE-MARK-MASQ, which masquerades a pod that asks its own hostport."""
    load(net, "iptables")
    net.run(
        "iptables-nft -t nat -N CNI-HOSTPORT-DNAT",
        "iptables-nft -t nat -N CNI-DN-0123456789abcdef01234",
        "iptables-nft -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
        "iptables-nft -t nat -A CNI-HOSTPORT-DNAT -p tcp -m multiport --dports 8080 -j CNI-DN-0123456789abcdef01234",
        "iptables-nft -t nat -A CNI-DN-0123456789abcdef01234 -s 172.31.250.1/32 -p tcp -m tcp --dport 8080"
        " -j KUBE-MARK-MASQ",
        "iptables-nft -t nat -A CNI-DN-0123456789abcdef01234 -p tcp -m tcp --dport 8080"
        " -j DNAT --to-destination 172.31.250.1:80",
    )
    assert net.ask(NODE, 8080, place="endpoints") == [MASQUERADED]
    net.run("nft -f -", text=recorded("nftables-after-iptables", "nft-kube-proxy"))
    net.mode.write_text("nftables")
    announced = net.module(state="clean", mode="nftables", kubelet_version="1.34", check=True)
    result = net.module(state="clean", mode="nftables", kubelet_version="1.34")
    assert result == announced
    assert [chain["name"] for chain in result["kept"]["chains"]] == ["KUBE-MARK-MASQ"]
    assert "CNI-DN-0123456789abcdef01234 -s 172.31.250.1/32" in result["kept"]["chains"][0]["used_by"][0]
    assert (net.ask(NODE, 8080, place="endpoints"), result["warnings"]) == ([MASQUERADED], [])
    assert net.module(state="clean", mode="nftables", kubelet_version="1.34")["changed"] is False
    # What kube-proxy does when it starts in that mode.
    net.run("iptables-nft -t nat -F KUBE-MARK-MASQ")
    [warning] = net.module(state="clean", mode="nftables", kubelet_version="1.34")["warnings"]
    assert "the chain KUBE-MARK-MASQ (IPv4, backend nft, table nat), which kube-proxy has emptied" in warning


def test_nftables_to_iptables(net: Network) -> None:
    load(net, "nftables-after-ipvs")
    assert answering(net, "client") == ENDPOINTS
    first = net.module(state="frozen", former_mode="nftables")
    assert (first["changed"], first["in_force"]["IPv4"]["frozen_copy"]) == (True, True)
    second = net.module(state="frozen", former_mode="nftables")
    assert (second["changed"], len(net.timers())) == (False, 1)
    assert second["timer"] != first["timer"]
    net.run("nft 'delete table ip kube-proxy; delete table ip6 kube-proxy'")
    assert answering(net) == answering(net, "client") == ENDPOINTS
    assert net.ask(NODE, 30080, place="client") == [MASQUERADED]
    # The former mode has nothing any more: the copy stays as it is.
    assert net.module(state="frozen", former_mode="nftables")["changed"] is False
    assert answering(net) == ENDPOINTS
    net.run("iptables-nft-restore", text=only_first_endpoint(recorded("iptables-after-nftables", "iptables-save")))
    net.run("ip6tables-nft-restore", text=recorded("iptables-after-nftables", "ip6tables-save"))
    assert answering(net) == answering(net, "client") == {"172.31.250.1"}
    net.mode.write_text("iptables")
    result = net.module(state="clean", mode="iptables")
    # The sets of an ipvs before last.
    assert {name for name in result["removed"]["ip_sets"] if not name.startswith("KUBE-6-")} == set()
    assert len(result["removed"]["ip_sets"]) == 17
    assert net.run("ipset list -n") == ""
    assert "kube-proxy" not in net.run("nft list tables")
    assert answering(net) == answering(net, "client") == {"172.31.250.1"}


def test_a_copy_for_the_way_back_stands_beside_the_one_for_the_way_there(net: Network) -> None:
    """The node has not been cleaned, and goes back: one of the two copies answers, and they end together."""
    load(net, "iptables")
    net.module(state="frozen", former_mode="iptables", lifetime=60)
    flush_iptables(net)
    net.run("nft -f -", text=recorded("nftables-after-iptables", "nft-kube-proxy"))
    result = net.module(state="frozen", former_mode="nftables", lifetime=60)
    assert (result["changed"], len(net.timers())) == (True, 1)
    before, after = (result["diff"][side].splitlines() for side in ("before", "after"))
    # For IPv6 there is no Service.
    assert set(after) == {*before, "nft table ip kube-proxy-frozen"}
    net.run("nft 'delete table ip kube-proxy; delete table ip6 kube-proxy'")
    assert answering(net) == answering(net, "client") == ENDPOINTS
    # The copy of the former mode alone gets its time anew.
    net.run("nft delete table ip kube-proxy-frozen")
    assert net.module(state="frozen", former_mode="nftables", lifetime=60)["changed"] is False
    assert answering(net) == ENDPOINTS
    net.time_is_up()
    assert nobody_answers(net)
    assert "FROZEN" not in net.run("iptables-nft-save")


def test_copy_of_nftables_goes_when_the_time_is_up(net: Network) -> None:
    load(net, "nftables-after-iptables")
    net.module(state="frozen", former_mode="nftables")
    net.run("nft 'delete table ip kube-proxy; delete table ip6 kube-proxy'")
    assert answering(net) == ENDPOINTS
    net.time_is_up()
    net.time_is_up()
    assert nobody_answers(net)
    assert "frozen" not in net.run("nft list tables")


def test_absent_removes_the_copy_and_its_timer(net: Network) -> None:
    load(net, "iptables")
    net.module(state="frozen", former_mode="iptables")
    announced = net.module(state="absent", check=True)
    result = net.module(state="absent")
    assert result == announced
    assert result["changed"] is True
    assert net.timers() == []
    assert "FROZEN" not in net.run("iptables-nft-save")
    assert net.module(state="absent")["changed"] is False


def test_load_balancer_source_ranges_hold_in_a_copy_of_nftables(net: Network) -> None:
    load(net, "nftables-after-iptables")
    chain = "goto service-SUSTUHLJ-default/web/tcp/http"
    net.run(
        "nft -f -",
        text=f"""
        add element ip kube-proxy service-ips {{ 10.96.7.1 . tcp . 80 : {chain}, 10.96.7.2 . tcp . 80 : {chain} }}
        add chain ip kube-proxy firewall-SUSTUHLJ-default/web/tcp/http
        add rule ip kube-proxy firewall-SUSTUHLJ-default/web/tcp/http ip saddr != {{ 192.0.2.0/24 }} drop
        add chain ip kube-proxy firewall-SUSTUHLK-default/web/tcp/http
        add rule ip kube-proxy firewall-SUSTUHLK-default/web/tcp/http ip saddr != {{ 172.31.250.0/24 }} drop
        add element ip kube-proxy firewall-ips {{ 10.96.7.1 . tcp . 80 : goto firewall-SUSTUHLJ-default/web/tcp/http }}
        add element ip kube-proxy firewall-ips {{ 10.96.7.2 . tcp . 80 : goto firewall-SUSTUHLK-default/web/tcp/http }}
        """,
    )
    net.module(state="frozen", former_mode="nftables")
    net.run("nft 'delete table ip kube-proxy; delete table ip6 kube-proxy'")
    assert net.ask("10.96.7.1", 80, place="client") == [""]
    assert net.ask("10.96.7.2", 80, place="client") != [""]


def test_session_affinity_is_kept_from_iptables_to_its_copy(net: Network) -> None:
    load(net, "iptables")
    save = net.run("iptables-nft-save -t nat")
    for chain in ("KUBE-SEP-YFLRG6VW7OLS254S", "KUBE-SEP-JBTX4DXLL56U4O7T"):
        save = save.replace(
            f'-A {chain} -p tcp -m comment --comment "default/web:http" -m tcp',
            f'-A {chain} -p tcp -m comment --comment "default/web:http" -m recent --set --name {chain} -m tcp',
        )
        save = save.replace(
            '-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 172.31.250.1:8081" -m statistic',
            f"-A KUBE-SVC-CDGGSHYLG3RE2FKL -m recent --rcheck --seconds 10800 --reap --name {chain} -j {chain}\n"
            '-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 172.31.250.1:8081" -m statistic',
            1,
        )
    net.run("iptables-nft-restore", text=save)
    mine = answering(net, "client")
    assert len(mine) == 1
    assert net.module(state="frozen", former_mode="iptables")["changed"] is True
    assert net.module(state="frozen", former_mode="iptables")["changed"] is False
    flush_iptables(net)
    assert answering(net, "client") == mine


def test_what_iptables_left_in_ipvs_is_removed(net: Network) -> None:
    load(net, "ipvs-after-iptables")
    # Of others: a CNI's rules, and kube-router's, which begin with KUBE- as well.
    net.run(
        "iptables-nft -t nat -N CNI-HOSTPORT-DNAT",
        "iptables-nft -t nat -A PREROUTING -j CNI-HOSTPORT-DNAT",
        "iptables-nft -N KUBE-ROUTER-FORWARD",
        "iptables-nft -I FORWARD -m comment --comment 'as -j KUBE-SERVICES does' -j KUBE-ROUTER-FORWARD",
        "ipset create KUBE-SRC-ABCDEFGHIJKLMNOP hash:ip",
        "ip link add kube-ipvs0 type bridge",
    )
    net.mode.write_text("ipvs")
    sets = net.run("ipset list -n")
    result = net.module(state="clean", mode="ipvs")
    assert result["changed"] is True
    saved = net.run("iptables-nft-save")
    # The REJECT of the Service that had no endpoints (kubernetes/kubernetes#102314).
    assert "has no endpoints" not in saved
    left = set(re.findall(r"^:(KUBE-\S+|CNI\S+)", saved, re.MULTILINE))
    fresh = set(re.findall(r"^:(KUBE-\S+)", recorded("ipvs-after-nftables", "iptables-save"), re.MULTILINE))
    # What iptables had left there too, before nftables.
    of_iptables = {name for name in fresh if re.match("KUBE-(SVC|SEP|EXT)-", name)}
    of_iptables |= {"KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS", "KUBE-PROXY-CANARY"}
    assert left == fresh - of_iptables | {"KUBE-ROUTER-FORWARD", "CNI-HOSTPORT-DNAT"}
    assert '-A FORWARD -m comment --comment "as -j KUBE-SERVICES does" -j KUBE-ROUTER-FORWARD' in saved
    assert '-A INPUT -m comment --comment "kube-proxy firewall rules" -j KUBE-PROXY-FIREWALL' in saved
    assert "kubernetes load balancer firewall" not in saved
    assert net.run("ipset list -n") == sets
    assert "kube-ipvs0" in net.run("ip -brief link")
    assert net.module(state="clean", mode="ipvs")["changed"] is False


def test_what_ipvs_left_in_iptables_is_removed(net: Network) -> None:
    load(net, "iptables-after-ipvs")
    net.run("ip link add kube-ipvs0 type bridge", "ipset create KUBE-SRC-ABCDEFGHIJKLMNOP hash:ip")
    net.mode.write_text("iptables")
    announced = net.module(state="clean", mode="iptables", check=True)
    result = net.module(state="clean", mode="iptables")
    assert result == announced
    for tool, name in (("iptables", "iptables-save"), ("ip6tables", "ip6tables-save")):
        assert rules_of(net.run(f"{tool}-nft-save")) == rules_of(recorded("iptables", name))
    assert net.run("ipset list -n") == "KUBE-SRC-ABCDEFGHIJKLMNOP\n"
    assert "kube-ipvs0" not in net.run("ip -brief link")
    assert net.module(state="clean", mode="iptables")["changed"] is False
    assert answering(net, "client") == ENDPOINTS


@pytest.mark.parametrize(
    ("mode", "reported", "message"),
    [
        ("iptables", "ipvs", "runs in mode ipvs"),
        ("iptables", "", "does not report its mode"),
        ("nftables", "nftables", "no rules for IPv4 and IPv6 in the kernel yet"),
    ],
)
def test_nothing_is_removed_before_the_mode_has_taken_over(
    net: Network, mode: str, reported: str, message: str
) -> None:
    load(net, "iptables-after-ipvs")
    net.mode.write_text(reported)
    before = net.run("iptables-nft-save", "ipset save")
    result = net.module(state="clean", mode=mode)
    assert result["failed"] is True
    assert message in result["msg"]
    assert "Nothing was removed" in result["msg"]
    lines = [line for line in before.splitlines() if not line.startswith((":", "#"))]
    now = net.run("iptables-nft-save", "ipset save")
    assert lines == [line for line in now.splitlines() if not line.startswith((":", "#"))]


def test_a_copy_stays_until_its_family_is_answered(net: Network) -> None:
    """The former mode is gone, and the new one has synchronised IPv4 alone."""
    load(net, "nftables-after-iptables")
    net.run("nft add chain ip6 kube-proxy service-SUSTUHLJ-default/web/tcp/http")
    both = net.module(state="frozen", former_mode="nftables")["in_force"]
    assert both["IPv4"]["frozen_copy"] is both["IPv6"]["frozen_copy"] is True
    net.run("nft 'delete table ip kube-proxy; delete table ip6 kube-proxy'")
    net.run("iptables-nft-restore", text=recorded("iptables", "iptables-save"))
    net.mode.write_text("iptables")
    assert "has no rules for IPv6 in the kernel yet" in net.module(state="clean", mode="iptables")["msg"]
    assert net.run("nft list tables").count("kube-proxy-frozen") == 2
    net.run("ip6tables-nft-restore", text=recorded("iptables", "ip6tables-save"))
    assert net.module(state="clean", mode="iptables")["changed"] is True
    assert "frozen" not in net.run("nft list tables")


def test_nothing_to_copy(net: Network) -> None:
    result = net.module(state="frozen", former_mode="iptables")
    assert "nothing to copy" in result["msg"]
    assert net.timers() == []


TABLE = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  0A603232:0050 rr
  -> AC1FFA02:1F91      Masq    1      0          0
  -> AC1FFA01:1F91      Masq    1      0          0
UDP  0A60000A:0035 rr
  -> AC1FFA02:1F75      Masq    1      0          0
SCTP 0A60000B:0035 rr
  -> AC1FFA02:1F75      Masq    1      0          0
TCP  0A600701:0050 rr
  -> AC1FFA02:1F91      Masq    1      0          0
TCP  0A600702:0050 rr persistent 2700000 FFFFFFFF
  -> AC1FFA02:1F91      Masq    1      0          0
  -> AC1FFA01:1F91      Masq    1      0          0
TCP  AC1FFA0B:7580 rr
  -> AC1FFA01:0050      Masq    1      0          0
TCP  [fd00:0096:0000:0000:0000:0000:0000:0050]:0050 rr
  -> [fd00:0250:0000:0000:0000:0000:0000:0002]:1F91      Masq    1      0          0
  -> [fd00:0250:0000:0000:0000:0000:0000:0001]:1F91      Masq    1      0          0
"""
ADDRESSES = (WEB, "10.96.0.10", "10.96.0.11", "10.96.7.1", "10.96.7.2", "fd00:96::50")
SETS = """\
add KUBE-CLUSTER-IP 10.96.0.10,udp:53
add KUBE-CLUSTER-IP 10.96.0.11,sctp:53
add KUBE-LOAD-BALANCER 10.96.7.1,tcp:80
add KUBE-LOAD-BALANCER-FW 10.96.7.1,tcp:80
add KUBE-LOAD-BALANCER-SOURCE-CIDR 10.96.7.1,tcp:80,192.0.2.0/24
add KUBE-LOAD-BALANCER-SOURCE-IP 10.96.7.1,tcp:80,10.96.7.1
add KUBE-LOAD-BALANCER 10.96.7.2,tcp:80
add KUBE-LOAD-BALANCER-LOCAL 10.96.7.2,tcp:80
add KUBE-6-CLUSTER-IP fd00:96::50,tcp:80
"""


def kernel_of_ipvs(net: Network) -> KernelRules:
    """What the module would read of a node in mode ipvs, with a table that this kernel cannot have."""
    saved = tuple(read_saved(net.run(f"{family}tables-nft-save"), "nft", family) for family in ("ip", "ip6"))
    sets = read_sets(net.run("ipset save"))
    return KernelRules(saved, virtual_services(TABLE), Interface("kube-ipvs0", True, ADDRESSES), sets, {})


#: Chains where IPVS schedules connections: LOCAL_IN at NF_IP_PRI_NAT_SRC - 1 and LOCAL_OUT at NF_IP_PRI_NAT_DST + 2
#: (Linux: net/netfilter/ipvs/ip_vs_core.c, ip_vs_ops4). They count what is addressed to the Service.
WHERE_IPVS_IS = f"""
table ip ipvs {{
    counter local-in {{ }}
    counter local-out {{ }}
    chain in {{ type filter hook input priority 99; ip daddr {WEB} tcp dport 80 counter name local-in; }}
    chain out {{ type filter hook output priority -98; ip daddr {WEB} tcp dport 80 counter name local-out; }}
}}
"""


def seen_by_ipvs(net: Network) -> list[int]:
    """Packets to the Service web since the last time, in LOCAL_IN and in LOCAL_OUT."""
    return list(map(int, re.findall(r"packets (\d+)", net.run("nft reset counters table ip ipvs"))))


def test_new_connections_bypass_ipvs_once_the_copy_is_in_front(net: Network) -> None:
    load(net, "ipvs-after-nftables")
    net.run(
        "ip link add kube-ipvs0 type bridge",
        *(f"ip address add {address} dev kube-ipvs0" for address in ADDRESSES if ":" not in address),
    )
    net.run("nft -f -", text=WHERE_IPVS_IS)
    kernel = kernel_of_ipvs(net)
    net.run("iptables-nft-restore --noflush", text=copy_plan("ipvs", kernel, {}).restores()["nft", "ip"])
    # Behind the rules of mode ipvs, it leaves ClusterIPs to IPVS.
    assert nobody_answers(net)
    assert min(seen_by_ipvs(net)) > 0
    in_front = copy_plan("ipvs", kernel_of_ipvs(net), {}, drains=True)
    net.run("iptables-nft-restore --noflush", text=in_front.restores()["nft", "ip"])
    assert answering(net) == answering(net, "client") == ENDPOINTS
    assert seen_by_ipvs(net) == [0, 0]
    assert copy_plan("ipvs", kernel_of_ipvs(net), {}, drains=True).restores().get(("nft", "ip")) is None


def test_copy_of_ipvs(net: Network) -> None:
    """Rules of mode ipvs in this kernel, and the copy that the domain makes of a table that the kernel cannot have."""
    load(net, "ipvs-after-nftables")
    net.run("ipset restore", text=SETS)
    plan = copy_plan("ipvs", kernel_of_ipvs(net), {})
    for (_backend, family), text in plan.restores().items():
        net.run(f"{family}tables-nft-restore --noflush", text=text)
    # Read back it is what was written, so that a second run changes nothing.
    assert copy_plan("ipvs", kernel_of_ipvs(net), {}).restores() == {}
    # As long as mode ipvs has its rules, it decides about ClusterIPs.
    assert nobody_answers(net)
    for family in ("ip", "ip6"):
        net.run(f"{family}tables-nft -t nat -F KUBE-SERVICES", f"{family}tables-nft -t nat -F KUBE-POSTROUTING")
    assert answering(net) == answering(net, "client") == ENDPOINTS
    assert net.ask("10.96.0.10", 53, protocol="udp", place="client") == ["172.31.250.2"]
    assert {answer.partition(" ")[0] for answer in net.ask("fd00:96::50", 80, ENOUGH)} == {"fd00:250::1", "fd00:250::2"}
    # Masqueraded, since the client is not in the cluster; a NodePort always.
    assert net.ask(NODE, 30080, place="client") == [MASQUERADED]
    # Only from its source ranges, and from the node.
    assert net.ask("10.96.7.1", 80, place="client") == [""]
    assert net.ask("10.96.7.1", 80) != [""]
    # With externalTrafficPolicy Local an endpoint sees its client, and with session affinity always the same client.
    seen = set(net.ask("10.96.7.2", 80, ENOUGH, place="client"))
    assert len(seen) == 1
    assert seen.pop().endswith(" 172.31.250.99")
