#!/usr/bin/python

# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_proxy_rollout
short_description: Make the pods of kube-proxy run the current configuration
version_added: 1.0.0
author:
  - clusterops contributors (@clusterops)
description:
  - Restarts the pods of kube-proxy by a rollout of their DaemonSet, only if they do not run the configuration in the
    ConfigMap, and waits until all of them run it and stay up.
  - The module compares a checksum of the ConfigMap's content with an annotation of the pods. If a run was interrupted
    between edit and rollout, the next run finishes the rollout. Pods without the annotation are up to date if they
    were started after the last change of the ConfigMap.
  - The rollout stops at the first pod that does not stay up. The error names the node of the pod and has the last lines
    of its log. Nodes that the rollout has not reached keep the former configuration.
  - A node with a taint that the DaemonSet does not tolerate would lose its kube-proxy, since Kubernetes ends the pod
    and starts no other. The module then refuses the rollout before it touches any pod.
  - kube-proxy pods have no readiness probe, and count as available even right before they crash. For the duration of
    the rollout, a pod therefore has to run for O(min_ready_seconds) before the rollout continues with the next node.
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
      - The module sends the change to the API server as a dry run, and waits for nothing.
  diff_mode:
    support: full
    details:
      - The diff shows the checksum of the configuration that the pods are marked with, which pods are restarted, how
        many of them at a time, and with O(undo) the configuration.
  idempotent:
    support: full
options:
  undo:
    description:
      - Whether to put the last good configuration, which the pods ran before, back into the ConfigMap, and roll it out.
      - Nodes that are not Ready are left out, because the configuration that is undone may be the reason. See
        RV(nodes_skipped).
    type: bool
    default: false
  config_checksum:
    description:
      - Checksum of the only content to roll out, as RV(clusterops.kube_proxy.kube_proxy_config#module:config_checksum)
        returns it. Any other content of the ConfigMap is an error.
      - With O(undo), checksum of the only content to replace.
      - In check mode, it may be the checksum that M(clusterops.kube_proxy.kube_proxy_config) returns in check mode.
    type: str
  max_unavailable:
    description:
      - Maximum number of nodes without kube-proxy at the same time during the rollout, as a number or a percentage. By
        default as configured in the DaemonSet.
      - Nodes in O(ignore_nodes) that are down are added to it. In a rollout that was interrupted, it applies to the
        rest of the rollout.
    type: str
  min_ready_seconds:
    description:
      - How many seconds a new pod has to run before it counts as available during the rollout. A higher value in the
        DaemonSet takes precedence.
    type: int
    default: 10
  ignore_nodes:
    description:
      - Nodes that are known to be down, and whose pods the rollout does not wait for. Any other node that is not Ready
        is an error, because the rollout would never end.
    type: list
    elements: str
    default: []
  wait:
    description:
      - Whether to wait until every pod runs the current configuration and stays up.
      - Without waiting, the module ends when the rollout has started. It does not use O(max_unavailable) and
        O(min_ready_seconds) then, and refuses a DaemonSet with the update strategy C(OnDelete).
    type: bool
    default: true
  wait_timeout:
    description:
      - Maximum number of seconds to wait. Kubernetes continues the rollout after that; run the same task again to wait
        for its end.
    type: float
    default: 600.0
  wait_sleep:
    description:
      - Seconds between two checks of the pods.
    type: float
    default: 2.0
seealso:
  - module: clusterops.kube_proxy.kube_proxy_config
  - module: clusterops.kube_proxy.kube_proxy_info
"""

EXAMPLES = r"""
- name: Make the pods run the current configuration
  clusterops.kube_proxy.kube_proxy_rollout:
    kubeconfig: /etc/kubernetes/admin.conf

- name: Restart two nodes at a time, and ignore one that is under repair
  clusterops.kube_proxy.kube_proxy_rollout:
    kubeconfig: /etc/kubernetes/admin.conf
    max_unavailable: 2
    ignore_nodes: [worker-7]

- name: Return to the last good configuration
  clusterops.kube_proxy.kube_proxy_rollout:
    kubeconfig: /etc/kubernetes/admin.conf
    undo: true
"""

RETURN = r"""
# BEGIN generated by tests/generate/option_texts.py: results
config_checksum:
  description:
    - Checksum of the content of the ConfigMap. Content with the same values has the same
      checksum.
    - M(clusterops.kube_proxy.kube_proxy_rollout) marks the pods with it.
  returned: when the objects were read
  type: str
  sample: sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
daemon_set:
  description: Numbers of pods in the status of the DaemonSet.
  returned: when the objects were read
  type: dict
  sample:
    desired: 3
    current: 3
    updated: 3
    ready: 3
    available: 3
    misscheduled: 0
nodes:
  description: State of kube-proxy on each node that has a pod of it, when it was last
    read.
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
      sample: true
    restarts:
      description: How often the container of the pod was restarted.
      returned: always
      type: int
      sample: 0
    started:
      description: Start time of the container. Null if the container is not running.
      returned: always
      type: str
      sample: '2026-11-21T08:00:00Z'
    up_to_date:
      description: Whether the pod runs the current configuration. Null if there is no
        evidence either way.
      returned: always
      type: bool
      sample: true
option:
  description:
    - The option that is missing or wrong, also where its value comes from an environment
      variable or a file. Null if it could be one of several.
    - No request was sent.
  returned: when the connection is not configured correctly
  type: str
  sample: kubeconfig
error:
  description: Answer of the API server to the request that failed.
  returned: when a request failed
  type: dict
  sample:
    request: Reading ConfigMap kube-system/kube-proxy
    status: 403
    reason: Forbidden
    api_message: forbidden
# END generated
restarted:
  description: Whether pods were replaced. In check mode, whether they would be.
  returned: success
  type: bool
  sample: true
usual_time:
  description:
    - How long it usually takes to replace the pods that do not run the current configuration yet, from their number,
      O(max_unavailable) and O(min_ready_seconds). The task prints a line every 15 seconds while it waits, unless it
      runs as a module.
    - The message of a task that reaches O(wait_timeout) ends with it, too.
  returned: when pods are to be replaced, also in check mode
  type: str
  sample: "30 to 60 seconds: 3 pods, one at a time"
nodes_skipped:
  description: Nodes that are not Ready and that O(undo) left out. Their pods follow when the nodes are back.
  returned: success
  type: list
  elements: str
  sample: []
failed_pod:
  description: The pod that stopped the rollout, with the last lines of its log.
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
"""

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import run
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.self_hosted_modules import KUBE_PROXY_ROLLOUT


def main() -> None:
    run(KUBE_PROXY_ROLLOUT)


if __name__ == "__main__":
    main()
