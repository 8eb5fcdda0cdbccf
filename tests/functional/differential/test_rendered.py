# SPDX-License-Identifier: GPL-3.0-or-later

"""Rendered documents, which no cluster has seen, against a real kube-proxy of whichever version is at hand.

kube-proxy accepts each, without its lenient decoder, and it takes effect as the module says.
"""

from __future__ import annotations

import random
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import settings
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted import config_plan, rendered
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_request import (
    config_request,
)

from .cases import CHOICES
from .real_kube_proxy import KubeProxy
from .test_kube_proxy_binary import difference

ANY = "0.0.0.0"  # noqa: S104 - text for kube-proxy, nothing is bound

#: The first minor version that has everything in it, and the options.
TABLE: tuple[tuple[int, dict[str, t.Any]], ...] = (
    (0, {}),
    (0, {"mode": "iptables"}),
    (0, {"mode": "ipvs"}),
    (31, {"mode": "nftables"}),
    (29, {"mode": "nftables", "config": {"featureGates": {"NFTablesProxyMode": True}}}),
    (
        0,
        {
            "mode": "iptables",
            "iptables": {
                "masquerade_bit": "15",
                "masquerade_all": "yes",
                "sync_period": "PT1M",
                "min_sync_period": "1500ms",
            },
        },
    ),
    (26, {"mode": "iptables", "iptables": {"localhost_nodeports": False}}),
    (
        0,
        {
            "mode": "ipvs",
            "ipvs": {
                "sync_period": "60s",
                "min_sync_period": "0",
                "scheduler": "lc",
                "exclude_cidrs": ["192.0.2.0/24", "2001:db8::/32"],
                "strict_arp": True,
                "tcp_timeout": "PT15M",
                "tcp_fin_timeout": "120s",
                "udp_timeout": "5m",
            },
        },
    ),
    (
        31,
        {
            "mode": "nftables",
            "nftables": {"masquerade_bit": 0, "masquerade_all": True, "sync_period": "45s", "min_sync_period": "PT2S"},
            "conntrack": {"tcp_be_liberal": True, "udp_timeout": "30s", "udp_stream_timeout": "PT3M"},
            "config": {"nodePortAddresses": [f"{ANY}/0", "::/0"]},
        },
    ),
    (
        0,
        {
            "mode": "ipvs",
            "conntrack": {
                "max_per_core": 0,
                "min": 262144,
                "tcp_established_timeout": "P1D",
                "tcp_close_wait_timeout": "0s",
            },
        },
    ),
    # The sections of other modes wait for a change to those.
    (0, {"mode": "iptables", "iptables": {"sync_period": "20s"}, "ipvs": {"scheduler": "sh", "sync_period": "10s"}}),
    (
        0,
        {
            "mode": "ipvs",
            "config": {
                "bindAddress": "::",
                "clusterCIDR": "fd00:10:244::/56",
                "healthzBindAddress": f"{ANY}:10256",
                "metricsBindAddress": f"{ANY}:10249",
                "hostnameOverride": "0x1f",
                "oomScoreAdj": -998,
                "clientConnection": {"qps": 12.5, "burst": "30", "kubeconfig": "/var/lib/kube-proxy/kubeconfig.conf"},
                "featureGates": {"AllAlpha": False},
                "configSyncPeriod": "PT10M",
                "nodePortAddresses": ["10.0.0.0/8"],
            },
        },
    ),
    (28, {"mode": "iptables", "config": {"logging": {"verbosity": 2, "flushFrequency": "10s"}}}),
    (31, {"mode": "nftables", "config": {"detectLocalMode": "NodeCIDR", "nodePortAddresses": ["primary"]}}),
    # Null takes out what nobody put in.
    (0, {"mode": "ipvs", "config": {"clusterCIDR": None}}),
)


def render(kube_proxy: KubeProxy, options: t.Mapping[str, t.Any]) -> config_plan.ConfigPlan:
    return rendered.plan_rendered(config_request(options), kube_proxy.version)


def disagreements(kube_proxy: KubeProxy, plans: t.Sequence[config_plan.ConfigPlan]) -> dict[str, str]:
    found = {}
    for plan, verdict in zip(plans, kube_proxy.judge([plan.text for plan in plans]), strict=True):
        if not verdict.accepted or verdict.lenient:
            found[plan.text] = verdict.output
        elif difference(plan.effective, verdict.written, kube_proxy.version):
            found[plan.text] = str(difference(plan.effective, verdict.written, kube_proxy.version))
    return found


def test_table_of_options(kube_proxy: KubeProxy) -> None:
    plans = [render(kube_proxy, options) for since, options in TABLE if kube_proxy.version.at_least(since)]
    assert disagreements(kube_proxy, plans) == {}


def test_what_a_version_lacks_is_refused(kube_proxy: KubeProxy) -> None:
    for since, options in TABLE:
        if not kube_proxy.version.at_least(since):
            with pytest.raises(ValidationError):
                render(kube_proxy, options)


def random_options(chance: random.Random) -> dict[str, t.Any]:
    options: dict[str, t.Any] = {"mode": chance.choice(("", "iptables", "ipvs", "nftables"))}
    for section, fields in settings.SECTION_OPTIONS.items():
        if chance.random() < 0.4:
            picked = chance.sample(fields, chance.randint(1, 3))
            # The front of each list is what is mostly right.
            options[section] = {
                field.option: CHOICES[field.kind][min(int(chance.expovariate(0.6)), len(CHOICES[field.kind]) - 1)]
                for field in picked
            }
    return options


def test_random_options(kube_proxy: KubeProxy) -> None:
    chance = random.Random(20_26)
    plans, refused = [], 0
    for _number in range(200):
        try:
            plans.append(render(kube_proxy, random_options(chance)))
        except ValidationError:
            refused += 1
    assert disagreements(kube_proxy, plans) == {}
    assert min(len(plans), refused) > 20, "the options should be of both kinds"
