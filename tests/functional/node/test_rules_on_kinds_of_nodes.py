# SPDX-License-Identifier: GPL-3.0-or-later

"""kube_proxy_node_rules on nodes that lack something, and in which order it does what it does."""

from __future__ import annotations

import http.server
import threading
import typing as t
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.node import ipvs_netlink
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.node.node_files import Files
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.node.rules import RulesError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.node.tools import Output, Tools
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import RefusedError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.rules_request import rules_request
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.report import Report
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.run import EngineError, Run
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.node.clean import clean
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.node.freeze import freeze, remove_copy
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.node_rules_module import (
    KUBE_PROXY_NODE_RULES,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.options import waiting

RECORDED = Path(__file__).resolve().parents[2] / "unit/plugins/module_utils/_domain/node/modes_recorded"
OPERATIONS = {"clean": clean, "frozen": freeze, "absent": remove_copy}
TIMERS = "list-units --plain --no-legend --full kube-proxy-frozen-copy-*.timer"


def recorded(state: str, name: str) -> str:
    return (RECORDED / state / f"{name}.txt").read_text(encoding="utf-8")


class KubeProxy:
    """Reports a mode; each one in turn, the last one for ever."""

    def __init__(self) -> None:
        modes = self.modes = ["iptables"]

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = (modes.pop(0) if len(modes) > 1 else modes[0]).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def kube_proxy() -> t.Iterator[KubeProxy]:
    started = KubeProxy()
    yield started
    started.server.shutdown()
    started.server.server_close()


@pytest.fixture(autouse=True)
def deleted(node: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The IPVS table of the machine that runs the tests stays as it is."""

    def delete(services: t.Iterable[t.Any]) -> None:
        node.ran.append(("netlink", *(f"{service.address}:{service.port}" for service in services)))

    monkeypatch.setattr(ipvs_netlink, "delete_services", delete)


def node_after(node: t.Any, state: str, *, nft: bool = True, ipset: bool = True, systemd: bool = True) -> t.Any:
    """A node in a recorded state, with the tools that it has."""
    node.kernel("6.1.0-28-amd64", loaded=["ip_vs", "ip_set", "nf_tables", "nfnetlink"])
    node.tool("iptables", out="iptables v1.8.9 (nf_tables)")
    for family in ("ip", "ip6"):
        node.tool(f"{family}tables-save", "", recorded(state, f"{family}tables-save"))
        node.tool(f"{family}tables-restore", "--noflush --wait=10")
    if nft:
        node.tool("nft", "list chains")
    if ipset:
        node.tool("ipset", "save", recorded(state, "ipset") if "ipvs" in state else "")
        node.tool("ipset", "-exist restore")
    if "ipvs" in state:
        node.write("/proc/net/ip_vs", recorded(state, "ip_vs"))
        node.write("/sys/class/net/kube-ipvs0/address", "")
        node.tool("ip", "-o address show dev kube-ipvs0", recorded(state, "kube-ipvs0"))
        node.tool("ip", "link delete kube-ipvs0")
    if systemd:
        node.write("/run/systemd/system/example", "")
        node.tool("systemctl", TIMERS).tool("systemd-run")
    return node


def run(node: t.Any, kube_proxy: KubeProxy | None = None, *, check: bool = False, **options: t.Any) -> Report:
    defaults = {name: option.get("default") for name, option in KUBE_PROXY_NODE_RULES.argument_spec.items()}
    address = {} if kube_proxy is None else {"metrics_address": kube_proxy.address}
    given = {**defaults, **address, **options}
    node.ran.clear()
    work: Run[Tools] = Run(Tools(Files(node.root), node.run), check, waiting(given), clock=node.clock())
    try:
        return OPERATIONS[given["state"]](work, rules_request(given))
    finally:
        node.warnings = [notice.text for notice in work.warnings]


def changes(node: t.Any) -> list[str]:
    """Commands that change something, by their first words."""
    reading = ("-save", "list", "save", "address", "list-units", "--version")
    return [
        " ".join(argv).rpartition("/")[2] if argv[0] != "/bin/sh" else "sh"
        for argv in node.ran
        if not argv[0].endswith("-save") and not set(argv[1:]) & set(reading) and argv[1:2] != ("-o",)
    ]


def test_order_of_what_is_removed(node: t.Any, kube_proxy: KubeProxy) -> None:
    """What refuses packets first; what shows which services are kube-proxy's, and what uses sets, before those."""
    node_after(node, "iptables-after-ipvs")
    with pytest.raises(EngineError, match=r"Not everything is gone .* chain KUBE-IPVS-FILTER"):
        run(node, kube_proxy, mode="iptables")
    assert changes(node) == [
        "iptables-restore --noflush --wait=10",
        "ip6tables-restore --noflush --wait=10",
        "netlink 172.31.250.11:30080 10.96.0.1:443 10.96.50.50:80 10.96.50.60:80 10.96.50.61:80",
        "ip link delete kube-ipvs0",
        "ipset -exist restore",
    ]
    assert node.texts[-1].splitlines()[0] == "destroy KUBE-6-CLUSTER-IP"


def test_check_mode_changes_nothing(node: t.Any, kube_proxy: KubeProxy) -> None:
    node_after(node, "iptables-after-ipvs")
    report = run(node, kube_proxy, mode="iptables", check=True)
    assert (report.changed, changes(node)) == (True, [])
    assert len(report.facts["removed"]["ip_sets"]) == 34
    assert report.facts["in_force"]["IPv4"] == {"iptables": 3, "ipvs": 0, "nftables": 0, "frozen_copy": False}
    assert isinstance(report.diff, dict)
    assert "IPVS virtual service TCP 10.96.0.1 port 443\n" in report.diff["before"]
    assert report.diff["after"] == ""


def busy(connections: int) -> str:
    return recorded("iptables-after-ipvs", "ip_vs").replace("Masq    1      0", f"Masq    1      {connections}", 1)


def test_connections_through_ipvs_have_time_to_end(node: t.Any, kube_proxy: KubeProxy) -> None:
    node_after(node, "iptables-after-ipvs").write("/proc/net/ip_vs", busy(2))
    node.meanwhile = lambda: node.now > 20 and node.write("/proc/net/ip_vs", busy(0))
    with pytest.raises(EngineError):
        run(node, kube_proxy, mode="iptables", drain_timeout=60.0)
    assert 20 < node.now < 30
    # New connections do not go there any more: its rules went before.
    assert changes(node)[0].startswith("iptables-restore")


def test_connections_that_do_not_end_are_cut_off_when_the_time_is_over(node: t.Any, kube_proxy: KubeProxy) -> None:
    node_after(node, "iptables-after-ipvs").write("/proc/net/ip_vs", busy(2))
    with pytest.raises(EngineError):
        run(node, kube_proxy, mode="iptables", drain_timeout=10.0)
    assert node.now == 10
    assert "ip link delete kube-ipvs0" in changes(node)
    assert run(node, kube_proxy, mode="iptables", check=True).facts["connections"] == 2


def test_waits_until_kube_proxy_has_taken_over(node: t.Any, kube_proxy: KubeProxy) -> None:
    node_after(node, "iptables-after-ipvs")
    kube_proxy.modes[:] = ["ipvs", "ipvs", "iptables"]
    assert run(node, kube_proxy, mode="iptables", wait_timeout=60.0, check=True).changed
    assert node.now == 6


def test_a_mode_that_does_not_come(node: t.Any, kube_proxy: KubeProxy) -> None:
    node_after(node, "iptables-after-ipvs")
    kube_proxy.modes[:] = ["ipvs"]
    with pytest.raises(RefusedError, match=r"^kube-proxy runs in mode ipvs\. Nothing was removed"):
        run(node, kube_proxy, mode="iptables", wait_timeout=9.0)
    assert changes(node) == []


def test_a_mode_without_rules_yet(node: t.Any, kube_proxy: KubeProxy) -> None:
    node_after(node, "ipvs-after-iptables")
    with pytest.raises(RefusedError, match="has no rules for IPv4 in the kernel yet"):
        run(node, kube_proxy, mode="iptables")


def test_missing_ipset_is_named_before_anything_is_removed(node: t.Any, kube_proxy: KubeProxy) -> None:
    node_after(node, "iptables-after-ipvs", ipset=False)
    with pytest.raises(RulesError, match=r"ipset is not installed .* install the package ipset"):
        run(node, kube_proxy, mode="iptables")
    assert changes(node) == []


def test_nft_may_be_missing_between_iptables_and_ipvs(node: t.Any, kube_proxy: KubeProxy) -> None:
    node_after(node, "iptables-after-ipvs", nft=False)
    assert run(node, kube_proxy, mode="iptables", check=True).changed
    assert node.warnings == ["nft is not installed, so that a table that mode nftables may have left is not seen"]
    for options in ({"mode": "nftables"}, {"state": "frozen", "former_mode": "nftables"}):
        with pytest.raises(RulesError, match=r"nft is not installed .* install the package nftables"):
            run(node, kube_proxy, **options)


def test_iptables_of_the_wrong_backend(node: t.Any, kube_proxy: KubeProxy) -> None:
    node_after(node, "iptables-after-ipvs").write("/proc/net/ip_tables_names", "nat\n")
    with pytest.raises(RulesError, match="iptables-legacy-save is not installed"):
        run(node, kube_proxy, mode="iptables")


def test_rules_that_this_iptables_does_not_understand(node: t.Any, kube_proxy: KubeProxy) -> None:
    node_after(node, "iptables-after-ipvs")
    node.tool("iptables-save", "", "# Table `nat' is incompatible, use 'nft' tool.\n")
    with pytest.raises(RulesError, match=r"table nat has rules .* newer iptables"):
        run(node, kube_proxy, mode="iptables")


def test_no_tool_runs_that_would_load_a_module(node: t.Any, kube_proxy: KubeProxy) -> None:
    node_after(node, "iptables-after-ipvs").kernel("6.1.0-28-amd64", loaded=[])
    (node.root / "proc/net/ip_vs").unlink()
    (node.root / "sys/class/net/kube-ipvs0/address").unlink()
    (node.root / "sys/class/net/kube-ipvs0").rmdir()
    with pytest.raises(RefusedError):
        run(node, kube_proxy, mode="iptables")
    assert node.ran == []


def test_no_copy_without_systemd(node: t.Any) -> None:
    node_after(node, "iptables", systemd=False)
    with pytest.raises(RulesError, match="This node does not run systemd"):
        run(node, state="frozen", former_mode="iptables")
    assert node.ran == []


def test_the_timer_is_there_before_the_copy_and_the_older_one_until_then(node: t.Any) -> None:
    node_after(node, "iptables")
    old = "kube-proxy-frozen-copy-5.timer"
    node.tool("systemctl", TIMERS, f"{old} loaded active waiting Remove\n").tool("systemctl", f"stop {old}")
    started: list[tuple[str, ...]] = []

    def systemd_run(argv: t.Sequence[str], text: str | None = None) -> Output:
        if argv[0].endswith("systemd-run"):
            started.append(tuple(argv))
            return Output("")
        return t.cast(Output, type(node).run(node, argv, text))

    node.run = systemd_run
    # What is read back afterwards is what was there before.
    with pytest.raises(EngineError, match="The frozen copy is not complete"):
        run(node, state="frozen", former_mode="iptables", lifetime=60)
    [argv] = started
    assert "--unit=kube-proxy-frozen-copy-1000000" in argv
    assert {"--on-active=60s", "--collect", "--property=Restart=on-failure"} <= set(argv)
    assert argv[-3:-1] == ("/bin/sh", "-c")
    assert "iptables-save -t nat" in argv[-1]
    assert changes(node) == [f"systemctl stop {old}", "iptables-restore --noflush --wait=10"]


def test_a_timer_that_does_not_start_leaves_no_copy(node: t.Any) -> None:
    node_after(node, "iptables")
    with pytest.raises(RulesError, match="so none was made"):
        run(node, state="frozen", former_mode="iptables")
    assert [text for text in node.texts if "FROZEN" in text] == []


def test_a_copy_of_ipvs_needs_the_ports_of_its_sets(node: t.Any) -> None:
    node_after(node, "ipvs-after-nftables")
    report = run(node, state="frozen", former_mode="ipvs", check=True)
    assert (report.changed, changes(node)) == (True, [])
    assert report.facts["in_force"]["IPv4"] == {"iptables": 0, "ipvs": 4, "nftables": 0, "frozen_copy": True}
    assert report.facts["in_force"]["IPv6"]["frozen_copy"] is False
    assert report.facts["timer"] is None


def restoring(node: t.Any) -> None:
    """iptables-restore does what it is told, as far as the copy is concerned, and systemd-run starts a timer."""
    plain = node.run

    def run_it(argv: t.Sequence[str], text: str | None = None) -> Output:
        if argv[0].endswith("systemd-run"):
            return Output("")
        done = t.cast(Output, plain(argv, text))
        if argv[0].endswith("/iptables-restore") and text is not None:
            lines = [line.replace("-I ", "-A ") for line in text.splitlines() if line.startswith((":", "-A", "-I"))]
            before, nat, after = recorded("ipvs-after-nftables", "iptables-save").partition("*nat\n")
            node.tool("iptables-save", "", before + nat + after.replace("COMMIT", "\n".join([*lines, "COMMIT"]), 1))
        return done

    node.run = run_it


def with_connections(number: int) -> str:
    return recorded("ipvs-after-nftables", "ip_vs").replace("Masq    1      0", f"Masq    1      {number}", 1)


def test_connections_have_time_to_end_while_the_copy_takes_new_ones(node: t.Any) -> None:
    node_after(node, "ipvs-after-nftables").write("/proc/net/ip_vs", with_connections(2))
    restoring(node)
    in_place: list[bool] = []

    def meanwhile() -> None:
        in_place.append(any("-I PREROUTING" in text for text in node.texts))
        if node.now > 20:
            node.write("/proc/net/ip_vs", with_connections(0))

    node.meanwhile = meanwhile
    report = run(node, state="frozen", former_mode="ipvs", drain_timeout=60.0)
    assert (report.facts["connections"], all(in_place)) == (0, True)
    assert 20 < node.now < 30


def test_connections_that_do_not_end_are_told_when_the_time_is_over(node: t.Any) -> None:
    node_after(node, "ipvs-after-nftables").write("/proc/net/ip_vs", with_connections(2))
    restoring(node)
    assert run(node, state="frozen", former_mode="ipvs", drain_timeout=10.0).facts["connections"] == 2
    assert node.now == 10


@pytest.mark.parametrize("check", [False, True])
def test_without_time_to_drain_the_rules_of_kube_proxy_come_first(node: t.Any, check: bool) -> None:
    node_after(node, "ipvs-after-nftables").write("/proc/net/ip_vs", with_connections(2))
    restoring(node)
    report = run(node, state="frozen", former_mode="ipvs", check=check)
    assert (report.facts["connections"], node.now) == (2, 0)
    assert not any("-I PREROUTING" in text for text in node.texts)


def test_only_timers_are_left(node: t.Any) -> None:
    node_after(node, "iptables")
    old = "kube-proxy-frozen-copy-5.timer"
    node.tool("systemctl", TIMERS, f"{old} loaded active waiting Remove\n").tool("systemctl", f"stop {old}")
    assert run(node, state="absent").changed
    assert changes(node) == [f"systemctl stop {old}"]
