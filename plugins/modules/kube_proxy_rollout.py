#!/usr/bin/python

# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_proxy_rollout
short_description: Make the pods of kube-proxy run the present configuration
version_added: 0.1.0
author:
  - clusterops contributors (@clusterops)
description:
  - Rolls the DaemonSet of kube-proxy if, and only if, its pods do not run what its ConfigMap holds, and waits until
    all of them do and stay up. A checksum of the ConfigMap's content in the annotations of the pods tells, so that a
    run that was interrupted between edit and roll is finished by the next one.
  - Without such an annotation, pods that were started after the ConfigMap was last written are known to run it.
  - The roll is stopped at the first pod that does not stay up; the error has the pod's node and its last words. Nodes
    that were not rolled yet go on with the former configuration.
  - A kube-proxy pod has no readiness probe and counts as available right before it crashes, so for the duration of the
    roll a pod has to run for some seconds before the next node's turn comes (O(min_ready_seconds)).
  - The account needs the rights C(get) and, with O(undo), C(update) on the ConfigMap, C(get) and C(patch) on the
    DaemonSet, C(list) on pods and nodes, and C(get) on C(pods/log).
extends_documentation_fragment:
  - clusterops.kube_proxy._attributes
  - clusterops.kube_proxy._attributes.k8s
  - clusterops.kube_proxy._kubernetes
  - clusterops.kube_proxy._proxy_target
attributes:
  check_mode:
    support: full
    details:
      - What would be changed is sent to the API server as a dry run. Nothing is waited for.
  diff_mode:
    support: full
    details:
      - Shows the checksum of the configuration the pods are told to run, and with O(undo) the configuration.
  idempotent:
    support: full
options:
  undo:
    description:
      - Put the last configuration that the pods ran before back into the ConfigMap, then roll to it.
      - Nodes that are not Ready are left out, because what is undone may be the reason. See RV(nodes_skipped).
    type: bool
    default: false
  config_checksum:
    description:
      - Checksum of the only content to roll to, as RV(clusterops.kube_proxy.kube_proxy_config#module:config_checksum)
        returns it; anything else in the ConfigMap is an error.
      - With O(undo) it is the only content to replace.
      - In check mode it may be what M(clusterops.kube_proxy.kube_proxy_config), in check mode too, would write.
    type: str
  max_unavailable:
    description:
      - How many nodes may be without kube-proxy at the same time, a number or a percentage, for the duration of the
        roll. By default as the DaemonSet says.
      - Nodes in O(ignore_nodes) that are down are added. In a roll that was interrupted it counts from now on.
    type: str
  min_ready_seconds:
    description:
      - How long a new pod has to run before it counts, for the duration of the roll; more if the DaemonSet says more.
    type: int
    default: 10
  ignore_nodes:
    description:
      - Nodes that are known to be down, whose pods are not waited for. A node that is not Ready and not named here
        is an error, because a roll would never end.
    type: list
    elements: str
    default: []
  wait:
    description:
      - Wait until every pod runs the present configuration and stays up. Otherwise the module ends when the roll has
        begun, and O(max_unavailable) and O(min_ready_seconds) are not used. A DaemonSet with the update strategy
        C(OnDelete) is refused then.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait at most. The roll goes on; another run of the same task waits on.
    type: float
    default: 600.0
  wait_sleep:
    description:
      - Seconds between two looks at the pods.
    type: float
    default: 2.0
seealso:
  - module: clusterops.kube_proxy.kube_proxy_config
  - module: clusterops.kube_proxy.kube_proxy_info
"""

EXAMPLES = r"""
- name: Have the pods run what the ConfigMap holds
  clusterops.kube_proxy.kube_proxy_rollout:
    kubeconfig: /etc/kubernetes/admin.conf

- name: Two nodes at a time, one being under repair
  clusterops.kube_proxy.kube_proxy_rollout:
    kubeconfig: /etc/kubernetes/admin.conf
    max_unavailable: 2
    ignore_nodes: [worker-7]

- name: Go back
  clusterops.kube_proxy.kube_proxy_rollout:
    kubeconfig: /etc/kubernetes/admin.conf
    undo: true
"""

RETURN = r"""
rolled:
  description: Whether pods are, or in check mode would be, replaced.
  returned: success
  type: bool
nodes_skipped:
  description: Nodes that are not Ready and were left out by O(undo); their pods follow when they are back.
  returned: success
  type: list
  elements: str
  sample: []
config_checksum:
  description: Checksum of the ConfigMap's content by value, which the pods are marked with.
  returned: when the objects were read
  type: str
  sample: sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
daemon_set:
  description: Numbers of pods in the DaemonSet's own status.
  returned: when the objects were read
  type: dict
  sample: {desired: 3, current: 3, updated: 3, ready: 3, available: 3, misscheduled: 0}
nodes:
  description: kube-proxy on each node when it was last read.
  returned: when the objects were read
  type: list
  elements: dict
  contains:
    node:
      description: Name of the node.
      returned: always
      type: str
      sample: worker-1
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
failed_pod:
  description: The pod that stopped the roll, with the last lines of its log.
  returned: when a pod did not stay up
  type: dict
  sample:
    name: kube-proxy-x2x9d
    node: worker-1
    state: CrashLoopBackOff
    restarts: 2
    exit_code: 255
    termination_message: ""
    log: ["F1121 08:00:00.000000 1 server.go:489] failed complete: unrecognized feature gate: Typo"]
error:
  description: What the API server answered to a request that failed.
  returned: when a request failed
  type: dict
  sample: {request: Patching DaemonSet kube-system/kube-proxy, status: 403, reason: Forbidden, api_message: forbidden}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import run
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.self_hosted_modules import KUBE_PROXY_ROLLOUT


def main() -> None:
    run(AnsibleModule(**KUBE_PROXY_ROLLOUT.arguments()), KUBE_PROXY_ROLLOUT)


if __name__ == "__main__":
    main()
