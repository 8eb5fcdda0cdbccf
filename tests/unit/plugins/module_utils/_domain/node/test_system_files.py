# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of a node: kernel configurations, and what is loaded, set and blocked at boot."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node import system_files


def test_kernel_configuration_shows_unset_options_from_those_it_does_not_mention() -> None:
    text = (
        '#\n# IP virtual server\n#\nCONFIG_IP_VS=m\nCONFIG_MODULES=y\n# CONFIG_IP_VS_TWOS is not set\nCONFIG_X="a=b"\n'
    )
    assert system_files.kernel_config(text) == {"IP_VS": "m", "MODULES": "y", "IP_VS_TWOS": "n", "X": '"a=b"'}


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
    assert system_files.module_name(name) == "ip_vs_lc"


def test_modules_to_load_at_boot() -> None:
    assert system_files.modules_to_load("# by hand\n; also\n\n ip_vs \nip-vs-lc\nnf_conntrack\n") == [
        "ip_vs",
        "ip_vs_lc",
        "nf_conntrack",
    ]


def test_sysctls_to_set_at_boot() -> None:
    text = "# x = 1\n;y=2\nnet.a = 1\n-net.b=2\n net.c = 1\t 2  3 \nnet.a=5\nnonsense\n"
    assert system_files.sysctls_to_set(text) == {"net.a": "5", "net.b": "2", "net.c": "1 2 3"}


def test_modules_that_modprobe_is_kept_from_loading() -> None:
    files = {
        "/etc/modprobe.d/a.conf": "install ip_vs /bin/true\nblacklist dummy\ninstall snd /sbin/modprobe -i snd\n",
        "/etc/modprobe.d/b.conf": "install ip-vs-lc  /usr/bin/false # hardening\n# install nf_conntrack /bin/false\n",
    }
    assert system_files.blocked_modules(files) == {
        "ip_vs": "/etc/modprobe.d/a.conf: install ip_vs /bin/true",
        "ip_vs_lc": "/etc/modprobe.d/b.conf: install ip-vs-lc /usr/bin/false # hardening",
    }
