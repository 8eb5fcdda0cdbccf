# SPDX-License-Identifier: GPL-3.0-or-later

"""The minimum period must not exceed the period.

kube-proxy checks the pair after it has put its defaults in place of what is not set or zero (but for the minimum of
ipvs, where zero stays), and does not start when the rule is violated: new pods would crash-loop node by node
(kube-proxy 1.20 to 1.37; the rules V2a to V2c). It checks the section of its mode, up to 1.30 that of iptables in every
mode; here all sections are, as they take effect when the mode is changed.
"""

from __future__ import annotations

import typing as t

from ..common.duration import Duration
from .limits import Spelling
from .settings import SECTION_OPTIONS
from .versions import KubeProxyVersion

#: Sections with a pair of periods.
SECTIONS = tuple(name for name, fields in SECTION_OPTIONS.items() if any(f.option == "sync_period" for f in fields))


class Period(t.NamedTuple):
    """A period as kube-proxy uses it, and whether that is its default."""

    duration: Duration
    by_default: bool


def effective(section: str, option: str, given: Duration | None) -> Period:
    """``given`` is None where the period is not set; zero counts as not set where kube-proxy has a default."""
    field = next(field for field in SECTION_OPTIONS[section] if field.option == option)
    default = Duration(0) if field.default is None else Duration.parse(field.default)
    if given is None or (given == Duration(0) and default > given):
        return Period(default, True)
    return Period(given, False)


def conflict(
    section: str,
    least: Duration | None,
    period: Duration | None,
    spell: Spelling,
    version: KubeProxyVersion | None = None,
) -> str | None:
    """Why kube-proxy does not start with this minimum and this period in the mode of the section; None when it does.

    With its version, also whether it does in other modes.
    """
    minimum, regular = effective(section, "min_sync_period", least), effective(section, "sync_period", period)
    if minimum.duration <= regular.duration:
        return None
    return (
        f"{spell(minimum.duration)}{_note(minimum)} exceeds sync_period {spell(regular.duration)}{_note(regular)}, "
        f"with which {_not_starting(section, version)}; set sync_period to at least the minimum"
    )


def _not_starting(section: str, version: KubeProxyVersion | None) -> str:
    if section == "iptables" and version is not None and not version.at_least(31):
        return f"kube-proxy {version.release} does not start, whatever its mode"
    return f"kube-proxy does not start in mode {section}"


def _note(period: Period) -> str:
    """A note for values the user did not write."""
    return " (kube-proxy's default)" if period.by_default else ""
