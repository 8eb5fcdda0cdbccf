# SPDX-License-Identifier: GPL-3.0-or-later

"""Options become a request, or are refused whatever the cluster is."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_request import (
    ConfigRequest,
    config_request,
)


def refused(**params: t.Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        config_request(params)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_reads_every_section() -> None:
    request = config_request(
        {
            "mode": "ipvs",
            "iptables": {"masquerade_bit": 14, "masquerade_all": True, "sync_period": None},
            "ipvs": {
                "min_sync_period": "PT5S",
                "scheduler": "lc",
                "exclude_cidrs": ["10.0.0.0/8"],
                "strict_arp": False,
            },
            "nftables": None,
            "conntrack": {"max_per_core": 0, "tcp_established_timeout": "P1D"},
            "config": {"oomScoreAdj": "-998", "clientConnection": {"qps": 50, "burst": 100}},
            "strategy": "merge",
        }
    )
    assert request == ConfigRequest(
        values={
            "mode": "ipvs",
            "iptables": {"masqueradeBit": 14, "masqueradeAll": True},
            "ipvs": {
                "minSyncPeriod": "5s",
                "scheduler": "lc",
                "excludeCIDRs": ["10.0.0.0/8"],
                "strictARP": False,
            },
            "conntrack": {"maxPerCore": 0, "tcpEstablishedTimeout": "24h0m0s"},
            "oomScoreAdj": -998,
            "clientConnection": {"qps": 50, "burst": 100},
        },
        sections=("iptables", "ipvs", "conntrack"),
    )


@pytest.mark.parametrize("params", [{}, {"mode": "", "config": None, "ipvs": {"scheduler": "", "sync_period": ""}}])
def test_an_unanswered_form_is_no_wish(params: dict[str, t.Any]) -> None:
    assert config_request(params) == ConfigRequest()


def test_an_empty_section_is_given() -> None:
    request = config_request({"ipvs": {"scheduler": None}, "strategy": "replace"})
    assert request == ConfigRequest(strategy="replace", sections=("ipvs",))


def test_null_in_config_takes_out_any_key() -> None:
    request = config_request(
        {
            "config": {
                "Mode": None,
                "mode": None,
                "oomScoreAdj": None,
                "conntrack": None,
                "ipvs": {"schedular": None, "scheduler": None},
                "featureGates": {"A": None, "B": "yes"},
            }
        }
    )
    assert set(request.removals) == {
        ("Mode",),
        ("mode",),
        ("oomScoreAdj",),
        ("conntrack",),
        ("ipvs", "schedular"),
        ("ipvs", "scheduler"),
        ("featureGates", "A"),
    }
    assert request.values == {"featureGates": {"B": True}}
    assert request.sections == ()


@pytest.mark.parametrize(
    ("config", "path", "message"),
    [
        ({"mode": "ipvs"}, "config.mode", "use the option mode"),
        ({"ipvs": {"strictARP": True}}, "config.ipvs.strictARP", "use the option ipvs.strict_arp"),
        ({"conntrack": 5}, "config.conntrack", "not a mapping"),
        ({"apiVersion": None}, "config.apiVersion", "is fixed"),
        ({"kind": "x"}, "config.kind", "is fixed"),
        ({"Mode": "ipvs"}, "config.Mode", "did you mean mode?"),
        ({"ipvs": {"schedular": "lc"}}, "config.ipvs.schedular", "did you mean ipvs.scheduler?"),
        ({"healthz_bind_address": "x"}, "config.healthz_bind_address", "did you mean config.healthzBindAddress?"),
        ({"detectLocal": {"x": 1}}, "config.detectLocal.x", "no key 'x'"),
        ({"detectLocal": "x"}, "config.detectLocal", "not a mapping"),
        ({"kubeProxyIPVSConfiguration": {"scheduler": "lc"}}, "config.kubeProxyIPVSConfiguration", "no key"),
        ({"configSyncPeriod": "-PT5S"}, "config.configSyncPeriod", "is negative"),
        ({"configSyncPeriod": 0}, "config.configSyncPeriod", "write it with a unit"),
        ({"configSyncPeriod": "9223372037s"}, "config.configSyncPeriod", "too long"),
        ({"oomScoreAdj": "much"}, "config.oomScoreAdj", "not a whole number"),
        ({"oomScoreAdj": True}, "config.oomScoreAdj", "true is not a whole number"),
        ({"enableProfiling": "maybe"}, "config.enableProfiling", "not a boolean"),
        ({"showHiddenMetricsForVersion": 1.19}, "config.showHiddenMetricsForVersion", "put it in quotes"),
        ({"nodePortAddresses": "10.0.0.0/8"}, "config.nodePortAddresses", "not a list"),
        ({"featureGates": {"A": "x"}}, "config.featureGates", "true or false"),
        ({"featureGates": True}, "config.featureGates", "true or false"),
        ("mode: ipvs", "config", "not a mapping"),
    ],
)
def test_refuses_in_config(config: t.Any, path: str, message: str) -> None:
    found = refused(config=config)
    assert list(found) == [path]
    assert message in found[path]


@pytest.mark.parametrize(
    ("section", "members", "path", "message"),
    [
        ("ipvs", {"sync_period": "soon"}, "ipvs.sync_period", "write it as ISO 8601"),
        ("ipvs", {"sync_period": "-5s"}, "ipvs.sync_period", "is negative"),
        ("ipvs", {"tcp_timeout": "PT0.5S"}, "ipvs.tcp_timeout", "not a whole number of seconds"),
        ("ipvs", {"udp_timeout": "PT2147484S"}, "ipvs.udp_timeout", "longer than the kernel's limit"),
        ("conntrack", {"udp_timeout": "P1M"}, "conntrack.udp_timeout", "years or months"),
        ("iptables", {"masquerade_bit": 2**31}, "iptables.masquerade_bit", "out of range"),
        ("nftables", {"scheduler": "rr"}, "nftables.scheduler", "no such option"),
    ],
)
def test_refuses_in_sections(section: str, members: dict[str, t.Any], path: str, message: str) -> None:
    found = refused(**{section: members})
    assert list(found) == [path]
    assert message in found[path]


def test_fractions_are_fine_where_kube_proxy_itself_keeps_time() -> None:
    assert config_request({"ipvs": {"sync_period": "PT0.5S"}}).values == {"ipvs": {"syncPeriod": "500ms"}}
    assert config_request({"conntrack": {"tcp_close_wait_timeout": "1.5s"}}).values["conntrack"]


def test_tells_everything_at_once() -> None:
    found = refused(
        ipvs={"sync_period": "x"}, config={"Mode": "x", "ipvs": {"syncPeriod": "5s"}}, conntrack={"min": "y"}
    )
    assert list(found) == ["ipvs.sync_period", "conntrack.min", "config.Mode", "config.ipvs.syncPeriod"]


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"mode": "ipvs", "config": {"mode": None}}, "mode"),
        ({"ipvs": {"scheduler": "lc"}, "config": {"ipvs": None}}, "ipvs.scheduler"),
        ({"config": {"clientConnection": {"qps": 5}}, "ipvs": {"scheduler": "rr"}}, None),
    ],
)
def test_what_is_set_and_taken_out_at_once(params: dict[str, t.Any], path: str | None) -> None:
    if path is None:
        assert config_request(params).removals == ()
    else:
        assert "give only one of the two" in refused(**params)[path]


def test_durations_in_config_may_be_iso() -> None:
    assert config_request({"config": {"configSyncPeriod": "PT15M"}}).values == {"configSyncPeriod": "15m0s"}
