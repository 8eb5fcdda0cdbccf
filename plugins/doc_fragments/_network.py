# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  private_network_id:
    description:
      - OpenStack id of the private network. Only a reset can change it.
    type: str
  nodes_subnet_id:
    description:
      - OpenStack id of the subnet of the nodes, in O(private_network_id). Only a reset can change it.
    type: str
  load_balancers_subnet_id:
    description:
      - OpenStack id of the subnet of the load balancers, in O(private_network_id). Needs O(nodes_subnet_id).
    type: str
  private_network_configuration:
    description:
      - How the nodes use O(private_network_id).
    type: dict
    suboptions:
      default_vrack_gateway:
        description:
          - Address of the gateway in the private network; an empty string takes the one from DHCP.
        type: str
      private_network_routing_as_default:
        description:
          - Whether the default route goes through the private network.
        type: bool
"""
