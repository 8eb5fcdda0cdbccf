# SPDX-License-Identifier: GPL-3.0-or-later

"""An edit of the configuration: what changes, what stays, and what is warned of."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import settings
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.canonical import (
    canonical,
    canonical_leaf,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_plan import (
    apply_request,
    plan_config,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_request import (
    ConfigRequest,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_text import (
    Document,
    parse,
    render,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.effective import (
    effective,
    lookup,
)

from .kubeadm import CONFIG, configurations, rerendered
from .plans import V1_20, WHERE, config, plan, refused


def test_edits_only_what_was_asked() -> None:
    made = plan(mode="ipvs", ipvs={"scheduler": "lc", "sync_period": "PT1M"})
    assert made.changed
    expected = CONFIG.replace('mode: ""', "mode: ipvs").replace('scheduler: ""', "scheduler: lc")
    expected = expected.replace("strictARP: false\n  syncPeriod: 0s", "strictARP: false\n  syncPeriod: 1m0s")
    assert made.text == made.after == expected
    assert made.before == CONFIG
    assert made.mode == "ipvs"
    assert made.effective == effective(parse(expected, WHERE).values, V1_20)
    assert made.document.values == parse(expected, WHERE).values


def test_new_keys_find_their_alphabetical_place() -> None:
    made = plan(config={"windowsRunAsService": True, "logging": {"verbosity": 4}}, version=KubeProxyVersion(1, 31))
    keys = list(parse(made.text, WHERE).values)
    assert keys == sorted(keys)
    assert {"logging", "windowsRunAsService"} < set(keys)


def test_new_keys_go_to_the_end_where_there_is_no_order() -> None:
    made = plan(config("mode: ipvs\nclusterCIDR: 10.0.0.0/8\n"), config={"bindAddress": "::"})
    assert list(parse(made.text, WHERE).values) == ["apiVersion", "kind", "mode", "clusterCIDR", "bindAddress"]


@pytest.mark.parametrize("spelling", ["60s", "1m0s", "PT60S", "PT1M"])
def test_another_spelling_is_no_change(spelling: str) -> None:
    text = config("mode: ipvs\nipvs: {syncPeriod: 60000ms} # ours\n")
    made = plan(text, mode="ipvs", ipvs={"sync_period": spelling})
    assert not made.changed
    assert made.text == text
    assert made.before == made.after
    assert "60000ms" in made.after


def test_present_spelling_stays_where_something_else_changes() -> None:
    made = plan(config("mode: ipvs\nipvs: {syncPeriod: 60000ms}\n"), ipvs={"sync_period": "1m", "scheduler": "lc"})
    assert "syncPeriod: 60000ms" in made.text
    assert "scheduler: lc" in made.text


def test_zero_and_absent_are_the_same_where_zero_means_not_set() -> None:
    made = plan(
        config("mode: ipvs\n"), ipvs={"tcp_timeout": "0s", "strict_arp": False}, config={"enableProfiling": "no"}
    )
    assert not made.changed


def test_an_explicit_default_of_a_pointer_is_a_change() -> None:
    made = plan(iptables={"masquerade_bit": 14})
    assert made.changed
    assert "masqueradeBit: 14" in made.text


def test_text_without_a_line_break_at_its_end_stays_so() -> None:
    assert not plan(CONFIG.rstrip("\n"), mode="ipvs").text.endswith("\n")
    assert plan(CONFIG, mode="ipvs").text.endswith("\n")


def test_problems_of_what_was_there_before_are_told_too() -> None:
    text = config("Mode: ipvs\nipvs: {schedular: lc}\nconntrack: {tcpBeLiberal: true}\n")
    found = refused(text, ipvs={"min_sync_period": "1m"})
    assert set(found) == {"config.Mode", "config.ipvs.schedular", "conntrack.tcp_be_liberal", "ipvs.min_sync_period"}


def test_a_misspelt_key_can_be_taken_out_and_what_was_meant_put_in() -> None:
    text = config("Mode: ipvs\nipvs:\n  schedular: lc\n  strictARP: true\n")
    made = plan(text, mode="ipvs", ipvs={"scheduler": "lc"}, config={"Mode": None, "ipvs": {"schedular": None}})
    assert made.changed
    assert parse(made.text, WHERE).values["ipvs"] == {"scheduler": "lc", "strictARP": True}
    assert "Mode" not in made.document.values


def test_values_of_a_wrong_type_can_be_replaced_and_taken_out() -> None:
    text = config('mode: ipvs\nipvs: {tcpTimeout: null, strictARP: "false", syncPeriod: 0}\n')
    assert len(refused(text)) == 3
    made = plan(text, ipvs={"tcp_timeout": "0s", "strict_arp": False}, config={"ipvs": {"syncPeriod": None}})
    assert made.changed
    assert made.document.values["ipvs"] == {"tcpTimeout": "0s", "strictARP": False}


def test_removing_what_is_not_there_or_not_set_is_no_change() -> None:
    assert not plan(config={"Mode": None, "portRange": None, "ipvs": {"scheduler": None}, "nftables": None}).changed


def test_removal_goes_back_to_the_default() -> None:
    made = plan(config("mode: ipvs\nipvs: {syncPeriod: 5s}\n"), config={"ipvs": None})
    assert made.changed
    assert made.effective["ipvs"]["syncPeriod"] == "30s"


def test_feature_gates_merge_by_name() -> None:
    text = config("mode: iptables\nfeatureGates: {AllAlpha: true, AllBeta: true}\n")
    made = plan(text, config={"featureGates": {"AllAlpha": None, "EndpointSlice": True}})
    assert made.document.values["featureGates"] == {"AllBeta": True, "EndpointSlice": True}


def test_lists_replace() -> None:
    text = config("mode: ipvs\nnodePortAddresses: [10.0.0.0/8, 11.0.0.0/8]\n")
    assert plan(text, config={"nodePortAddresses": ["11.0.0.0/8"]}).document.values["nodePortAddresses"] == [
        "11.0.0.0/8"
    ]


def test_replace_sections_replaces_only_those_that_are_given() -> None:
    text = config(
        "clusterCIDR: 10.0.0.0/8\nmode: ipvs\nipvs: {scheduler: lc, strictARP: true, udpTimeout: 0s, schedular: x}\n"
        "conntrack: {min: 5}\n"
    )
    made = plan(text, ipvs={"scheduler": "rr"}, strategy="replace")
    assert made.document.values["ipvs"] == {"scheduler": "rr", "udpTimeout": "0s"}
    assert made.document.values["conntrack"] == {"min": 5}
    assert made.document.values["clusterCIDR"] == "10.0.0.0/8"
    emptied = plan(text, ipvs={}, strategy="replace")
    assert canonical(emptied.document.values).get("ipvs") is None
    assert plan(config("mode: ipvs\nipvs: {scheduler: lc}\n"), ipvs={"strict_arp": True}).document.values["ipvs"] == {
        "scheduler": "lc",
        "strictARP": True,
    }


def test_replacing_a_section_by_itself_is_no_change() -> None:
    text = config("mode: ipvs\nipvs: {syncPeriod: 60s, scheduler: lc, udpTimeout: 0s}\n")
    made = plan(text, ipvs={"sync_period": "PT1M", "scheduler": "lc"}, strategy="replace")
    assert not made.changed
    edited = plan(text, ipvs={"sync_period": "PT1M", "scheduler": "rr"}, strategy="replace")
    assert "syncPeriod: 60s" in edited.text


def test_refuses_a_mode_the_version_lacks() -> None:
    assert "choose one of iptables, ipvs, userspace" in refused(mode="nftables")["mode"]


def test_unreadable_text_is_refused_with_its_place() -> None:
    assert list(refused("mode: [")) == [WHERE]


@pytest.mark.parametrize(
    ("params", "minor", "message"),
    [
        ({"mode": "ipvs"}, 35, "deprecated since Kubernetes 1.35"),
        ({}, 20, "mode is left empty, which means iptables on Kubernetes 1.20"),
        ({}, 37, "mode is left empty, which means iptables on Kubernetes 1.37"),
        ({"mode": "iptables", "ipvs": {"scheduler": "lc"}}, 20, "ipvs (scheduler) has no effect in mode iptables"),
        ({"mode": "ipvs", "iptables": {"sync_period": "5s"}}, 20, "iptables (sync_period) has no effect in mode ipvs"),
        (
            {"mode": "iptables", "iptables": {"min_sync_period": "0s"}},
            20,
            "iptables.min_sync_period: zero has no effect, kube-proxy uses its default of 1s instead",
        ),
        ({"mode": "ipvs", "ipvs": {"sync_period": "PT0S"}}, 20, "ipvs.sync_period: zero has no effect"),
        ({"mode": "ipvs", "config": {"clientConnection": {"qps": 0}}}, 20, "config.clientConnection.qps: zero has no"),
        ({"mode": "ipvs", "config": {"portRange": "80-90"}}, 20, "config.portRange has no effect in mode ipvs"),
        (
            {"mode": "ipvs", "config": {"portRange": "80-90"}},
            31,
            "config.portRange has no effect, kube-proxy 1.31 ignores it",
        ),
        (
            {"mode": "ipvs", "config": {"logging": {"options": {"text": {"splitStream": True}}}}},
            31,
            "config.logging.options.text.splitStream has no effect, kube-proxy 1.31 ignores it",
        ),
    ],
)
def test_warns(params: dict[str, t.Any], minor: int, message: str) -> None:
    (warning,) = plan(CONFIG, KubeProxyVersion(1, minor), **params).warnings
    assert message in warning


@pytest.mark.parametrize(
    ("params", "minor"),
    [
        ({"mode": "ipvs"}, 34),
        ({"mode": "iptables"}, 37),
        ({"mode": "ipvs", "iptables": {"masquerade_bit": 14, "masquerade_all": True}}, 20),
        ({"mode": "ipvs", "ipvs": {"min_sync_period": "0s", "tcp_timeout": "0s"}}, 20),
        ({"mode": "iptables", "conntrack": {"min": 0, "tcp_established_timeout": "0s"}}, 20),
        ({"mode": "nftables", "nftables": {"sync_period": "5s"}}, 33),
        ({"mode": "userspace", "config": {"portRange": "80-90"}}, 22),
        ({"mode": "ipvs", "ipvs": {"scheduler": ""}, "iptables": {"sync_period": None}}, 20),
    ],
)
def test_does_not_warn(params: dict[str, t.Any], minor: int) -> None:
    assert plan(CONFIG, KubeProxyVersion(1, minor), **params).warnings == ()


def test_warns_of_comments_only_when_they_are_lost() -> None:
    text = config("mode: ipvs # ours\n")
    assert plan(text, mode="ipvs").warnings == ()
    (warning,) = plan(text, mode="iptables").warnings
    assert "comments" in warning


ALL = [field for field in settings.FIELDS[2:] if field.in_version(20)]
#: Fields of which any value that the strategy draws is one that kube-proxy takes.
SANE = [
    field
    for field in ALL
    if field.kind in ("bool", "float32")
    or field.path
    in (
        ("hostnameOverride",),
        ("clientConnection", "kubeconfig"),
        ("conntrack", "tcpEstablishedTimeout"),
        ("configSyncPeriod",),
        ("ipvs", "syncPeriod"),
    )
]


@st.composite
def requests_(draw: st.DrawFn, fields: t.Sequence[settings.Field]) -> ConfigRequest:
    values = draw(configurations([field for field in fields if not field.pointer]))
    del values["apiVersion"], values["kind"]
    request = ConfigRequest({key: value for key, value in values.items() if value is not None})
    for path, value in list(request.leaves()):
        if value is None:
            del request.values[path[0]][path[1]]
    set_paths = {path for path, _value in request.leaves()}
    removals = draw(st.lists(st.sampled_from(fields), max_size=3, unique=True))
    return ConfigRequest(
        request.values,
        tuple(field.path for field in removals if field.path not in set_paths),
        draw(st.sampled_from(("merge", "replace"))),
        tuple(section for section in settings.SECTION_OPTIONS if section in request.values),
    )


@given(configurations(ALL), requests_(ALL))
def test_what_was_applied_is_there_and_applying_it_again_changes_nothing(
    current: dict[str, t.Any], requested: ConfigRequest
) -> None:
    once = apply_request(current, requested)
    for path, value in requested.leaves():
        found = lookup(once, path)
        if path == ("featureGates",):
            assert value.items() <= (found or {}).items()
        else:
            field = settings.BY_PATH[path]
            assert canonical_leaf(field, found) == canonical_leaf(field, value)
    for path in requested.removals:
        assert canonical_leaf(settings.BY_PATH[path], lookup(once, path)) is None
    assert apply_request(once, requested) == once
    assert canonical(apply_request(rerendered(once), requested)) == canonical(once)


@given(configurations(SANE), requests_(SANE))
def test_a_plan_that_was_carried_out_is_an_empty_plan(current: dict[str, t.Any], requested: ConfigRequest) -> None:
    first = plan_config(render(Document(current)), WHERE, requested, V1_20)
    assert first.changed is (canonical(current) != canonical(first.document.values))
    again = plan_config(first.text, WHERE, requested, V1_20)
    assert not again.changed
    assert again.text == first.text
    assert again.effective == first.effective
    by_kubeadm = plan_config(render(Document(rerendered(first.document.values, 20))), WHERE, requested, V1_20)
    assert not by_kubeadm.changed


@given(configurations(ALL))
def test_an_empty_request_is_no_change(current: dict[str, t.Any]) -> None:
    assert apply_request(current, ConfigRequest()) == current
