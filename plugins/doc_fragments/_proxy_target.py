# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

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
