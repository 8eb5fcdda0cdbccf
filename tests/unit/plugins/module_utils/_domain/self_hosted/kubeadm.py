# SPDX-License-Identifier: GPL-3.0-or-later

"""A configuration as kubeadm writes it, and as it writes it anew at each upgrade."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.duration import SECOND, Duration
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import settings
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.effective import lookup

CONFIG = """\
apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 0.0.0.0
bindAddressHardFail: false
clientConnection:
  acceptContentTypes: ""
  burst: 0
  contentType: ""
  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
  qps: 0
clusterCIDR: 10.244.0.0/16
configSyncPeriod: 0s
conntrack:
  maxPerCore: null
  min: null
  tcpCloseWaitTimeout: null
  tcpEstablishedTimeout: null
detectLocalMode: ""
enableProfiling: false
healthzBindAddress: ""
hostnameOverride: ""
iptables:
  masqueradeAll: false
  masqueradeBit: null
  minSyncPeriod: 0s
  syncPeriod: 0s
ipvs:
  excludeCIDRs: null
  minSyncPeriod: 0s
  scheduler: ""
  strictARP: false
  syncPeriod: 0s
  tcpFinTimeout: 0s
  tcpTimeout: 0s
  udpTimeout: 0s
kind: KubeProxyConfiguration
metricsBindAddress: ""
mode: ""
nodePortAddresses: null
oomScoreAdj: null
portRange: ""
showHiddenMetricsForVersion: ""
winkernel:
  enableDSR: false
  networkName: ""
  sourceVip: ""
"""

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cn", "Co")), max_size=12)
AMBIGUOUS = st.sampled_from(
    (
        "yes",
        "no",
        "on",
        "1:30",
        "0",
        "1e3",
        "010",
        "0x1f",
        "null",
        "~",
        "",
        "=",
        "<<",
        "- a",
        "a: b",
        "#",
        "2026-01-01",
        ".5",
    )
)
#: Durations in some spelling: as Go writes them, in seconds, in milliseconds.
DURATION = st.one_of(
    st.integers(0, 10**6).map(lambda seconds: f"{seconds}s"),
    st.integers(0, 10**6).map(lambda seconds: Duration(seconds * SECOND).go()),
    st.integers(0, 10**6).map(lambda milliseconds: f"{milliseconds}ms"),
)
_VALUES: t.Mapping[str, st.SearchStrategy[t.Any]] = {
    "string": TEXT | AMBIGUOUS,
    "bool": st.booleans(),
    "int32": st.integers(-(2**31), 2**31 - 1),
    "uint32": st.integers(0, 2**31 - 1),
    "float32": st.integers(0, 1000) | st.sampled_from((0.5, 5.0, 0.0)),
    "duration": DURATION,
    "flush": DURATION,
    "quantity": st.sampled_from(("0", "64Ki")),
    "strings": st.lists(TEXT | AMBIGUOUS, max_size=3),
    "gates": st.dictionaries(TEXT, st.booleans(), max_size=3),
    "patterns": st.just([]),
}


@st.composite
def configurations(draw: st.DrawFn, fields: t.Sequence[settings.Field] = settings.FIELDS[2:]) -> dict[str, t.Any]:
    """Some fields, each of the right type (and otherwise of any value); null where kube-proxy takes it."""
    values: dict[str, t.Any] = {"apiVersion": settings.API_VERSION, "kind": settings.KIND}
    for field in draw(st.lists(st.sampled_from(fields), max_size=8, unique=True)):
        value = _VALUES[field.kind]
        if field.pointer or field.kind != "duration":
            value |= st.none()
        put(values, field.path, draw(value))
    return values


def put(values: dict[str, t.Any], path: settings.Path, value: t.Any) -> None:
    for key in path[:-1]:
        values = values.setdefault(key, {})
    values[path[-1]] = value


def rerendered(values: t.Mapping[str, t.Any], minor: int | None = None) -> dict[str, t.Any]:
    """What kubeadm (of that minor version, or of all at once) makes of the values.

    Every field, zeros where nothing is set, durations as Go writes them.
    """
    found: dict[str, t.Any] = {}
    for field in sorted(settings.FIELDS):
        if minor is not None and not field.in_version(minor):
            continue
        value = lookup(values, field.path)
        if value is None:
            value = None if field.pointer else field.zero
        elif field.kind in ("duration", "flush"):
            value = Duration.parse(value).go()
        put(found, field.path, value)
    return found
