# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  namespace:
    description:
      - Namespace of O(config_map) and O(daemon_set).
    type: str
    default: kube-system
  config_map:
    description:
      - Name of the ConfigMap with the configuration of kube-proxy.
    type: str
    default: kube-proxy
  key:
    description:
      - Key of O(config_map) that holds the C(KubeProxyConfiguration).
    type: str
    default: config.conf
  daemon_set:
    description:
      - Name of the DaemonSet that runs kube-proxy. It must read O(key) of O(config_map).
    type: str
    default: kube-proxy
"""
