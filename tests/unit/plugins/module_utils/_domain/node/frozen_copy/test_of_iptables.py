# SPDX-License-Identifier: GPL-3.0-or-later

"""The copy of mode iptables."""

from __future__ import annotations

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.frozen_copy import names
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.frozen_copy.of_iptables import (
    copy_of_iptables,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.saved_rules import (
    SavedRules,
    read_saved,
)

#: Like kube-proxy 1.34: a load balancer IP with a source range, session affinity, accounting; and a chain of 2023.
SAVED = """\
*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:CNI-HOSTPORT-DNAT - [0:0]
:KUBE-FW-CDGGSHYLG3RE2FKL - [0:0]
:KUBE-EXT-CDGGSHYLG3RE2FKL - [0:0]
:KUBE-KUBELET-CANARY - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SEP-JBTX4DXLL56U4O7T - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-CDGGSHYLG3RE2FKL - [0:0]
:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A PREROUTING -j CNI-HOSTPORT-DNAT
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-EXT-CDGGSHYLG3RE2FKL -j KUBE-MARK-MASQ
-A KUBE-EXT-CDGGSHYLG3RE2FKL -j KUBE-SVC-CDGGSHYLG3RE2FKL
-A KUBE-FW-CDGGSHYLG3RE2FKL -s 192.0.2.0/24 -m comment --comment "web loadbalancer IP" -j KUBE-EXT-CDGGSHYLG3RE2FKL
-A KUBE-FW-CDGGSHYLG3RE2FKL -m comment --comment "other traffic to web will be dropped by KUBE-PROXY-FIREWALL"
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-NODEPORTS -d 127.0.0.0/8 -p tcp -m nfacct --nfacct-name  localhost_nps -j KUBE-EXT-CDGGSHYLG3RE2FKL
-A KUBE-NODEPORTS -p tcp -m tcp --dport 30080 -j KUBE-EXT-CDGGSHYLG3RE2FKL
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
-A KUBE-SEP-JBTX4DXLL56U4O7T -m recent --set --name KUBE-SEP-JBTX4DXLL56U4O7T -j DNAT --to-destination 1.2.3.4:80
-A KUBE-SERVICES -d 10.96.7.1/32 -p tcp -m tcp --dport 80 -j KUBE-FW-CDGGSHYLG3RE2FKL
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-SVC-AAAAAAAAAAAAAAAA -j KUBE-MARK-MASQ
-A KUBE-SVC-CDGGSHYLG3RE2FKL -m recent --rcheck --name KUBE-SEP-JBTX4DXLL56U4O7T -j KUBE-SEP-JBTX4DXLL56U4O7T
COMMIT
"""


def saved(text: str = SAVED) -> SavedRules:
    return read_saved(text, "nft", "ip")


def test_what_packets_reach_is_copied() -> None:
    chains = copy_of_iptables(saved())
    assert set(chains) == {
        "FROZEN-EXT-CDGGSHYLG3RE2FKL",
        "FROZEN-FW-CDGGSHYLG3RE2FKL",
        "FROZEN-MARK-MASQ",
        "FROZEN-NODEPORTS",
        "FROZEN-POSTROUTING",
        "FROZEN-SEP-JBTX4DXLL56U4O7T",
        "FROZEN-SERVICES",
        "FROZEN-SVC-CDGGSHYLG3RE2FKL",
    }
    # No jump leaves the copy, and the source range holds.
    assert not [rule for rules in chains.values() for rule in rules if "-j KUBE-" in rule]
    assert chains["FROZEN-FW-CDGGSHYLG3RE2FKL"] == [
        '-s 192.0.2.0/24 -m comment --comment "web loadbalancer IP" -j FROZEN-EXT-CDGGSHYLG3RE2FKL',
        '-m comment --comment "other traffic to web will be dropped by KUBE-PROXY-FIREWALL"',
    ]


def test_accounting_is_left_out() -> None:
    assert copy_of_iptables(saved())["FROZEN-NODEPORTS"] == [
        "-p tcp -m tcp --dport 30080 -j FROZEN-EXT-CDGGSHYLG3RE2FKL"
    ]


def test_lists_of_session_affinity_are_shared() -> None:
    chains = copy_of_iptables(saved())
    assert chains["FROZEN-SVC-CDGGSHYLG3RE2FKL"] == [
        "-m recent --rcheck --name KUBE-SEP-JBTX4DXLL56U4O7T -j FROZEN-SEP-JBTX4DXLL56U4O7T"
    ]


def test_names_fit_in_the_kernel() -> None:
    assert max(len(chain) for chain in copy_of_iptables(saved())) <= 28


def test_an_older_copy_goes_in_the_same_step() -> None:
    """Somebody took a jump away, and one chain is of a Service that is gone."""
    old = SAVED.replace(
        ":KUBE-SERVICES - [0:0]",
        ":KUBE-SERVICES - [0:0]\n:FROZEN-SERVICES - [0:0]\n:FROZEN-SVC-BBBBBBBBBBBBBBBB - [0:0]",
    ).replace("COMMIT", f"-A OUTPUT {names.JUMPS['OUTPUT']}\nCOMMIT")
    lines = names.lines_for(copy_of_iptables(saved(old)), saved(old))
    jumps = [line for line in lines if line.startswith(("-A OUTPUT", "-A P"))]
    assert jumps == [f"-A {chain} {names.JUMPS[chain]}" for chain in ("PREROUTING", "POSTROUTING")]
    assert lines[-1] == "-X FROZEN-SVC-BBBBBBBBBBBBBBBB"
    assert ":FROZEN-SVC-BBBBBBBBBBBBBBBB - [0:0]" in lines


def test_a_copy_that_is_in_place_needs_nothing() -> None:
    chains = copy_of_iptables(saved())
    lines = names.lines_for(chains, saved())
    there = SAVED.replace(
        "COMMIT",
        "\n".join(
            [*(line for line in lines if line.startswith(":")), *(line for line in lines if line[0] == "-"), "COMMIT"]
        ),
    )
    assert names.lines_for(chains, saved(there)) == []


def test_in_front_of_the_rules_of_kube_proxy_where_that_is_wanted() -> None:
    """Only what leads to Services: what is masqueraded does not depend on the order."""
    chains = copy_of_iptables(saved())
    lines = names.lines_for(chains, saved(), first=True)
    assert lines[-3:] == [
        f"-I PREROUTING {names.JUMPS['PREROUTING']}",
        f"-I OUTPUT {names.JUMPS['OUTPUT']}",
        f"-A POSTROUTING {names.JUMPS['POSTROUTING']}",
    ]


def test_a_copy_that_is_behind_moves_to_the_front_once() -> None:
    chains = copy_of_iptables(saved())
    copied = "".join(f":{chain} - [0:0]\n" for chain in chains)
    copied += "".join(f"-A {chain} {rule}\n" for chain, rules in chains.items() for rule in rules)
    jumps = "".join(f"-A {chain} {rule}\n" for chain, rule in names.JUMPS.items())
    behind = saved(SAVED.replace("COMMIT", f"{copied}{jumps}COMMIT"))
    assert names.lines_for(chains, behind) == []
    moved = names.lines_for(chains, behind, first=True)
    assert [line for line in moved if line.startswith(("-D", "-I"))] == [
        f"{verb} {chain} {names.JUMPS[chain]}" for verb in ("-D", "-I") for chain in ("PREROUTING", "OUTPUT")
    ]
    assert not [line for line in moved if line.startswith("-A POSTROUTING")]
    in_front = saved(SAVED.replace("\n-A", f"\n{jumps}-A", 1).replace("COMMIT", f"{copied}COMMIT"))
    assert names.lines_for(chains, in_front, first=True) == names.lines_for(chains, in_front) == []
