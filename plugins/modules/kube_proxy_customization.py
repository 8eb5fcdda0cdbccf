#!/usr/bin/python

# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_proxy_customization
short_description: Customize kube-proxy on an OVHcloud Managed Kubernetes cluster
version_added: 0.1.0
author:
  - clusterops contributors (@clusterops)
description:
  - Sets kube-proxy's periods, scheduler and timeouts on a cluster of OVHcloud Managed Kubernetes, through the API, and
    waits
    until the API shows them in force.
  - The API replaces the whole section of kube-proxy with what it is sent. This module by default changes only what is
    named
    (O(strategy=merge)), and sends nothing when all is as asked.
  - A change makes OVHcloud restart kube-proxy node by node. The mode (V(iptables) or V(ipvs)) cannot be changed this
    way, see
    M(clusterops.kube_proxy.kube_cluster_reset).
extends_documentation_fragment:
  - clusterops.kube_proxy._attributes
  - clusterops.kube_proxy._attributes.ovh
  - clusterops.kube_proxy._ovh
  - clusterops.kube_proxy._address
  - clusterops.kube_proxy._waiting
  - clusterops.kube_proxy._customization
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
      - V(present) makes O(kube_proxy) and O(api_server) as given.
      - V(absent) clears all settings of kube-proxy, so that its defaults apply. O(kube_proxy) and O(api_server) must
        not be
        given then.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: clusterops.kube_proxy.kube_cluster_reset
  - module: clusterops.kube_proxy.kube_cluster_info
"""

EXAMPLES = r"""
- name: Refresh the rules of ipvs every minute, spread by least connections
  clusterops.kube_proxy.kube_proxy_customization:
    endpoint: ovh-eu
    service_name: 0123456789abcdef0123456789abcdef
    kube_id: 11111111-2222-3333-4444-555555555555
    kube_proxy:
      ipvs:
        sync_period: PT1M
        scheduler: lc

- name: Set exactly this, and unset everything else of kube-proxy
  clusterops.kube_proxy.kube_proxy_customization:
    name: production
    region: GRA11
    strategy: replace
    kube_proxy:
      iptables:
        min_sync_period: 10s
        sync_period: 60s

- name: Go back to kube-proxy's defaults
  clusterops.kube_proxy.kube_proxy_customization:
    name: production
    state: absent
"""

RETURN = r"""
kube_id:
  description: Id of the cluster.
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
kube_proxy_mode:
  description: Mode that kube-proxy runs in.
  returned: success
  type: str
  sample: ipvs
customization:
  description: The customization as it was last read; in check mode as it would be.
  returned: success
  type: dict
  contains:
    kube_proxy:
      description: Set settings of kube-proxy, durations as ISO 8601. Settings that this collection does not know keep
        the API's name.
      returned: success
      type: dict
      sample: {"ipvs": {"scheduler": "lc", "sync_period": "PT1M"}}
    api_server:
      description: Settings of the API server.
      returned: success
      type: dict
      sample: {"admission_plugins": {"disabled": [], "enabled": ["AlwaysPullImages", "NodeRestriction"]}}
problems:
  description: Options that were refused before anything was changed, with the reason.
  returned: when options were refused
  type: list
  elements: dict
  sample: [{"option": "kube_proxy.ipvs.tcp_timeout", "problem": "'PT3S' is between 0 and 5 s, which the OVHcloud API
    refuses"}]
error:
  description: What the API answered to a request that failed; its C(query_id) is what OVHcloud's support asks for.
  returned: when a request failed
  type: dict
  sample:
    status: 409
    error_class: Client::Conflict
    api_message: Cluster is not in READY state
    query_id: EU.ext-4.5f1c2a3b.1234.0123456789abcdef
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.managed_modules import (
    KUBE_PROXY_CUSTOMIZATION,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import run


def main() -> None:
    run(AnsibleModule(**KUBE_PROXY_CUSTOMIZATION.arguments()), KUBE_PROXY_CUSTOMIZATION)


if __name__ == "__main__":
    main()
