# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kube_id:
    description:
      - ID of the cluster. To find a cluster by its ID takes one request, by its name one for each cluster of the
        project.
    type: str
  name:
    description:
      - Name of the cluster. Names are not unique. If several clusters have this name, the module fails and lists them.
      - If O(kube_id) is set too, the module checks that the cluster has this name.
    type: str
  region:
    description:
      - Region of the cluster, such as V(GRA11), in capital letters, to distinguish clusters of the same name.
    type: str
"""
