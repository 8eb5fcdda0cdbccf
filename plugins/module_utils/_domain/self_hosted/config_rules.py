# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules by which kube-proxy refuses to start, checked before anything is written (Kubernetes 1.20 to 1.37).

Each rule carries its id, and the versions in which kube-proxy has it. Rules are checked on the effective configuration,
after defaulting, as kube-proxy does. Where this is stricter than kube-proxy, on purpose:

* The sections of other modes are checked too: they take effect as soon as somebody changes the mode.
* Unknown keys with a value that does not mean "not set", and values that have no effect or crash kube-proxy after it
  has checked them, are refused: schedulers that no kernel has (kube-proxy from 1.27 on takes any text),
  ``detectLocalMode`` before 1.24, fractions of a second and more than the kernel's limit in the IPVS timeouts
  (kube-proxy runs without them), and a bad ``portRange``.
* Addresses are accepted in their plain spelling only (no leading zeros, no zone).

In one thing it is laxer: a gate that no Kubernetes has (see :mod:`..kube_proxy.feature_gates`) is left alone where it
is in the ConfigMap already. Kubernetes' own kube-proxy does not start with one, but distributions have gates of their
own, and some only warn of those they do not know.
"""

from __future__ import annotations

import contextlib
import typing as t

from ..common.duration import Duration, DurationError
from ..common.printable import quoted
from ..common.problems import Problem
from ..kube_proxy import addresses, feature_gates, limits, modes, no_effect, periods, schedulers
from ..kube_proxy.canonical import go_duration, is_set
from ..kube_proxy.settings import BY_PATH, SECTION_OPTIONS, Field, Path, option_path
from ..kube_proxy.versions import KubeProxyVersion
from .config_text import Values
from .decoding import decoding_problems, type_problem
from .effective import effective, lookup

_DETECT_LOCAL_INTERFACE = {"BridgeInterface": "bridgeInterface", "InterfaceNamePrefix": "interfaceNamePrefix"}


class _UnreadError(Exception):
    """A rule has come to a field whose value could not be read."""


class _Subject(t.NamedTuple):
    """What the rules look at: the values as written, the effective ones, the version, and the configuration before.

    ``unread`` are fields that were given and could not be read. A rule ends where it looks at one.
    """

    written: t.Mapping[str, t.Any]
    effective: Values
    version: KubeProxyVersion
    current: t.Mapping[str, t.Any]
    unread: frozenset[Path] = frozenset()

    def is_unread(self, path: Path) -> bool:
        return any(path[:length] in self.unread for length in range(1, len(path) + 1))

    def get(self, *path: str) -> t.Any:
        """The effective value; None where the version has no such field, or the value has a wrong type."""
        if self.is_unread(path):
            raise _UnreadError
        value = lookup(self.effective, path)
        return None if value is None or type_problem(BY_PATH[path], value) else value

    def duration(self, *path: str) -> Duration | None:
        value = self.get(*path)
        return None if value is None else go_duration(value)

    def written_duration(self, *path: str) -> Duration | None:
        """The duration as it was written; None where kube-proxy uses its default."""
        value = lookup(self.written, path)
        return go_duration(value) if is_set(BY_PATH[path], value) else None


def problems(
    values: t.Mapping[str, t.Any],
    version: KubeProxyVersion,
    current: t.Mapping[str, t.Any] | None = None,
    *,
    present: bool = False,
    unread: frozenset[Path] = frozenset(),
) -> list[Problem]:
    """Everything with which kube-proxy of that version would not start, or would not do what is written.

    ``current`` is the configuration before the edit that ``values`` are the result of. What was left there by somebody
    else and does no harm is then not a problem: keys of other versions with a value that means "not set", and feature
    gates that no Kubernetes has. ``present`` says that ``values`` are in the ConfigMap already, and nobody asks for
    them now: such keys are no problem then either. ``unread`` are fields that are given with a value that could not be
    read and is not among ``values``: what depends on one is not judged.
    """
    found = decoding_problems(values, version, tolerant=present or current is not None)
    subject = _Subject(values, effective(values, version), version, current or {}, unread)
    for rule in _RULES:
        with contextlib.suppress(_UnreadError):
            for problem in rule(subject):
                found.append(problem)
    return found


def _at(message: str, *path: str) -> Problem:
    return Problem(option_path(path), message)


def _mode(subject: _Subject) -> t.Iterator[Problem]:
    """V1, all versions."""
    mode = subject.get("mode")
    if mode is None:
        return
    known = modes.available(subject.version, subject.get("featureGates"))
    if mode not in known:
        hint = ""
        if mode == "nftables" and subject.version.at_least(29):
            hint = "; nftables needs the feature gate NFTablesProxyMode here (config.featureGates)"
        elif mode == "ipvs":
            hint = "; ipvs needs the feature gate KubeProxyIPVS from 1.40 on and is to be removed in 1.43 (planned)"
        elif mode.strip().lower() in known:
            hint = f"; did you mean {mode.strip().lower()}?"
        yield _at(
            f"kube-proxy {subject.version.release} has no mode {quoted(mode)}; choose one of {', '.join(known)}{hint}",
            "mode",
        )


def _periods(section: str) -> t.Callable[[_Subject], t.Iterator[Problem]]:
    """V2a (up to 1.30 in every mode, then in mode iptables), V2b (mode ipvs), V2c (mode nftables); here always."""

    def rule(subject: _Subject) -> t.Iterator[Problem]:
        least = subject.duration(section, "minSyncPeriod")
        period = subject.duration(section, "syncPeriod")
        if period is not None and period <= Duration(0):
            yield _at(f"{period.go()} is not greater than 0", section, "syncPeriod")
        if least is not None and least.negative:
            yield _at(f"{least.go()} is negative; it must be 0s or more", section, "minSyncPeriod")
        if least is None or period is None or period <= Duration(0):
            return
        conflict = periods.conflict(
            section,
            subject.written_duration(section, "minSyncPeriod"),
            subject.written_duration(section, "syncPeriod"),
            Duration.go,
            subject.version,
        )
        if conflict:
            yield _at(conflict, section, "minSyncPeriod")

    return rule


def _masquerade_bit(subject: _Subject) -> t.Iterator[Problem]:
    """V3 (iptables, all versions and modes), V4 (nftables, mode nftables)."""
    for section in ("iptables", "nftables"):
        yield from _in_range(subject, 0, 31, section, "masqueradeBit")


def _in_range(subject: _Subject, low: int, high: int | None, *path: str) -> t.Iterator[Problem]:
    value = None if subject.is_unread(path) else subject.get(*path)
    if value is None or (low <= value and (high is None or value <= high)):
        return
    yield _at(f"{value} must be {low} or more" if high is None else f"{value} must be within [{low}, {high}]", *path)


def _ipvs_timeouts(subject: _Subject) -> t.Iterator[Problem]:
    """V5 (mode ipvs), and what the kernel can take: whole seconds up to its limit (its refusal is only logged)."""
    for field in SECTION_OPTIONS["ipvs"]:
        if limits.is_ipvs_timeout(field):
            yield from _in_limits(subject, field)


def _in_limits(subject: _Subject, field: Field) -> t.Iterator[Problem]:
    duration = None if subject.is_unread(field.path) else subject.duration(*field.path)
    problem = None if duration is None else limits.duration_problem(field, duration)
    if duration is not None and problem:
        yield _at(f"{duration.go()} {problem}", *field.path)


def _exclude_cidrs(subject: _Subject) -> t.Iterator[Problem]:
    """V6 (mode ipvs)."""
    for entry in subject.get("ipvs", "excludeCIDRs") or ():
        if addresses.cidr(entry) is None:
            yield _at(f"{quoted(entry)} is not a CIDR; write for example '192.0.2.0/24'", "ipvs", "excludeCIDRs")


def _scheduler(subject: _Subject) -> t.Iterator[Problem]:
    """V7 (mode ipvs, up to 1.26); from 1.27 on kube-proxy tries the kernel's and exits when there is none."""
    scheduler = subject.get("ipvs", "scheduler")
    known = schedulers.known(subject.version)
    if scheduler and scheduler not in known:
        meant = str(scheduler).strip().lower()
        hint = f"did you mean {meant}?" if meant in known else f"choose one of {', '.join(known)}"
        later = " (known from 1.27 on)" if scheduler in schedulers.ALL else ""
        yield _at(
            f"kube-proxy {subject.version.release} has no scheduler {quoted(scheduler)}{later}; {hint}",
            "ipvs",
            "scheduler",
        )


def _oom_score(subject: _Subject) -> t.Iterator[Problem]:
    """V8, all versions."""
    yield from _in_range(subject, -1000, 1000, "oomScoreAdj")


def _positive(subject: _Subject) -> t.Iterator[Problem]:
    """V9 (configSyncPeriod, all versions), V10 (udpIdleTimeout, up to 1.25)."""
    for key in ("configSyncPeriod", "udpIdleTimeout"):
        duration = None if subject.is_unread((key,)) else subject.duration(key)
        if duration is not None and duration.negative:
            yield _at(f"{duration.go()} is negative; it must be greater than 0, or 0s for kube-proxy's default", key)


def _bind_address(subject: _Subject) -> t.Iterator[Problem]:
    """V11, all versions."""
    address = subject.get("bindAddress")
    if address is not None and addresses.address(address) is None:
        yield _at(f"{quoted(address)} is not an IP address", "bindAddress")


def _ports(subject: _Subject) -> t.Iterator[Problem]:
    """V12, all versions."""
    for key in ("healthzBindAddress", "metricsBindAddress"):
        text = None if subject.is_unread((key,)) else subject.get(key)
        message = None if text is None else addresses.host_port_problem(text)
        if message:
            yield _at(message, key)


def _node_port_addresses(subject: _Subject) -> t.Iterator[Problem]:
    """V13: CIDRs; from 1.31 on also ``primary`` alone; from 1.37 on primary, localhost, all and CIDRs together."""
    entries = subject.get("nodePortAddresses") or []
    words: tuple[str, ...] = ()
    if subject.version.at_least(31):
        words = ("primary", "localhost", "all") if subject.version.at_least(37) else ("primary",)
    for entry in entries:
        if entry not in words and addresses.cidr(entry) is None:
            also = f" and is none of the words {', '.join(words)}" if words else ""
            yield _at(f"{quoted(entry)} is not a CIDR{also}; write for example '192.0.2.0/24'", "nodePortAddresses")
    if "primary" in entries and len(entries) > 1 and words == ("primary",):
        yield _at(
            f"'primary' must be the only entry up to kube-proxy 1.36 (this is {subject.version.release}); "
            "remove the rest",
            "nodePortAddresses",
        )


def _cluster_cidr(subject: _Subject) -> t.Iterator[Problem]:
    """V14: up to 1.30 always, from 1.31 on in detectLocalMode ClusterCIDR; a pair takes a gate up to 1.22."""
    text = subject.get("clusterCIDR")
    if not text or (subject.version.at_least(31) and subject.get("detectLocalMode") != "ClusterCIDR"):
        return
    if addresses.cidr(text) is not None:
        return
    minor, given = subject.version.minor, subject.get("featureGates") or {}
    dual_stack = minor >= 23 or feature_gates.enabled("IPv6DualStack", minor, given)
    if addresses.dual_stack(text):
        if not dual_stack:
            yield _at(
                f"{quoted(text)} is a pair of CIDRs, for which kube-proxy {subject.version.release} needs the feature "
                f"gate IPv6DualStack (config.featureGates); write one CIDR",
                "clusterCIDR",
            )
        return
    pair = ", or one of each family with a comma between them" if dual_stack else ""
    yield _at(f"{quoted(text)} is not a CIDR; write for example '10.244.0.0/16'{pair}", "clusterCIDR")


def _conntrack(subject: _Subject) -> t.Iterator[Problem]:
    """V15, all versions."""
    for field in SECTION_OPTIONS["conntrack"]:
        if field.kind == "int32":
            yield from _in_range(subject, 0, None, *field.path)
        elif field.kind == "duration":
            yield from _in_limits(subject, field)


def _detect_local(subject: _Subject) -> t.Iterator[Problem]:
    """V16: kube-proxy checks it from 1.24 on; before, it starts and crashes later."""
    mode = subject.get("detectLocalMode")
    known = ["ClusterCIDR", "NodeCIDR", *(_DETECT_LOCAL_INTERFACE if subject.version.at_least(24) else ())]
    if mode is not None and mode not in known:
        meant = {each.lower(): each for each in known}.get(mode.strip().lower())
        hint = f"did you mean {meant}?" if meant else f"choose one of {', '.join(known)}"
        yield _at(
            f"kube-proxy {subject.version.release} has no mode {quoted(mode)} to detect local traffic; {hint}",
            "detectLocalMode",
        )
    elif mode in _DETECT_LOCAL_INTERFACE and not subject.get("detectLocal", _DETECT_LOCAL_INTERFACE[mode]):
        yield _at(f"must be set with detectLocalMode {mode}", "detectLocal", _DETECT_LOCAL_INTERFACE[mode])


def _burst(subject: _Subject) -> t.Iterator[Problem]:
    """V17, all versions."""
    yield from _in_range(subject, 0, None, "clientConnection", "burst")


def _hidden_metrics(subject: _Subject) -> t.Iterator[Problem]:
    """V18, all versions."""
    text, version = subject.get("showHiddenMetricsForVersion"), subject.version
    previous = f"{version.major}.{version.minor - 1}"
    if text and text != previous:
        yield _at(
            f"{quoted(text)} must be the previous minor version, {previous!r}, or empty", "showHiddenMetricsForVersion"
        )


def _feature_gates(subject: _Subject) -> t.Iterator[Problem]:
    """V19 (all versions), V21 (up to 1.22), V22 (from 1.35 on)."""
    given, minor = subject.get("featureGates") or {}, subject.version.minor
    kept = foreign_gates(given, subject.current)
    for name, value in given.items():
        message = None if name in kept else feature_gates.objection(name, value, minor)
        if message:
            yield _at(message, "featureGates", name)
    message = feature_gates.combination_problem(given, minor)
    if message:
        yield _at(message, "featureGates")


def foreign_gates(given: t.Mapping[str, t.Any], current: t.Mapping[str, t.Any]) -> list[str]:
    """The gates that no Kubernetes has and whose value is the same as in the current configuration."""
    return [
        name
        for name, value in given.items()
        if not feature_gates.is_known(name) and lookup(current, ("featureGates", name)) is value
    ]


def _port_range(subject: _Subject) -> t.Iterator[Problem]:
    """V20: kube-proxy checks the syntax up to about 1.25."""
    text = lookup(subject.written, ("portRange",))
    message = addresses.port_range_problem(text) if text and isinstance(text, str) else None
    if message:
        yield _at(message, "portRange")


def _logging(subject: _Subject) -> t.Iterator[Problem]:
    """``logging``, from 1.28 on."""
    if not subject.version.at_least(28):
        return
    style = subject.get("logging", "format")
    if style is not None and style not in ("text", "json"):
        yield _at(f"{quoted(style)} is not a log format; choose text or json", "logging", "format")
    if style == "json" and subject.get("logging", "vmodule"):
        yield _at("has an effect only with format text", "logging", "vmodule")
    flush = subject.get("logging", "flushFrequency")
    if isinstance(flush, str):
        try:
            if go_duration(flush) <= Duration(0):
                yield _at(f"{flush} must be greater than 0", "logging", "flushFrequency")
        except DurationError:
            return
    if feature_gates.enabled("LoggingAlphaOptions", subject.version.minor, subject.get("featureGates") or {}):
        return
    for path in BY_PATH:
        if no_effect.is_dropped(path, subject.version):
            continue
        if path[:2] == ("logging", "options") and is_set(BY_PATH[path], lookup(subject.written, path)):
            yield _at("needs the feature gate LoggingAlphaOptions (config.featureGates)", *path)


_RULES: tuple[t.Callable[[_Subject], t.Iterator[Problem]], ...] = (
    _mode,
    *map(_periods, periods.SECTIONS),
    _masquerade_bit,
    _ipvs_timeouts,
    _exclude_cidrs,
    _scheduler,
    _oom_score,
    _positive,
    _bind_address,
    _ports,
    _node_port_addresses,
    _cluster_cidr,
    _conntrack,
    _detect_local,
    _burst,
    _hidden_metrics,
    _feature_gates,
    _port_range,
    _logging,
)
