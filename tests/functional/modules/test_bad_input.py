# SPDX-License-Identifier: GPL-3.0-or-later

"""Input that is wrong in itself: said with the option's path and what is allowed, and nothing goes over the wire."""

from __future__ import annotations

import math
import typing as t

import pytest

from ovh_simulator import Simulator

CUSTOMIZATION = "kube_proxy_customization"
KUBE_ID = "11111111-2222-3333-4444-555555555555"
NETWORK = "22222222-3333-4444-5555-666666666666"


def setting(section: str, option: str, value: str) -> dict[str, t.Any]:
    return {"kube_proxy": {section: {option: value}}}


REFUSED: dict[str, tuple[dict[str, t.Any], str, str]] = {
    "sub-second in Go text": (
        setting("iptables", "min_sync_period", "500ms"),
        "kube_proxy.iptables.min_sync_period",
        "'500ms' is not a whole number of seconds, the finest that the OVHcloud API takes (for example 'PT1S')",
    ),
    "sub-second in ISO 8601": (
        setting("ipvs", "sync_period", "PT1.5S"),
        "kube_proxy.ipvs.sync_period",
        "'PT1.5S' is not a whole number of seconds, the finest that the OVHcloud API takes (for example 'PT1S')",
    ),
    "negative in Go text": (
        setting("ipvs", "udp_timeout", "-5s"),
        "kube_proxy.ipvs.udp_timeout",
        "'-5s' is negative; write PT0S to keep the kernel's value, or more",
    ),
    "negative in ISO 8601": (
        setting("iptables", "sync_period", "-PT5S"),
        "kube_proxy.iptables.sync_period",
        "'-PT5S' is negative; write zero or more",
    ),
    "years": (
        setting("ipvs", "tcp_timeout", "P1Y"),
        "kube_proxy.ipvs.tcp_timeout",
        "'P1Y' has years or months, whose length depends on the date; write hours, minutes and seconds",
    ),
    "months": (
        setting("ipvs", "tcp_fin_timeout", "P1M"),
        "kube_proxy.ipvs.tcp_fin_timeout",
        "'P1M' has years or months, whose length depends on the date; write hours, minutes and seconds",
    ),
    "tcp_timeout of 1 s": (
        setting("ipvs", "tcp_timeout", "1s"),
        "kube_proxy.ipvs.tcp_timeout",
        "'1s' is between 0 and 5 s, which the OVHcloud API refuses; write PT0S to keep the system's value, or PT5S or "
        "more",
    ),
    "tcp_timeout of 4 s": (
        setting("ipvs", "tcp_timeout", "PT4S"),
        "kube_proxy.ipvs.tcp_timeout",
        "'PT4S' is between 0 and 5 s, which the OVHcloud API refuses; write PT0S to keep the system's value, or PT5S "
        "or more",
    ),
    "no duration": (
        setting("iptables", "sync_period", "soon"),
        "kube_proxy.iptables.sync_period",
        "'soon' is not a duration; write it as ISO 8601 (for example 'PT60S' or 'PT1M30S') or as Go text (for example "
        "'60s' or '1m30s')",
    ),
    "number without a unit": (
        {"kube_proxy": {"iptables": {"sync_period": 60}}},
        "kube_proxy.iptables.sync_period",
        "'60' is not a duration; write it as ISO 8601 (for example 'PT60S' or 'PT1M30S') or as Go text (for example "
        "'60s' or '1m30s')",
    ),
    "bare P": (
        setting("iptables", "sync_period", "PT"),
        "kube_proxy.iptables.sync_period",
        "'PT' is not an ISO 8601 duration; write whole numbers with upper-case units, for example 'PT60S', 'PT1M30S' "
        "or 'PT1H'",
    ),
    "longer than the kernel's limit": (
        setting("ipvs", "udp_timeout", "600h"),
        "kube_proxy.ipvs.udp_timeout",
        "'600h' is longer than the kernel's limit of PT596H31M23S",
    ),
    "NodeRestriction disabled": (
        {"api_server": {"admission_plugins": {"disabled": ["NodeRestriction"]}}},
        "api_server.admission_plugins.disabled",
        "NodeRestriction must stay enabled; take it out of the list",
    ),
    "plugin in both lists": (
        {"api_server": {"admission_plugins": {"enabled": ["AlwaysPullImages"], "disabled": ["AlwaysPullImages"]}}},
        "api_server.admission_plugins",
        "AlwaysPullImages is both in 'enabled' and in 'disabled'; leave it in one",
    ),
}
#: What each of the modules that take a customization needs beside it.
WITH_CUSTOMIZATION = {
    CUSTOMIZATION: {"kube_id": KUBE_ID},
    "kube_cluster_reset": {"kube_id": KUBE_ID, "kube_proxy_mode": "ipvs"},
    "kube_cluster": {"name": "new", "region": "GRA11"},
}


@pytest.mark.parametrize("module", WITH_CUSTOMIZATION)
@pytest.mark.parametrize("kind", REFUSED)
def test_wrong_value_is_refused_before_any_request(run: t.Any, sim: Simulator, module: str, kind: str) -> None:
    options, path, problem = REFUSED[kind]
    outcome = run.refused(module, **WITH_CUSTOMIZATION[module], **options)
    assert outcome["msg"] == f"Refused, nothing was changed: {path}: {problem}"
    assert outcome["problems"] == [{"option": path, "problem": problem}]
    assert sim.requests == []


def test_every_wrong_value_is_named_at_once(run: t.Any, sim: Simulator) -> None:
    outcome = run.refused(
        CUSTOMIZATION,
        kube_id=KUBE_ID,
        kube_proxy={"iptables": {"sync_period": "x"}, "ipvs": {"tcp_timeout": "2s", "udp_timeout": "-1s"}},
        api_server={"admission_plugins": {"disabled": ["NodeRestriction"]}},
    )
    assert [problem["option"] for problem in outcome["problems"]] == [
        "kube_proxy.iptables.sync_period",
        "kube_proxy.ipvs.tcp_timeout",
        "kube_proxy.ipvs.udp_timeout",
        "api_server.admission_plugins.disabled",
    ]
    assert sim.requests == []


BY_ARGUMENT_SPEC: dict[str, tuple[str, dict[str, t.Any], str]] = {
    "scheduler the API does not have": (
        CUSTOMIZATION,
        {"kube_id": KUBE_ID, **setting("ipvs", "scheduler", "wrr")},
        "kube_proxy.ipvs.scheduler: 'wrr' is not possible; choose one of dh, lc, nq, rr, sed, sh",
    ),
    "mode the API does not have": (
        "kube_cluster_reset",
        {"kube_id": KUBE_ID, "kube_proxy_mode": "nftables"},
        "kube_proxy_mode: 'nftables' is not possible; choose one of iptables, ipvs",
    ),
    "setting nobody has": (
        CUSTOMIZATION,
        {"kube_id": KUBE_ID, **setting("ipvs", "strict_arp", "true")},
        "kube_proxy.ipvs.strict_arp: no such option; choose from ",
    ),
    "customization of nothing": (
        CUSTOMIZATION,
        {"kube_id": KUBE_ID},
        "state is present but any of the following are missing: kube_proxy, api_server",
    ),
    "customization of no cluster": (
        CUSTOMIZATION,
        setting("ipvs", "scheduler", "rr"),
        "one of the following is required: kube_id, name",
    ),
    "reset to no mode": ("kube_cluster_reset", {"kube_id": KUBE_ID}, "kube_proxy_mode: missing or blank; give one of"),
    "reset of no cluster": (
        "kube_cluster_reset",
        {"kube_proxy_mode": "ipvs"},
        "one of the following is required: kube_id, name",
    ),
    "cluster without a name": ("kube_cluster", {"region": "GRA11"}, "one of the following is required: kube_id, name"),
    "cluster without a region": (
        "kube_cluster",
        {"name": "new"},
        "state is present but all of the following are missing: region",
    ),
    "kubeconfig of no cluster": (
        "kube_cluster_kubeconfig",
        {"dest": "kubeconfig"},
        "one of the following is required: kube_id, name",
    ),
}


@pytest.mark.parametrize("kind", BY_ARGUMENT_SPEC)
def test_missing_or_unknown_option_is_named(run: t.Any, sim: Simulator, kind: str) -> None:
    module, options, message = BY_ARGUMENT_SPEC[kind]
    outcome = run.refused(module, **options)
    assert message in outcome["msg"]
    assert sim.requests == []


def test_problems_of_types_are_told_with_all_others(run: t.Any, sim: Simulator) -> None:
    """Ansible's own check would speak before the module, and of the first problem alone."""
    ipvs = {"scheduler": "foo", "sync_period": "60", "tcp_timeout": ["2s"]}
    outcome = run.refused(
        CUSTOMIZATION,
        kube_proxy={"iptables": {"sync_period": "x", "typo": 1}, "ipvs": ipvs},
        api_server={"admission_plugins": ["NodeRestriction"]},
        wait="maybe",
    )
    assert {problem["option"] for problem in outcome["problems"]} == {
        "kube_proxy.iptables.sync_period",
        "kube_proxy.iptables.typo",
        "kube_proxy.ipvs.scheduler",
        "kube_proxy.ipvs.sync_period",
        "kube_proxy.ipvs.tcp_timeout",
        "api_server.admission_plugins",
        "wait",
    }
    for told in (
        "kube_proxy.iptables.typo: no such option; choose from min_sync_period, sync_period",
        "kube_proxy.iptables.sync_period: 'x' is not a duration",
        "kube_proxy.ipvs.scheduler: 'foo' is not possible; choose one of dh, lc, nq, rr, sed, sh",
        "kube_proxy.ipvs.sync_period: '60' is not a duration",
        "kube_proxy.ipvs.tcp_timeout: a list is not text",
        "api_server.admission_plugins: a list is not a dictionary, or its text in JSON",
        "wait: 'maybe' is not true or false",
        "one of the following is required: kube_id, name",
    ):
        assert told in outcome["msg"]
    assert sim.requests == []


def test_state_absent_with_settings_is_refused(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(customization={"kubeProxy": {"ipvs": {"scheduler": "rr"}}})
    outcome = run.refused(CUSTOMIZATION, kube_id=kube_id, state="absent", **setting("ipvs", "scheduler", "lc"))
    assert "kube_proxy" in outcome["msg"]
    assert "absent" in outcome["msg"]
    assert sim.requests == []


@pytest.mark.parametrize("module", WITH_CUSTOMIZATION)
@pytest.mark.parametrize("option", ["wait_timeout", "wait_sleep"])
@pytest.mark.parametrize("value", ["-1", "nan", "inf"])
def test_time_that_cannot_be_waited_is_refused(
    run: t.Any, sim: Simulator, module: str, option: str, value: str
) -> None:
    request = setting("ipvs", "scheduler", "rr")
    outcome = run.refused(module, **WITH_CUSTOMIZATION[module], **request, **{option: value})
    [problem] = outcome["problems"]
    assert problem["option"] == option
    assert problem["problem"].endswith("is not a number of seconds to wait; give zero or more")
    assert sim.requests == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("wait_timeout", 1e12, "1e+12 seconds are more than a year; give less"),
        ("wait_sleep", 1e300, "1e+300 seconds are more than a year; give less"),
        ("timeout", 1e12, "1e+12 seconds are more than a year; give less"),
        ("timeout", 0, "0.0 seconds leave no time for an answer; give more"),
        ("timeout", -5, "-5.0 seconds leave no time for an answer; give more"),
        ("timeout", "nan", "nan is not a number of seconds to wait; give more than zero"),
        ("timeout", math.inf, "inf is not a number of seconds to wait; give more than zero"),
    ],
)
def test_absurd_time_is_refused(
    run: t.Any, sim: Simulator, option: str, value: t.Any, problem: str, check: bool
) -> None:
    outcome = run.refused("kube_cluster", check=check, **NEW, **{option: value})
    assert outcome["problems"] == [{"option": option, "problem": problem}]
    assert sim.requests == []


@pytest.mark.parametrize("block", ["10.0.0.0/33", "10.0.0.1/8", "everywhere", "2001:db8::/129"])
def test_block_that_is_no_network_is_refused(run: t.Any, sim: Simulator, block: str) -> None:
    outcome = run.refused(
        "kube_cluster_reset", kube_id=KUBE_ID, kube_proxy_mode="ipvs", ip_restrictions=["192.0.2.0/24", block]
    )
    [problem] = outcome["problems"]
    assert problem["option"] == "ip_restrictions"
    assert block in problem["problem"]
    assert problem["problem"].endswith("write an address or a network such as '192.0.2.0/24'")
    assert sim.requests == []


NEW = {"name": "new", "region": "GRA11"}
RESET = {"kube_id": KUBE_ID, "kube_proxy_mode": "ipvs"}
NO_VERSION = "is not a minor version of Kubernetes; "
NO_UUID = "is not an OpenStack id, which looks like 11111111-2222-3333-4444-555555555555"
SHAPES: dict[str, tuple[str, dict[str, t.Any], str, str]] = {
    "version that YAML read as a number": (
        "kube_cluster",
        {**NEW, "version": 1.30},
        "version",
        "1.3 is not text; put it in quotes, because YAML reads 1.30 as 1.3",
    ),
    "the same for a reset": ("kube_cluster_reset", {**RESET, "version": 1.30}, "version", "put it in quotes"),
    "the same of a text": ("kube_cluster", {**NEW, "version": "1.3"}, "version", "write it in quotes, '1.30'"),
    "whole number as a version": ("kube_cluster", {**NEW, "version": 1}, "version", f"'1' {NO_VERSION}write for"),
    "patch version": (
        "kube_cluster",
        {**NEW, "version": "1.34.1"},
        "version",
        f"'1.34.1' {NO_VERSION}OVHcloud chooses the patch release: write '1.34'",
    ),
    "version as the API shows it": ("kube_cluster_reset", {**RESET, "version": "1.34.1-0"}, "version", "write '1.34'"),
    "version with a letter": ("kube_cluster", {**NEW, "version": "v1.34"}, "version", "write '1.34'"),
    "name of a version": ("kube_cluster", {**NEW, "version": "latest"}, "version", f"'latest' {NO_VERSION}write for"),
    "subnet that is no id": ("kube_cluster", {**NEW, "nodes_subnet_id": "front"}, "nodes_subnet_id", NO_UUID),
    "OVHcloud's id of a network": (
        "kube_cluster_reset",
        {**RESET, "private_network_id": "pn-1234_0"},
        "private_network_id",
        "nor OVHcloud's own id of a private network (pn-...). To remove it, write 'none'",
    ),
    "none as Python writes it": (
        "kube_cluster",
        {**NEW, "load_balancers_subnet_id": "None"},
        "load_balancers_subnet_id",
        "'None' is not an OpenStack id",
    ),
    "removal of the nodes' subnet alone": (
        "kube_cluster_reset",
        {**RESET, "nodes_subnet_id": "none"},
        "nodes_subnet_id",
        "set private_network_id to 'none' to return to the public network",
    ),
    "gateway that is no address": (
        "kube_cluster",
        {**NEW, "private_network_configuration": {"default_vrack_gateway": "10.4.0.0/24"}},
        "private_network_configuration.default_vrack_gateway",
        "'10.4.0.0/24' is not an IPv4 address; write one such as '10.4.0.1', or 'none' for the gateway from DHCP",
    ),
    "range with bits of a host": (
        "kube_cluster",
        {**NEW, "ip_allocation_policy": {"pods_ipv4_cidr": "10.240.0.1/13"}},
        "ip_allocation_policy.pods_ipv4_cidr",
        "10.240.0.1/13 has host bits set; write an IPv4 network such as '10.240.0.0/13'",
    ),
    "range of IPv6": (
        "kube_cluster",
        {**NEW, "ip_allocation_policy": {"services_ipv4_cidr": "fd00::/12"}},
        "ip_allocation_policy.services_ipv4_cidr",
        "write an IPv4 network",
    ),
    "range that is too small": (
        "kube_cluster",
        {**NEW, "ip_allocation_policy": {"pods_ipv4_cidr": "10.240.0.0/24"}},
        "ip_allocation_policy.pods_ipv4_cidr",
        "'10.240.0.0/24' is too small; the API takes networks of /16 or larger",
    ),
    "ranges that overlap": (
        "kube_cluster",
        {**NEW, "ip_allocation_policy": {"pods_ipv4_cidr": "10.0.0.0/8", "services_ipv4_cidr": "10.3.0.0/16"}},
        "ip_allocation_policy",
        "10.0.0.0/8 and 10.3.0.0/16 overlap",
    ),
    "ranges on the plan free": (
        "kube_cluster",
        {**NEW, "plan": "free", "ip_allocation_policy": {"pods_ipv4_cidr": "10.240.0.0/13"}},
        "ip_allocation_policy",
        "only the plan standard takes networks of pods and services",
    ),
    **{
        f"name as the id of {module}": (
            module,
            {"kube_id": "production", **others},
            "kube_id",
            "'production' is not the id of a cluster, which looks like 11111111-2222-3333-4444-555555555555; if it is "
            "the cluster's name, give it as name",
        )
        for module, others in {
            CUSTOMIZATION: setting("ipvs", "scheduler", "rr"),
            "kube_cluster": {"state": "absent"},
            "kube_cluster_info": {},
            "kube_cluster_kubeconfig": {},
            "kube_cluster_reset": {"kube_proxy_mode": "ipvs"},
        }.items()
    },
    **{
        f"region in small letters for {module}": (
            module,
            {"name": "prod", **others, "region": "sbg5"},
            "region",
            "'sbg5' is not a region: their names have capital letters, digits and hyphens; write 'SBG5'",
        )
        for module, others in {
            CUSTOMIZATION: setting("ipvs", "scheduler", "rr"),
            "kube_cluster": {},
            "kube_cluster_info": {},
            "kube_cluster_kubeconfig": {},
            "kube_cluster_reset": {"kube_proxy_mode": "ipvs"},
        }.items()
    },
    "no name of a region": ("kube_cluster_info", {"region": "Gravelines, France"}, "region", ", such as 'GRA11'"),
}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("kind", SHAPES)
def test_value_of_a_shape_that_the_api_does_not_take_is_refused(
    run: t.Any, sim: Simulator, kind: str, check: bool
) -> None:
    module, options, path, problem = SHAPES[kind]
    outcome = run.refused(module, check=check, **options)
    assert [found["option"] for found in outcome["problems"]] == [path]
    assert problem in outcome["problems"][0]["problem"]
    assert sim.requests == []


def test_what_is_wrong_in_options_of_different_kinds_is_named_at_once(run: t.Any, sim: Simulator) -> None:
    outcome = run.refused(
        "kube_cluster",
        name="new",
        kube_id="new",
        region="gra11",
        version=1.3,
        private_network_id="x",
        kube_proxy={"ipvs": {"tcp_timeout": "2s"}},
        wait_timeout=-1,
    )
    assert [problem["option"] for problem in outcome["problems"]] == [
        "version",
        "kube_id",
        "region",
        "kube_proxy.ipvs.tcp_timeout",
        "private_network_id",
        "wait_timeout",
    ]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("name", [[], {}, True, 83, 1.30, [["prod"]]])
def test_what_is_no_text_names_no_cluster(run: t.Any, sim: Simulator, name: t.Any, check: bool) -> None:
    """Ansible would make a text of it, and a cluster of that name costs money."""
    outcome = run.refused("kube_cluster", check=check, name=name, region="GRA11", kube_proxy_mode="ipvs")
    [problem] = outcome["problems"]
    assert problem["option"] == "name"
    assert "not text" in problem["problem"]
    assert sim.requests == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("name", ["a\x1b[31mb", "\u200b", "x" * 1000])
def test_a_name_that_nobody_can_read_is_for_no_new_cluster(run: t.Any, sim: Simulator, name: str, check: bool) -> None:
    outcome = run.refused("kube_cluster", check=check, name=name, region="GRA11", kube_proxy_mode="ipvs")
    assert [problem["option"] for problem in outcome["problems"]] == ["name"]
    assert len(outcome["msg"]) < 300
    assert sim.mutations == []
    # It was made elsewhere, and somebody has to be able to work with it.
    kube_id = sim.add_cluster(name=name, region="GRA11", kubeProxyMode="ipvs")
    assert (
        run.done("kube_cluster", check=check, name=name, region="GRA11", kube_proxy_mode="ipvs")["kube_id"] == kube_id
    )


def test_ids_are_compared_whatever_their_letters_are(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(privateNetworkId="aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", region="GRA11", name="prod")
    found = run.done("kube_cluster_info", kube_id=kube_id.upper())
    assert found["clusters"][0]["id"] == kube_id
    network = "AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE"
    assert not run.done("kube_cluster", name="prod", region="GRA11", private_network_id=network)["changed"]


NETWORKS: dict[str, tuple[dict[str, t.Any], str]] = {
    "nodes' subnet alone": (
        {"nodes_subnet_id": NETWORK},
        "nodes_subnet_id: needs private_network_id, the network that the subnet is in",
    ),
    "load balancers' subnet without the nodes'": (
        {"private_network_id": NETWORK, "load_balancers_subnet_id": NETWORK},
        "load_balancers_subnet_id: needs private_network_id and nodes_subnet_id as well",
    ),
    "configuration of no network": (
        {"private_network_configuration": {"private_network_routing_as_default": True}},
        "private_network_configuration: needs private_network_id",
    ),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_network_without_what_it_needs_is_refused(run: t.Any, sim: Simulator, kind: str) -> None:
    options, message = NETWORKS[kind]
    kube_id = sim.add_cluster(name="prod")
    for module, others in (
        ("kube_cluster", {"name": "new", "region": "GRA11"}),
        ("kube_cluster_reset", {"kube_id": kube_id, "kube_proxy_mode": "ipvs", "confirm": "prod"}),
    ):
        outcome = run.refused(module, **others, **options)
        assert outcome["msg"] == f"Refused, nothing was changed: {message}"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"service_name": ""}, "No Public Cloud project is set: set the option service_name"),
        ({"endpoint": ""}, "endpoint"),
        ({"consumer_key": ""}, "consumer_key"),
    ],
)
@pytest.mark.parametrize("module", ["kube_cluster_info", CUSTOMIZATION])
def test_connection_that_is_not_configured_is_refused(
    run: t.Any, sim: Simulator, module: str, options: dict[str, str], message: str
) -> None:
    request = {} if module == "kube_cluster_info" else {"state": "absent", "kube_id": KUBE_ID}
    outcome = run.refused(module, **request, **options)
    assert message in outcome["msg"]
    assert outcome["option"] == next(iter(options))
    assert sim.requests == []
