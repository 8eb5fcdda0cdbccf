# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts for kube-proxy to judge."""

from __future__ import annotations

import random
import typing as t

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import (
    feature_gates,
    schedulers,
    settings,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted import config_text

HEAD = f"apiVersion: {settings.API_VERSION}\nkind: {settings.KIND}\n"


def _json(body: str) -> str:
    return f'{{"apiVersion": "{settings.API_VERSION}", "kind": "{settings.KIND}", {body}}}'


class Case(t.NamedTuple):
    """One text; ``stricter`` says why we refuse what kube-proxy accepts."""

    name: str
    text: str
    stricter: str = ""


def _lines(*bodies: str, stricter: str = "") -> list[Case]:
    return [Case(body, HEAD + body.replace("|", "\n") + "\n", stricter) for body in bodies]


def _sections() -> t.Iterator[str]:
    """Periods, timeouts and lists on both sides of every bound, in every mode they matter to."""
    for mode in ("", "iptables", "ipvs"):
        for section in ("iptables", "ipvs"):
            for members in (
                "syncPeriod: 0s", "syncPeriod: 500ms", "syncPeriod: 999ms", "syncPeriod: 1s", "syncPeriod: -1s",
                "syncPeriod: 1ns", "minSyncPeriod: 0s", "minSyncPeriod: 30s", "minSyncPeriod: 30.000000001s",
                "minSyncPeriod: 60s", "minSyncPeriod: -1ns", "syncPeriod: 1m, minSyncPeriod: 60s",
                "syncPeriod: 59s, minSyncPeriod: 1m", "syncPeriod: -1s, minSyncPeriod: -2s",
            ):  # fmt: skip
                yield f'mode: "{mode}"|{section}: {{{members}}}'
        for members in (
            "tcpTimeout: 0s", "tcpTimeout: 900s", "tcpTimeout: -1s", "tcpFinTimeout: -1s", "udpTimeout: -1s",
            "tcpFinTimeout: 2m", "udpTimeout: 2147483s", "scheduler: rr", 'scheduler: ""', "scheduler: RR",
            "scheduler: mh", "scheduler: nope", "scheduler: null", "excludeCIDRs: [10.0.0.0/8, 'fd00::/8']",
            "excludeCIDRs: [10.1.2.3/8]", "excludeCIDRs: [10.0.0.0]", "excludeCIDRs: [10.0.0.0/33]",
            "excludeCIDRs: []", "excludeCIDRs: null", "strictARP: true", "strictARP: null",
        ):  # fmt: skip
            yield f'mode: "{mode}"|ipvs: {{{members}}}'
    for members in (
        "syncPeriod: -1s", "minSyncPeriod: 31s", "minSyncPeriod: 30s", "minSyncPeriod: -1s", "syncPeriod: 500ms",
        "masqueradeBit: 32", "masqueradeBit: 31", "masqueradeAll: true",
    ):  # fmt: skip
        yield f"mode: nftables|nftables: {{{members}}}"
    for scheduler in schedulers.CLASSIC:
        yield f"mode: ipvs|ipvs: {{scheduler: {scheduler}}}"


_NO_LEADING_ZERO = "an address with a leading zero means another one to other programs"

ANY = "0.0.0.0"  # noqa: S104 - text for kube-proxy, nothing is bound

CASES: tuple[Case, ...] = (
    *_lines("", "mode: iptables", "mode: ipvs", "mode: userspace", "mode: nftables", "mode: kernelspace"),
    *_lines("mode: Ipvs", 'mode: "ipvs "', "mode: no", "mode: null", "mode: ~", "mode: 1", "mode: [ipvs]", "mode:"),
    *_lines(*_sections()),
    *_lines("Mode: ipvs", "ipvs: {schedular: lc}", "ipvs: {strictArp: true}", "nftables: {}", "madeUp: 1"),
    *_lines("mode: ipvs|mode: iptables", "ipvs: {scheduler: rr, scheduler: lc}", "ipvs:", "ipvs: null"),
    *_lines('ipvs: ""', "ipvs: []", "ipvs: 1", "conntrack: text", "featureGates: []", "clientConnection: 5"),
    *_lines("conntrack: {tcpBeLiberal: true}", "iptables: {localhostNodePorts: false}", "logging: {verbosity: 1}"),
    # What a kubeadm of a later version leaves there
    *_lines("conntrack: {tcpBeLiberal: false, udpTimeout: 0s}", "iptables: {localhostNodePorts: null}", "nftables:"),
    *_lines("nftables: {masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s}"),
    *_lines('logging: {flushFrequency: 0, options: {json: {infoBufferSize: "0"}}, verbosity: 0}', "logging: {x: null}"),
    *_lines('logging: {options: {text: {infoBufferSize: "0"}}}', "winkernel: {forwardHealthCheckVip: false}"),
    *_lines('detectLocal: {bridgeInterface: "", interfaceNamePrefix: ""}', "udpIdleTimeout: null", 'madeUp: ""'),
    *_lines("windowsRunAsService: false", "udpIdleTimeout: 1s", "udpIdleTimeout: -1s", "udpIdleTimeout: 0s"),
    # V3, V8, V15, V17: integers
    *_lines(*(f"iptables: {{masqueradeBit: {bit}}}" for bit in (-1, 0, 31, 32, "null", 14.0, '"14"', "0x1f", "1e1"))),
    *_lines(*(f"oomScoreAdj: {score}" for score in (-1001, -1000, 1000, 1001, "null", "-999.0", "-999.5", "0o17"))),
    *_lines(*(f"conntrack: {{min: {n}}}" for n in (-1, 0, 2147483647, 2147483648, 3000000000, '"5"', "true", "010"))),
    *_lines(*(f"conntrack: {{maxPerCore: {n}}}" for n in (-1, 0, "null", "1_000", "1e3", "0b11", "08", "+5"))),
    *_lines(*(f"clientConnection: {{burst: {n}}}" for n in (-1, 0, 1, "null", "1.5"))),
    *_lines(
        *(f"clientConnection: {{qps: {n}}}" for n in (-1, 0, 0.5, "null", '"5"', 4e38, "1e30", ".5", ".inf", "yes"))
    ),
    # 1.5: how values decode
    *_lines(*(f"ipvs: {{strictARP: {word}}}" for word in ("yes", "on", "y", "OFF", "True", "tRUE", '"true"', 1, "~"))),
    *_lines(
        *(f"iptables: {{syncPeriod: {text}}}" for text in (30, 0, '"0"', '""', "null", "PT30S", "30 s", "1d", "1h1h"))
    ),
    *_lines(*(f"iptables: {{syncPeriod: {text}}}" for text in ("1.5h", ".5h", "+5m", "1:30"))),
    *_lines("iptables: {syncPeriod: 2562047h}", "iptables: {syncPeriod: 2562048h}"),
    *_lines(
        *(f"iptables: {{syncPeriod: {text}}}" for text in ('"00"', '"0.0"', "1h0.5s", "'1.s'", "1e3s", "1_0s", "-0s"))
    ),
    *_lines(*(f"conntrack: {{tcpEstablishedTimeout: {v}}}" for v in ("null", "0s", "-1s", "0", "86400.5s", '""'))),
    *_lines(*(f"conntrack: {{tcpCloseWaitTimeout: {v}}}" for v in ("null", "0s", "-1s", "60s"))),
    *_lines(*(f"configSyncPeriod: {v}" for v in ("0s", "-1s", "1ns", "null", "15m"))),
    *_lines("excludeCIDRs: 10.0.0.0/8", "ipvs: {excludeCIDRs: 10.0.0.0/8}", "nodePortAddresses: [1]"),
    *_lines("hostnameOverride: 5", "hostnameOverride: 5.5", "hostnameOverride: 2026-01-01", "hostnameOverride: 1:30"),
    *_lines("hostnameOverride: true", 'hostnameOverride: "yes"', "hostnameOverride: 0x", "hostnameOverride: a b"),
    *_lines("hostnameOverride: .5", "hostnameOverride: .", "hostnameOverride: 1_000", "hostnameOverride: 1__0x"),
    *_lines(
        "hostnameOverride: 18446744073709551615",
        "hostnameOverride: 18446744073709551616",
        "hostnameOverride: =",
    ),
    *_lines("hostnameOverride: 0b12", "hostnameOverride: 0o8", "hostnameOverride: 09", "hostnameOverride: +", "1: 2"),
    *_lines("hostnameOverride: 1e999", "hostnameOverride: -.INF", "hostnameOverride: 1.2.3", "true: 2", "null: 2"),
    # V11, V12: addresses
    *_lines(*(f'bindAddress: "{a}"' for a in ("", ANY, "::", "::1", "192.0.2.1", "::ffff:192.0.2.1", "1.2.3"))),
    *_lines(
        *(f'bindAddress: "{a}"' for a in ("localhost", "fe80::1%eth0", "1.2.3.4.5", " 1.2.3.4", "[::]", "256.0.0.1"))
    ),
    *_lines('bindAddress: "010.0.0.1"', stricter=_NO_LEADING_ZERO),
    *_lines(
        *(
            f'{key}: "{a}"'
            for key in ("healthzBindAddress", "metricsBindAddress")
            for a in (
                "",
                ANY,
                "0.0.0.0:1",
                "0.0.0.0:65535",
                "0.0.0.0:65536",
                "0.0.0.0:0",
                "0.0.0.0:",
                "::",
                "[::]:80",
                "[::]",
                "::1:80",
                "localhost",
                "localhost:80",
                ":80",
                "1.2.3.4:http",
                "1.2.3.4:-1",
                "[1.2.3.4]:80",
            )
        )
    ),
    *_lines('healthzBindAddress: "0.0.0.0:+80"', 'healthzBindAddress: "0.0.0.0:000080"', stricter="a port is digits"),
    *_lines('bindAddress: "::"|healthzBindAddress: ""', 'bindAddress: "::1"|metricsBindAddress: "::"'),
    # V13, V14: networks
    *_lines(
        *(f"nodePortAddresses: {a}" for a in ("[]", "null", "[10.0.0.0/8]", "[10.0.0.1]", "[primary]", '[""]', "x"))
    ),
    *_lines(*(f"nodePortAddresses: {a}" for a in ("[primary, 10.0.0.0/8]", "[all]", "[localhost, primary]"))),
    *_lines("nodePortAddresses: ['::/0', 127.0.0.0/8]", "nodePortAddresses: [10.0.0.0/255.0.0.0]"),
    *_lines(*(f'clusterCIDR: "{c}"' for c in ("", "10.0.0.0/8", "fd00::/48", "10.0.0.0", "10.0.0.0/8,fd00::/48"))),
    *_lines(*(f'clusterCIDR: "{c}"' for c in ("10.0.0.0/8, fd00::/48", "10.0.0.0/8,11.0.0.0/8", ",", "10.0.0.0/8,"))),
    *_lines(
        *(
            f'featureGates: {{{gate}: true}}|clusterCIDR: "{c}"'
            for gate in ("IPv6DualStack", "AllAlpha")
            for c in ("10.0.0.0/8", "10.0.0.0/8,fd00::/48", "10.0.0.0/8,11.0.0.0/8", "10.0.0.0/8,fd00::/48,fd01::/48")
        )
    ),
    *_lines('clusterCIDR: "10.0.0.0/08"', stricter=_NO_LEADING_ZERO),
    # V16, V18, V20
    *_lines(
        *(f'detectLocalMode: "{mode}"' for mode in ("", "ClusterCIDR", "NodeCIDR", "BridgeInterface", "clustercidr"))
    ),
    *_lines(*(f'showHiddenMetricsForVersion: "{v}"' for v in ("", "1.19", "1.20", "1.30", "1.35", "v1.19", "1"))),
    *_lines(
        *(f'portRange: "{p}"' for p in ("", "80", "80-90", "80+10", "0-0", "90-80", "1-65536", "65536", "abc", "1-2-3"))
    ),
    *_lines("logging: {options: {json: {splitStream: true}}}", "logging: {options: {text: {splitStream: true}}}"),
    *_lines("featureGates: {LoggingAlphaOptions: true}|logging: {options: {json: {splitStream: true}}}"),
    *_lines('resourceContainer: ""', "conntrack: {max: null}", "conntrack: {max: 5}", "udpIdleTimeout: 0s"),
    *_lines('portRange: " 80 "', stricter="blanks around a port range are of no use"),
    # V19, V21: feature gates; test_feature_gates.py has the whole table
    *_lines(*(f"featureGates: {{{name}: {v}}}" for name in feature_gates.GROUPS for v in ("true", "false"))),
    *_lines(
        *(f"featureGates: {{{name}: true}}" for name in ("EndpointSlice", "NFTablesProxyMode", "ContextualLogging"))
    ),
    *_lines("featureGates: {EndpointSlice: false}", "featureGates: {NFTablesProxyMode: false}"),
    *_lines("featureGates: {MadeUp: true}", 'featureGates: {AllBeta: "true"}', "featureGates: null"),
    *_lines(
        "featureGates: {IPv6DualStack: true, EndpointSlice: false}", "featureGates: {AllAlpha: true, AllBeta: false}"
    ),
    *_lines("featureGates: {AllAlpha: true, IPv6DualStack: false, AllBeta: false}", "featureGates: {AllBeta: true}"),
    *_lines(
        "featureGates: {WinOverlay: true}", "featureGates: {CSIMigration: true, RotateKubeletServerCertificate: true}"
    ),
    *_lines("featureGates: {NodeLease: true}|windowsRunAsService: false", "featureGates: {TTLAfterFinished: true}"),
    *_lines("featureGates: {NodeLease: false}", "featureGates: {nodelease: true}"),
    # the text itself
    Case("empty", ""),
    Case("comment only", "# nothing\n"),
    Case("no apiVersion", "kind: KubeProxyConfiguration\nmode: ipvs\n"),
    Case("no kind", f"apiVersion: {settings.API_VERSION}\n"),
    Case("v1alpha2", HEAD.replace("v1alpha1", "v1alpha2")),
    Case("other kind", HEAD.replace("KubeProxyC", "KubeletC")),
    Case("apiVersion in another case", HEAD.replace("apiVersion", "apiversion")),
    Case("leading separator and comment", f"---\n# ours\n{HEAD}mode: ipvs # really\n"),
    Case("tab indentation", f"{HEAD}ipvs:\n\tscheduler: lc\n"),
    Case("not closed", f"{HEAD}ipvs: {{scheduler: lc\n"),
    Case("list", "- 1\n"),
    Case("text", "hello\n"),
    Case("undefined alias", f"{HEAD}mode: *x\n"),
    Case("alias", f"{HEAD}clusterCIDR: &x ''\nhostnameOverride: *x\n"),
    Case("anchored mapping", f"{HEAD}iptables: &x {{syncPeriod: 5s}}\nipvs: *x\n"),
    Case("folded text", f"{HEAD}hostnameOverride: >-\n  some\n  node\n"),
    Case("escapes", f'{HEAD}hostnameOverride: "\\u00e9\\x41\\t\\n"\n'),
    Case("JSON", _json('"mode": "ipvs"')),
    Case("JSON with a fraction", _json('"oomScoreAdj": -999.0')),
    Case("JSON twice", _json('"mode": "", "mode": ""')),
    Case("flow mapping that is no JSON", f"{{apiVersion: {settings.API_VERSION}, kind: {settings.KIND}}}"),
    Case("two documents", f"{HEAD}---\n{HEAD}mode: ipvs\n", "kube-proxy would use the first only, without a warning"),
    Case("tag", f"{HEAD}hostnameOverride: !!str 5\n"),
    Case("directive", f"%YAML 1.1\n---\n{HEAD}"),
    Case("directive of another version", f"%YAML 1.2\n---\n{HEAD}"),
    Case("merge key", f"{HEAD}iptables: &x {{syncPeriod: 5s}}\nipvs:\n  <<: *x\n"),
    Case("tab after a value", f"{HEAD}mode: ipvs\t\nipvs:\t{{scheduler:\tlc}}\t# really\n"),
    Case("tab on an empty line", f"{HEAD}mode: ipvs\n\t\nipvs: {{scheduler: lc}}\n"),
    Case("tab before a key", f"{HEAD}\tmode: ipvs\n"),
    Case("trailing separator", f"{HEAD}mode: ipvs\n---\n"),
    Case("trailing end", f"{HEAD}mode: ipvs\n...\n"),
    Case("carriage returns", f"{HEAD}mode: ipvs\n".replace("\n", "\r\n")),
    Case("byte order mark", f"\ufeff{HEAD}mode: ipvs\n"),
    Case(
        "kubeadm's",
        HEAD + "bindAddress: 0.0.0.0\nclusterCIDR: 10.244.0.0/16\nconfigSyncPeriod: 0s\noomScoreAdj: null\n",
    ),
)


CHOICES: t.Mapping[settings.FieldKind, tuple[t.Any, ...]] = {
    "string": ("", "x", "10.0.0.0/8", "192.0.2.1", "0.0.0.0:1234", "lc", "ipvs", "text"),
    "bool": (True, False, False, True, None, "true"),
    "int32": (0, 1, 14, 31, 5, 100, 32, -1, None, 2**31, "1"),
    "uint32": (0, 1, 5, -1),
    "float32": (0, 1, 0.5, 50, None, "1"),
    "duration": ("0s", "1s", "5s", "30s", "1m0s", "90s", "100ms", "2h", "-1s", "PT5S", 5),
    "flush": ("5s", 0, "x"),
    "quantity": ("0", 0, "64Ki"),
    "strings": ([], ["10.0.0.0/8"], ["10.0.0.0/8", "fd00::/48"], None, ["x"]),
    "gates": ({}, {"EndpointSlice": True}, {"AllAlpha": True}, {"AllBeta": False}, {"X": True}, None),
    "patterns": ([], None),
}


def random_document(chance: random.Random) -> str:
    values: config_text.Values = {"apiVersion": settings.API_VERSION, "kind": settings.KIND}
    if chance.random() < 0.8:
        values["mode"] = chance.choice(("", "iptables", "ipvs", "ipvs", "nftables"))
    for field in chance.sample(settings.FIELDS[2:], chance.randint(1, 6)):
        # The front of each list is what is mostly right, so that many documents are accepted as a whole.
        options = CHOICES[field.kind]
        choice = options[min(int(chance.expovariate(0.5)), len(options) - 1)]
        parent = values
        for key in field.path[:-1]:
            parent = parent.setdefault(key, {})
        parent[field.api] = choice
    return config_text.render_values(values)


#: What is easily mistyped, and what scanners of YAML differ about.
_SLIPS = (
    "\t", " \t", "\t ", "\n\t", "\n\t\n", " ", "  ", "\n", "\r\n", ":", ": ", "-", "- ", "#", " #", "\t#", ",", "[",
    "]", "{", "}", "&a ", "*a", "!a ", "!!str ", "!!int ", "|", "|\n", ">-\n", "'", '"', "%", "@", "`", "?", "? ", "~",
    "\\", ".", "=", "<<: ", "---\n", "\n---\n", "...\n", "\ufeff", "\x07", "\x85", "\u2028", "\u00a0", "\u00e9", "0",
    "_", "yes", "0x1f", "1e3",
)  # fmt: skip
_SOUND = (
    HEAD
    + """\
mode: ipvs # really
ipvs:
  scheduler: "lc"
  excludeCIDRs:
  - 10.0.0.0/8
  - 'fd00::/8'
  syncPeriod: 30s
iptables: {syncPeriod: 30s, masqueradeBit: 14, masqueradeAll: yes}
hostnameOverride: >-
  some
  node
clientConnection: {qps: 5.5, burst: 010, contentType: a b c, kubeconfig: /x}
"""
)


def random_slip(chance: random.Random) -> str:
    """A sound configuration with something typed into it, behind its head, and mostly at the end of a line."""
    ends = [place for place in range(len(HEAD), len(_SOUND)) if _SOUND[place] == "\n"]
    place = chance.choice(ends) if chance.random() < 0.7 else chance.randrange(len(HEAD), len(_SOUND))
    return _SOUND[:place] + chance.choice(_SLIPS) + _SOUND[place + (chance.random() < 0.1) :]


# Without \x7f and \x85, which kube-proxy reads well, and then cannot write.
NASTY_TEXTS = (
    "yes", "No", "y", "on", "null", "~", "", "=", "<<", "0", "1:30", "010", "0x1f", "1e3", "1_000", ".5", ".inf", ".",
    "2026-01-01", "- a", "a: b", "a #b", "#", "'", '"', "&a", "*a", "!a", "%a", "@a", "`a", "?", "? a", "|", ">", "{}",
    "[]", ",", " a", "a ", "a\tb", "a\nb", "a\n\n b\n", "\na", "\u00e9", "\u20ac \U0001f600", "\\", "\r\n", "\x07",
    "\u2028x", "x\u2029", "\ufeffx", "-", "--- a", "...", "true", "NULL", "+1", "-0b1", "0o7", "18446744073709551616",
    "a" * 300, "a b " * 100,
)  # fmt: skip
