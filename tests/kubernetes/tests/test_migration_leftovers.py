# SPDX-License-Identifier: GPL-3.0-or-later

"""The count of leftovers, on what was recorded on real nodes with Kubernetes 1.34.9, and the table of figures.

Folders of the recordings are called MODE-after-FORMER. The node changed its mode seven times in a row, so that some
have unused chains of a mode before the former one.
"""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest

from migration_bench.leftovers import READ, Leftovers, leftovers
from migration_bench.table import Measurement, left, markdown, merged

_RECORDED = Path(__file__).resolve().parents[2] / "unit/plugins/module_utils/_domain/node/modes_recorded"
_OWN_TABLES = "table ip filter\ntable ip6 filter\ntable ip nat\n"


def recorded(state: str) -> dict[str, str]:
    """As the commands of READ print it; the names of sets are recorded with their content."""
    files = {name: _RECORDED / state / f"{name}.txt" for name in READ}
    texts = {name: file.read_text(encoding="utf-8") if file.exists() else "" for name, file in files.items()}
    sets = re.findall(r"^create (\S+)", texts["ipset"], re.MULTILINE)
    tables = "table ip kube-proxy\ntable ip6 kube-proxy\n" if state.startswith("nftables") else ""
    return {**texts, "ipset": "\n".join(sets), "nft-tables": f"{_OWN_TABLES}{tables}"}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("iptables", Leftovers()),
        (
            "ipvs-after-iptables",
            # KUBE-SERVICES of table filter still rejects the Service "empty".
            Leftovers(live_chains=7, live_rejects=1, jumps=16, dead_chains=15),
        ),
        (
            "iptables-after-ipvs",
            # KUBE-IPVS-FILTER rejects, in both families.
            Leftovers(
                live_chains=6,
                live_rejects=2,
                jumps=10,
                dead_chains=6,
                ip_sets=34,
                virtual_services=5,
                interface=1,
            ),
        ),
        ("nftables-after-iptables", Leftovers(dead_chains=21, ip_sets=17)),
        ("nftables-after-ipvs", Leftovers(dead_chains=21, ip_sets=17)),
        ("ipvs-after-nftables", Leftovers(dead_chains=20)),
        ("iptables-after-nftables", Leftovers(ip_sets=17)),
    ],
)
def test_what_is_left_of_other_modes(state: str, expected: Leftovers) -> None:
    assert leftovers(recorded(state), state.partition("-")[0]) == expected


def test_the_tables_of_nftables_count_in_another_mode() -> None:
    texts = {**recorded("iptables"), "nft-tables": recorded("nftables-after-ipvs")["nft-tables"]}
    assert leftovers(texts, "iptables") == Leftovers(nft_tables=2)


def test_the_frozen_copy_counts_in_every_mode() -> None:
    texts = recorded("iptables")
    texts["iptables-save"] = texts["iptables-save"].replace(
        "*nat\n", "*nat\n:FROZEN-SERVICES - [0:0]\n-A OUTPUT -j FROZEN-SERVICES\n"
    )
    texts["nft-tables"] += "table ip kube-proxy-frozen\n"
    assert leftovers(texts, "iptables") == Leftovers(frozen=2)


def test_a_comment_does_not_lead_anywhere() -> None:
    rule = '-A INPUT -m comment --comment "says -j KUBE-IPVS-FILTER here"'
    saved = f"*filter\n:INPUT ACCEPT [0:0]\n:KUBE-IPVS-FILTER - [0:0]\n{rule}\nCOMMIT\n"
    texts = {**dict.fromkeys(READ, ""), "iptables-save": saved}
    assert leftovers(texts, "iptables") == Leftovers(dead_chains=1)


def test_chains_of_others_do_not_count() -> None:
    saved = "*filter\n:INPUT ACCEPT [0:0]\n:cali-INPUT - [0:0]\n-A INPUT -j cali-INPUT\nCOMMIT\n"
    assert not leftovers({**dict.fromkeys(READ, ""), "iptables-save": saved, "ipset": "cali40all"}, "nftables")


def test_a_short_text_of_all_that_is_left() -> None:
    found = leftovers(recorded("iptables-after-ipvs"), "iptables")
    assert left(found) == (
        "6 live chains, 2 live REJECT/DROP rules, 10 jumps, 6 unused chains, 34 IP sets, 5 IPVS services, kube-ipvs0"
    )
    assert left(Leftovers()) == "nothing"


def node(gap: float, failures: int, **changes: t.Any) -> dict[str, t.Any]:
    hold = {"survived": changes.get("survived", True)}
    return {
        "probe": {
            "longest_gap": gap,
            "failures": failures,
            "connections": 1078,
            "seconds": changes.get("seconds", 26.95),
            "targets": [{"label": "ClusterIP", "hold": hold}, {"label": "NodePort", "hold": None}],
        },
        "leftovers": changes.get("leftovers", {}),
        "unready": changes.get("unready", {"ClusterIP": True, "NodePort": True}),
    }


def measurement(way: str, **changes: t.Any) -> Measurement:
    nodes = {"node1": node(0.07, 0), "node2": node(0.07, 0)}
    return {
        "former": "iptables",
        "mode": "nftables",
        "way": way,
        "seconds": 41.2,
        "error": None,
        "nodes": nodes,
    } | changes


def rows(measurements: t.Sequence[Measurement]) -> list[str]:
    return [text for text in markdown(measurements, "v1.34.9").splitlines() if text.startswith("| iptables")]


def test_nodes_that_are_alike_are_told_once() -> None:
    (row,) = rows([measurement("ours")])
    assert row == (
        "| iptables → nftables | playbook migrate_mode | 0.07 | 0 of 1,078 | nothing | yes | survived | 41 | 100% |"
    )


def test_nodes_that_differ_are_told_one_after_the_other() -> None:
    broken = node(
        13.8, 33, survived=False, leftovers={"ip_sets": 17}, unready={"ClusterIP": True, "NodePort": False}, seconds=50
    )
    (row,) = rows([measurement("restart", nodes={"node2": broken, "node1": node(0.07, 0)})])
    assert "| 0.07 / 13.80 | 0 of 1,078 / 33 of 1,078 | nothing / 17 IP sets | yes / no (NodePort) |" in row
    assert "| survived / broke | 41 | 100% / 54% |" in row


def test_what_was_not_measured_says_why() -> None:
    (row,) = rows([measurement("delete", nodes={}, error="Not within 600 seconds:\nevery | node")])
    assert "| not measured: Not within 600 seconds: every \\| node |" in row
    assert row.replace("\\|", "").count("|") == 10


def test_a_repeated_measurement_replaces_the_former_one() -> None:
    former = [measurement("restart"), measurement("ours", seconds=1.0)]
    found = merged(former, measurement("ours", seconds=2.0))
    assert [(one["way"], one["seconds"]) for one in found] == [("ours", 2.0), ("restart", 41.2)]
