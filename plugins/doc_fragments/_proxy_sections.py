# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  mode:
    description:
      - Mode of kube-proxy, V(iptables), V(ipvs) or V(nftables) (from Kubernetes 1.29 on, without a feature gate from
        1.31 on). What the cluster's version does not have is refused.
      - kube-proxy itself leaves the rules of the former mode in the kernel when it changes between V(iptables) and
        V(ipvs).
    type: str
  iptables:
    description:
      - Settings for the mode V(iptables). Its masquerading applies in the mode V(ipvs) as well.
      - Durations, here and in the other sections, are Go text (V(1m30s)) or ISO 8601 (V(PT1M30S)). They are compared
        by value and written as Go text.
    type: dict
    suboptions:
      masquerade_bit:
        description:
          - Bit of the packet mark, 0 to 31, that says that a packet is to be masqueraded.
        type: int
      masquerade_all:
        description:
          - Masquerade all traffic to Services' cluster addresses.
        type: bool
      localhost_nodeports:
        description:
          - Let NodePorts be reached through the loopback address (from Kubernetes 1.26 on).
        type: bool
      sync_period:
        description:
          - Period of the regular refresh of the rules. Zero has no effect, kube-proxy then takes its default of 30 s.
        type: str
      min_sync_period:
        description:
          - Least time between two refreshes of the rules, at most the period. Zero has no effect, kube-proxy then
            takes its default of 1 s.
        type: str
  ipvs:
    description:
      - Settings for the mode V(ipvs).
    type: dict
    suboptions:
      sync_period:
        description:
          - Period of the regular refresh of the rules. Zero has no effect, kube-proxy then takes its default of 30 s.
        type: str
      min_sync_period:
        description:
          - Least time between two refreshes of the rules, at most the period.
        type: str
      scheduler:
        description:
          - How connections are spread over the backends of a Service, such as V(rr), V(lc) or V(sh). Each node's
            kernel needs the module C(ip_vs_)I(scheduler).
        type: str
      exclude_cidrs:
        description:
          - Networks whose virtual servers kube-proxy does not remove.
        type: list
        elements: str
      strict_arp:
        description:
          - Do not answer ARP for the addresses of Services, as MetalLB and kube-vip need it. Going back to V(false)
            leaves the sysctls as they are.
        type: bool
      tcp_timeout:
        description:
          - When an idle TCP session is forgotten, in whole seconds. Zero keeps the kernel's value.
        type: str
      tcp_fin_timeout:
        description:
          - When a TCP session is forgotten after a FIN, in whole seconds. Zero keeps the kernel's value.
        type: str
      udp_timeout:
        description:
          - When an idle UDP flow is forgotten, in whole seconds. Zero keeps the kernel's value.
        type: str
  nftables:
    description:
      - Settings for the mode V(nftables) (from Kubernetes 1.29 on).
    type: dict
    suboptions:
      masquerade_bit:
        description:
          - Bit of the packet mark, 0 to 31, that says that a packet is to be masqueraded.
        type: int
      masquerade_all:
        description:
          - Masquerade all traffic to Services' cluster addresses.
        type: bool
      sync_period:
        description:
          - Period of the regular refresh of the rules. Zero has no effect, kube-proxy then takes its default of 30 s.
        type: str
      min_sync_period:
        description:
          - Least time between two refreshes of the rules, at most the period. Zero has no effect, kube-proxy then
            takes its default of 1 s.
        type: str
  conntrack:
    description:
      - Settings of connection tracking, which apply in every mode.
    type: dict
    suboptions:
      max_per_core:
        description:
          - Tracked connections for each CPU. Zero leaves the kernel's limit and ignores O(conntrack.min).
        type: int
      min:
        description:
          - Least number of tracked connections, whatever the number of CPUs.
        type: int
      tcp_established_timeout:
        description:
          - How long an idle TCP connection is tracked. Zero leaves the kernel's value.
        type: str
      tcp_close_wait_timeout:
        description:
          - How long a TCP connection in the state CLOSE_WAIT is tracked. Zero leaves the kernel's value.
        type: str
      tcp_be_liberal:
        description:
          - Do not take packets outside of the window for invalid (from Kubernetes 1.29 on).
        type: bool
      udp_timeout:
        description:
          - How long an idle UDP flow is tracked (from Kubernetes 1.29 on). Zero leaves the kernel's value.
        type: str
      udp_stream_timeout:
        description:
          - How long an idle UDP flow with packets in both directions is tracked (from Kubernetes 1.29 on). Zero
            leaves the kernel's value.
        type: str
  config:
    description:
      - Any other field of C(KubeProxyConfiguration), under its own name, such as C(healthzBindAddress). Fields that
        have an option are set with that.
      - A field with the value null is removed, so that its default applies; that is also how a key which kube-proxy
        does not know goes away.
    type: dict
  strategy:
    description:
      - V(merge) keeps what is not named.
      - V(replace) removes what is not named from the sections that are given (O(iptables), O(ipvs),
        O(nftables), O(conntrack)); all else stays.
    type: str
    choices: [merge, replace]
    default: merge
  kube_proxy_version:
    description:
      - Version of kube-proxy whose rules apply, such as V(1.33.1). By default it is read from the tag of the
        DaemonSet's image, or asked of a pod.
    type: str
"""
