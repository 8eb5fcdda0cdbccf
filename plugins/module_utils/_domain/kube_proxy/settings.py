# SPDX-License-Identifier: GPL-3.0-or-later

"""The fields of KubeProxyConfiguration (``kubeproxy.config.k8s.io/v1alpha1``), Kubernetes 1.20 to 1.37, as one table.

What is an unknown key, of which type a value is, what replaces zero and how an option is called is all read from here.
"""

from __future__ import annotations

import difflib
import typing as t

from ..common.json_types import Json
from . import defaults

API_VERSION = "kubeproxy.config.k8s.io/v1alpha1"
KIND = "KubeProxyConfiguration"

Path = tuple[str, ...]
FieldKind = t.Literal[
    "string",
    "bool",
    "int32",
    "uint32",
    "float32",
    "duration",
    "flush",  # a duration as text, or nanoseconds as a number
    "quantity",
    "strings",
    "gates",  # a map of names to booleans
    "patterns",  # a list of {filePattern, verbosity}
]


class Field(t.NamedTuple):
    """One leaf of the configuration.

    ``default`` is what kube-proxy puts in place of zero (None: zero stays). A ``pointer`` tells "not set" (null,
    absent) from zero, which it keeps; for every other field zero means not set. ``since`` and ``until`` are minor
    versions. A field with an ``option`` of its own has its documentation's ``text``.
    """

    path: Path
    kind: FieldKind
    default: t.Any = None
    pointer: bool = False
    since: int = 0
    until: int | None = None
    option: str = ""
    text: str = ""

    @property
    def api(self) -> str:
        return self.path[-1]

    @property
    def zero(self) -> t.Any:
        return _ZERO[self.kind]

    def in_version(self, minor: int) -> bool:
        return self.since <= minor and (self.until is None or minor <= self.until)


_ZERO: t.Mapping[str, t.Any] = {
    "string": "",
    "bool": False,
    "int32": 0,
    "uint32": 0,
    "float32": 0,
    "duration": "0s",
    "flush": "0s",
    "quantity": "0",
    "strings": [],
    "gates": {},
    "patterns": [],
}


class _Row(t.NamedTuple):
    """A field of a section that is an option of its own."""

    option: str
    api: str
    kind: FieldKind
    #: What the option does, for its documentation; sentences about defaults, zero and versions are derived.
    text: str
    default: t.Any = None
    pointer: bool = False
    since: int = 0


def _section(name: str, since: int, *rows: _Row) -> tuple[Field, ...]:
    return tuple(
        Field((name, row.api), row.kind, row.default, row.pointer, max(since, row.since), None, row.option, row.text)
        for row in rows
    )


_MASQUERADE_BIT = _Row(
    "masquerade_bit", "masqueradeBit", "int32", "Bit of the packet mark, 0 to 31, that marks packets to masquerade.",
    14, pointer=True,
)  # fmt: skip
_MASQUERADE_ALL = _Row(
    "masquerade_all", "masqueradeAll", "bool",
    "Whether to masquerade all traffic to the cluster IP addresses of Services.",
)  # fmt: skip
_SYNC_PERIOD = _Row(
    "sync_period", "syncPeriod", "duration", "Interval at which kube-proxy refreshes its rules.", defaults.SYNC_PERIOD
)
_MIN_SYNC_PERIOD = _Row(
    "min_sync_period", "minSyncPeriod", "duration",
    "Minimum time between two refreshes of the rules. It must not exceed C(sync_period).", defaults.MIN_SYNC_PERIOD,
)  # fmt: skip

#: The sections that are options of their own, with their members in the order of the documentation.
SECTION_OPTIONS: t.Mapping[str, tuple[Field, ...]] = {
    "iptables": _section(
        "iptables",
        0,
        _MASQUERADE_BIT,
        _MASQUERADE_ALL,
        _Row(
            "localhost_nodeports", "localhostNodePorts", "bool",
            "Whether NodePorts can be reached through the loopback address.", True, pointer=True, since=26,
        ),
        _SYNC_PERIOD,
        _MIN_SYNC_PERIOD,
    ),
    "ipvs": _section(
        "ipvs",
        0,
        _SYNC_PERIOD,
        _MIN_SYNC_PERIOD._replace(
            text=f"{_MIN_SYNC_PERIOD.text} Zero, the default, sets no minimum.", default=None
        ),
        _Row("scheduler", "scheduler", "string", "How connections are distributed to the backends of a Service."),
        _Row("exclude_cidrs", "excludeCIDRs", "strings", "Networks whose virtual servers kube-proxy does not remove."),
        _Row(
            "strict_arp", "strictARP", "bool",
            "Whether nodes answer an ARP request only for an address of the interface that receives it, and so not for "
            "the addresses of Services. MetalLB and kube-vip need this. V(false) does not reset the sysctls that "
            "V(true) has set.",
        ),
        _Row("tcp_timeout", "tcpTimeout", "duration", "Time after which an idle TCP session is forgotten."),
        _Row("tcp_fin_timeout", "tcpFinTimeout", "duration", "Time after a FIN at which a TCP session is forgotten."),
        _Row("udp_timeout", "udpTimeout", "duration", "Time after which an idle UDP flow is forgotten."),
    ),
    "nftables": _section("nftables", 29, _MASQUERADE_BIT, _MASQUERADE_ALL, _SYNC_PERIOD, _MIN_SYNC_PERIOD),
    "conntrack": _section(
        "conntrack",
        0,
        _Row(
            "max_per_core", "maxPerCore", "int32",
            "Number of connections to track for each CPU. Zero keeps the kernel's limit and ignores O(conntrack.min).",
            32768, pointer=True,
        ),
        _Row(
            "min", "min", "int32", "Minimum number of connections to track, whatever the number of CPUs.", 131072,
            pointer=True,
        ),
        _Row(
            "tcp_established_timeout", "tcpEstablishedTimeout", "duration",
            "How long an idle TCP connection is tracked.", "24h0m0s", pointer=True,
        ),
        _Row(
            "tcp_close_wait_timeout", "tcpCloseWaitTimeout", "duration",
            "How long a TCP connection in the state CLOSE_WAIT is tracked.", "1h0m0s", pointer=True,
        ),
        _Row(
            "tcp_be_liberal", "tcpBeLiberal", "bool",
            "Whether to accept packets outside of the TCP window instead of marking them as invalid.", since=29,
        ),
        _Row("udp_timeout", "udpTimeout", "duration", "How long an idle UDP flow is tracked.", since=29),
        _Row(
            "udp_stream_timeout", "udpStreamTimeout", "duration",
            "How long an idle UDP flow with packets in both directions is tracked.", since=29,
        ),
    ),
}  # fmt: skip

#: What the documentation adds where users have the configuration and the nodes' kernels to themselves. Where OVHcloud
#: limits a field, its overlay has notes of its own.
SELF_HOSTED_NOTES: t.Mapping[tuple[str, str], tuple[str, ...]] = {
    ("ipvs", "scheduler"): (
        "For example V(rr), which is the default, V(lc) or V(sh). The kernel of each node needs the module "
        "C(ip_vs_)I(scheduler).",
    ),
}

MODE = Field(("mode",), "string", option="mode")

FIELDS: tuple[Field, ...] = (
    Field(("apiVersion",), "string"),
    Field(("kind",), "string"),
    Field(("featureGates",), "gates"),
    Field(("clientConnection", "kubeconfig"), "string"),
    Field(("clientConnection", "acceptContentTypes"), "string"),
    Field(("clientConnection", "contentType"), "string", "application/vnd.kubernetes.protobuf"),
    Field(("clientConnection", "qps"), "float32", 5),
    Field(("clientConnection", "burst"), "int32", 10),
    Field(("logging", "format"), "string", "text", since=28),
    Field(("logging", "flushFrequency"), "flush", "5s", since=28),
    Field(("logging", "verbosity"), "uint32", since=28),
    Field(("logging", "vmodule"), "patterns", since=28),
    Field(("logging", "options", "text", "splitStream"), "bool", since=31),
    Field(("logging", "options", "text", "infoBufferSize"), "quantity", since=31),
    Field(("logging", "options", "json", "splitStream"), "bool", since=28),
    Field(("logging", "options", "json", "infoBufferSize"), "quantity", since=28),
    Field(("hostnameOverride",), "string"),
    Field(("bindAddress",), "string", defaults.BIND_ADDRESS),
    # The defaults of these two hang on bindAddress.
    Field(("healthzBindAddress",), "string"),
    Field(("metricsBindAddress",), "string"),
    Field(("bindAddressHardFail",), "bool"),
    Field(("enableProfiling",), "bool"),
    Field(("showHiddenMetricsForVersion",), "string"),
    MODE,
    *SECTION_OPTIONS["iptables"],
    *SECTION_OPTIONS["ipvs"],
    *SECTION_OPTIONS["nftables"],
    Field(("winkernel", "networkName"), "string"),
    Field(("winkernel", "sourceVip"), "string"),
    Field(("winkernel", "enableDSR"), "bool"),
    Field(("winkernel", "rootHnsEndpointName"), "string", since=24),
    Field(("winkernel", "forwardHealthCheckVip"), "bool", since=24),
    Field(("detectLocalMode",), "string", "ClusterCIDR"),
    Field(("detectLocal", "bridgeInterface"), "string", since=24),
    Field(("detectLocal", "interfaceNamePrefix"), "string", since=24),
    Field(("clusterCIDR",), "string"),
    Field(("nodePortAddresses",), "strings"),
    Field(("oomScoreAdj",), "int32", -999, True),
    *SECTION_OPTIONS["conntrack"],
    Field(("configSyncPeriod",), "duration", "15m0s"),
    Field(("portRange",), "string"),
    Field(("udpIdleTimeout",), "duration", "250ms", until=25),
    Field(("windowsRunAsService",), "bool", since=31),
    # Gone before 1.18; a cluster that is older than that may still have them.
    Field(("resourceContainer",), "string", until=17),
    Field(("conntrack", "max"), "int32", until=17),
)

BY_PATH: t.Mapping[Path, Field] = {field.path: field for field in FIELDS}
_STRUCTS = frozenset(field.path[:depth] for field in FIELDS for depth in range(len(field.path)))
_OPTIONS: t.Mapping[Path, str] = {
    field.path: ".".join((*field.path[:-1], field.option)) for field in FIELDS if field.option
}


def is_struct(path: Path) -> bool:
    """Whether a mapping with keys of this table's is at that path (the root is one)."""
    return path in _STRUCTS


def below(path: Path) -> tuple[Field, ...]:
    """The field at that path, or all that are below it; empty for a path that no version knows."""
    return tuple(field for field in FIELDS if field.path[: len(path)] == path)


def in_version(path: Path, minor: int) -> bool:
    """Whether kube-proxy of that minor version knows the field or section."""
    return any(field.in_version(minor) for field in below(path))


def versions(path: Path) -> str:
    """Which versions know a field or section, for people: ``from 1.29 on`` or ``until 1.25``."""
    fields = below(path)
    since, ends = min(field.since for field in fields), [field.until for field in fields]
    parts = [f"from 1.{since} on"] if since else []
    if None not in ends:
        parts.append(f"until 1.{max(end for end in ends if end is not None)}")
    return " and ".join(parts) or "in every version"


def siblings(path: Path, minor: int | None = None) -> list[str]:
    """The keys that could stand where this path's last one does."""
    parent = path[:-1]
    keys = {field.path[len(parent)] for field in below(parent) if minor is None or field.in_version(minor)}
    return sorted(keys - {"apiVersion", "kind"}) if is_struct(parent) else []


def suggestion(path: Path, minor: int | None = None) -> str | None:
    """The key that was probably meant: the same in another case first, then snake_case, then what looks alike."""
    keys = siblings(path, minor)
    by_folded = {key.lower(): key for key in keys}
    folded = path[-1].replace("_", "").replace("-", "").strip().lower()
    if folded in by_folded:
        return by_folded[folded]
    close = difflib.get_close_matches(folded, by_folded, n=1, cutoff=0.75)
    return by_folded[close[0]] if close else None


def option_path(path: Path) -> str:
    """How a user names the field: ``ipvs.min_sync_period`` where it has an option, else ``config.bindAddress``."""
    return ".".join(_as_option(path))


def _as_option(path: Path) -> Path:
    if path in _OPTIONS:
        return tuple(_OPTIONS[path].split("."))
    return path if len(path) == 1 and path[0] in SECTION_OPTIONS else ("config", *path)


def as_options(config: Json) -> Json:
    """The settings of a KubeProxyConfiguration as a user names them; sections without members are left out."""
    found: Json = {}
    for path, value in _settings(config, ()):
        *sections, name = _as_option(path)
        place = found
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = value
    return found


def _settings(value: t.Any, path: Path) -> t.Iterator[tuple[Path, t.Any]]:
    if not isinstance(value, dict):
        yield path, value
        return
    for name, member in value.items():
        yield from _settings(member, (*path, str(name)))
