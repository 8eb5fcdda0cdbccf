# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans made from the parameters of kube_proxy_config."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.errors import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.proxy import schema
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.proxy.plan import (
    ProxyConfigPlan,
    plan_proxy_config,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.proxy.version import KubeProxyVersion
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.proxy.wish import proxy_wish

from .kubeadm import CONFIG

WHERE = "ConfigMap kube-system/kube-proxy, key config.conf"
V1_20 = KubeProxyVersion(1, 20, 2)


def plan(text: str = CONFIG, version: KubeProxyVersion = V1_20, **params: t.Any) -> ProxyConfigPlan:
    return plan_proxy_config(text, WHERE, proxy_wish(params), version)


def config(body: str) -> str:
    return f"apiVersion: {schema.API_VERSION}\nkind: {schema.KIND}\n{body}"


def refused(text: str = CONFIG, version: KubeProxyVersion = V1_20, **params: t.Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        plan(text, version, **params)
    return {problem.path: problem.message for problem in caught.value.problems}
