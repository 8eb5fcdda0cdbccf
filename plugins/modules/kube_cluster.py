#!/usr/bin/python

# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_cluster
short_description: Create and delete OVHcloud Managed Kubernetes clusters
version_added: 0.1.0
author:
  - clusterops contributors (@clusterops)
description:
  - Creates a cluster with its kube-proxy mode and customization, and waits until it is as asked.
  - A cluster of the same name and region that exists is adopted, also one that an earlier run created and did not wait
    for.
    Customization, update policy and the changeable part of the network are then adjusted.
  - An existing cluster in another mode is an error. Only M(clusterops.kube_proxy.kube_cluster_reset) can change it.
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
    support: full
options:
  state:
    description:
      - V(present) creates or adjusts the cluster; O(name) and O(region) are needed.
      - V(absent) deletes it, with everything in it, and waits until the API knows it no more.
    type: str
    choices: [present, absent]
    default: present
  version:
    description:
      - Minor version of Kubernetes for the creation, such as V(1.34). By default the API's newest.
      - An existing cluster is not upgraded.
    type: str
  plan:
    description:
      - Plan for the creation. Clusters of the plan V(standard) run Cilium and have no kube-proxy.
    type: str
    choices: [free, standard]
  kube_proxy_mode:
    description:
      - The mode kube-proxy shall run in. It cannot be changed afterwards without a reset.
      - Give it always, since the API's documents disagree on its default.
    type: str
    choices: [iptables, ipvs]
  update_policy:
    description:
      - When OVHcloud installs patch versions.
    type: str
    choices: [ALWAYS_UPDATE, MINIMAL_DOWNTIME, NEVER_UPDATE]
  ip_allocation_policy:
    description:
      - Addresses of pods and Services for the creation, for the plan V(standard) only.
    type: dict
    suboptions:
      pods_ipv4_cidr:
        description: Network of the pods.
        type: str
      services_ipv4_cidr:
        description: Network of the Services.
        type: str
  confirm:
    description:
      - Name of the cluster, as a statement that it may be destroyed. Needed for O(state=absent) outside check mode.
    type: str
seealso:
  - module: clusterops.kube_proxy.kube_cluster_reset
  - module: clusterops.kube_proxy.kube_cluster_info
"""

EXAMPLES = r"""
- name: Have a cluster with kube-proxy in ipvs mode
  clusterops.kube_proxy.kube_cluster:
    name: staging
    region: GRA11
    version: "1.34"
    kube_proxy_mode: ipvs
    kube_proxy:
      ipvs:
        scheduler: lc
  register: created

- name: Delete it
  clusterops.kube_proxy.kube_cluster:
    kube_id: "{{ created.kube_id }}"
    state: absent
    confirm: staging
"""

RETURN = r"""
kube_id:
  description: Id of the cluster; also in the result of a run that failed after the API had created the cluster.
  returned: when there is a cluster
  type: str
  sample: 11111111-2222-3333-4444-555555555555
name:
  description: Name of the cluster.
  returned: when there is a cluster, for O(state=present)
  type: str
  sample: staging
region:
  description: Region of the cluster.
  returned: when there is a cluster, for O(state=present)
  type: str
  sample: GRA11
status:
  description: Status of the cluster when it was last read.
  returned: when there is a cluster, for O(state=present)
  type: str
  sample: READY
kube_proxy_mode:
  description: Mode that kube-proxy runs in.
  returned: when there is a cluster, for O(state=present)
  type: str
  sample: ipvs
action:
  description: What was done, or would be done in check mode, V(none), V(create) or V(in_place).
  returned: for O(state=present)
  type: str
  sample: create
planned_body:
  description: The body of the creation's request.
  returned: in check mode, when the cluster would be created
  type: dict
  sample: {"name": "staging", "region": "GRA11", "kubeProxyMode": "ipvs"}
customization:
  description: The customization after the run; in check mode as it would be.
  returned: when there is a cluster, for O(state=present)
  type: dict
  sample:
    kube_proxy: {"ipvs": {"scheduler": "lc"}}
    api_server: {"admission_plugins": {"disabled": [], "enabled": ["AlwaysPullImages", "NodeRestriction"]}}
cluster:
  description: The cluster as it was last read, with the keys of
    RV(clusterops.kube_proxy.kube_cluster_info#module:clusters).
  returned: when there is a cluster, for O(state=present)
  type: dict
  sample: {"id": "11111111-2222-3333-4444-555555555555", "name": "staging", "status": "READY"}
problems:
  description: Options that were refused before anything was changed, with the reason.
  returned: when options were refused
  type: list
  elements: dict
  sample: [{"option": "nodes_subnet_id", "problem": "needs private_network_id, the network that the subnet is in"}]
error:
  description: What the API answered to a request that failed; its C(query_id) is what OVHcloud's support asks for.
  returned: when a request failed
  type: dict
  sample: {"status": 403, "error_class": "NOT_GRANTED_CALL", "query_id": "EU.ext-4.5f1c2a3b.1234.0123456789abcdef"}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.managed_modules import KUBE_CLUSTER
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import run


def main() -> None:
    run(AnsibleModule(**KUBE_CLUSTER.arguments()), KUBE_CLUSTER)


if __name__ == "__main__":
    main()
