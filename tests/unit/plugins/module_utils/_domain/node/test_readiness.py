# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be loaded for a mode, and what is missing for it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.distribution import Distribution
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.kernel_modules import Evidence
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.readiness import (
    Node,
    Readiness,
    readiness,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.required_modules import needs

DEBIAN = Distribution("debian", "Debian GNU/Linux", "12", "debian")
DUAL = ("IPv4", "IPv6")
OLD = KubeProxyVersion(1, 20, 2)
NEW = KubeProxyVersion(1, 31, 4)


def every_module(*modes: str, scheduler: str = "rr", kernel: tuple[int, int] = (6, 1)) -> dict[str, str]:
    found = [need for mode in modes for need in needs(mode, scheduler, None, kernel, ip_families=DUAL)]
    return {name: f"kernel/{name}.ko" for need in found for name in need.any_of if name != "nf_conntrack_ipv4"}


ALL = every_module("iptables", "ipvs", "nftables", scheduler="lc")


def node(
    files: t.Mapping[str, str] = ALL,
    release: str = "6.1.0-28-amd64",
    distribution: Distribution = DEBIAN,
    **more: t.Any,
) -> Node:
    has_modprobe = more.pop("has_modprobe", True)
    evidence = {"loaded": frozenset(), "builtin": frozenset(), "files": files, "has_directory": True, **more}
    return Node(Evidence(release, **evidence), distribution, has_modprobe)


def without(*names: str) -> dict[str, str]:
    return {name: path for name, path in ALL.items() if name not in names}


@pytest.mark.parametrize(
    ("mode", "scheduler", "version", "load"),
    [
        ("iptables", None, OLD, ["nf_conntrack"]),
        ("nftables", None, NEW, ["nf_tables", "nf_conntrack"]),
        ("ipvs", None, NEW, ["ip_vs", "ip_vs_rr", "nf_conntrack"]),
        ("ipvs", "lc", NEW, ["ip_vs", "ip_vs_lc", "nf_conntrack"]),
        ("ipvs", "lc", KubeProxyVersion(1, 27), ["ip_vs", "ip_vs_lc", "nf_conntrack"]),
        (
            "ipvs",
            "lc",
            KubeProxyVersion(1, 26, 15),
            ["ip_vs", "ip_vs_lc", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "nf_conntrack"],
        ),
        ("ipvs", "lc", None, ["ip_vs", "ip_vs_lc", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "nf_conntrack"]),
        ("ipvs", "sh", OLD, ["ip_vs", "ip_vs_sh", "ip_vs_rr", "ip_vs_wrr", "nf_conntrack"]),
        (None, "lc", NEW, []),
    ],
)
def test_modules_to_load(mode: str | None, scheduler: str | None, version: t.Any, load: list[str]) -> None:
    result = readiness(node(), mode, scheduler, version)
    assert (result.load, result.load_now, result.missing, result.unknown) == (load, load, [], [])


def test_what_is_loaded_is_kept_and_what_is_built_in_needs_nothing() -> None:
    result = readiness(
        node(loaded=frozenset({"ip_vs"}), builtin=frozenset({"nf_conntrack"})),
        "ipvs",
        "lc",
        NEW,
        extra=["br_netfilter"],
    )
    assert [missing.name for missing in result.missing] == ["br_netfilter"]
    assert (result.load, result.load_now) == (["ip_vs", "ip_vs_lc"], ["ip_vs_lc"])
    assert result.needed["nf_conntrack"] == "load"
    assert result.needed["xt_comment"] == "autoload"


@pytest.mark.parametrize(
    ("release", "files", "load"),
    [
        # Linux before 4.19 has both, and kube-proxy needs the second.
        ("4.15.0-213-generic", {**ALL, "nf_conntrack_ipv4": "x.ko"}, ["nf_conntrack", "nf_conntrack_ipv4"]),
        # Red Hat merged them in its 4.18.
        ("4.18.0-553.el8_10.x86_64", ALL, ["nf_conntrack"]),
        ("4.15.0-1-odd", {**without("nf_conntrack"), "nf_conntrack_ipv4": "x.ko"}, ["nf_conntrack_ipv4"]),
        ("4.19.0-27-amd64", {**ALL, "nf_conntrack_ipv4": "x.ko"}, ["nf_conntrack"]),
    ],
)
def test_connection_tracking_by_the_names_of_its_time(
    release: str, files: t.Mapping[str, str], load: list[str]
) -> None:
    result = readiness(node(files, release), "iptables")
    assert (result.load, result.missing) == (load, [])


def test_either_name_of_a_renamed_module_does() -> None:
    files = {**without("xt_MASQUERADE"), "ipt_MASQUERADE": "kernel/net/ipv4/netfilter/ipt_MASQUERADE.ko"}
    result = readiness(node(files), "iptables")
    assert result.missing == []
    assert (result.needed["ipt_MASQUERADE"], result.needed["xt_MASQUERADE"]) == ("autoload", "no")


@pytest.mark.parametrize(
    ("mode", "module"),
    [
        ("iptables", "ip6t_REJECT"),
        ("ipvs", "ip6t_REJECT"),
        ("nftables", "nft_fib_ipv6"),
        ("nftables", "nft_reject_ipv6"),
    ],
)
def test_a_module_of_ipv6_is_missing_only_where_the_cluster_has_ipv6(mode: str, module: str) -> None:
    lacking = node(without(module))
    for families in ((), ("IPv4",)):
        result = readiness(lacking, mode, ip_families=families)
        assert (result.missing, module in result.verdicts) == ([], False)
    for families in (("IPv6",), DUAL):
        [missing] = readiness(lacking, mode, ip_families=families).missing
        assert (missing.name, missing.reason) == (module, "not_found")
        assert f"kernel module {module}, needed for " in missing.message
        assert "IPv6" in missing.message


@pytest.mark.parametrize("mode", ["iptables", "ipvs", "nftables"])
def test_modules_of_ipv6_are_loaded_on_demand(mode: str) -> None:
    ipv4, dual = readiness(node(), mode), readiness(node(), mode, ip_families=DUAL)
    assert (dual.load, dual.missing, dual.unknown) == (ipv4.load, [], [])
    more = {name for name, need in dual.needed.items() if need == "autoload" and ipv4.needed.get(name) != "autoload"}
    assert more == ({"nft_fib_ipv6", "nft_reject_ipv6"} if mode == "nftables" else {"ip6t_REJECT"})


@pytest.mark.parametrize(
    ("absent", "missing"),
    [
        (("nf_tables",), []),
        (("ip6_tables", "ip6table_filter", "ip6table_nat"), []),
        # Seen with kube-proxy 1.34 (kubernetes/kubernetes#133694): legacy tables, and no nat among those of IPv6.
        (("nf_tables", "ip6table_nat"), ["nf_tables or ip6table_nat"]),
    ],
)
def test_either_the_tables_of_ipv6_or_nf_tables_do(absent: tuple[str, ...], missing: list[str]) -> None:
    found = messages(readiness(node(without(*absent)), "iptables", ip_families=DUAL))
    assert [text.split(",")[0].removeprefix("kernel module ") for text in found] == missing


def messages(result: Readiness) -> list[str]:
    return [missing.message for missing in result.missing]


def test_message_names_kernel_distribution_reason_and_package() -> None:
    ubuntu = Distribution("ubuntu", "Ubuntu", "22.04", "debian")
    release = "5.15.0-91-generic"
    result = readiness(
        node(without("ip_vs_lc"), release, ubuntu, config={"IP_VS_LC": "m"}, config_path="/boot/config"),
        "ipvs",
        "lc",
        NEW,
    )
    [missing] = result.missing
    assert (missing.name, missing.reason) == ("ip_vs_lc", "file_missing")
    assert missing.package == result.packages["ip_vs_lc"] == f"linux-modules-extra-{release}"
    for part in (
        "ip_vs_lc",
        "scheduler lc",
        release,
        "Ubuntu 22.04",
        "CONFIG_IP_VS_LC=m",
        f"package linux-modules-extra-{release}",
    ):
        assert part in missing.message


REDHAT = Distribution("rhel", "Red Hat Enterprise Linux", "9.4", "redhat")
EL10 = Distribution("rocky", "Rocky Linux", "10.0", "redhat")
SUSE = Distribution("sles", "SLES", "15.5", "suse")
ALPINE = Distribution("alpine", "Alpine Linux", "3.20", "alpine")
UBUNTU = Distribution("ubuntu", "Ubuntu", "22.04", "debian")
UEK_NETFILTER = "kernel-uek-modules-extra-netfilter"
BUILT, OFF = {"IP_VS": "m", "XT": "m"}, {"IP_VS": "n"}


@pytest.mark.parametrize(
    ("distribution", "release", "module", "config", "package"),
    [
        (UBUNTU, "5.15.0-1050-kvm", "ip_vs", {}, "linux-generic"),
        (UBUNTU, "5.15.0-91-generic", "ip_vs", {}, None),
        (UBUNTU, "5.15.0-91-generic", "ip_vs", None, "linux-modules-extra-5.15.0-91-generic"),
        (DEBIAN, "6.1.0-28-amd64", "ip_vs", {"IP_VS": "m"}, "linux-image-6.1.0-28-amd64"),
        (DEBIAN, "6.1.0-28-amd64", "ip_vs", None, None),
        (REDHAT, "5.14.0-427.el9.x86_64", "ip_vs", None, "kernel-modules-5.14.0-427.el9.x86_64"),
        (REDHAT, "5.14.0-427.el9.x86_64", "xt_comment", None, "kernel-modules-extra-5.14.0-427.el9.x86_64"),
        (REDHAT, "5.14.0-427.el9.x86_64", "ip_vs", {}, None),
        (EL10, "6.12.0-55.el10.x86_64", "ip_set", None, "kernel-modules-extra-6.12.0-55.el10.x86_64"),
        (EL10, "6.12.0-55.el10.x86_64", "ip_vs", None, "kernel-modules-6.12.0-55.el10.x86_64"),
        (REDHAT, "5.14.0-427.el9.x86_64", "ip_set", None, "kernel-modules-5.14.0-427.el9.x86_64"),
        (REDHAT, "6.12.0-100.el9uek.x86_64", "ip_vs", None, "kernel-uek-modules-core-6.12.0-100.el9uek.x86_64"),
        (REDHAT, "6.12.0-100.el9uek.x86_64", "ip_vs_rr", None, f"{UEK_NETFILTER}-6.12.0-100.el9uek.x86_64"),
        (REDHAT, "6.12.0-100.el9uek.x86_64", "xt_set", None, f"{UEK_NETFILTER}-6.12.0-100.el9uek.x86_64"),
        (REDHAT, "6.12.0-100.el9uek.x86_64", "ip6t_REJECT", None, f"{UEK_NETFILTER}-6.12.0-100.el9uek.x86_64"),
        (REDHAT, "5.15.0-200.el9uek.x86_64", "ip6t_REJECT", None, None),
        (REDHAT, "5.4.17-2136.el8uek.x86_64", "ip_vs", None, None),
        # Everywhere else in the package of the kernel or of its modules.
        (REDHAT, "5.14.0-427.el9.x86_64", "ip6t_REJECT", None, "kernel-modules-5.14.0-427.el9.x86_64"),
        (EL10, "6.12.0-55.el10.x86_64", "ip6t_REJECT", None, "kernel-modules-extra-6.12.0-55.el10.x86_64"),
        (UBUNTU, "5.15.0-91-generic", "ip6t_REJECT", None, "linux-modules-extra-5.15.0-91-generic"),
        (SUSE, "5.14.21-150500-default", "ip_vs", {"IP_VS": "m"}, "kernel-default"),
        (ALPINE, "6.6.30-0-virt", "ip_vs", {}, "linux-lts"),
        (ALPINE, "6.6.30-0-lts", "ip_vs", {}, None),
        (Distribution("nixos", "NixOS", "24.05", "nixos"), "6.6.30", "ip_vs", None, None),
    ],
)
def test_package_that_provides_a_module(
    distribution: Distribution, release: str, module: str, config: t.Any, package: str | None
) -> None:
    lacking = node(without(module), release, distribution, config=config, config_path="/c")
    result = readiness(lacking, "ipvs", "rr", NEW, ip_families=DUAL)
    found = {missing.name: missing for missing in result.missing}
    assert found[module].package == package
    if package is None:
        assert "install" not in found[module].message
    else:
        assert f"install the package {package}" in found[module].message
        assert ("reboot" in found[module].message) == (release not in package)


@pytest.mark.parametrize(
    ("distribution", "release", "package"),
    [
        (EL10, "6.12.0-55.el10.x86_64", "kernel-modules-6.12.0-55.el10.x86_64"),
        (REDHAT, "6.12.0-100.el9uek.x86_64", "kernel-uek-modules-core-6.12.0-100.el9uek.x86_64"),
        (UBUNTU, "5.15.0-91-generic", "linux-modules-extra-5.15.0-91-generic"),
        (DEBIAN, "6.1.0-28-amd64", None),
    ],
)
@pytest.mark.parametrize("module", ["nft_fib_ipv6", "nft_reject_ipv6"])
def test_package_that_provides_a_module_of_ipv6_for_nftables(
    distribution: Distribution, release: str, package: str | None, module: str
) -> None:
    lacking = node(without(module), release, distribution)
    [missing] = readiness(lacking, "nftables", None, NEW, ip_families=DUAL).missing
    assert (missing.name, missing.package) == (module, package)


@pytest.mark.parametrize(
    ("scheduler", "release", "advice"),
    [
        ("twos", "5.10.0-32-amd64", "it came with Linux 5.12"),
        ("twos", "6.1.0-28-amd64", "no package provides it"),
        ("mh", "4.15.0-213-generic", "it came with Linux 4.18"),
        ("roundrobin", "6.1.0-28-amd64", "choose another scheduler"),
    ],
)
def test_scheduler_that_the_kernel_does_not_have(scheduler: str, release: str, advice: str) -> None:
    result = readiness(node(release=release, config={"IP_VS": "m"}, config_path="/c"), "ipvs", scheduler, NEW)
    [missing] = result.missing
    assert (missing.name, missing.package) == (f"ip_vs_{scheduler}", None)
    assert f"scheduler {scheduler}" in missing.message
    assert advice in missing.message


def test_pending_reboot_is_named() -> None:
    gone = {"files": None, "builtin": None, "has_directory": False, "other_releases": ("6.1.0-30-amd64",)}
    result = readiness(Node(Evidence("6.1.0-28-amd64", loaded=frozenset(), **gone), DEBIAN), "iptables")
    assert {missing.reason for missing in result.missing} == {"reboot_pending"}
    assert all("reboot pending" in text and "6.1.0-30-amd64" in text for text in messages(result))


def test_modules_disabled_and_blocked_modules_are_named_with_the_remedy() -> None:
    [text] = messages(readiness(node(blocked={"ip_vs_lc": "/etc/modprobe.d/x.conf: install"}), "ipvs", "lc", NEW))
    assert "(/etc/modprobe.d/x.conf: install): that line keeps it from being loaded" in text
    texts = messages(readiness(node(modules_disabled=True), "iptables"))
    assert any("nf_conntrack" in text for text in texts)
    assert all("kernel.modules_disabled is 1" in text for text in texts)


def test_unknown_is_neither_missing_nor_ready() -> None:
    result = readiness(Node(Evidence("6.6.0"), Distribution()), "iptables")
    assert result.missing == []
    assert "nf_conntrack" in result.unknown
    assert result.load == []
    # The first of two names, as either would do.
    assert "nf_tables" in result.unknown
    assert "ip_tables" not in result.unknown


@pytest.mark.parametrize(
    ("release", "version", "minimum"),
    [
        ("5.10.0-32-amd64", NEW, "5.13"),
        ("5.10.0-32-amd64", None, "5.13"),
        ("5.10.0-32-amd64", KubeProxyVersion(1, 30), None),
        ("4.18.0-553.el8", KubeProxyVersion(1, 30), "5.4"),
        ("5.13.0", NEW, None),
    ],
)
def test_nftables_needs_a_newer_kernel(release: str, version: t.Any, minimum: str | None) -> None:
    result = readiness(node(release=release), "nftables", None, version)
    assert [missing.reason for missing in result.missing] == ([] if minimum is None else ["kernel_too_old"])
    assert all(f"Linux {minimum}" in text and release in text for text in messages(result))
    assert readiness(node(release=release), "iptables", None, version).missing == []


@pytest.mark.parametrize(
    ("version", "refused"), [(OLD, True), (KubeProxyVersion(1, 26), True), (NEW, False), (None, False)]
)
def test_old_kube_proxy_refuses_ipvs_on_a_kernel_without_modules(version: t.Any, refused: bool) -> None:
    result = readiness(node(loaded=None, builtin=frozenset(ALL)), "ipvs", "lc", version)
    assert [missing.name for missing in result.missing] == (["/proc/modules"] if refused else [])
    assert readiness(node(loaded=None, builtin=frozenset(ALL)), "iptables", None, version).missing == []


def test_modprobe_is_needed_only_for_what_is_to_be_loaded() -> None:
    [missing] = readiness(node(has_modprobe=False), "iptables").missing
    assert (missing.name, missing.package) == ("modprobe", "kmod")
    assert "nf_conntrack" in missing.message
    assert readiness(node(has_modprobe=False, loaded=frozenset({"nf_conntrack"})), "iptables").missing == []


def test_modules_that_are_only_reported_on() -> None:
    result = readiness(node(loaded=frozenset({"ip_vs"})), "iptables", report=["ip_vs", "nf_conntrack"])
    assert (result.needed["ip_vs"], result.verdicts["ip_vs"].state) == ("no", "loaded")
    assert result.needed["nf_conntrack"] == "load"
    assert result.load == ["nf_conntrack"]
