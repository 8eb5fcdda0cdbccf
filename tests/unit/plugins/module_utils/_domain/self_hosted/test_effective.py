# SPDX-License-Identifier: GPL-3.0-or-later

"""The effective configuration, after kube-proxy's defaulting."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import settings
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_text import parse
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.effective import effective

from .kubeadm import CONFIG


def of(values: dict[str, t.Any], minor: int = 20) -> dict[str, t.Any]:
    return effective(values, KubeProxyVersion(1, minor))


def test_kubeadms_configuration_on_1_20() -> None:
    """The whole of it, as kube-proxy 1.20.2 writes it for kubeadm's (but for mode and detectLocalMode left empty)."""
    assert of(parse(CONFIG, "config.conf").values) == {
        "apiVersion": settings.API_VERSION,
        "bindAddress": "0.0.0.0",  # noqa: S104
        "bindAddressHardFail": False,
        "clientConnection": {
            "acceptContentTypes": "",
            "burst": 10,
            "contentType": "application/vnd.kubernetes.protobuf",
            "kubeconfig": "/var/lib/kube-proxy/kubeconfig.conf",
            "qps": 5,
        },
        "clusterCIDR": "10.244.0.0/16",
        "configSyncPeriod": "15m0s",
        "conntrack": {
            "maxPerCore": 32768,
            "min": 131072,
            "tcpCloseWaitTimeout": "1h0m0s",
            "tcpEstablishedTimeout": "24h0m0s",
        },
        "detectLocalMode": "ClusterCIDR",
        "enableProfiling": False,
        "featureGates": {},
        "healthzBindAddress": "0.0.0.0:10256",
        "hostnameOverride": "",
        "iptables": {"masqueradeAll": False, "masqueradeBit": 14, "minSyncPeriod": "1s", "syncPeriod": "30s"},
        "ipvs": {
            "excludeCIDRs": [],
            "minSyncPeriod": "0s",
            "scheduler": "",
            "strictARP": False,
            "syncPeriod": "30s",
            "tcpFinTimeout": "0s",
            "tcpTimeout": "0s",
            "udpTimeout": "0s",
        },
        "kind": settings.KIND,
        "metricsBindAddress": "127.0.0.1:10249",
        "mode": "iptables",
        "nodePortAddresses": [],
        "oomScoreAdj": -999,
        "portRange": "",
        "showHiddenMetricsForVersion": "",
        "udpIdleTimeout": "250ms",
        "winkernel": {"enableDSR": False, "networkName": "", "sourceVip": ""},
    }


def test_explicit_zeros_of_pointers_are_kept_and_others_are_not() -> None:
    found = of(
        {
            "conntrack": {"min": 0, "tcpEstablishedTimeout": "0s"},
            "iptables": {"masqueradeBit": 0, "localhostNodePorts": False, "minSyncPeriod": "0s"},
            "oomScoreAdj": 0,
            "clientConnection": {"qps": 0, "burst": 0},
        },
        26,
    )
    assert found["conntrack"]["min"] == 0
    assert found["conntrack"]["tcpEstablishedTimeout"] == "0s"
    assert found["iptables"]["masqueradeBit"] == 0
    assert found["iptables"]["localhostNodePorts"] is False
    assert found["iptables"]["minSyncPeriod"] == "1s"
    assert found["oomScoreAdj"] == 0
    assert found["clientConnection"]["qps"] == 5


@pytest.mark.parametrize(
    ("values", "healthz", "metrics"),
    [
        ({"bindAddress": "::"}, "[::]:10256", "[::1]:10249"),
        ({"bindAddress": "::ffff:192.0.2.1"}, "0.0.0.0:10256", "127.0.0.1:10249"),
        ({"healthzBindAddress": "192.0.2.1", "metricsBindAddress": "::1"}, "192.0.2.1:10256", "[::1]:10249"),
        ({"healthzBindAddress": "192.0.2.1:1", "metricsBindAddress": "[::1]:2"}, "192.0.2.1:1", "[::1]:2"),
        ({"healthzBindAddress": "localhost"}, "localhost", "127.0.0.1:10249"),
    ],
)
def test_addresses(values: dict[str, t.Any], healthz: str, metrics: str) -> None:
    found = of(values)
    assert (found["healthzBindAddress"], found["metricsBindAddress"]) == (healthz, metrics)


def test_fields_by_version() -> None:
    assert "udpIdleTimeout" in of({}, 25)
    assert "udpIdleTimeout" not in of({}, 26)
    assert "nftables" not in of({}, 28)
    assert of({}, 29)["nftables"] == {
        "masqueradeAll": False,
        "masqueradeBit": 14,
        "minSyncPeriod": "1s",
        "syncPeriod": "30s",
    }
    assert of({}, 28)["logging"]["flushFrequency"] == "5s"
    assert "logging" not in of({}, 27)


def test_mode_left_empty_and_what_depends_on_it() -> None:
    assert of({}, 39)["mode"] == "iptables"
    assert of({}, 40)["mode"] == "nftables"
    assert of({"mode": "nftables"}, 31)["nodePortAddresses"] == ["primary"]
    assert of({"mode": "nftables"}, 30)["nodePortAddresses"] == []
    assert of({"mode": "iptables"}, 31)["nodePortAddresses"] == []
    assert of({"mode": "nftables", "nodePortAddresses": ["10.0.0.0/8"]}, 31)["nodePortAddresses"] == ["10.0.0.0/8"]


def test_fields_that_kube_proxy_does_not_use_any_more() -> None:
    """Seen on 1.31, 1.34 and 1.36."""
    values = {"portRange": "80-90", "logging": {"options": {"json": {"splitStream": True, "infoBufferSize": "64Ki"}}}}
    assert (of(values, 30)["portRange"], of(values, 31)["portRange"]) == ("80-90", "")
    assert of(values, 30)["logging"]["options"]["json"] == {"splitStream": True, "infoBufferSize": "64Ki"}
    assert of(values, 31)["logging"]["options"]["json"] == {"splitStream": False, "infoBufferSize": "64Ki"}


def test_durations_are_shown_as_go_writes_them_and_nonsense_as_it_is() -> None:
    found = of({"ipvs": {"syncPeriod": "90s", "minSyncPeriod": "x", "tcpTimeout": None}, "conntrack": "nonsense"})
    assert found["ipvs"]["syncPeriod"] == "1m30s"
    assert found["ipvs"]["minSyncPeriod"] == "x"
    assert found["conntrack"]["min"] == 131072


def test_defaults_are_not_shared_between_results() -> None:
    of({})["featureGates"]["X"] = True
    of({})["ipvs"]["excludeCIDRs"].append("x")
    assert of({})["featureGates"] == {}
    assert of({})["ipvs"]["excludeCIDRs"] == []
