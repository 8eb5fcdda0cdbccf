# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  private_network_id:
    description:
      - OpenStack ID of the private network. On an existing cluster, only a reset can change it.
      - V(none) stands for the public network, without subnets.
    type: str
  nodes_subnet_id:
    description:
      - OpenStack ID of the subnet of the nodes, in O(private_network_id). On an existing cluster, only a reset can
        change it.
    type: str
  load_balancers_subnet_id:
    description:
      - OpenStack ID of the subnet of the load balancers, in O(private_network_id). Requires O(nodes_subnet_id).
      - V(none) removes the subnet that the cluster has.
    type: str
  private_network_configuration:
    description:
      - How the nodes use O(private_network_id).
    type: dict
    suboptions:
      default_vrack_gateway:
        description:
          - Address of the gateway in the private network. With V(none), the nodes use the gateway from DHCP.
        type: str
      private_network_routing_as_default:
        description:
          - Whether the default route goes through the private network.
        type: bool
"""
