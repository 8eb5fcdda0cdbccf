# SPDX-License-Identifier: GPL-3.0-or-later

"""The customization of a managed cluster: kube-proxy's settings and the API server's admission plugins, as values.

The API's PUT replaces the whole section of kube-proxy and keeps the API server's section when it is left out (OVHcloud
guide "Customizing kube-proxy"). The collection therefore merges here, on values. It keeps settings that it has no
option for, because a PUT without them would clear them.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..common.duration import Duration
from ..common.json_types import Json
from .overlay import ADMISSION_PLUGINS

#: ``(section, option)``. A member that the collection does not know has the API's name instead of an option's; the
#: section is empty for one that is in no section.
Key = tuple[str, str]


@dataclass(frozen=True)
class KubeProxySettings:
    """The settings that are set: durations, scheduler names, and members the collection does not know, as they came.

    To the API an absent section, null, an empty one and one with null members only are the same: none is kept here.
    """

    values: t.Mapping[Key, t.Any] = field(default_factory=dict)

    def get(self, section: str, option: str) -> t.Any:
        """The value of a setting; None when it is not set."""
        return self.values.get((section, option))

    def sections(self) -> set[str]:
        """The sections with at least one setting."""
        return {section for section, _option in self.values if section}

    def without(self, sections: t.Collection[str] | None) -> KubeProxySettings:
        """What is left when these sections are emptied; None stands for everything."""
        if sections is None:
            return KubeProxySettings()
        return KubeProxySettings({key: value for key, value in self.values.items() if key[0] not in sections})

    def overlaid(self, request: KubeProxySettings) -> KubeProxySettings:
        """These settings, with those of the request on top."""
        return KubeProxySettings({**self.values, **request.values})

    def as_result(self) -> Json:
        """Sections of options, with durations in ISO 8601."""
        nested: Json = {}
        for (section, option), value in sorted(self.values.items()):
            members = nested.setdefault(section, {}) if section else nested
            members[option] = value.iso() if isinstance(value, Duration) else value
        return nested


@dataclass(frozen=True)
class AdmissionPlugins:
    """Whether each admission plugin is enabled; one that neither of the API's lists names is not in the mapping.

    No document says what the API does with such a plugin, so it is neither shown nor sent. ``rest`` is what else the
    API holds beside the plugins, under the API's names: it is sent back unchanged and not interpreted.
    """

    enabled: t.Mapping[str, bool] = field(default_factory=dict)
    rest: t.Mapping[str, t.Any] = field(default_factory=dict)

    @classmethod
    def from_lists(cls, enabled: t.Iterable[str], disabled: t.Iterable[str]) -> AdmissionPlugins:
        return cls({**dict.fromkeys(enabled, True), **dict.fromkeys(disabled, False)})

    def overlaid(self, request: AdmissionPlugins) -> AdmissionPlugins:
        """These plugins, with those of the request on top."""
        return AdmissionPlugins({**self.enabled, **request.enabled}, self.rest)

    def holds(self, desired: AdmissionPlugins) -> bool:
        """Whether every desired plugin is as desired; there may be others."""
        return all(self.enabled.get(name) == on for name, on in desired.enabled.items())

    def as_lists(self) -> dict[str, list[str]]:
        """The lists ``enabled`` and ``disabled``, which the API and the results of modules share."""
        return {
            "enabled": sorted(name for name, on in self.enabled.items() if on),
            "disabled": sorted(name for name, on in self.enabled.items() if not on),
        }

    def as_result(self) -> Json:
        return {"admission_plugins": self.as_lists()}


#: OVHcloud API, model ``Customization``: all plugins are enabled when the lists name none.
DEFAULT_PLUGINS = AdmissionPlugins.from_lists(ADMISSION_PLUGINS, ())


@dataclass(frozen=True)
class Customization:
    """kube-proxy's part, the API server's part, and what else the API holds (cilium), under its own names."""

    kube_proxy: KubeProxySettings = KubeProxySettings()
    api_server: AdmissionPlugins = DEFAULT_PLUGINS
    other: t.Mapping[str, t.Any] = field(default_factory=dict)

    def as_result(self) -> Json:
        return {
            **self.other,
            "kube_proxy": self.kube_proxy.as_result(),
            "api_server": self.api_server.as_result(),
        }
