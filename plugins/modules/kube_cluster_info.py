#!/usr/bin/python

# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_cluster_info
short_description: Read OVHcloud Managed Kubernetes clusters
version_added: 0.1.0
author:
  - clusterops contributors (@clusterops)
description:
  - Returns one cluster, or all clusters of a Public Cloud project, with mode, plan, status, customization and versions.
  - Clusters are read concurrently, eight at a time.
extends_documentation_fragment:
  - clusterops.kube_proxy._attributes
  - clusterops.kube_proxy._attributes.ovh
  - clusterops.kube_proxy._ovh
  - clusterops.kube_proxy._address
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
seealso:
  - module: clusterops.kube_proxy.kube_proxy_customization
"""

EXAMPLES = r"""
- name: Read every cluster of the project
  clusterops.kube_proxy.kube_cluster_info:
    service_name: 0123456789abcdef0123456789abcdef
  register: project

- name: Tell which clusters still run ipvs
  ansible.builtin.debug:
    msg: "{{ project.clusters | selectattr('kube_proxy_mode', 'equalto', 'ipvs') | map(attribute='name') }}"
"""

RETURN = r"""
clusters:
  description: The clusters, in the order of their names. One that was addressed and does not exist is an error.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the cluster.
      returned: success
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
    plan:
      description: Plan of the cluster, V(free) or V(standard); null when the API does not tell.
      returned: success
      type: str
      sample: free
    status:
      description: Status of the cluster.
      returned: success
      type: str
      sample: READY
    version:
      description: Version of Kubernetes.
      returned: success
      type: str
      sample: 1.34.1-0
    next_upgrade_versions:
      description: Minor versions that the cluster can be upgraded to.
      returned: success
      type: list
      elements: str
      sample: ["1.35"]
    is_up_to_date:
      description: Whether control plane and nodes have the newest patch version.
      returned: success
      type: bool
      sample: true
    control_plane_is_up_to_date:
      description: Whether the control plane has the newest patch version.
      returned: success
      type: bool
      sample: true
    kube_proxy_mode:
      description: Mode that kube-proxy runs in; null where Cilium replaces it.
      returned: success
      type: str
      sample: iptables
    update_policy:
      description: When OVHcloud installs patch versions.
      returned: success
      type: str
      sample: ALWAYS_UPDATE
    url:
      description: Host name of the API server.
      returned: success
      type: str
      sample: abc123.c1.gra.k8s.ovh.net
    nodes_url:
      description: Host name of the nodes.
      returned: success
      type: str
      sample: abc123.nodes.c1.gra.k8s.ovh.net
    private_network_id:
      description: OpenStack id of the private network; null on the public network.
      returned: success
      type: str
      sample: null
    nodes_subnet_id:
      description: OpenStack id of the nodes' subnet.
      returned: success
      type: str
      sample: null
    load_balancers_subnet_id:
      description: OpenStack id of the load balancers' subnet.
      returned: success
      type: str
      sample: null
    private_network_configuration:
      description: How the nodes use the private network.
      returned: success
      type: dict
      sample: null
    ip_allocation_policy:
      description: Networks of pods and Services.
      returned: success
      type: dict
      sample: null
    customization:
      description: Customization of kube-proxy and of the API server.
      returned: success
      type: dict
      sample:
        kube_proxy: {"ipvs": {"scheduler": "lc", "sync_period": "PT1M"}}
        api_server: {"admission_plugins": {"disabled": [], "enabled": ["AlwaysPullImages", "NodeRestriction"]}}
    created_at:
      description: When the cluster was created.
      returned: success
      type: str
      sample: "2026-11-01T08:00:00Z"
    updated_at:
      description: When the cluster was last changed.
      returned: success
      type: str
      sample: "2026-11-01T08:04:00Z"
error:
  description: What the API answered to a request that failed; its C(query_id) is what OVHcloud's support asks for.
  returned: when a request failed
  type: dict
  sample: {"status": 404, "api_message": "Cluster not found", "query_id": "EU.ext-4.5f1c2a3b.1234.0123456789abcdef"}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.managed_modules import KUBE_CLUSTER_INFO
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import run


def main() -> None:
    run(AnsibleModule(**KUBE_CLUSTER_INFO.arguments()), KUBE_CLUSTER_INFO)


if __name__ == "__main__":
    main()
