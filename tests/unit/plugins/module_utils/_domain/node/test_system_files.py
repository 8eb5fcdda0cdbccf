# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts of the node: os-release, kernel configurations, files below /etc."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node import system_files as platform

UBUNTU = 'NAME="Ubuntu"\nVERSION_ID="22.04"\nID=ubuntu\nID_LIKE=debian\nPRETTY_NAME="Ubuntu 22.04.4 LTS"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (UBUNTU, ("ubuntu", "Ubuntu", "22.04", "debian")),
        ("ID=debian\nNAME='Debian GNU/Linux'\nVERSION_ID=12\n", ("debian", "Debian GNU/Linux", "12", "debian")),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="8.10"\n', ("rocky", "", "8.10", "redhat")),
        ('ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', ("opensuse-leap", "", "", "suse")),
        ('ID="sled"\nID_LIKE="suse"\n', ("sled", "", "", "suse")),
        ("ID=alpine\nVERSION_ID=3.20.1\n", ("alpine", "", "3.20.1", "alpine")),
        ("ID=manjaro\nID_LIKE=arch\n", ("manjaro", "", "", "arch")),
        ("ID=flatcar\nID_LIKE=coreos\n", ("flatcar", "", "", "flatcar")),
        ("# nothing\n\nnonsense", ("", "", "", "")),
    ],
)
def test_distribution_and_its_family(text: str, expected: tuple[str, str, str, str]) -> None:
    found = platform.distribution(text)
    assert (found.id, found.name, found.version, found.family) == expected


def test_distribution_reads_in_a_sentence() -> None:
    assert str(platform.distribution(UBUNTU)) == "Ubuntu 22.04"
    assert str(platform.distribution("")) == "an unknown distribution"


@pytest.mark.parametrize(
    ("release", "version"),
    [("5.15.0-91-generic", (5, 15)), ("4.18.0-553.el8_10.x86_64", (4, 18)), ("6.1.0", (6, 1)), ("rolling", None)],
)
def test_version_of_a_kernel_release(release: str, version: tuple[int, int] | None) -> None:
    assert platform.kernel_version(release) == version


def test_kernel_configuration_tells_unset_options_from_those_it_does_not_mention() -> None:
    text = (
        '#\n# IP virtual server\n#\nCONFIG_IP_VS=m\nCONFIG_MODULES=y\n# CONFIG_IP_VS_TWOS is not set\nCONFIG_X="a=b"\n'
    )
    assert platform.kernel_config(text) == {"IP_VS": "m", "MODULES": "y", "IP_VS_TWOS": "n", "X": '"a=b"'}


@pytest.mark.parametrize(
    "name",
    [
        "kernel/net/netfilter/ipvs/ip_vs_lc.ko",
        "kernel/net/ip-vs-lc.ko.xz",
        "/a/ip_vs_lc.ko.zst",
        "ip_vs_lc",
        "ip-vs_lc",
    ],
)
def test_module_names_are_those_of_the_kernel(name: str) -> None:
    assert platform.module_name(name) == "ip_vs_lc"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
        ("net/ipv4/ip_forward", "net/ipv4/ip_forward"),
        ("net.ipv4.conf.eth0/100.rp_filter", "net/ipv4/conf/eth0.100/rp_filter"),
        ("net/ipv4/conf/eth0.100/rp_filter", "net/ipv4/conf/eth0.100/rp_filter"),
    ],
)
def test_path_of_a_sysctl(name: str, path: str) -> None:
    assert platform.sysctl_path(name) == path


def test_modules_to_load_at_boot() -> None:
    assert platform.listed("# by hand\n; so too\n\n ip_vs \nip-vs-lc\nnf_conntrack\n") == [
        "ip_vs",
        "ip_vs_lc",
        "nf_conntrack",
    ]


def test_sysctls_to_set_at_boot() -> None:
    text = "# x = 1\n;y=2\nnet.a = 1\n-net.b=2\n net.c = 1\t 2  3 \nnet.a=5\nnonsense\n"
    assert platform.assigned(text) == {"net.a": "5", "net.b": "2", "net.c": "1 2 3"}


def test_modules_that_modprobe_is_kept_from_loading() -> None:
    files = {
        "/etc/modprobe.d/a.conf": "install ip_vs /bin/true\nblacklist dummy\ninstall snd /sbin/modprobe -i snd\n",
        "/etc/modprobe.d/b.conf": "install ip-vs-lc  /usr/bin/false # hardening\n# install nf_conntrack /bin/false\n",
    }
    assert platform.blocked(files) == {
        "ip_vs": "/etc/modprobe.d/a.conf: install ip_vs /bin/true",
        "ip_vs_lc": "/etc/modprobe.d/b.conf: install ip-vs-lc /usr/bin/false # hardening",
    }
