#!/usr/bin/python

# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_proxy_info
short_description: Get the configuration and state of kube-proxy in a self-hosted cluster
version_added: 1.0.0
author:
  - clusterops contributors (@clusterops)
description:
  - Returns the configuration of kube-proxy, its effective values in the cluster's version, what runs on each node, and
    how the two differ.
  - While M(clusterops.kube_proxy.kube_proxy_migration) moves nodes to another configuration, each node is compared with
    the configuration that it should have at this moment. RV(config), RV(effective) and RV(mode) are the former ones.
  - The account needs the rights C(get) on the ConfigMap and the DaemonSet, during a migration also on the second ones,
    and C(list) on pods and nodes. With O(probe) or O(metrics) it also needs C(get) and C(create) on
    C(pods/portforward), and with O(metrics) C(list) on C(services) of all namespaces. If O(kube_proxy_version) is not
    set and the image has no tag with the version, for example only a digest, it also needs C(get) and C(create) on
    C(pods/exec).
  - With O(migrate_to), the account also needs C(list) on C(services) and C(daemonsets) of all namespaces, and, if these
    are in the cluster, C(get) on the ConfigMap C(kube-system/cilium-config) of Cilium or
    C(kube-flannel/kube-flannel-cfg) of Flannel, and on C(felixconfigurations) of C(crd.projectcalico.org) for Calico.
    The module warns about each right that is missing.
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
      - Version of kube-proxy whose rules apply, such as V("1.33.1"), in quotes because YAML reads 1.30 as the number
        1.3. By default, the version in the tag of the DaemonSet's image, or else the version that a pod reports.
    type: str
  probe:
    description:
      - Whether to ask every ready pod, through the API server, for the mode that it really runs in. The module warns
        about a pod that does not answer.
    type: bool
    default: false
  metrics:
    description:
      - Whether to count the Services, and to ask every ready pod, through the API server, how long it takes to write
        its rules. See RV(services) and C(sync) of RV(nodes). The module warns about what it could not read.
    type: bool
    default: false
  migrate_to:
    description:
      - Mode to plan a change to. See RV(migration_plan).
      - The plan is about what the API server shows. What is about a single node, such as its kernel modules, is
        returned by M(clusterops.kube_proxy.kube_proxy_node_info) with the mode.
      - The plan keeps the other settings as they are, unless you give O(desired_config).
    type: str
    choices: [iptables, ipvs, nftables]
  desired_config:
    description:
      - The whole configuration to plan a change to, with the names of kube-proxy, as in
        RV(clusterops.kube_proxy.kube_proxy_migration#module:config). Settings that change together with the mode then
        count in the plan, such as C(strictARP).
      - Its mode is the one to plan for. If you also give O(migrate_to), both modes must be the same.
    type: dict
  node_selector:
    description:
      - Labels of nodes to name in RV(selected_nodes), as C(kubectl get nodes --selector) takes them, such as
        V(pool=test) or V(node-role.kubernetes.io/canary).
    type: str
seealso:
  - module: clusterops.kube_proxy.kube_proxy_config
  - module: clusterops.kube_proxy.kube_proxy_rollout
  - module: clusterops.kube_proxy.kube_proxy_migration
  - module: clusterops.kube_proxy.kube_proxy_node_info
"""

EXAMPLES = r"""
- name: Get the state of kube-proxy, and ask every node for its mode
  clusterops.kube_proxy.kube_proxy_info:
    kubeconfig: /etc/kubernetes/admin.conf
    probe: true
  register: kube_proxy

- name: Plan to change the mode to nftables
  clusterops.kube_proxy.kube_proxy_info:
    kubeconfig: /etc/kubernetes/admin.conf
    migrate_to: nftables
  register: planned

- name: Stop if something is in the way
  ansible.builtin.assert:
    that: not planned.migration_plan.blocked
    fail_msg: "{{ planned.migration_plan.findings | selectattr('kind', 'eq', 'blocking') }}"

- name: Fail if there is drift
  ansible.builtin.assert:
    that: kube_proxy.drift | length == 0
    fail_msg: "{{ kube_proxy.drift | join('; ') }}"
"""

RETURN = r"""
# BEGIN generated by tests/generate/option_texts.py: results
effective:
  description:
    - The configuration with the defaults of kube-proxy filled in, without the keys that
      kube-proxy does not know and ignores.
    - It is returned for a configuration with RV(config_problems) too. Null only if the
      configuration cannot be read, or if a field has a value that kube-proxy cannot decode.
    - During a migration, it is the former one, which nodes in the stage V(former) run,
      until its end has begun (RV(migration) has C(finishing)).
  returned: success
  type: dict
  sample:
    mode: ipvs
    ipvs:
      scheduler: lc
      syncPeriod: 1m0s
      minSyncPeriod: 0s
mode:
  description: Mode in RV(effective). Null if RV(effective) is null.
  returned: success
  type: str
  sample: ipvs
kube_proxy_version:
  description: Version of kube-proxy whose rules were applied.
  returned: success
  type: str
  sample: 1.33.1
config_checksum:
  description:
    - Checksum of the content of the ConfigMap. Content with the same values has the same
      checksum.
    - M(clusterops.kube_proxy.kube_proxy_rollout) marks the pods with it.
  returned: success
  type: str
  sample: sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
daemon_set:
  description:
    - Numbers of pods in the status of the DaemonSet, its update strategy and C(min_ready_seconds),
      and the C(config_checksum) that its pods are marked with.
    - C(observed) is whether this status belongs to the current DaemonSet, and C(rolled_out)
      whether its rollout is complete.
  returned: success
  type: dict
  sample:
    desired: 3
    current: 3
    updated: 3
    ready: 3
    available: 3
    misscheduled: 0
    observed: true
    rolled_out: true
    config_checksum: sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
    update_strategy:
      type: RollingUpdate
      rollingUpdate:
        maxSurge: 0
        maxUnavailable: 1
    min_ready_seconds: 0
nodes:
  description: State of kube-proxy on each node that has a pod of it.
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
      description: Whether the node is Ready. Null if the node no longer exists.
      returned: always
      type: bool
      sample: true
    kubelet_version:
      description: Version of the kubelet, as the node reports it. Null if it does not,
        or no longer exists.
      returned: always
      type: str
      sample: v1.33.1
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
    mode:
      description: Mode that kube-proxy reports with O(probe=true). Null otherwise, or
        without an answer.
      returned: always
      type: str
      sample: ipvs
    sync:
      description:
        - How long kube-proxy took to write its rules since it started, in seconds, with
          O(metrics=true). C(count) is how often it wrote them, C(mean) the mean time,
          and C(p99) the time that 99 of 100 writes did not exceed, estimated from the
          buckets of its histogram.
        - Null otherwise, or without an answer.
      returned: always
      type: dict
      sample:
        count: 210
        mean: 0.012
        p99: 0.031
migration:
  description:
    - Where a migration of nodes to another configuration stands. Null if there is none.
    - M(clusterops.kube_proxy.kube_proxy_migration) begins, continues and ends one.
  returned: success
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
config:
  description: The configuration in the ConfigMap. Null if it cannot be read.
  returned: success
  type: dict
  sample: {kind: KubeProxyConfiguration, mode: ipvs, ipvs: {scheduler: lc}}
config_problems:
  description:
    - What kube-proxy would refuse or ignore in the configuration, what would prevent a start in another mode, and
      feature gates that no Kubernetes has. Keys that only other versions know are no problem while their value is zero
      or null.
  returned: success
  type: list
  elements: dict
  sample: [{"option": "config.Mode", "problem": "kube-proxy ignores the unknown key Mode; did you mean mode?"}]
image:
  description: Image of the pods.
  returned: success
  type: str
  sample: registry.k8s.io/kube-proxy:v1.33.1
drift:
  description: How what runs differs from the configuration, as sentences. Empty if there is no difference.
  returned: success
  type: list
  elements: str
  sample: ["node worker-1: kube-proxy is in mode iptables, not ipvs"]
deprecation:
  description: What later versions of Kubernetes plan for the configured mode. Null if there is no such plan.
  returned: success
  type: str
  sample: mode ipvs is deprecated since Kubernetes 1.35
rollout_pending:
  description: Whether M(clusterops.kube_proxy.kube_proxy_rollout) has something to do, because pods do not run the
    current configuration, are marked with an earlier one, or an interrupted rollout is unfinished. RV(drift) says what.
  returned: success
  type: bool
  sample: false
undo_possible:
  description: Whether the ConfigMap notes an earlier configuration that
    O(clusterops.kube_proxy.kube_proxy_rollout#module:undo) can return to.
  returned: success
  type: bool
  sample: true
services:
  description: Number of Services in the cluster. Null without O(metrics=true), or if the account may not list them.
  returned: success
  type: int
  sample: 120
selected_nodes:
  description: Names of the nodes that have the labels in O(node_selector), whether they have a pod of kube-proxy or
    not. Null without O(node_selector).
  returned: success
  type: list
  elements: str
  sample: [worker-1]
migration_plan:
  description:
    - What a change from the configured mode to O(migrate_to) meets in the cluster. Null without O(migrate_to), and if
      RV(effective) is null.
    - Findings about objects that the account may not read are missing. The module warns about that.
  returned: success
  type: dict
  contains:
    former:
      description: Mode of the current configuration.
      returned: always
      type: str
      sample: ipvs
    mode:
      description: Mode to change to.
      returned: always
      type: str
      sample: nftables
    blocked:
      description: Whether there is a finding of the kind V(blocking).
      returned: always
      type: bool
      sample: false
    findings:
      description:
        - What to know and to do, the findings of the kind V(blocking) first. Empty if the mode stays the same.
        - C(kind) is V(blocking) for what has to be solved before the change, V(follow) for what has to be changed
          as well, or V(behaviour) for what is different afterwards.
        - C(subject) is whom the finding is about, C(what) what it is, C(todo) what to do, and C(source) where the rule
          comes from.
      returned: always
      type: list
      elements: dict
      sample:
        - kind: behaviour
          subject: ipvs.scheduler (lc)
          what: "mode nftables has no schedulers: it chooses an endpoint at random for each connection"
          todo: nothing, unless the load has to be spread by connections that are open
          source: "kube-proxy: pkg/proxy/iptables and pkg/proxy/nftables"
"""

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import run
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.self_hosted_modules import KUBE_PROXY_INFO


def main() -> None:
    run(KUBE_PROXY_INFO)


if __name__ == "__main__":
    main()
