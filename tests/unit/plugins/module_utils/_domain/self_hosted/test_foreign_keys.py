# SPDX-License-Identifier: GPL-3.0-or-later

"""Editing a configuration in which other versions and other components have left something."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_request import (
    config_request,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_rules import problems
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_text import parse
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.effective import lookup

from .plans import WHERE, config, plan, refused

#: Keys without effect that only other versions know: what a kubeadm or an image of another version leaves there.
OTHER_VERSIONS = [
    pytest.param("udpIdleTimeout: 0s\n", 26, {"udpIdleTimeout": None}, {"udpIdleTimeout": "0s"}, id="removed"),
    pytest.param("udpIdleTimeout: null\n", 26, {"udpIdleTimeout": None}, {"udpIdleTimeout": "0s"}, id="removed, null"),
    pytest.param(
        "windowsRunAsService: false\n", 30, {"windowsRunAsService": None}, {"windowsRunAsService": False}, id="later"
    ),
    pytest.param(
        'logging: {flushFrequency: 0, options: {json: {infoBufferSize: "0"}}, verbosity: 0}\n',
        27,
        {"logging": None},
        {"logging": {"verbosity": 0}},
        id="later section",
    ),
    pytest.param(
        'logging: {options: {text: {infoBufferSize: "0", splitStream: false}}}\n',
        30,
        {"logging": {"options": {"text": None}}},
        {"logging": {"options": {"text": {"splitStream": False}}}},
        id="later section within one",
    ),
    pytest.param("nftables: null\n", 28, {"nftables": None}, {"nftables": {"masqueradeAll": False}}, id="no section"),
    pytest.param(
        'resourceContainer: ""\n', 20, {"resourceContainer": None}, {"resourceContainer": ""}, id="before 1.18"
    ),
    pytest.param(
        "conntrack: {max: null}\n", 20, {"conntrack": {"max": None}}, {"conntrack": {"max": 0}}, id="max, null"
    ),
    pytest.param("conntrack: {max: 0}\n", 36, {"conntrack": {"max": None}}, {"conntrack": {"max": 0}}, id="max, 0"),
    pytest.param("udpIdleTimeout: 0\n", 34, {"udpIdleTimeout": None}, {"udpIdleTimeout": "0s"}, id="removed, 0"),
    pytest.param('udpIdleTimeout: ""\n', 34, {"udpIdleTimeout": None}, {"udpIdleTimeout": "0s"}, id="removed, empty"),
    pytest.param("logging: {}\n", 27, {"logging": None}, {"logging": {"verbosity": 0}}, id="empty section"),
    pytest.param(
        "detectLocal: {bridgeInterface: ''}\n",
        23,
        {"detectLocal": None},
        {"detectLocal": {"bridgeInterface": ""}},
        id="later, empty",
    ),
]
#: The same within sections that are options.
OTHER_VERSIONS_IN_SECTIONS = [
    pytest.param("conntrack: {min: 5, tcpBeLiberal: false}\n", 28, "conntrack", "tcpBeLiberal", id="later"),
    pytest.param("iptables: {localhostNodePorts: null}\n", 25, "iptables", "localhostNodePorts", id="later, null"),
    pytest.param("nftables: {minSyncPeriod: 0s, syncPeriod: 0s}\n", 28, "nftables", "syncPeriod", id="section"),
]


@pytest.mark.parametrize(("body", "minor", "removal", "_wished"), OTHER_VERSIONS)
def test_a_key_of_another_version_without_effect_does_not_stand_in_the_way_and_can_be_removed(
    body: str, minor: int, removal: dict[str, t.Any], _wished: dict[str, t.Any]
) -> None:
    version = KubeProxyVersion(1, minor)
    text = config("mode: iptables\n" + body)
    assert problems(parse(text, WHERE).values, version, present=True) == []
    assert not plan(text, version).changed
    edited = plan(text, version, mode="ipvs")
    assert edited.document.values == {**parse(text, WHERE).values, "mode": "ipvs"}
    removed = plan(text, version, config=removal)
    assert removed.changed
    assert removed.before != removed.after
    for path in config_request({"config": removal}).removals:
        assert path[-1] not in (lookup(removed.document.values, path[:-1]) or {})
    assert not plan(removed.text, version, config=removal).changed


@pytest.mark.parametrize(("body", "minor", "_removal", "requested"), OTHER_VERSIONS)
@pytest.mark.parametrize("present", [True, False])
def test_a_key_of_another_version_is_refused_where_it_is_asked_for(
    body: str, minor: int, _removal: dict[str, t.Any], requested: dict[str, t.Any], present: bool
) -> None:
    text = config("mode: iptables\n" + (body if present else ""))
    options = {"nftables": {"masquerade_all": False}} if "nftables" in requested else {"config": requested}
    (message,) = refused(text, KubeProxyVersion(1, minor), **options).values()
    assert f"kube-proxy 1.{minor} has no such key" in message


@pytest.mark.parametrize(("body", "minor", "section", "key"), OTHER_VERSIONS_IN_SECTIONS)
def test_a_key_of_another_version_in_a_section_that_is_an_option(body: str, minor: int, section: str, key: str) -> None:
    version = KubeProxyVersion(1, minor)
    text = config("mode: iptables\n" + body)
    assert plan(text, version, mode="ipvs").changed
    options: dict[str, t.Any] = {section: {}, "strategy": "replace"}
    replaced = plan(text, version, **options)
    assert not plan(replaced.text, version, **options).changed
    removal = {section: {key: None}}
    removed = plan(text, version, config=removal)
    assert removed.changed
    assert key not in removed.document.values[section]
    assert not plan(removed.text, version, config=removal).changed


@pytest.mark.parametrize(
    ("body", "minor", "path"),
    [
        ("udpIdleTimeout: 1s\n", 26, "config.udpIdleTimeout"),
        ("iptables: {localhostNodePorts: false}\n", 25, "iptables.localhost_nodeports"),
        ("logging: {verbosity: 0, format: json}\n", 27, "config.logging"),
        ("nftables: {madeUp: null}\n", 28, "nftables"),
        ("nftables: 0\n", 28, "nftables"),
        ("madeUp: null\n", 26, "config.madeUp"),
        ("conntrack: {max: 5}\n", 26, "config.conntrack.max"),
        ("resourceContainer: /kube\n", 26, "config.resourceContainer"),
        ('Mode: ""\n', 26, "config.Mode"),
    ],
)
def test_a_key_of_another_version_that_says_something_and_one_of_no_version_stay_refused(
    body: str, minor: int, path: str
) -> None:
    version = KubeProxyVersion(1, minor)
    assert list(refused(config("mode: iptables\n" + body), version)) == [path]
    found = problems(parse(config("mode: iptables\n" + body), WHERE).values, version, present=True)
    assert [problem.path for problem in found] == [path]


def test_removing_a_zero_that_this_version_knows_is_no_change_and_done_along_with_one() -> None:
    text = config("mode: iptables\nportRange: ''\nudpIdleTimeout: 0s\n")
    removal = {"portRange": None, "udpIdleTimeout": None}
    assert plan(text, KubeProxyVersion(1, 25), config=removal).text == text
    made = plan(text, KubeProxyVersion(1, 25), mode="ipvs", config=removal)
    assert set(made.document.values) == {"apiVersion", "kind", "mode"}


def test_gates_that_no_kubernetes_has_are_kept_where_they_are() -> None:
    """Distributions have gates of their own, and give them to every component."""
    text = config("mode: iptables\nfeatureGates: {OfAVendor: true, OfAnother: false}\n")
    made = plan(text, mode="ipvs")
    assert made.document.values["featureGates"] == {"OfAVendor": True, "OfAnother": False}
    assert [warning.partition(" ")[0] for warning in made.warnings] == [
        "config.featureGates.OfAVendor",
        "config.featureGates.OfAnother",
    ]
    assert "is no feature gate of Kubernetes that this collection knows; kept" in made.warnings[0]
    assert plan(text, mode="ipvs", config={"featureGates": {"OfAVendor": True}}).changed
    removed = plan(text, config={"featureGates": {"OfAVendor": None}})
    assert removed.document.values["featureGates"] == {"OfAnother": False}


@pytest.mark.parametrize(
    ("body", "requested"),
    [
        ("", {"OfAVendor": True}),
        ("featureGates: {OfAnother: true}\n", {"OfAVendor": True}),
        ("featureGates: {OfAVendor: true}\n", {"OfAVendor": False}),
    ],
)
def test_gates_that_no_kubernetes_has_are_refused_where_they_are_asked_for(
    body: str, requested: dict[str, bool]
) -> None:
    found = refused(config("mode: iptables\n" + body), config={"featureGates": requested})
    assert list(found) == ["config.featureGates.OfAVendor"]
    assert "has no feature gate of this name" in found["config.featureGates.OfAVendor"]


@pytest.mark.parametrize(
    ("minor", "gates"),
    [
        (20, {"WinOverlay": True, "CSIMigration": True}),
        (34, {"ComponentFlagz": True, "ComponentStatusz": True, "MultiCIDRServiceAllocator": True}),
        (36, {"AllowServiceExternalIPs": True, "NFTablesProxyMode": True, "InPlacePodVerticalScaling": True}),
    ],
)
def test_gates_that_do_nothing_in_kube_proxy_are_gates_it_takes(minor: int, gates: dict[str, bool]) -> None:
    """Installers give the cluster's feature gates to every component."""
    version = KubeProxyVersion(1, minor)
    requested = plan(config("mode: iptables\n"), version, config={"featureGates": gates})
    assert requested.document.values["featureGates"] == gates
    present = plan(requested.text, version, mode="ipvs")
    assert present.document.values["featureGates"] == gates
    assert not [warning for made in (requested, present) for warning in made.warnings if "featureGates" in warning]


@pytest.mark.parametrize(
    ("gate", "minor", "reason"),
    [
        ("EndpointSlice: false", 22, "locked to true"),
        ("EndpointSlice: true", 25, "it was removed in 1.25"),
        ("NFTablesProxyMode: true", 28, "it came with 1.29"),
        ("NFTablesProxyMode: false", 36, "locked to true"),
        ("ContextualLogging: true", 26, "it came with 1.27"),
    ],
)
def test_gates_with_which_kube_proxy_does_not_start_are_refused_though_they_are_there(
    gate: str, minor: int, reason: str
) -> None:
    text = config(f"mode: iptables\nfeatureGates: {{{gate}}}\n")
    (message,) = refused(text, KubeProxyVersion(1, minor), mode="ipvs").values()
    assert reason in message
