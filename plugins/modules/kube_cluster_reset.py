#!/usr/bin/python

# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_cluster_reset
short_description: Change the kube-proxy mode of an OVHcloud Managed Kubernetes cluster by a reset
version_added: 1.0.0
author:
  - clusterops contributors (@clusterops)
description:
  - The OVHcloud API can change the mode of kube-proxy and the private network only by a reset. B(A reset destroys all
    data in the cluster.)
  - The module resets the cluster only if a smaller change does not suffice. If the mode and the network are as
    requested, it changes the customization, the subnet of the load balancers, the network configuration and the IP
    restrictions without a reset.
  - The API resets every setting that a request does not name to its default. This module names them all, so that the
    name, the minor version, the update policy, the private network and its subnets, the IP allocation policy and both
    customizations stay the same unless the task requests otherwise. A reset also loses IP restrictions and OpenID
    Connect settings. The module restores them afterwards.
  - Before a reset, the module reads from the API server of the cluster what the reset would destroy, and returns it in
    RV(consequences).
  - The module resets a cluster only if O(confirm) is the name of the cluster. Check mode does not need it, and shows
    the same consequences and the exact body of the request.
extends_documentation_fragment:
  - clusterops.kube_proxy._attributes
  - clusterops.kube_proxy._attributes.ovh
  - clusterops.kube_proxy._ovh
  - clusterops.kube_proxy._project
  - clusterops.kube_proxy._address
  - clusterops.kube_proxy._waiting
  - clusterops.kube_proxy._customization
  - clusterops.kube_proxy._network
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - With O(force=true) every run resets the cluster.
options:
  kube_proxy_mode:
    description:
      - Mode of kube-proxy. Every request names it, because the documents of the API disagree on its default.
    type: str
    choices: [iptables, ipvs]
    required: true
  version:
    description:
      - Minor version of Kubernetes to install with the reset, such as V("1.34"). By default the version stays the same.
      - Write it in quotes, because YAML reads 1.30 as the number 1.3. A patch version is refused, because OVHcloud
        chooses it.
      - Another version alone is no reason for a reset.
    type: str
  ip_restrictions:
    description:
      - Addresses and networks that may reach the API server. By default the current restrictions stay in force.
      - An empty list allows all addresses.
    type: list
    elements: str
  worker_nodes_policy:
    description:
      - What a reset does to the nodes.
      - V(reinstall) keeps node pools and nodes, and reinstalls the operating system of the nodes.
      - V(delete) deletes node pools and nodes.
    type: str
    choices: [delete, reinstall]
    default: reinstall
  confirm:
    description:
      - Name of the cluster, to confirm that all data in it may be destroyed.
      - Required for a reset, except in check mode.
    type: str
  force:
    description:
      - Whether to reset the cluster even if there is nothing to change.
    type: bool
    default: false
  recovery_path:
    description:
      - Directory for the record of what an unfinished reset has to restore. Its file is removed from the directory
        when everything is restored. It contains no secrets.
      - The directory must belong to the user of the task or to root, and nobody else may be able to replace files in
        it. A record that somebody else may have written stops the run, because it would be put on the cluster. A
        directory that does not exist is created with mode C(0700).
      - By default C(clusterops.kube_proxy) in E(XDG_STATE_HOME), or in C(~/.local/state). If the home directory does
        not outlast the run, as in an execution environment of AWX, set a directory that does, or set
        O(ip_restrictions).
    type: path
  read_contents:
    description:
      - Whether to read what a reset would destroy in the cluster, namely its volumes, its load balancers with their
        addresses, and how many workloads it has. Only names and numbers are read. If no reset is necessary, nothing is
        read.
      - It needs PyYAML and C(kubernetes) on the host that runs the task, which has to reach the API server of the
        cluster. If the cluster cannot be read, a warning says why and what is not known, and the reset goes on.
    type: bool
    default: true
  kubeconfig:
    description:
      - Kubeconfig for O(read_contents), as the path of the file, as its content, or as a dictionary. Secrets in it are
        never shown.
      - The account needs the right C(list) on C(persistentvolumes) and C(services), and on C(deployments),
        C(statefulsets) and C(daemonsets) of the group C(apps), of all namespaces.
      - By default the module gets the kubeconfig of the administrator from the API, as
        M(clusterops.kube_proxy.kube_cluster_kubeconfig) does. No environment variable replaces it.
    type: raw
seealso:
  - module: clusterops.kube_proxy.kube_proxy_customization
  - module: clusterops.kube_proxy.kube_cluster_kubeconfig
requirements:
  - kubernetes >= 31.0.0, for O(read_contents)
  - PyYAML >= 6.0, for O(read_contents)
notes:
  - From the reset until the IP restrictions are restored, every address can reach the API server. The module sends the
    restrictions immediately and repeatedly until the API accepts them. RV(api_server_open_seconds) is the time that
    this took.
  - If a run is interrupted during a reset, the next run of the same task finishes that reset. It waits for the reset
    instead of sending another one, also with O(force=true), restores what the reset removed, and returns
    RV(finished_reset).
  - Before a reset, the module reads everything that the reset would lose until two readings in a row agree, so that no
    odd answer of the API is lost for good.
  - The module refuses a cluster that is suspended or in an error state, because the API does not report the settings
    of such a cluster reliably.
  - A reset changes the kubeconfig. Get the new one with M(clusterops.kube_proxy.kube_cluster_kubeconfig).
"""

EXAMPLES = r"""
- name: Show what a change of the mode would destroy
  clusterops.kube_proxy.kube_cluster_reset:
    name: staging
    kube_proxy_mode: ipvs
  check_mode: true
  diff: true

- name: Change the mode, keep the node pools, and set the scheduler of the new mode
  clusterops.kube_proxy.kube_cluster_reset:
    name: staging
    kube_proxy_mode: ipvs
    kube_proxy:
      ipvs:
        scheduler: lc
    confirm: staging
"""

RETURN = r"""
# BEGIN generated by tests/generate/option_texts.py: results
kube_id:
  description: ID of the cluster. A reset does not change it.
  returned: when the cluster was found
  type: str
  sample: 11111111-2222-3333-4444-555555555555
name:
  description: Name of the cluster.
  returned: success
  type: str
  sample: production
region:
  description: Region of the cluster.
  returned: success
  type: str
  sample: GRA11
status:
  description: Status of the cluster when it was last read.
  returned: when the cluster was found
  type: str
  sample: READY
plan:
  description: Plan of the cluster, V(free) or V(standard). Null if the API does not report
    it.
  returned: success
  type: str
  sample: free
version:
  description: Version of Kubernetes.
  returned: success
  type: str
  sample: 1.34.1-0
is_up_to_date:
  description: Whether the control plane and the nodes run the newest patch version. Null
    if the API does not tell.
  returned: success
  type: bool
  sample: true
kube_proxy_mode:
  description: Mode that kube-proxy runs in. In check mode, the mode after the change.
  returned: success
  type: str
  sample: ipvs
customization:
  description: Customization of the cluster when it was last read. In check mode, the
    customization after the change.
  returned: success
  type: dict
  contains:
    kube_proxy:
      description:
        - Settings of kube-proxy that are set, with durations as ISO 8601.
        - Settings that this collection does not know keep the name that the API gives
          them.
      returned: success
      type: dict
      sample:
        ipvs:
          scheduler: lc
          sync_period: PT1M
    api_server:
      description: Settings of the API server.
      returned: success
      type: dict
      sample:
        admission_plugins:
          disabled: []
          enabled:
            - AlwaysPullImages
            - NodeRestriction
usual_time:
  description:
    - How long OVHcloud usually works on the change. The task prints a line every 15 seconds
      while it waits, unless it runs as a module.
    - The message of a task that reaches O(wait_timeout) ends with it, too.
  returned: when something is changed, or would be in check mode, that has to be waited
    for
  type: str
  sample: minutes; OVHcloud publishes no figure
problems:
  description: All options that were refused, with the reason. Nothing was changed.
  returned: when options were refused
  type: list
  elements: dict
  sample:
    - option: kube_proxy.ipvs.sync_period
      problem: '''P1M'' has years or months, whose length depends on the date'
option:
  description:
    - The option that is missing or wrong, also where its value comes from an environment
      variable or a file. Null if it could be one of several.
    - No request was sent.
  returned: when the connection is not configured correctly
  type: str
  sample: endpoint
error:
  description:
    - Answer of the API to the request that failed.
    - OVHcloud's support needs its C(query_id) to find the request.
  returned: when a request failed
  type: dict
  sample:
    status: 403
    error_class: INVALID_CREDENTIAL
    api_message: This credential is not valid
    query_id: EU.ext-4.5f1c2a3b.1234.0123456789abcdef
# END generated
action:
  description: How the module changed the cluster, or would change it in check mode, V(none), V(in_place) or V(reset).
  returned: when the cluster was found
  type: str
  sample: reset
finished_reset:
  description:
    - When the reset began that an earlier run sent and did not finish. This run finished it, or would finish it in
      check mode.
    - The cluster has a new kubeconfig since that reset.
  returned: when an earlier run did not finish its reset
  type: str
  sample: "2026-11-01T08:00:00Z"
reasons:
  description: Why a reset is necessary. Empty if it is not.
  returned: when the cluster was found
  type: list
  elements: str
  sample: ["kube_proxy_mode is iptables and should be ipvs"]
consequences:
  description:
    - What the reset destroys and keeps. Empty if there is no reset.
    - C(contents) is what the cluster contains according to its API server. It is null with O(read_contents=false), and
      each of its members except C(summary) is null if it could not be read.
    - Of C(volumes) and C(load_balancers), C(total) is the number, and C(first) has at most 100 of them. Of
      C(workloads), only those outside C(kube-system) count.
    - The C(fate) of a volume is V(deleted) if OVHcloud's guide says that a reset deletes it with its data, V(node) if
      its data is on the disk of a node, V(unclear) for a Cinder volume without claim or with another reclaim policy
      than C(Delete), because no document says what a reset does to it, and V(elsewhere) for any other storage.
      C(fates) are the numbers.
    - Load balancers are deleted, and new ones get other addresses. For one with C(keep_address), which the annotation
      C(loadbalancer.openstack.org/keep-floatingip) requests, no document says whether a reset keeps the address.
  returned: when the cluster was found
  type: dict
  sample:
    data_lost: true
    worker_nodes_policy: reinstall
    version_before: 1.34.1-0
    version_after: "1.34"
    node_pools: [{"name": "workers", "flavor": "b3-8", "current_nodes": 3, "desired_nodes": 3}]
    nodes: [{"name": "workers-node-0a1b2c", "version": "1.34.1-0", "status": "READY"}]
    contents:
      summary: 1 volume, 1 load balancer, 4 Deployments, 1 StatefulSet, 0 DaemonSets
      volumes:
        total: 1
        fates: {"deleted": 1}
        first:
          - name: ovh-managed-kubernetes-0a1b2c-pvc-4d5e
            claim: shop/data
            capacity: 10Gi
            storage_class: csi-cinder-high-speed
            reclaim_policy: Delete
            fate: deleted
      load_balancers:
        total: 1
        first: [{"service": "shop/web", "addresses": ["192.0.2.10"], "keep_address": false}]
      workloads: {"Deployment": 4, "StatefulSet": 1, "DaemonSet": 0}
    ip_restrictions_restored: ["192.0.2.0/24"]
    open_id_connect_restored: false
planned_body:
  description: Body of the request for the reset. Null if there is no reset.
  returned: when the cluster was found
  type: dict
  sample: {"name": "staging", "kubeProxyMode": "ipvs", "version": "1.34", "workerNodesPolicy": "reinstall"}
planned_changes:
  description: Changes that need no reset, with the bodies of their requests.
  returned: when the cluster was found
  type: list
  elements: dict
  sample: []
api_server_open_seconds:
  description:
    - Seconds from the reset until the IP restrictions were restored. During this time every address could reach the API
      server.
    - Null if there were no restrictions to restore, or if they are not restored yet.
  returned: after a reset, also if an earlier run sent it and this run finished it
  type: float
  sample: 42.5
"""

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.managed_modules import KUBE_CLUSTER_RESET
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import run


def main() -> None:
    run(KUBE_CLUSTER_RESET)


if __name__ == "__main__":
    main()
