# SPDX-License-Identifier: GPL-3.0-or-later

"""Hypothesis strategies for what a cluster may have and a user may ask for."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.duration import SECOND, Duration
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.settings import Field as Setting
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.customization import (
    AdmissionPlugins,
    KubeProxySettings,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.overlay import (
    SCHEDULERS,
    SECTIONS,
    by_option,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import CustomizationRequest

from .api_objects import shown

seconds = st.integers(0, 100_000).map(lambda count: Duration(count * SECOND))


def _value(setting: Setting) -> st.SearchStrategy[t.Any]:
    return st.sampled_from(SCHEDULERS) if setting.option == "scheduler" else seconds


known_values = st.fixed_dictionaries(
    {}, optional={(section, s.option): _value(s) for section, settings in SECTIONS.items() for s in settings}
)
#: What a newer API may hold and this collection has no option for.
unknown_values = st.fixed_dictionaries(
    {}, optional={("ipvs", "strictArp"): st.booleans(), ("nftables", "syncPeriod"): st.just("PT30S")}
)
settings = known_values.map(KubeProxySettings)
plugins = st.dictionaries(st.sampled_from(["AlwaysPullImages", "NodeRestriction"]), st.booleans()).map(AdmissionPlugins)
requests_ = st.builds(
    CustomizationRequest,
    st.none() | settings,
    st.none() | plugins,
    st.sampled_from(["merge", "replace"]),
)


@st.composite
def spelled(draw: st.DrawFn, value: Duration) -> str:
    """One of the ways in which the API may write a duration."""
    count = value.nanoseconds // SECOND
    zero = ["P0D"] if count == 0 else []
    return draw(st.sampled_from([value.iso(), f"PT{count}S", f"P0DT{count}S", *zero]))


@st.composite
def api_clusters(draw: st.DrawFn) -> dict[str, t.Any]:
    """A cluster as the API shows it."""
    kube_proxy: dict[str, dict[str, t.Any]] = {}
    for (section, option), value in {**draw(known_values), **draw(unknown_values)}.items():
        written = draw(spelled(value)) if isinstance(value, Duration) else value
        field = by_option(section, option)
        kube_proxy.setdefault(section, {})[field.api if field else option] = written
    for section in SECTIONS:
        if draw(st.booleans()):
            kube_proxy.setdefault(section, {}).setdefault("tcpFinTimeout", None)
    customization: dict[str, t.Any] = {"apiServer": {"admissionPlugins": draw(plugins).as_lists()}}
    if kube_proxy or draw(st.booleans()):
        customization["kubeProxy"] = kube_proxy
    return shown(kubeProxyMode=draw(st.sampled_from(["iptables", "ipvs"])), customization=customization)
