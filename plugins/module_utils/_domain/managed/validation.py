# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""From options to a request: what is wrong whatever the cluster's state is refused here, before anything is sent."""

from __future__ import annotations

import typing as t

from ..common.blank import without_blanks
from ..common.duration import Duration, DurationError
from ..common.json_types import Json
from ..common.problems import Notice, Problem, Remedy, ValidationError
from ..kube_proxy import limits, no_effect, periods
from ..kube_proxy.settings import Field
from . import overlay
from .customization import AdmissionPlugins, CustomizationRequest, Key, KubeProxySettings


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
    for section, fields in overlay.SECTIONS.items():
        members = without_blanks(options.get(section))
        for field in fields:
            if field.option not in members:
                continue
            text = members[field.option]
            try:
                value = _scheduler(text) if field.option == "scheduler" else _duration(field, str(text))
            except ValueError as error:
                problems.append(Problem(f"kube_proxy.{section}.{field.option}", str(error)))
            else:
                values[(section, field.api)] = value
    return KubeProxySettings(values)


def _scheduler(name: str) -> str:
    problem = overlay.scheduler_problem(name)
    if problem:
        raise ValueError(problem)
    return name


def _duration(field: Field, text: str) -> Duration:
    duration = Duration.parse(text)
    problem = (None if duration.negative else overlay.duration_problem(field, duration)) or limits.duration_problem(
        field, duration, Duration.iso
    )
    if problem:
        raise DurationError(f"{text!r} {problem}")
    return duration


def _api_server(options: Json, problems: list[Problem]) -> AdmissionPlugins:
    lists = options.get("admission_plugins") or {}
    path = "api_server.admission_plugins"
    chosen: dict[str, list[str]] = {}
    for which in ("enabled", "disabled"):
        chosen[which] = list(lists.get(which) or ())
        for name in chosen[which]:
            if name not in overlay.ADMISSION_PLUGINS:
                problems.append(
                    Problem(
                        f"{path}.{which}",
                        f"the OVHcloud API has no admission plugin {name!r}; choose from "
                        f"{', '.join(overlay.ADMISSION_PLUGINS)}",
                    )
                )
    for name in chosen["enabled"]:
        if name in chosen["disabled"]:
            problems.append(Problem(path, f"{name} is both in 'enabled' and in 'disabled'; leave it in one"))
    if "NodeRestriction" in chosen["disabled"]:
        problems.append(Problem(f"{path}.disabled", "NodeRestriction must stay enabled; take it out of the list"))
    return AdmissionPlugins.from_lists(chosen["enabled"], chosen["disabled"])


def period_conflicts(desired: KubeProxySettings, request: KubeProxySettings) -> list[Problem]:
    """Sections named in the request whose minimum period would exceed their period (see ``kube_proxy.periods``)."""
    problems = []
    for section in sorted(request.sections() & set(overlay.SECTIONS)):
        least, period = desired.get(section, "min_sync_period"), desired.get(section, "sync_period")
        conflict = periods.conflict(section, _duration_or_none(least), _duration_or_none(period), Duration.iso)
        if conflict:
            problems.append(Problem(f"kube_proxy.{section}.min_sync_period", conflict))
    return problems


def _duration_or_none(value: t.Any) -> Duration | None:
    """What the API shows and cannot be read as a duration counts as not set."""
    return value if isinstance(value, Duration) else None


def ineffective_settings(request: KubeProxySettings, mode: str | None) -> list[Notice]:
    """Warnings for settings that are accepted and have no effect."""
    sections = sorted(request.sections() & set(overlay.SECTIONS))
    given = {
        section: [field.option for field in overlay.SECTIONS[section] if request.get(section, field.option) is not None]
        for section in sections
    }
    notices = (
        [
            Notice(
                f"kube_proxy.{section} has no effect while the cluster's kube-proxy mode is {mode}. Only a reset changes "
                f"the mode",
                Remedy.RESET,
            )
            for section in no_effect.inactive_sections(mode, given)
        ]
        if mode is not None
        else []
    )
    for section in sections:
        for field in overlay.SECTIONS[section]:
            value = request.get(section, field.option)
            if isinstance(value, Duration):
                zero = no_effect.zero(field.path, value.go(), f"kube_proxy.{section}.{field.option}")
                notices += [Notice(zero)] if zero else []
    return notices
