#!/usr/bin/python

# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_proxy_config
short_description: Edit the configuration of kube-proxy in a self-hosted cluster
version_added: 0.1.0
author:
  - clusterops contributors (@clusterops)
description:
  - Edits the C(KubeProxyConfiguration) in the ConfigMap that kubeadm makes, keeping every field it was not asked about.
  - Everything that the cluster's version of kube-proxy would refuse or silently ignore is refused first, after
    kube-proxy's own defaults have been put in; so are settings of a mode that is not active, because they would be
    fatal when the mode is changed.
  - What is in the ConfigMap already and was not asked for is refused likewise, but for two things. Keys that only other
    versions of kube-proxy know are left alone while their value is zero or null, as a kubeadm of another version
    leaves them; O(config) with the value null for such a key removes it. Feature gates that this collection does not
    know, such as those of other components, are kept with a warning.
  - Pods are not touched. kube-proxy does not notice an edited ConfigMap; M(clusterops.kube_proxy.kube_proxy_rollout)
    makes the pods run it.
  - The configuration that it replaces is noted in the ConfigMap, if the pods ran it, so that
    O(clusterops.kube_proxy.kube_proxy_rollout#module:undo) can go back to it.
  - Comments in the configuration are lost when it is written, as they are whenever kubeadm writes it.
  - The account needs the rights C(get) and C(update) on the ConfigMap, C(get) on the DaemonSet, C(list) on pods and,
    with O(validate=native), C(get) and C(create) on C(pods/exec). The latter are needed as well if the image has no tag
    that tells its version, only a digest for instance, and O(kube_proxy_version) is not given.
extends_documentation_fragment:
  - clusterops.kube_proxy._attributes
  - clusterops.kube_proxy._attributes.k8s
  - clusterops.kube_proxy._kubernetes
  - clusterops.kube_proxy._proxy_target
  - clusterops.kube_proxy._proxy_sections
attributes:
  check_mode:
    support: full
    details:
      - The change is sent to the API server as a dry run, so that permissions and admission controllers are checked
        too.
  diff_mode:
    support: full
    details:
      - Shows the configuration alone, as YAML.
  idempotent:
    support: full
options:
  validate:
    description:
      - V(rules) checks against the rules of the cluster's kube-proxy version as this collection knows them.
      - V(native) has a running pod's own kube-proxy check it as well and returns what that makes of it. The pod is not
        disturbed.
    type: str
    choices: [rules, native]
    default: rules
seealso:
  - module: clusterops.kube_proxy.kube_proxy_rollout
  - module: clusterops.kube_proxy.kube_proxy_info
"""

EXAMPLES = r"""
- name: Balance by load in the mode ipvs
  clusterops.kube_proxy.kube_proxy_config:
    kubeconfig: /etc/kubernetes/admin.conf
    mode: ipvs
    ipvs:
      scheduler: lc
      sync_period: 60s
  register: kube_proxy

- name: Have the pods run it
  clusterops.kube_proxy.kube_proxy_rollout:
    kubeconfig: /etc/kubernetes/admin.conf

- name: Open the metrics to the network, and ask kube-proxy itself whether it would take that
  clusterops.kube_proxy.kube_proxy_config:
    kubeconfig: /etc/kubernetes/admin.conf
    validate: native
    config:
      metricsBindAddress: 0.0.0.0:10249

- name: Remove a misspelt key that kube-proxy has been ignoring
  clusterops.kube_proxy.kube_proxy_config:
    kubeconfig: /etc/kubernetes/admin.conf
    config:
      Mode: null
"""

RETURN = r"""
config:
  description: The configuration, in check mode as it would be.
  returned: success
  type: dict
  sample:
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    mode: ipvs
    ipvs: {scheduler: lc, syncPeriod: 1m0s}
effective:
  description: What that comes to with kube-proxy's defaults; with O(validate=native) as kube-proxy itself says.
  returned: success
  type: dict
  sample:
    mode: ipvs
    ipvs: {scheduler: lc, syncPeriod: 1m0s, minSyncPeriod: 0s}
mode:
  description: Mode that it comes to.
  returned: success
  type: str
  sample: ipvs
kube_proxy_version:
  description: Version of kube-proxy whose rules were applied.
  returned: success
  type: str
  sample: 1.33.1
config_checksum:
  description: Checksum of the ConfigMap's content by value; M(clusterops.kube_proxy.kube_proxy_rollout) marks the
    pods with it.
  returned: success
  type: str
  sample: sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
resource_version:
  description: Version of the ConfigMap that holds it.
  returned: success
  type: str
  sample: "4711"
problems:
  description: Everything that was refused before anything was changed, with the option it is about.
  returned: when the configuration was refused
  type: list
  elements: dict
  sample:
    - option: iptables.min_sync_period
      problem: 1m0s exceeds sync_period 30s (kube-proxy's default), with which kube-proxy does not start
error:
  description: What the API server answered to a request that failed.
  returned: when a request failed
  type: dict
  sample: {request: Reading ConfigMap kube-system/kube-proxy, status: 403, reason: Forbidden, api_message: forbidden}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import run
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.self_hosted_modules import KUBE_PROXY_CONFIG


def main() -> None:
    run(AnsibleModule(**KUBE_PROXY_CONFIG.arguments()), KUBE_PROXY_CONFIG)


if __name__ == "__main__":
    main()
