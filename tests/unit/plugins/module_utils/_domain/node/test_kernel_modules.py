# SPDX-License-Identifier: GPL-3.0-or-later

"""Verdicts: where a module shows, and which sign outweighs which."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.kernel_modules import (
    Evidence,
)

RELEASE = "6.1.0-28-amd64"
DIRECTORY = f"/lib/modules/{RELEASE}"
FILES = {"ip_vs": "kernel/net/netfilter/ipvs/ip_vs.ko"}
#: A stock kernel on which nothing is loaded.
STOCK = Evidence(
    RELEASE,
    loaded=frozenset(),
    builtin=frozenset(),
    files=FILES,
    config={"IP_VS": "m", "MODULES": "y"},
    config_path="/boot/config",
    has_directory=True,
)
#: A kernel without loadable modules, of which nothing but that is known.
STATIC = Evidence(RELEASE)


def but(evidence: Evidence, **changes: t.Any) -> Evidence:
    return dataclasses.replace(evidence, **changes)


@pytest.mark.parametrize(
    ("evidence", "state", "seen"),
    [
        (STOCK, "loadable", f"{DIRECTORY}/{FILES['ip_vs']}"),
        (but(STOCK, loaded=frozenset({"ip_vs"})), "loaded", "/proc/modules"),
        (but(STOCK, builtin=frozenset({"ip_vs"})), "builtin", f"{DIRECTORY}/modules.builtin"),
        (but(STOCK, sysfs=frozenset({"ip_vs"})), "builtin", "/sys/module/ip_vs"),
        (but(STOCK, config={"IP_VS": "y"}), "builtin", "/boot/config: CONFIG_IP_VS=y"),
        (but(STOCK, functional={"ip_vs": "/proc/net/ip_vs"}), "functional", "/proc/net/ip_vs"),
        (but(STATIC, sysfs=frozenset({"ip_vs"})), "builtin", "/sys/module/ip_vs"),
        (but(STATIC, functional={"ip_vs": "/proc/net/ip_vs"}), "functional", "/proc/net/ip_vs"),
        (
            but(STATIC, config={"IP_VS": "y"}, config_path="/proc/config.gz"),
            "builtin",
            "/proc/config.gz: CONFIG_IP_VS=y",
        ),
        # A module from elsewhere, which the kernel's configuration cannot know.
        (but(STOCK, config={"IP_VS": "n"}), "loadable", f"{DIRECTORY}/{FILES['ip_vs']}"),
    ],
)
def test_module_that_is_there(evidence: Evidence, state: str, seen: str) -> None:
    verdict = evidence.verdict("ip_vs")
    assert (verdict.state, verdict.evidence, verdict.cause) == (state, seen, "")
    assert verdict.ready == (state != "loadable")


@pytest.mark.parametrize(
    ("evidence", "cause", "seen"),
    [
        (
            but(STATIC, config={}, config_path="/proc/config.gz"),
            "no_module_support",
            "/proc/config.gz: CONFIG_IP_VS is not",
        ),
        (but(STOCK, modules_disabled=True), "modules_disabled", "/proc/sys/kernel/modules_disabled"),
        (
            but(STOCK, blocked={"ip_vs": "/etc/modprobe.d/a.conf: install"}),
            "blocked",
            "/etc/modprobe.d/a.conf: install",
        ),
        (but(STOCK, files={}), "file_missing", "/boot/config: CONFIG_IP_VS=m"),
        (but(STOCK, files={}, config={"IP_VS": "n"}), "not_built", "/boot/config: CONFIG_IP_VS is not set"),
        (but(STOCK, files={}, config=None), "not_found", f"{DIRECTORY}/modules.dep"),
        (
            but(STOCK, files={}, config=None, lost=frozenset({"ip_vs"})),
            "file_missing",
            f"{DIRECTORY}/modules.dep lists it",
        ),
        (
            but(STOCK, files=None, builtin=None, has_directory=False, other_releases=("6.1.0-30-amd64",)),
            "reboot_pending",
            f"{DIRECTORY} is not there",
        ),
    ],
)
def test_module_that_is_not_there(evidence: Evidence, cause: str, seen: str) -> None:
    verdict = evidence.verdict("ip_vs")
    assert (verdict.state, verdict.cause, verdict.ready) == ("absent", cause, False)
    assert verdict.evidence.startswith(seen)


@pytest.mark.parametrize(
    "evidence",
    [
        STATIC,
        # A container: the host's /proc/modules, no directory of modules, no configuration.
        Evidence(RELEASE, loaded=frozenset({"overlay"})),
    ],
)
def test_what_does_not_show_is_unknown_rather_than_absent(evidence: Evidence) -> None:
    assert evidence.verdict("ip_vs").state == "unknown"


def test_a_configuration_says_nothing_about_modules_that_are_not_known_here() -> None:
    assert but(STATIC, config={"IP_VS": "y"}).verdict("zfs").state == "unknown"
    assert but(STOCK).verdict("zfs").cause == "not_found"


def test_old_iptables_got_an_option_of_their_own() -> None:
    newer = but(STATIC, config={"IP_NF_IPTABLES": "y", "IP_NF_IPTABLES_LEGACY": "n"})
    assert newer.verdict("ip_tables").state == "absent"
    assert but(STATIC, config={"IP_NF_IPTABLES": "y"}).verdict("ip_tables").state == "builtin"


def test_modules_disabled_leaves_what_is_loaded_alone() -> None:
    assert but(STOCK, modules_disabled=True, loaded=frozenset({"ip_vs"})).verdict("ip_vs").ready


def test_reboot_is_pending_only_if_another_kernel_took_the_place() -> None:
    gone = but(STOCK, has_directory=False)
    assert not gone.reboot_pending
    assert but(gone, other_releases=("6.1.0-30-amd64",)).reboot_pending
    assert not but(STOCK, other_releases=("6.1.0-30-amd64",)).reboot_pending
    assert not but(STATIC, other_releases=("6.1.0-30-amd64",)).reboot_pending


@pytest.mark.parametrize(
    ("evidence", "at_work"),
    [
        (STOCK, False),
        (but(STOCK, files={}), False),
        (but(STOCK, loaded=frozenset({"ip_vs"})), True),
        # Nothing shows it, so the tool has to answer.
        (STATIC, True),
    ],
)
def test_a_tool_may_query_what_is_at_work(evidence: Evidence, at_work: bool) -> None:
    assert evidence.at_work("ip_vs") is at_work
