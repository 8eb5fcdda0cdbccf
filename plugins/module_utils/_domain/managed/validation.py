# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""From options to a wish: everything that is wrong whatever the cluster's state is refused here, before any request."""

from __future__ import annotations

import ipaddress
import typing as t

from ..common.duration import SECOND, Duration, DurationError
from ..common.problems import Problem, ValidationError
from .customization import AdmissionPlugins, CustomizationRequest, Json, Key, KubeProxySettings
from .overlay import ADMISSION_PLUGINS, OVH_SCHEDULERS, SECTIONS, Setting

# kube-proxy's own defaults, applied to what is unset or zero before its rules are checked (kube-proxy 1.20 to 1.36).
DEFAULT_SYNC_PERIOD = Duration(30 * SECOND)
DEFAULT_MIN_SYNC_PERIOD = {"iptables": Duration(1 * SECOND), "ipvs": Duration(0)}

# API schema: an idle TCP session may not be dropped sooner, as in-cluster networking would suffer.
_SHORTEST_TCP_TIMEOUT = Duration(5 * SECOND)
# The kernel takes these as whole seconds times HZ in an int; this is safe for every HZ.
_LONGEST_TIMEOUT = Duration(2_147_483 * SECOND)


def customization_request(
    kube_proxy: Json | None, api_server: Json | None, strategy: t.Literal["merge", "replace"] = "merge"
) -> CustomizationRequest:
    """Read the options ``kube_proxy`` and ``api_server``; raises ValidationError with every problem found."""
    problems: list[Problem] = []
    settings = _kube_proxy(kube_proxy, problems) if kube_proxy is not None else None
    plugins = _api_server(api_server, problems) if api_server is not None else None
    if problems:
        raise ValidationError(problems)
    return CustomizationRequest(settings, plugins, strategy)


def _kube_proxy(options: Json, problems: list[Problem]) -> KubeProxySettings:
    values: dict[Key, t.Any] = {}
    for section, settings in SECTIONS.items():
        given = options.get(section) or {}
        for setting in settings:
            text = given.get(setting.option)
            # A text that AWX passes for an unanswered survey question.
            if text in (None, ""):
                continue
            path = f"kube_proxy.{section}.{setting.option}"
            try:
                value = _scheduler(text) if setting.kind == "scheduler" else _duration(setting, str(text))
            except ValueError as error:
                problems.append(Problem(path, str(error)))
            else:
                values[(section, setting.api)] = value
    return KubeProxySettings(values)


def _scheduler(name: str) -> str:
    if name not in OVH_SCHEDULERS:
        raise ValueError(f"the OVHcloud API has no scheduler {name!r}; choose one of {', '.join(OVH_SCHEDULERS)}")
    return name


def _duration(setting: Setting, text: str) -> Duration:
    duration = Duration.parse(text)
    if duration.negative:
        raise DurationError(f"{text!r} is negative; durations are zero or more")
    if not duration.whole_seconds:
        raise DurationError(
            f"{text!r} is not a whole number of seconds, the finest that the OVHcloud API takes (for example 'PT1S')"
        )
    if setting.option.endswith("timeout") and duration > _LONGEST_TIMEOUT:
        raise DurationError(f"{text!r} is longer than the kernel's limit of {_LONGEST_TIMEOUT.iso()}")
    if setting.option == "tcp_timeout" and Duration(0) < duration < _SHORTEST_TCP_TIMEOUT:
        raise DurationError(
            f"{text!r} is between 0 and 5 s, which the OVHcloud API refuses; write PT0S to keep the system's value, "
            f"or PT5S or more"
        )
    return duration


def _api_server(options: Json, problems: list[Problem]) -> AdmissionPlugins:
    lists = options.get("admission_plugins") or {}
    path = "api_server.admission_plugins"
    chosen: dict[str, list[str]] = {}
    for which in ("enabled", "disabled"):
        chosen[which] = list(lists.get(which) or ())
        for name in chosen[which]:
            if name not in ADMISSION_PLUGINS:
                problems.append(
                    Problem(
                        f"{path}.{which}",
                        f"the OVHcloud API has no admission plugin {name!r}; choose from "
                        f"{', '.join(ADMISSION_PLUGINS)}",
                    )
                )
    for name in chosen["enabled"]:
        if name in chosen["disabled"]:
            problems.append(Problem(path, f"{name} is both in 'enabled' and in 'disabled'; leave it in one"))
    if "NodeRestriction" in chosen["disabled"]:
        problems.append(Problem(f"{path}.disabled", "NodeRestriction must stay enabled; take it out of the list"))
    return AdmissionPlugins.from_lists(chosen["enabled"], chosen["disabled"])


def period_conflicts(target: KubeProxySettings, request: KubeProxySettings) -> list[Problem]:
    """Sections named in the wish whose minimum period would exceed their period, as kube-proxy sees them.

    kube-proxy checks the pair after it has put its defaults in place of what is unset (or zero, but for the minimum of
    ipvs), and does not start when it is violated: the new pods would crash-loop node by node.
    """
    problems = []
    for section in sorted(request.sections() & set(SECTIONS)):
        least, period = target.get(section, "min_sync_period"), target.get(section, "sync_period")
        effective = period if _positive(period) else DEFAULT_SYNC_PERIOD
        minimum = least if _positive(least) else DEFAULT_MIN_SYNC_PERIOD[section]
        if minimum > effective:
            least_note = "" if minimum is least else " (kube-proxy's default)"
            period_note = "" if effective is period else " (kube-proxy's default)"
            problems.append(
                Problem(
                    f"kube_proxy.{section}.min_sync_period",
                    f"{minimum.iso()}{least_note} exceeds sync_period {effective.iso()}{period_note}, with which "
                    f"kube-proxy does not start; set sync_period to at least the minimum",
                )
            )
    return problems


def _positive(value: t.Any) -> bool:
    return isinstance(value, Duration) and value > Duration(0)


def ineffective_settings(request: KubeProxySettings, mode: str | None) -> list[str]:
    """Warnings for settings that are accepted and do nothing."""
    warnings = [
        f"kube_proxy.{section} has no effect while the cluster's kube-proxy mode is {mode}; changing the mode takes "
        f"clusterops.kube_proxy.kube_cluster_reset"
        for section in sorted(request.sections())
        if mode is not None and section in SECTIONS and section != mode
    ]
    for section in sorted(request.sections() & set(SECTIONS)):
        if request.get(section, "sync_period") == Duration(0):
            warnings.append(
                f"kube_proxy.{section}.sync_period: zero has no effect, kube-proxy uses its default of 30s instead"
            )
        default = DEFAULT_MIN_SYNC_PERIOD[section]
        if request.get(section, "min_sync_period") == Duration(0) and default > Duration(0):
            warnings.append(
                f"kube_proxy.{section}.min_sync_period: zero has no effect, kube-proxy uses its default of "
                f"{default.go()} instead"
            )
    return warnings


def normal_block(block: str) -> str:
    """One way to write an address or network, so that spellings of the API compare equal; other text stays as it is."""
    try:
        return str(ipaddress.ip_network(block, strict=False))
    except ValueError:
        return block


def cidr_blocks(path: str, blocks: t.Sequence[str]) -> tuple[str, ...]:
    """IP restrictions in the API's form (address/prefix), sorted; raises ValidationError for what is no network."""
    problems, networks = [], set()
    for block in blocks:
        try:
            networks.add(str(ipaddress.ip_network(block)))
        except ValueError as error:
            problems.append(Problem(path, f"{error}; write an address or a network such as '192.0.2.0/24'"))
    if problems:
        raise ValidationError(problems)
    return tuple(sorted(networks))
