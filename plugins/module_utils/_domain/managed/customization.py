# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""What is customized on a managed cluster, and how a wish changes it.

The API's PUT replaces the whole ``kubeProxy`` section and keeps ``apiServer`` when it is left out (OVHcloud guide
"Customizing kube-proxy"); merging is therefore done here, on values, and includes settings this collection has no
option for, which would otherwise be lost.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..common.duration import Duration, DurationError
from .overlay import ADMISSION_PLUGINS, SECTIONS, by_api_name

#: ``(section, API name)``; the section is empty for a value that stands directly under ``kubeProxy``.
Key = tuple[str, str]
Json = dict[str, t.Any]


@dataclass(frozen=True)
class KubeProxySettings:
    """The set members of ``kubeProxy``: Durations and scheduler names, and unknown members as the API gave them.

    Absent, null, ``{}`` and sections with only null members are the same emptiness to the API, so none is kept.
    """

    values: t.Mapping[Key, t.Any] = field(default_factory=dict)

    @classmethod
    def from_api(cls, raw: Json | None) -> KubeProxySettings:
        values: dict[Key, t.Any] = {}
        for section, content in (raw or {}).items():
            members = content.items() if isinstance(content, dict) else [("", content)]
            for api, value in members:
                if value is not None:
                    values[(section, api) if api else ("", section)] = _read(section, api, value)
        return cls(values)

    def to_api(self) -> Json:
        """The ``kubeProxy`` object of a request, with both sections: that an omitted one is cleared is an inference."""
        return {**{section: {} for section in SECTIONS}, **self._nested(lambda section, api: api)}

    def as_result(self) -> Json:
        """Option names and ISO 8601 text, for results and diffs."""
        return self._nested(_option_name)

    def get(self, section: str, option: str) -> t.Any:
        api = next(setting.api for setting in SECTIONS[section] if setting.option == option)
        return self.values.get((section, api))

    def sections(self) -> set[str]:
        return {section for section, _api in self.values if section}

    def overlaid(self, wanted: KubeProxySettings) -> KubeProxySettings:
        return KubeProxySettings({**self.values, **wanted.values})

    def _nested(self, name: t.Callable[[str, str], str]) -> Json:
        nested: Json = {}
        for (section, api), value in sorted(self.values.items()):
            shown = value.iso() if isinstance(value, Duration) else value
            if section:
                nested.setdefault(section, {})[name(section, api)] = shown
            else:
                nested[api] = shown
        return nested


def _read(section: str, api: str, value: t.Any) -> t.Any:
    setting = by_api_name(section, api)
    if setting is not None and setting.kind == "duration":
        try:
            return Duration.parse(str(value))
        except DurationError:
            # Kept as text: it equals nothing that can be asked for, so asking for anything replaces it.
            return value
    return value


def _option_name(section: str, api: str) -> str:
    setting = by_api_name(section, api)
    return setting.option if setting else api


@dataclass(frozen=True)
class AdmissionPlugins:
    """Whether each admission plugin is enabled; one in neither of the API's lists is not in the mapping either.

    No document says what becomes of such a plugin, so it is neither shown nor sent as one or the other. ``rest`` is
    what else the API holds under ``apiServer``: it is sent back unchanged, never interpreted.
    """

    enabled: t.Mapping[str, bool] = field(default_factory=dict)
    rest: t.Mapping[str, t.Any] = field(default_factory=dict)

    @classmethod
    def from_lists(cls, enabled: t.Iterable[str], disabled: t.Iterable[str]) -> AdmissionPlugins:
        return cls({**dict.fromkeys(enabled, True), **dict.fromkeys(disabled, False)})

    @classmethod
    def from_api(cls, raw: Json | None) -> AdmissionPlugins:
        raw = raw or {}
        lists = raw.get("admissionPlugins") or {}
        stated = cls.from_lists(lists.get("enabled") or (), lists.get("disabled") or ())
        rest = {key: value for key, value in raw.items() if key != "admissionPlugins" and value is not None}
        return cls(stated.enabled or DEFAULT_PLUGINS.enabled, rest)

    def overlaid(self, wanted: AdmissionPlugins) -> AdmissionPlugins:
        return AdmissionPlugins({**self.enabled, **wanted.enabled}, self.rest)

    def holds(self, stated: AdmissionPlugins) -> bool:
        """Whether every plugin is as stated; the API may list others besides."""
        return all(self.enabled.get(name) == on for name, on in stated.enabled.items())

    def to_api(self) -> Json:
        return {**self.rest, "admissionPlugins": self.as_lists()}

    def as_result(self) -> Json:
        return {"admission_plugins": self.as_lists()}

    def as_lists(self) -> dict[str, list[str]]:
        return {
            "enabled": sorted(name for name, on in self.enabled.items() if on),
            "disabled": sorted(name for name, on in self.enabled.items() if not on),
        }


DEFAULT_PLUGINS = AdmissionPlugins.from_lists(ADMISSION_PLUGINS, ())


@dataclass(frozen=True)
class Customization:
    """A cluster's customization: kube-proxy's part, the API server's part, and what else the API holds (cilium)."""

    kube_proxy: KubeProxySettings = KubeProxySettings()
    api_server: AdmissionPlugins = DEFAULT_PLUGINS
    other: t.Mapping[str, t.Any] = field(default_factory=dict)

    @classmethod
    def from_api(cls, raw: Json | None) -> Customization:
        raw = raw or {}
        return cls(
            KubeProxySettings.from_api(raw.get("kubeProxy")),
            AdmissionPlugins.from_api(raw.get("apiServer")),
            {key: value for key, value in raw.items() if key not in ("kubeProxy", "apiServer") and value is not None},
        )

    def to_api(self) -> Json:
        """Everything, for a create or reset body, which keeps nothing that it does not name."""
        body: Json = {**self.other, "apiServer": self.api_server.to_api()}
        if self.kube_proxy.values:
            body["kubeProxy"] = self.kube_proxy.to_api()
        return body

    def as_result(self) -> Json:
        return {
            **self.other,
            "kube_proxy": self.kube_proxy.as_result(),
            "api_server": self.api_server.as_result(),
        }


@dataclass(frozen=True)
class CustomizationRequest:
    """What was asked for; None for a part that was not mentioned, which then is neither changed nor sent."""

    kube_proxy: KubeProxySettings | None = None
    api_server: AdmissionPlugins | None = None
    strategy: t.Literal["merge", "replace"] = "merge"

    def __bool__(self) -> bool:
        return self.kube_proxy is not None or self.api_server is not None

    def applied_to(self, current: Customization) -> Customization:
        """The customization that fulfils the wish.

        ``merge`` keeps what is not named; ``replace`` leaves kube-proxy's unnamed settings unset and puts unnamed
        admission plugins back to their default (those unknown here stay, as their default is not known either).
        """
        merge = self.strategy == "merge"
        kube_proxy, api_server = current.kube_proxy, current.api_server
        if self.kube_proxy is not None:
            kube_proxy = kube_proxy.overlaid(self.kube_proxy) if merge else self.kube_proxy
        if self.api_server is not None:
            base = api_server if merge else api_server.overlaid(DEFAULT_PLUGINS)
            api_server = base.overlaid(self.api_server)
        return Customization(kube_proxy, api_server, current.other)


NO_CUSTOMIZATION_REQUEST = CustomizationRequest()
