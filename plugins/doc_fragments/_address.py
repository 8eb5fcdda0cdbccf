# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kube_id:
    description:
      - Id of the cluster. It takes one request to find, while a name takes one for each cluster of the project.
    type: str
  name:
    description:
      - Name of the cluster. Names are not unique; when several clusters have it, the module fails and lists them.
      - Together with O(kube_id), it is checked that the cluster has this name.
    type: str
  region:
    description:
      - Region of the cluster, such as V(GRA11), to tell clusters of the same name apart.
    type: str
"""
