# SPDX-License-Identifier: GPL-3.0-or-later

"""Hides a returned kubeconfig from everything that prints results, which a module cannot do by itself."""

from __future__ import annotations

import typing as t

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.managed_modules import (
    KUBE_CLUSTER_KUBECONFIG,
)
from ansible_collections.clusterops.kube_proxy.plugins.plugin_utils._api_action import ApiAction


class ActionModule(ApiAction):
    spec = KUBE_CLUSTER_KUBECONFIG

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        if "kubeconfig" in result:
            result["_ansible_no_log"] = True
        return result
