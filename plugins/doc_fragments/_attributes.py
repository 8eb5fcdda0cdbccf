# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff
      mode.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second run makes no change.
"""

    OVH = r"""
attributes:
  action_group:
    description: Use C(group/clusterops.kube_proxy.ovh) in C(module_defaults) to set credentials once.
    support: full
    membership:
      - clusterops.kube_proxy.ovh
"""

    K8S = r"""
attributes:
  action_group:
    description: Use C(group/clusterops.kube_proxy.k8s) in C(module_defaults) to set the connection once.
    support: full
    membership:
      - clusterops.kube_proxy.k8s
"""
