#!/usr/bin/python

# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_proxy_migration
short_description: Move the nodes of a self-hosted cluster to another configuration of kube-proxy one by one
version_added: 1.0.0
author:
  - clusterops contributors (@clusterops)
description:
  - Changes the configuration of kube-proxy, usually its mode, node by node. Nodes that have moved run the desired
    configuration, all others run the former one, also when their kube-proxy starts again in between, for example after
    a crash, an eviction or a reboot.
  - During a migration there are a second ConfigMap and a second DaemonSet, named after O(config_map) and O(daemon_set)
    with C(-migration) behind, with the desired configuration. The label C(clusterops.kube-proxy/migration) of a node
    says which DaemonSet runs kube-proxy there. The original DaemonSet leaves labelled nodes alone, and has the update
    strategy C(OnDelete) for the time being.
  - Two kube-proxies never run on one node, except for a moment on a node that was down when it was returned.
  - One migration is O(state=begun), then O(state=moved) once or more often until no node is left, then
    O(state=finished). Afterwards the original ConfigMap holds the desired configuration, the original DaemonSet runs
    it, and nothing else has changed.
  - O(state=absent) aborts a migration that was not finished, and returns every node to the former configuration.
  - What has been done is kept in the cluster alone. A run that was interrupted at any point is continued by running the
    same task again.
  - This module changes what kube-proxy's pods run. It does not look at the kernels of the nodes. After a change between
    the modes V(iptables) and V(ipvs), kube-proxy itself leaves the rules of the former mode in the kernel; to and from
    V(nftables), Services do not answer for a moment. M(clusterops.kube_proxy.kube_proxy_node_rules) removes the former
    and bridges the latter, on the node.
  - Before the kube-proxy of a node is ended, a pod that runs C(kube-proxy --version) tries whether the node can start
    its image. If it cannot, because the image is gone and cannot be pulled, nothing is changed.
  - If a node does not run what it should, no further node is touched. Nodes that are not Ready are never waited for
    when they return.
  - M(clusterops.kube_proxy.kube_proxy_config) and M(clusterops.kube_proxy.kube_proxy_rollout) refuse to work during a
    migration, because they concern all nodes at once.
  - The account needs the rights C(get), C(create), C(update) and C(delete) on ConfigMaps, C(get), C(create), C(patch)
    and C(delete) on DaemonSets, C(list) on C(controllerrevisions), C(list), C(create), C(patch) and C(delete) on pods,
    C(get) on C(pods/log), and C(list) and C(patch) on nodes. With O(validate=native), and if O(kube_proxy_version) is
    not set and the image has no tag with the version, it also needs C(get) and C(create) on C(pods/exec).
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
      - The module sends the first request for each object or node to the API server as a dry run, and waits for
        nothing.
  diff_mode:
    support: full
    details:
      - The diff shows the configuration with O(state=begun) and O(state=finished), and the stages of the nodes with
        O(state=moved) and O(state=returned).
  idempotent:
    support: full
options:
  state:
    description:
      - V(begun) prepares a migration to the configuration that the options name. No pod is restarted. Nothing is
        changed if kube-proxy's ConfigMap holds that configuration already. It is refused if pods do not run what the
        ConfigMap holds.
      - V(moved) makes O(nodes) run the desired configuration.
      - V(returned) makes O(nodes) run the former configuration again.
      - V(finished) writes the desired configuration to the original ConfigMap, gives the nodes back to the original
        DaemonSet, one after the other, and removes everything else. It is refused as long as a node has not moved. Once
        it has begun, the migration can only be finished; another migration leads back.
      - V(absent) returns every node that has moved, and removes everything that belongs to a migration.
    type: str
    choices: [begun, moved, returned, finished, absent]
    required: true
  nodes:
    description:
      - Names of the nodes in the cluster to move or to return, in this order. Required with O(state=moved) and
        O(state=returned).
    type: list
    elements: str
  put_back:
    description:
      - Whether a node goes back to the former configuration if its kube-proxy does not stay up with O(state=moved).
        With O(state=finished), a node always keeps the kube-proxy that it had.
    type: bool
    default: true
  max_unavailable:
    description:
      - Maximum number of nodes that change at the same time, as a number or a percentage of the nodes with kube-proxy.
        By default, one.
    type: str
  min_ready_seconds:
    description:
      - How many seconds a new pod has to run before its node counts as changed.
    type: int
    default: 10
  ignore_nodes:
    description:
      - Nodes that are known to be down, for O(state=finished). They get the desired configuration when they are back.
        Any other node that is not Ready is an error. A node that is Ready is not ignored.
    type: list
    elements: str
    default: []
  validate:
    description:
      - With O(state=begun), V(rules) checks the configuration against the rules of the cluster's kube-proxy version, as
        this collection knows them.
      - V(native) also makes the kube-proxy program in a running pod check it. The pod is not disturbed.
    type: str
    choices: [rules, native]
    default: rules
  wait_timeout:
    description:
      - Maximum number of seconds to wait, for all nodes of the task together. Run the same task again to continue.
    type: float
    default: 600.0
  wait_sleep:
    description:
      - Seconds between two checks of the pods.
    type: float
    default: 2.0
notes:
  - The options for the configuration are required with O(state=begun) only. With the other states they are compared
    with the configuration that the migration under way leads to, and a difference is an error.
  - C(kubeadm upgrade) writes the DaemonSet anew. Do not upgrade the cluster during a migration. If it has happened,
    O(state=absent) puts everything in order.
seealso:
  - module: clusterops.kube_proxy.kube_proxy_info
  - module: clusterops.kube_proxy.kube_proxy_config
  - module: clusterops.kube_proxy.kube_proxy_node_info
  - module: clusterops.kube_proxy.kube_proxy_node_rules
"""

EXAMPLES = r"""
- name: Prepare a migration to nftables
  clusterops.kube_proxy.kube_proxy_migration:
    kubeconfig: /etc/kubernetes/admin.conf
    state: begun
    mode: nftables

- name: Move a first node
  clusterops.kube_proxy.kube_proxy_migration:
    kubeconfig: /etc/kubernetes/admin.conf
    state: moved
    nodes: [worker-1]

- name: Move the others, two at a time
  clusterops.kube_proxy.kube_proxy_migration:
    kubeconfig: /etc/kubernetes/admin.conf
    state: moved
    nodes: [worker-2, worker-3, worker-4, control-1]
    max_unavailable: 2
    wait_timeout: 1800

- name: Make the new mode that of the cluster
  clusterops.kube_proxy.kube_proxy_migration:
    kubeconfig: /etc/kubernetes/admin.conf
    state: finished

- name: Or return to the former mode everywhere
  clusterops.kube_proxy.kube_proxy_migration:
    kubeconfig: /etc/kubernetes/admin.conf
    state: absent
"""

RETURN = r"""
# BEGIN generated by tests/generate/option_texts.py: results
migration:
  description: Where the migration stands. In check mode, where it would. Null if there
    is none, or none any more.
  returned: success, and when a node did not change as it should
  type: dict
  contains:
    former:
      description: Mode of kube-proxy and checksum of the ConfigMap before the migration.
      returned: always
      type: dict
      sample:
        mode: iptables
        config_checksum: sha256:2c26b46b68ffc68f
    desired:
      description: Mode of kube-proxy and checksum of the ConfigMap after the migration.
      returned: always
      type: dict
      sample:
        mode: nftables
        config_checksum: sha256:fcde2b2edba56bf4
    finishing:
      description: Whether the end of the migration has begun, so that it can only be
        finished.
      returned: always
      type: bool
      sample: false
    nodes:
      description:
        - Nodes that have kube-proxy, or should have it.
        - C(stage) is V(former) for a node with the former configuration, V(moved) for
          one with the desired configuration, V(finished) for one that the original DaemonSet
          runs with it already, and V(between) for one without kube-proxy, because its
          change was interrupted.
        - The other members are as in RV(clusterops.kube_proxy.kube_proxy_info#module:nodes).
          Those about the pod are null if there is none.
      returned: always
      type: list
      elements: dict
      sample:
        - node: worker-1
          stage: moved
          node_ready: true
          pod: kube-proxy-migration-x2x9d
          state: Running
          ready: true
          restarts: 0
          started: '2026-11-21T08:00:00Z'
          up_to_date: true
    summary:
      description: One sentence.
      returned: always
      type: str
      sample: 3 of 7 nodes run nftables
effective:
  description: The desired configuration with the defaults of kube-proxy filled in.
  returned: success, with O(state=begun)
  type: dict
  sample:
    mode: ipvs
    ipvs:
      scheduler: lc
      syncPeriod: 1m0s
      minSyncPeriod: 0s
mode:
  description: Mode in RV(effective).
  returned: success, with O(state=begun)
  type: str
  sample: ipvs
kube_proxy_version:
  description: Version of kube-proxy whose rules were applied.
  returned: success, with O(state=begun)
  type: str
  sample: 1.33.1
config_checksum:
  description: Checksum of the content of the ConfigMap with the desired configuration.
  returned: success, with O(state=begun)
  type: str
  sample: sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
problems:
  description: Everything that was refused, with the option it is about. Nothing was changed.
  returned: when options or the configuration were refused
  type: list
  elements: dict
  sample:
    - option: mode
      problem: nftables is available with Kubernetes 1.29 and later
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
usual_time:
  description:
    - How long it usually takes until kube-proxy is up again on the nodes that change, from their number,
      O(max_unavailable) and O(min_ready_seconds). The task prints a line every 15 seconds while it waits, unless it
      runs as a module.
    - The message of a task that reaches O(wait_timeout) ends with it, too.
  returned: when nodes are to change, also in check mode
  type: str
  sample: "30 to 60 seconds: 3 pods, one at a time"
config:
  description: The desired configuration.
  returned: success, with O(state=begun)
  type: dict
  sample: {kind: KubeProxyConfiguration, mode: nftables}
failed_pods:
  description: The pods that stopped the task, each with the last lines of its log.
  returned: when a pod did not stay up
  type: list
  elements: dict
  sample:
    - name: kube-proxy-migration-x2x9d
      node: worker-1
      state: CrashLoopBackOff
      restarts: 2
      exit_code: 1
      termination_message: ""
      log: ["E1121 08:00:00.000000 1 server.go:489] Error running ProxyServer: kernel version 5.4 is too old"]
"""

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import run
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.self_hosted_modules import (
    KUBE_PROXY_MIGRATION,
)


def main() -> None:
    run(KUBE_PROXY_MIGRATION)


if __name__ == "__main__":
    main()
