# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for the values of a request to the OVHcloud API: what it or kube-proxy refuses, and what has no effect.

What the API offers and limits is in ``overlay``; kube-proxy's own rules are in ``kube_proxy`` and shared with
self-hosted clusters.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ..common.duration import Duration
from ..common.printable import printable, quoted
from ..common.problems import Notice, Problem, Remedy, ValidationError
from ..kube_proxy import limits, no_effect, periods
from ..kube_proxy.settings import Field
from . import overlay
from .customization import KubeProxySettings


def scheduler_problem(name: str) -> str | None:
    """Why the API does not take this scheduler; None when it does."""
    if name in overlay.SCHEDULERS:
        return None
    return f"the OVHcloud API has no scheduler {quoted(name)}; choose one of {', '.join(overlay.SCHEDULERS)}"


def duration_problem(field: Field, duration: Duration) -> str | None:
    """What is wrong with a duration, as the end of a sentence that begins with it; None when nothing is."""
    if not duration.negative and not duration.whole_seconds:
        return "is not a whole number of seconds, the finest that the OVHcloud API takes (for example 'PT1S')"
    if field.option == "tcp_timeout" and Duration(0) < duration < overlay.SHORTEST_TCP_TIMEOUT:
        return (
            "is between 0 and 5 s, which the OVHcloud API refuses; write PT0S to keep the system's value, or PT5S or "
            "more"
        )
    return limits.duration_problem(field, duration, Duration.iso)


def admission_plugin_problems(path: str, lists: t.Mapping[str, t.Sequence[str]]) -> list[Problem]:
    """What is wrong with the lists ``enabled`` and ``disabled`` (OVHcloud API, model ``AdmissionPlugins``)."""
    problems = [
        Problem(
            f"{path}.{which}",
            f"the OVHcloud API has no admission plugin {quoted(name)}; choose from "
            f"{', '.join(overlay.ADMISSION_PLUGINS)}",
        )
        for which in ("enabled", "disabled")
        for name in lists[which]
        if name not in overlay.ADMISSION_PLUGINS
    ]
    problems += [
        Problem(path, f"{name} is both in 'enabled' and in 'disabled'; leave it in one")
        for name in lists["enabled"]
        if name in lists["disabled"]
    ]
    if "NodeRestriction" in lists["disabled"]:
        problems.append(Problem(f"{path}.disabled", "NodeRestriction must stay enabled; take it out of the list"))
    return problems


def check_settings(
    desired: KubeProxySettings, request: KubeProxySettings | None, mode: str | None, name: str
) -> tuple[Notice, ...]:
    """Judge the desired settings in the sections that the request names; returns warnings, with the cluster's name.

    A run on several clusters shows a warning once and not with its host. ``mode`` is the one in which the settings
    will apply. Raises ValidationError for settings with which kube-proxy
    would not start.
    """
    if request is None:
        return ()
    problems = period_conflicts(desired, request)
    if problems:
        raise ValidationError(problems)
    return tuple(
        dataclasses.replace(notice, text=f"Cluster {printable(name)}: {notice.text}")
        for notice in ineffective_settings(request, mode)
    )


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
    """Warnings about settings that are accepted and have no effect (see ``kube_proxy.no_effect``)."""
    requested = {
        section: [field for field in overlay.SECTIONS[section] if request.get(section, field.option) is not None]
        for section in sorted(request.sections() & set(overlay.SECTIONS))
    }
    notices = []
    if mode is not None:
        options = {section: [field.option for field in fields] for section, fields in requested.items()}
        notices = [
            Notice(
                f"kube_proxy.{section} has no effect while the cluster's kube-proxy mode is {mode}. Only a reset "
                f"changes the mode",
                Remedy.RESET,
            )
            for section in no_effect.inactive_sections(mode, options)
        ]
    for section, fields in requested.items():
        for field in fields:
            value = request.get(section, field.option)
            if isinstance(value, Duration):
                zero = no_effect.zero(field.path, value.go(), f"kube_proxy.{section}.{field.option}")
                notices += [Notice(zero)] if zero else []
    return notices
