# SPDX-License-Identifier: GPL-3.0-or-later

"""What each kind of node needs for a mode, from its files."""

from __future__ import annotations

import os
import typing as t

import pytest

DEBIAN = 'ID=debian\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n'
UBUNTU = 'ID=ubuntu\nID_LIKE=debian\nNAME="Ubuntu"\nVERSION_ID="22.04"\n'
REDHAT = 'ID="rhel"\nID_LIKE="fedora"\nNAME="Red Hat Enterprise Linux"\nVERSION_ID="8.10"\n'
LC = {"mode": "ipvs", "scheduler": "lc", "kube_proxy_version": "1.31.4"}


def states(result: dict[str, t.Any]) -> dict[str, str]:
    return {name: module["state"] for name, module in result["modules"].items()}


@pytest.mark.parametrize("suffix", [".ko", ".ko.xz", ".ko.zst", ".ko.gz"])
def test_debian_with_plain_and_compressed_modules(node: t.Any, suffix: str) -> None:
    node.kernel("6.1.0-28-amd64", suffix=suffix, loaded=["nf_conntrack", "ip_vs"]).distribution(DEBIAN)
    result = node.survey(**LC)
    assert result["required"] == {
        "mode": "ipvs",
        "load": ["ip_vs", "ip_vs_lc", "nf_conntrack"],
        "load_now": ["ip_vs_lc"],
        "missing": [],
        "unknown": [],
    }
    assert result["modules"]["ip_vs_lc"]["evidence"].endswith(f"/kernel/net/netfilter/ipvs/ip_vs_lc{suffix}")
    assert states(result)["ip_vs"] == "loaded"
    assert result["kernel"]["distribution"] == {
        "id": "debian",
        "name": "Debian GNU/Linux",
        "version": "12",
        "family": "debian",
    }
    assert (result["kernel"]["release"], result["kernel"]["version"]) == ("6.1.0-28-amd64", "6.1")
    assert result["kernel"]["modules_supported"] is True


@pytest.mark.parametrize("mode", ["iptables", "ipvs", "nftables"])
@pytest.mark.parametrize("families", [["IPv4"], ["IPv6"], ["IPv4", "IPv6"]])
def test_stock_kernel_can_run_every_mode(node: t.Any, mode: str, families: list[str]) -> None:
    result = node.kernel("6.1.0-28-amd64").distribution(DEBIAN).survey(mode=mode, ip_families=families)
    assert (result["required"]["missing"], result["required"]["unknown"]) == ([], [])


@pytest.mark.parametrize(
    ("mode", "module", "option"),
    [
        ("nftables", "nft_fib_ipv6", "NFT_FIB_IPV6"),
        ("nftables", "nft_reject_ipv6", "NFT_REJECT_IPV6"),
        ("iptables", "ip6t_REJECT", "IP6_NF_TARGET_REJECT"),
        ("ipvs", "ip6t_REJECT", "IP6_NF_TARGET_REJECT"),
    ],
)
def test_kernel_that_was_built_without_a_module_of_ipv6(
    node: t.Any, stock: tuple[str, ...], mode: str, module: str, option: str
) -> None:
    modules = [path for path in stock if not path.endswith(f"/{module}")]
    node.kernel("6.6.95", modules).config(MODULES="y", **{option: "n"})
    assert node.survey(mode=mode)["required"]["missing"] == []
    assert module not in node.survey(mode=mode)["modules"]
    [missing] = node.survey(mode=mode, ip_families=["IPv4", "IPv6"])["required"]["missing"]
    assert (missing["name"], missing["reason"]) == (module, "not_built")
    assert f"CONFIG_{option} is not set" in missing["message"]
    assert node.survey(mode=mode, ip_families=["IPv6"])["modules"][module]["needed"] == "autoload"


def test_red_hat_10_has_the_tables_of_ipv6_in_an_extra_package(node: t.Any, stock: tuple[str, ...]) -> None:
    release = "6.12.0-55.9.1.el10_0.x86_64"
    modules = [path for path in stock if "/ip6" not in path]
    node.kernel(release, modules).distribution(REDHAT.replace("8.10", "10.0"))
    result = node.survey(mode="iptables", ip_families=["IPv4", "IPv6"])
    [missing] = result["required"]["missing"]
    assert (missing["name"], missing["package"]) == ("ip6t_REJECT", f"kernel-modules-extra-{release}")
    # Not needed beside nf_tables, and in the same package.
    assert {result["modules"][name]["package"] for name in ("ip6_tables", "ip6table_filter", "ip6table_nat")} == {
        f"kernel-modules-extra-{release}"
    }


def test_legacy_tables_of_ipv6_that_are_in_use(node: t.Any) -> None:
    node.kernel("6.6.0", modules=(), loaded=None)
    node.write("/proc/net/ip6_tables_names", "nat\n")
    assert states(node.survey(mode="iptables", ip_families=["IPv6"]))["ip6_tables"] == "functional"


@pytest.mark.parametrize(
    ("files", "evidence"),
    [
        ({}, "/proc/net/if_inet6 is not there"),
        (
            {"/proc/net/if_inet6": "", "/proc/sys/net/ipv6/conf/all/disable_ipv6": "1\n"},
            "net.ipv6.conf.all.disable_ipv6 is 1",
        ),
        ({"/proc/net/if_inet6": "", "/proc/sys/net/ipv6/conf/all/disable_ipv6": "0\n"}, None),
        ({"/proc/net/if_inet6": ""}, None),
    ],
)
def test_node_without_ipv6_in_a_cluster_that_has_it(node: t.Any, files: dict[str, str], evidence: str | None) -> None:
    node.kernel("6.1.0-28-amd64")
    for path, text in files.items():
        node.write(path, text)
    node.survey(mode="iptables", ip_families=["IPv4", "IPv6"])
    warnings = [text for text in node.warnings if "IPv6" in text]
    assert len(warnings) == (evidence is not None)
    assert all(f"({evidence})" in text for text in warnings)
    node.survey(mode="iptables")
    assert node.warnings == []


def test_scheduler_twos_that_debian_12_does_not_build(node: t.Any) -> None:
    node.kernel("6.1.0-28-amd64").config(MODULES="y", IP_VS="m", IP_VS_TWOS="n").distribution(DEBIAN)
    [missing] = node.survey(mode="ipvs", scheduler="twos", kube_proxy_version="1.31")["required"]["missing"]
    assert (missing["name"], missing["reason"], missing["package"]) == ("ip_vs_twos", "not_built", None)
    assert "6.1.0-28-amd64 of Debian GNU/Linux 12" in missing["message"]


def test_red_hat_8_has_merged_connection_tracking_in_its_4_18(node: t.Any) -> None:
    result = node.kernel("4.18.0-553.el8_10.x86_64", suffix=".ko.xz").distribution(REDHAT).survey(**LC)
    assert result["required"]["load"] == ["ip_vs", "ip_vs_lc", "nf_conntrack"]
    assert result["required"]["missing"] == []
    assert states(result)["nf_conntrack_ipv4"] == "absent"


def test_linux_4_15_has_connection_tracking_in_two(node: t.Any, stock: tuple[str, ...]) -> None:
    modules = [*stock, "kernel/net/ipv4/netfilter/nf_conntrack_ipv4"]
    result = node.kernel("4.15.0-213-generic", modules).distribution(UBUNTU).survey(mode="iptables")
    assert result["required"]["load"] == ["nf_conntrack", "nf_conntrack_ipv4"]
    only_old = [module for module in modules if not module.endswith("/nf_conntrack")]
    (node.root / f"lib/modules/4.15.0-213-generic/{modules[11]}.ko").unlink()
    result = node.kernel("4.15.0-213-generic", only_old).survey(mode="iptables")
    assert result["required"]["load"] == ["nf_conntrack_ipv4"]


def test_ubuntu_for_virtual_machines_has_no_ipvs(node: t.Any, stock: tuple[str, ...]) -> None:
    modules = [module for module in stock if "/ipvs/" not in module]
    node.kernel("5.15.0-1050-kvm", modules).config(MODULES="y", IP_VS="n", NF_CONNTRACK="m").distribution(UBUNTU)
    missing = node.survey(**LC)["required"]["missing"]
    assert [entry["name"] for entry in missing] == ["ip_vs", "ip_vs_lc"]
    assert {entry["package"] for entry in missing} == {"linux-generic"}
    assert "5.15.0-1050-kvm of Ubuntu 22.04" in missing[0]["message"]


def test_ubuntu_without_its_extra_modules(node: t.Any, stock: tuple[str, ...]) -> None:
    modules = [module for module in stock if not module.endswith("/ip_vs_lc")]
    node.kernel("5.15.0-91-generic", modules).config(MODULES="y", IP_VS="m", IP_VS_LC="m").distribution(UBUNTU)
    result = node.survey(**LC)
    [missing] = result["required"]["missing"]
    assert (missing["name"], missing["reason"]) == ("ip_vs_lc", "file_missing")
    assert missing["package"] == result["modules"]["ip_vs_lc"]["package"] == "linux-modules-extra-5.15.0-91-generic"


def test_module_that_the_index_lists_and_whose_file_is_gone(node: t.Any) -> None:
    node.kernel("6.1.0-28-amd64").distribution(DEBIAN)
    (node.root / "lib/modules/6.1.0-28-amd64/kernel/net/netfilter/ipvs/ip_vs_lc.ko").unlink()
    [missing] = node.survey(**LC)["required"]["missing"]
    assert (missing["name"], missing["reason"]) == ("ip_vs_lc", "file_missing")


@pytest.mark.parametrize("path", ["/proc/config.gz", "/boot/config-{release}"])
def test_everything_built_in_without_loadable_modules(node: t.Any, path: str) -> None:
    names = ("NF_CONNTRACK", "NF_TABLES", "IP_NF_TARGET_REJECT", "NETFILTER_XT_NAT", "NETFILTER_XT_MARK")
    matches = ("COMMENT", "CONNTRACK", "STATISTIC", "ADDRTYPE")
    built = dict.fromkeys([*names, *(f"NETFILTER_XT_MATCH_{name}" for name in matches)], "y")
    node.kernel("6.6.0", modules=(), loaded=None).config(path, MODULES="n", NETFILTER_XT_TARGET_MASQUERADE="y", **built)
    result = node.survey(mode="iptables")
    assert result["kernel"]["modules_supported"] is False
    assert result["required"] == {"mode": "iptables", "load": [], "load_now": [], "missing": [], "unknown": []}
    assert states(result)["nf_conntrack"] == "builtin"
    assert {entry["reason"] for entry in node.survey(**LC)["required"]["missing"]} == {"no_module_support"}


def test_sandbox_that_shows_no_modules_of_a_kernel_that_has_them(node: t.Any) -> None:
    node.kernel("6.6.0", modules=(), loaded=None).config("/proc/config.gz", MODULES="y", IP_VS="m", NF_CONNTRACK="y")
    result = node.survey(**LC)
    assert result["kernel"]["modules_supported"] is True
    assert (states(result)["ip_vs"], states(result)["nf_conntrack"]) == ("absent", "builtin")


def test_unreadable_configuration_is_as_good_as_none(node: t.Any) -> None:
    node.kernel("6.6.0", modules=(), loaded=None)
    (node.root / "proc/config.gz").write_bytes(b"no gzip")
    result = node.survey(mode="iptables")
    assert "nf_conntrack" in result["required"]["unknown"]
    assert result["required"]["missing"] == []
    [warning] = node.warnings
    assert "does not show whether its kernel has" in warning
    assert "nf_conntrack" in warning
    assert warning.endswith("which mode iptables needs")


def test_what_works_is_there_however_it_came(node: t.Any) -> None:
    node.kernel("6.6.0", modules=(), loaded=None)
    node.write("/proc/sys/net/netfilter/nf_conntrack_max", "262144\n")
    assert states(node.survey(mode="iptables"))["nf_conntrack"] == "functional"


def test_loading_turned_off(node: t.Any) -> None:
    node.kernel("6.1.0-28-amd64", loaded=["nf_conntrack"]).distribution(DEBIAN)
    node.write("/proc/sys/kernel/modules_disabled", "1\n")
    result = node.survey(mode="iptables")
    assert result["kernel"]["modules_disabled"] is True
    assert {entry["reason"] for entry in result["required"]["missing"]} == {"modules_disabled"}
    assert "nf_conntrack" not in [entry["name"] for entry in result["required"]["missing"]]


def test_module_that_is_blocked_by_hardening(node: t.Any) -> None:
    node.kernel("6.1.0-28-amd64").write("/usr/lib/modprobe.d/cis.conf", "install ip_vs_lc /bin/false\n")
    [missing] = node.survey(**LC)["required"]["missing"]
    assert "/usr/lib/modprobe.d/cis.conf: install ip_vs_lc /bin/false" in missing["message"]
    # A file of the same name in /etc replaces it.
    node.write("/etc/modprobe.d/cis.conf", "")
    assert node.survey(**LC)["required"]["missing"] == []


def test_kernel_upgraded_without_a_reboot(node: t.Any) -> None:
    node.kernel("6.1.0-30-amd64").kernel("6.1.0-28-amd64", modules=(), loaded=["nf_conntrack"]).distribution(DEBIAN)
    result = node.survey(**LC)
    assert result["kernel"]["reboot_pending"] is True
    reasons = {entry["name"]: entry["reason"] for entry in result["required"]["missing"]}
    assert reasons["ip_vs"] == "reboot_pending"
    assert "nf_conntrack" not in reasons
    assert "6.1.0-30-amd64: reboot the node" in result["required"]["missing"][0]["message"]


def test_files_that_load_modules_at_boot(node: t.Any) -> None:
    node.kernel("6.1.0-28-amd64")
    node.write("/etc/modules-load.d/k8s.conf", "# by hand\nip-vs\n")
    node.write("/etc/modules", "nf_conntrack\n")
    node.write("/etc/modules-load.d/kube-proxy.conf", "ip_vs\nip_vs_sh\n")
    result = node.survey(**LC)
    modules = result["modules"]
    assert modules["ip_vs"]["persistent"] == "/etc/modules-load.d/k8s.conf"
    assert modules["nf_conntrack"]["persistent"] == "/etc/modules"
    assert modules["ip_vs_lc"]["persistent"] is None
    assert (modules["ip_vs_sh"]["needed"], modules["ip_vs_sh"]["persistent"]) == (
        "no",
        "/etc/modules-load.d/kube-proxy.conf",
    )
    assert result["modules_load_file"]["modules"] == ["ip_vs", "ip_vs_sh"]
    assert node.survey(modules_load_file="/etc/other.conf")["modules_load_file"] == {
        "path": "/etc/other.conf",
        "modules": None,
    }


def test_pipe_among_the_files_is_not_waited_for(node: t.Any) -> None:
    node.kernel("6.1.0-28-amd64")
    node.write("/etc/modules-load.d/k8s.conf", "ip_vs\n")
    os.mkfifo(node.root / "etc/modules-load.d/pipe.conf")
    result = node.survey(**LC, sysctl_file="/etc/modules-load.d/pipe.conf")
    assert result["modules"]["ip_vs"]["persistent"] == "/etc/modules-load.d/k8s.conf"
    assert result["sysctl_file"]["sysctls"] is None


def test_sysctls(node: t.Any) -> None:
    node.kernel("6.1.0-28-amd64")
    node.write("/proc/sys/net/ipv4/ip_forward", "1\n")
    node.write("/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n")
    node.write("/etc/sysctl.d/90-kube-proxy.conf", "net.ipv4.ip_forward=1\n")
    result = node.survey(sysctls=["net.ipv4.ip_local_port_range", ""])
    assert result["sysctls"]["net.ipv4.ip_forward"] == "1"
    assert result["sysctls"]["net.ipv4.ip_local_port_range"] == "32768 60999"
    assert result["sysctls"]["net.ipv4.vs.conntrack"] is None
    assert "" not in result["sysctls"]
    assert result["sysctl_file"]["sysctls"] == {"net.ipv4.ip_forward": "1"}


def test_further_modules(node: t.Any) -> None:
    result = node.kernel("6.1.0-28-amd64").survey(mode="iptables", modules=["br-netfilter"])
    assert result["required"]["load"] == ["nf_conntrack", "br_netfilter"]


def test_nothing_is_needed_for_a_mode_that_is_not_known(node: t.Any) -> None:
    result = node.kernel("6.1.0-28-amd64").survey(scheduler="lc")
    assert result["required"] == {"mode": None, "load": [], "load_now": [], "missing": [], "unknown": []}
    assert (result["leftovers"], result["drift"]) == (None, [])


def test_python_apt_of_the_system_counts(node: t.Any) -> None:
    node.kernel("6.1.0-28-amd64").write("/usr/lib/python3/dist-packages/apt/__init__.py", "")
    assert node.survey()["python_apt"] is True


def test_systemd_runs_the_node_and_has_its_programs(node: t.Any) -> None:
    """A container may have the programs without systemd."""
    node.kernel("6.1.0-28-amd64").tool("systemd-run").tool("systemctl")
    assert node.survey()["systemd"] is False
    node.write("/run/systemd/system/example", "")
    assert node.survey()["systemd"] is True


def test_node_without_anything_is_no_error(node: t.Any) -> None:
    result = node.survey(mode="ipvs")
    assert result["kernel"]["distribution"] == {"id": None, "name": None, "version": None, "family": None}
    assert result["required"]["load"] == []


def test_a_limit_of_connections_that_nobody_can_change_is_warned_of(node: t.Any) -> None:
    node.kernel("6.1.0-28-amd64")
    limit = "/proc/sys/net/netfilter/nf_conntrack_max"
    node.write(limit, "262144")
    node.survey(mode="iptables")
    assert not [text for text in node.warnings if "nf_conntrack_max" in text]
    (node.root / limit.lstrip("/")).chmod(0o444)
    node.survey(mode="iptables")
    (warning,) = [text for text in node.warnings if "nf_conntrack_max" in text]
    assert "conntrack.max_per_core is 0" in warning
