# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes of every kind, as trees of files like those of /, with tools whose answers the tests set."""

from __future__ import annotations

import gzip
import typing as t
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.node.node_files import Files
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.node.tools import Output, Tools
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.request import node_request
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.run import Clock, Run
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.node.survey import survey
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.node_module import KUBE_PROXY_NODE_INFO
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.options import waiting

#: Options as Ansible passes them when none is given, but without a question to the kube-proxy of this machine.
DEFAULTS: dict[str, t.Any] = {
    **{name: option.get("default") for name, option in KUBE_PROXY_NODE_INFO.argument_spec.items()},
    "probe": False,
}

IPVS = ("ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "ip_vs_lc")
IPSET = ("ip_set", "ip_set_hash_ip", "ip_set_hash_ipport", "ip_set_hash_ipportip", "ip_set_hash_ipportnet")
XTABLES = ("xt_comment", "xt_conntrack", "xt_mark", "xt_statistic", "xt_addrtype", "xt_nat", "xt_set", "xt_MASQUERADE")
NFT = ("chain_nat", "ct", "fib", "fib_ipv4", "hash", "masq", "nat", "numgen", "reject", "reject_ipv4")
IPV6 = ("ip6_tables", "ip6t_REJECT", "ip6table_filter", "ip6table_nat", "nft_fib_ipv6", "nft_reject_ipv6")

#: Modules of a stock kernel by directory, those that modes of kube-proxy use.
STOCK = (
    *(f"kernel/net/netfilter/ipvs/{name}" for name in IPVS),
    *(f"kernel/net/netfilter/ipset/{name}" for name in (*IPSET, "ip_set_bitmap_port")),
    *(f"kernel/net/netfilter/{name}" for name in ("nf_conntrack", "nf_tables", "nfnetlink", *XTABLES)),
    *(f"kernel/net/netfilter/nft_{name}" for name in NFT),
    "kernel/net/ipv4/netfilter/ip_tables",
    "kernel/net/ipv4/netfilter/ipt_REJECT",
    *(f"kernel/net/ipv6/netfilter/{name}" for name in IPV6),
    "kernel/net/bridge/br_netfilter",
    "kernel/drivers/net/dummy",
)


class Node:
    """A tree below a directory; ``survey(**options)`` is what the module returns for it, but for ``changed``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.release = ""
        self.answers: dict[tuple[str, ...], Output] = {}
        #: commands that ran, in their order
        self.ran: list[tuple[str, ...]] = []
        #: what they read from standard input
        self.texts: list[str] = []
        self.warnings: list[str] = []
        #: seconds, which pass only where the survey waits; then ``meanwhile`` is called
        self.now = 0.0
        self.meanwhile: t.Callable[[], object] = lambda: None

    def clock(self) -> Clock:
        return Clock(lambda: self.now, self._sleep, lambda: 1000.0 + self.now)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds
        self.meanwhile()

    def write(self, path: str, text: str) -> None:
        real = self.root / path.lstrip("/")
        real.parent.mkdir(parents=True, exist_ok=True)
        real.write_bytes(gzip.compress(text.encode()) if path.endswith(".gz") else text.encode())

    def kernel(
        self, release: str, modules: t.Iterable[str] = STOCK, suffix: str = ".ko", loaded: t.Iterable[str] | None = ()
    ) -> Node:
        """Run a kernel with these module files; ``loaded`` None for one without loadable modules."""
        self.release = release
        self.write("/proc/sys/kernel/osrelease", f"{release}\n")
        files = [f"{module}{suffix}" for module in modules]
        for file in files:
            self.write(f"/lib/modules/{release}/{file}", "")
        if files:
            self.write(f"/lib/modules/{release}/modules.dep", "".join(f"{file}:\n" for file in files))
            self.write(f"/lib/modules/{release}/modules.builtin", "kernel/net/core/example.ko\n")
        if loaded is not None:
            self.write("/proc/modules", "".join(f"{name} 16384 0 - Live 0x0000000000000000\n" for name in loaded))
        return self

    def config(self, path: str = "/boot/config-{release}", **options: str) -> Node:
        lines = (
            f"# CONFIG_{name} is not set" if value == "n" else f"CONFIG_{name}={value}"
            for name, value in options.items()
        )
        self.write(path.format(release=self.release), "\n".join(lines))
        return self

    def distribution(self, text: str) -> Node:
        self.write("/etc/os-release", text)
        return self

    def tool(self, name: str, arguments: str = "--version", out: str = "", error: str | None = None) -> Node:
        path = f"/usr/sbin/{name}"
        if not (self.root / path.lstrip("/")).exists():
            self.write(path, "")
            (self.root / path.lstrip("/")).chmod(0o755)
        self.answers[(path, *arguments.split())] = Output(out, error)
        return self

    def run(self, argv: t.Sequence[str], text: str | None = None) -> Output:
        self.ran.append(tuple(argv))
        if text is not None:
            self.texts.append(text)
        return self.answers.get(tuple(argv), Output("", f"{' '.join(argv)} failed with status 1"))

    def survey(self, **options: t.Any) -> dict[str, t.Any]:
        self.ran.clear()
        given = {**DEFAULTS, **options}
        run = Run(Tools(Files(self.root), self.run), waiting=waiting(given), clock=self.clock())
        report = survey(run, node_request(given))
        assert not report.changed
        self.warnings = [notice.text for notice in run.warnings]
        return report.facts


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    """A node that shows nothing but that it has modprobe."""
    monkeypatch.setenv("PATH", "/usr/bin:/usr/sbin")
    return Node(tmp_path).tool("modprobe", out="kmod version 30\n+ZSTD +XZ\n")


@pytest.fixture
def stock() -> tuple[str, ...]:
    return STOCK
