# SPDX-License-Identifier: GPL-3.0-or-later

"""The copy of mode nftables."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.frozen_copy.of_nftables import (
    copy_of_nftables,
    same,
)

Recorded = t.Callable[[str, str], str]


def table(recorded: Recorded, family: str) -> str:
    ipv4, name, ipv6 = recorded("nftables-after-iptables", "nft-kube-proxy").partition("table ip6 kube-proxy")
    return ipv4 if family == "ip" else name + ipv6


@pytest.mark.parametrize("family", ["ip", "ip6"])
def test_a_recorded_table(recorded: Recorded, family: str) -> None:
    copy = copy_of_nftables(table(recorded, family), family)
    name = f"table {family} kube-proxy-frozen"
    # An older copy goes, and in the same step the new one comes.
    assert copy.startswith(f"add {name}\ndelete {name}\n{name} {{\n")
    assert copy.count("hook") == 5
    assert "type nat hook prerouting priority dstnat + 5; policy accept;" in copy
    assert "type nat hook output priority -95; policy accept;" in copy
    assert "type nat hook postrouting priority srcnat + 5; policy accept;" in copy
    # The check of source ranges is where it was; nothing leads to what rejects.
    assert "type filter hook prerouting priority dstnat - 10; policy accept;" in copy
    for jump in ("jump service-endpoints-check", "jump nodeport-endpoints-check", "jump cluster-ips-check"):
        assert jump not in copy
    assert copy.count("jump services") == 2


def test_the_node_asks_from_a_cluster_ip_as_soon_as_ipvs_has_made_it_local(recorded: Recorded) -> None:
    copy = copy_of_nftables(table(recorded, "ip"), "ip")
    _before, _name, output = copy.partition("chain nat-output {")
    lines = [line.strip() for line in output.partition("}")[0].splitlines()]
    assert lines[2:4] == ["ip saddr @cluster-ips meta mark set meta mark | 0x00004000", "jump services"]
    assert copy.count("saddr @cluster-ips") == 1


#: kube-proxy 1.31: one filter chain of the hook output, before DNAT, for the check and for what rejects.
OLDER = """\
table ip kube-proxy {
    comment "rules for kube-proxy"
    chain filter-output {
        type filter hook output priority -110; policy accept;
        ct state new jump service-endpoints-check
        ct state new jump firewall-check
    }

    chain filter-forward {
        type filter hook forward priority -110; policy accept;
        ct state new jump service-endpoints-check
    }

    chain nat-output {
        type nat hook output priority dstnat - 5; policy accept;
        jump services
    }
}
""".replace("    ", "\t")


def test_chains_of_older_releases() -> None:
    copy = copy_of_nftables(OLDER, "ip")
    assert (
        "\t\ttype filter hook output priority -110; policy accept;\n\t\tct state new jump firewall-check\n\t}" in copy
    )
    assert "filter-forward" not in copy
    assert "type nat hook output priority dstnat; policy accept;" in copy


def test_a_priority_that_is_not_understood() -> None:
    with pytest.raises(ValueError, match="priority 'dstnat \\* 2' of a chain of kube-proxy is not understood"):
        copy_of_nftables(OLDER.replace("dstnat - 5", "dstnat * 2"), "ip")


def test_the_order_of_elements_and_the_time_of_affinity_make_no_difference() -> None:
    one = "table ip kube-proxy-frozen {\n\tset s {\n\t\telements = { 10.0.0.1 expires 2h59m, 10.0.0.2 }\n\t}\n}\n"
    other = "table ip kube-proxy-frozen {\n\tset s {\n\t\telements = { 10.0.0.2,\n\t\t\t10.0.0.1 expires 9s }\n\t}\n}\n"
    added = f"add table ip kube-proxy-frozen\ndelete table ip kube-proxy-frozen\n{other}"
    assert same(one, added)
    assert not same(one, added.replace("10.0.0.2", "10.0.0.3"))
    assert not same("", added)
