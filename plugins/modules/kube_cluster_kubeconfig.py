#!/usr/bin/python

# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_cluster_kubeconfig
short_description: Get the kubeconfig of an OVHcloud Managed Kubernetes cluster
version_added: 0.1.0
author:
  - clusterops contributors (@clusterops)
description:
  - Writes the administrator's kubeconfig to a file that only its owner can read, or returns it.
  - A kubeconfig that is returned is hidden from the output of the task and can be used through C(register).
extends_documentation_fragment:
  - clusterops.kube_proxy._attributes
  - clusterops.kube_proxy._attributes.ovh
  - clusterops.kube_proxy._ovh
  - clusterops.kube_proxy._address
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - The diff shows the API server's address, a fingerprint and the file's mode, and nothing of the credentials.
  idempotent:
    support: full
options:
  dest:
    description:
      - File to write, on the host that the task runs on. Its directory has to exist. The mode is always C(0600).
      - Without it, the kubeconfig is returned.
    type: path
seealso:
  - module: clusterops.kube_proxy.kube_cluster_reset
notes:
  - The kubeconfig changes with a reset of the cluster.
"""

EXAMPLES = r"""
- name: Write the kubeconfig
  clusterops.kube_proxy.kube_cluster_kubeconfig:
    name: production
    dest: ~/.kube/production.yaml

- name: Use the kubeconfig without a file
  clusterops.kube_proxy.kube_cluster_kubeconfig:
    name: production
  register: access

- name: Read the configuration of kube-proxy from the cluster
  kubernetes.core.k8s_info:
    kubeconfig: "{{ access.kubeconfig | from_yaml }}"
    kind: ConfigMap
    namespace: kube-system
    name: kube-proxy
"""

RETURN = r"""
kube_id:
  description: Id of the cluster.
  returned: when the cluster was found
  type: str
  sample: 11111111-2222-3333-4444-555555555555
dest:
  description: The file.
  returned: with O(dest)
  type: str
  sample: /home/me/.kube/production.yaml
server:
  description: Address of the API server.
  returned: success
  type: str
  sample: https://abc123.c1.gra.k8s.ovh.net
kubeconfig:
  description: The kubeconfig, YAML as text, with the administrator's credentials.
  returned: without O(dest)
  type: str
  sample: "apiVersion: v1 ..."
error:
  description: What the API answered to a request that failed; its C(query_id) is what OVHcloud's support asks for.
  returned: when a request failed
  type: dict
  sample: {"status": 404, "api_message": "Cluster not found", "query_id": "EU.ext-4.5f1c2a3b.1234.0123456789abcdef"}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.managed_modules import (
    KUBE_CLUSTER_KUBECONFIG,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import run


def main() -> None:
    run(AnsibleModule(**KUBE_CLUSTER_KUBECONFIG.arguments()), KUBE_CLUSTER_KUBECONFIG)


if __name__ == "__main__":
    main()
