# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans made from the parameters of kube_proxy_config."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import settings
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_plan import (
    ConfigPlan,
    plan_config,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_request import (
    config_request,
)

from .kubeadm import CONFIG

WHERE = "ConfigMap kube-system/kube-proxy, key config.conf"
V1_20 = KubeProxyVersion(1, 20, 2)


def plan(text: str = CONFIG, version: KubeProxyVersion = V1_20, **params: t.Any) -> ConfigPlan:
    return plan_config(text, WHERE, config_request(params), version)


def config(body: str) -> str:
    return f"apiVersion: {settings.API_VERSION}\nkind: {settings.KIND}\n{body}"


def refused(text: str = CONFIG, version: KubeProxyVersion = V1_20, **params: t.Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        plan(text, version, **params)
    return {problem.path: problem.message for problem in caught.value.problems}
