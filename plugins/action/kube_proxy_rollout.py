# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.self_hosted_modules import KUBE_PROXY_ROLLOUT
from ansible_collections.clusterops.kube_proxy.plugins.plugin_utils._api_action import ApiAction


class ActionModule(ApiAction):
    spec = KUBE_PROXY_ROLLOUT
