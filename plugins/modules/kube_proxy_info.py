#!/usr/bin/python

# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_proxy_info
short_description: Read the configuration and state of kube-proxy in a cluster
version_added: 0.1.0
author:
  - clusterops contributors (@clusterops)
description:
  - Returns what kube-proxy shall do, what that comes to in its version, what runs on each node, and how the two differ.
  - The account needs the rights C(get) on the ConfigMap and the DaemonSet and C(list) on pods and nodes; with
    O(probe) also C(get) and C(create) on C(pods/portforward); and C(get) and C(create) on C(pods/exec) if the image has
    no tag that tells its version, only a digest for instance, and O(kube_proxy_version) is not given.
extends_documentation_fragment:
  - clusterops.kube_proxy._attributes
  - clusterops.kube_proxy._attributes.k8s
  - clusterops.kube_proxy._kubernetes
  - clusterops.kube_proxy._proxy_target
attributes:
  check_mode:
    support: full
    details:
      - This module does not change anything.
  diff_mode:
    support: N/A
    details:
      - This module does not change anything.
  idempotent:
    support: full
    details:
      - This module does not change anything.
options:
  kube_proxy_version:
    description:
      - Version of kube-proxy whose rules apply, such as V(1.33.1). By default it is read from the tag of the
        DaemonSet's image, or asked of a pod.
    type: str
  probe:
    description:
      - Ask every ready pod for the mode it is really in, through the API server. One that does not answer makes a
        warning.
    type: bool
    default: false
seealso:
  - module: clusterops.kube_proxy.kube_proxy_config
  - module: clusterops.kube_proxy.kube_proxy_rollout
  - module: clusterops.kube_proxy.kube_proxy_node_info
"""

EXAMPLES = r"""
- name: Read kube-proxy's state, and ask every node for its mode
  clusterops.kube_proxy.kube_proxy_info:
    kubeconfig: /etc/kubernetes/admin.conf
    probe: true
  register: kube_proxy

- name: Complain about differences
  ansible.builtin.assert:
    that: kube_proxy.drift | length == 0
    fail_msg: "{{ kube_proxy.drift | join('; ') }}"
"""

RETURN = r"""
config:
  description: The configuration in the ConfigMap; null when it cannot be read as one.
  returned: success
  type: dict
  sample: {kind: KubeProxyConfiguration, mode: ipvs, ipvs: {scheduler: lc}}
effective:
  description:
    - What that comes to with kube-proxy's defaults, without the keys that kube-proxy does not know and ignores.
    - It is told of a configuration with RV(problems) too; null only when the configuration cannot be read, or a field
      has a value that kube-proxy cannot decode.
  returned: success
  type: dict
  sample: {mode: ipvs, ipvs: {scheduler: lc, syncPeriod: 30s, minSyncPeriod: 0s}}
mode:
  description: Mode that it comes to; null when RV(effective) is.
  returned: success
  type: str
  sample: ipvs
problems:
  description:
    - What kube-proxy would refuse or ignore in the configuration, what would be fatal in another mode, and feature
      gates that this collection does not know.
  returned: success
  type: list
  elements: dict
  sample: [{"option": "config.Mode", "problem": "kube-proxy ignores the unknown key Mode; did you mean mode?"}]
kube_proxy_version:
  description: Version of kube-proxy.
  returned: success
  type: str
  sample: 1.33.1
image:
  description: Image of the pods.
  returned: success
  type: str
  sample: registry.k8s.io/kube-proxy:v1.33.1
config_checksum:
  description: Checksum of the ConfigMap's content by value.
  returned: success
  type: str
  sample: sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
daemon_set:
  description: The DaemonSet's own status, how it rolls, and the checksum it was last told to run.
  returned: success
  type: dict
  sample: {desired: 3, current: 3, updated: 3, ready: 3, available: 3, misscheduled: 0, observed: true, rolled_out:
    true}
nodes:
  description: kube-proxy on each node that has a pod of it.
  returned: success
  type: list
  elements: dict
  contains:
    node:
      description: Name of the node.
      returned: always
      type: str
      sample: worker-1
    node_ready:
      description: Whether the node is Ready; null when there is no such node any more.
      returned: always
      type: bool
    pod:
      description: Name of the pod.
      returned: always
      type: str
      sample: kube-proxy-x2x9d
    state:
      description: State of the pod, such as V(Running) or V(CrashLoopBackOff).
      returned: always
      type: str
      sample: Running
    ready:
      description: Whether the pod is ready.
      returned: always
      type: bool
    restarts:
      description: How often its container was started again.
      returned: always
      type: int
      sample: 0
    started:
      description: When its container was started; null when it does not run.
      returned: always
      type: str
      sample: "2026-11-21T08:00:00Z"
    up_to_date:
      description: Whether it runs the present configuration; null when nothing tells.
      returned: always
      type: bool
    mode:
      description: Mode it is in, as it says itself with O(probe=true); otherwise null.
      returned: always
      type: str
      sample: ipvs
drift:
  description: How what runs differs from what is configured, in words; empty when nothing does.
  returned: success
  type: list
  elements: str
  sample: ["node worker-1: kube-proxy is in mode iptables, not ipvs"]
deprecation:
  description: What is planned for the configured mode in later versions; null when nothing is.
  returned: success
  type: str
  sample: mode ipvs is deprecated since Kubernetes 1.35
rollout_pending:
  description: Whether the pods do not run what the ConfigMap holds yet, or an interrupted roll has not come to its end.
  returned: success
  type: bool
undo_possible:
  description: Whether an earlier configuration is noted that O(clusterops.kube_proxy.kube_proxy_rollout#module:undo)
    would go back to.
  returned: success
  type: bool
error:
  description: What the API server answered to a request that failed.
  returned: when a request failed
  type: dict
  sample: {request: Listing Nodes, status: 403, reason: Forbidden, api_message: nodes is forbidden}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import run
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.self_hosted_modules import KUBE_PROXY_INFO


def main() -> None:
    run(AnsibleModule(**KUBE_PROXY_INFO.arguments()), KUBE_PROXY_INFO)


if __name__ == "__main__":
    main()
