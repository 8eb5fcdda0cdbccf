#!/usr/bin/python

# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_cluster_reset
short_description: Change the kube-proxy mode of an OVHcloud Managed Kubernetes cluster by a reset
version_added: 0.1.0
author:
  - clusterops contributors (@clusterops)
description:
  - OVHcloud's API changes the mode of kube-proxy, and the private network, only by a reset, in which B(all data in the
    cluster
    is lost).
  - The cluster is reset only if nothing less does. Customization, load balancers' subnet, network configuration and IP
    restrictions that differ while mode and network are right are changed without a reset.
  - The API puts everything back to a default that a reset does not name. This module names it all, so that name, minor
    version,
    update policy, private network and subnets, address allocation and both customizations stay, unless something else
    is
    asked for. IP restrictions and OpenID Connect settings, which a reset loses as well, are put back afterwards.
  - A reset is carried out only if O(confirm) is the name of the cluster. Check mode shows the same consequences and
    the exact
    body without it.
extends_documentation_fragment:
  - clusterops.kube_proxy._attributes
  - clusterops.kube_proxy._attributes.ovh
  - clusterops.kube_proxy._ovh
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
      - The mode kube-proxy shall run in. It is always sent, because the API's documents disagree on its default.
    type: str
    choices: [iptables, ipvs]
    required: true
  version:
    description:
      - Minor version of Kubernetes to install in the reset, such as V(1.34). By default it stays.
      - Another version alone is no reason for a reset.
    type: str
  ip_restrictions:
    description:
      - Addresses and networks that may reach the API server. By default those that may reach it now.
      - An empty list opens it to all.
    type: list
    elements: str
  worker_nodes_policy:
    description:
      - What becomes of the nodes in a reset.
      - V(reinstall) keeps node pools and nodes and installs the nodes' operating system anew.
      - V(delete) deletes node pools and nodes.
    type: str
    choices: [delete, reinstall]
    default: reinstall
  confirm:
    description:
      - Name of the cluster, as a statement that all data in it may be destroyed. Needed for a reset outside check mode.
    type: str
  force:
    description:
      - Reset even if nothing has to be changed.
    type: bool
    default: false
  recovery_path:
    description:
      - Directory for the record of what an unfinished reset has to put back. The file in it is removed when all is
        back, and holds
        no secrets.
      - By default C(clusterops.kube_proxy) in E(XDG_STATE_HOME), or in C(~/.local/state). Where the home directory
        does not
        outlast the run, as in an execution environment of AWX, give a directory that does, or O(ip_restrictions).
    type: path
seealso:
  - module: clusterops.kube_proxy.kube_proxy_customization
  - module: clusterops.kube_proxy.kube_cluster_kubeconfig
notes:
  - Between the reset and the return of the IP restrictions, the API server is open to every address. They are sent
    from the
    first moment on, until the API takes them; RV(api_server_open_seconds) tells how long that took.
  - A run that is interrupted during a reset is finished by the next run of the same task. It waits for that reset
    instead of
    sending another, also with O(force=true), and puts back what the reset took away.
  - A cluster in an error state or suspended is refused, because nothing can be read back from it reliably.
  - The kubeconfig changes with a reset. Get the new one with M(clusterops.kube_proxy.kube_cluster_kubeconfig).
"""

EXAMPLES = r"""
- name: See what changing the mode would destroy
  clusterops.kube_proxy.kube_cluster_reset:
    name: staging
    kube_proxy_mode: ipvs
  check_mode: true
  diff: true

- name: Change the mode, keep node pools, give the new mode a scheduler
  clusterops.kube_proxy.kube_cluster_reset:
    name: staging
    kube_proxy_mode: ipvs
    kube_proxy:
      ipvs:
        scheduler: lc
    confirm: staging
"""

RETURN = r"""
kube_id:
  description: Id of the cluster, which a reset does not change.
  returned: when the cluster was found
  type: str
  sample: 11111111-2222-3333-4444-555555555555
name:
  description: Name of the cluster.
  returned: success
  type: str
  sample: staging
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
kube_proxy_mode:
  description: Mode that kube-proxy runs in; in check mode the one it would run in.
  returned: success
  type: str
  sample: ipvs
customization:
  description: The customization as it was last read; in check mode as it would be.
  returned: success
  type: dict
  sample:
    kube_proxy: {"ipvs": {"scheduler": "lc"}}
    api_server: {"admission_plugins": {"disabled": [], "enabled": ["AlwaysPullImages", "NodeRestriction"]}}
action:
  description: How the cluster is brought to what was asked, V(none), V(in_place) or V(reset).
  returned: when the cluster was found
  type: str
  sample: reset
reasons:
  description: Why nothing less than a reset does.
  returned: when the cluster was found
  type: list
  elements: str
  sample: ["kube_proxy_mode is iptables and should be ipvs"]
consequences:
  description: What a reset destroys and keeps; empty without a reset.
  returned: when the cluster was found
  type: dict
  sample:
    data_lost: true
    worker_nodes_policy: reinstall
    version_before: 1.34.1-0
    version_after: "1.34"
    node_pools: [{"name": "workers", "flavor": "b3-8", "current_nodes": 3, "desired_nodes": 3}]
    nodes: [{"name": "workers-node-0a1b2c", "version": "1.34.1-0", "status": "READY"}]
    ip_restrictions_restored: ["192.0.2.0/24"]
    open_id_connect_restored: false
planned_body:
  description: The body of the reset's request; null without a reset.
  returned: when the cluster was found
  type: dict
  sample: {"name": "staging", "kubeProxyMode": "ipvs", "version": "1.34", "workerNodesPolicy": "reinstall"}
planned_changes:
  description: Changes made without a reset, with the body of their requests.
  returned: when the cluster was found
  type: list
  elements: dict
  sample: []
api_server_open_seconds:
  description:
    - Seconds between the reset and the return of the IP restrictions, in which the API server was open to every
      address.
    - Null when there was nothing to put back, or when it is not back yet.
  returned: after a reset, also after one of an earlier run that this run finished
  type: float
  sample: 42.5
problems:
  description: Options that were refused before anything was changed, with the reason.
  returned: when options were refused
  type: list
  elements: dict
  sample: [{"option": "kube_proxy.ipvs.sync_period", "problem": "'P1M' has years or months, whose length depends on the
    date"}]
error:
  description: What the API answered to a request that failed; its C(query_id) is what OVHcloud's support asks for.
  returned: when a request failed
  type: dict
  sample: {"status": 500, "api_message": "Internal server error", "query_id": "EU.ext-4.5f1c2a3b.1234.0123456789abcdef"}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.managed_modules import KUBE_CLUSTER_RESET
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import run


def main() -> None:
    run(AnsibleModule(**KUBE_CLUSTER_RESET.arguments()), KUBE_CLUSTER_RESET)


if __name__ == "__main__":
    main()
