#!/usr/bin/python

# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_proxy_node_rules
short_description: Remove what a former mode of kube-proxy left on a node, and keep Services answering meanwhile
version_added: 1.0.0
author:
  - clusterops contributors (@clusterops)
description:
  - Runs on the node, and changes rules in its kernel while the mode of kube-proxy is changed.
  - When kube-proxy changes between V(iptables) and V(ipvs), it leaves everything of its former mode, with rules that
    reject connections to Services that had no endpoints at that time.
  - When it changes to or from V(nftables), it removes the former rules before it has its own, so that no Service
    answers for some seconds, and leaves chains and IP sets that nothing uses.
  - With O(state=frozen), the module makes a copy of the rules that answer for Services, under names of its own, before
    the mode is changed. With O(state=clean), it removes what the former mode left, and the copy, when kube-proxy has
    taken over in its new mode.
extends_documentation_fragment:
  - clusterops.kube_proxy._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - With O(state=frozen), each run lets the copy live for another O(lifetime). This alone is no change.
options:
  state:
    description:
      - With V(clean), remove what modes other than O(mode) left in the kernel, and the frozen copy. Nothing is removed
        unless kube-proxy reports O(mode) and has its rules in the kernel, in each IP family that another mode answers
        for.
      - With V(frozen), make a copy of what O(former_mode) answers for. If the former mode has no rules any more, a copy
        that is in place stays as it is.
      - With V(absent), remove the frozen copy, whatever kube-proxy does.
    type: str
    choices: [clean, frozen, absent]
    default: clean
  mode:
    description: Mode that kube-proxy has to run in. Required with O(state=clean).
    type: str
    choices: [iptables, ipvs, nftables]
  former_mode:
    description: Mode whose rules are copied. Required with O(state=frozen).
    type: str
    choices: [iptables, ipvs, nftables]
  lifetime:
    description:
      - Seconds after which the node removes the copy by itself, from 10 to 3600. A timer of systemd does it, so that a
        copy goes away although the play died. Give more than the change of one node takes.
      - A node that does not run systemd gets no copy.
    type: int
    default: 300
  drain_timeout:
    description:
      - Seconds to wait at most until no connection goes through the IPVS table any more. RV(connections) says how many
        are left.
      - With O(state=clean), from V(ipvs) to V(iptables), the table, the interface C(kube-ipvs0) and the IP sets are
        removed afterwards, which cuts off the connections that are left. New ones do not use the table by then.
      - With O(state=frozen) and O(former_mode=ipvs), the module waits after the copy is in place. kube-proxy in mode
        V(nftables) flushes the table itself when it starts, so that with O(state=clean) it would be too late. For new
        connections not to use the table, the copy then answers before kube-proxy's own rules, from the moment at which
        it is made. O(lifetime) has to be longer.
    type: float
    default: 0.0
  kubelet_version:
    description:
      - Version of the node's kubelet, such as V("1.31.4").
      - Before 1.28, the kubelet owns the chains C(KUBE-MARK-DROP), C(KUBE-MARK-MASQ) and C(KUBE-POSTROUTING) in table
        C(nat). Without this option they stay.
    type: str
  metrics_address:
    description:
      - Address where kube-proxy reports its mode, as in its C(metricsBindAddress). The port is optional.
      - For an address that stands for all addresses, such as V(0.0.0.0), the module uses the loopback address.
    type: str
    default: 127.0.0.1:10249
  wait_timeout:
    description:
      - Seconds to wait at most, with O(state=clean), until kube-proxy reports O(mode) and has synchronised its rules.
      - With V(0), the node is read once.
    type: float
    default: 0.0
  wait_sleep:
    description: Seconds between two reads of the node.
    type: float
    default: 3.0
notes:
  - The module needs only the standard library of Python, and also runs with Python 3.9. Become root.
  - It needs the tools of what is in the kernel, C(iptables) of the right backend, C(ipset), C(nft) and C(ip), and says
    which one is missing. It does not need C(ipvsadm). kube-proxy's own image has all of them, but not for the host. The
    role C(node_prerequisites) of this collection installs packages.
  - What belongs to others stays, that is chains of the kubelet and of network plugins, virtual services of other
    programs in the IPVS table, such as those of kube-vip, and what is called C(KUBE-) but is not kube-proxy's. Sysctls
    and kernel modules stay as well.
  - A chain of kube-proxy that a rule of another program leads to stays as it is, with the chains that it leads to.
    CNI's portmap with C(externalSetMarkChain) and the hostports of CRI-O use C(KUBE-MARK-MASQ) like that. In the
    kernel's own chains, such as C(PREROUTING), kube-proxy's rules are known by their comments, and those without one
    are of others. What C(KUBE-MARK-MASQ) marks is also masqueraded in mode V(nftables). But kube-proxy itself empties
    that chain when it starts in mode V(nftables), and the module warns if others use it then.
  - The frozen copy does not learn of Services and endpoints that change after it was made, and keeps sending
    connections to an endpoint that ended. Remove it as soon as the new mode is verified. It is asked where the rules of
    kube-proxy decide nothing, but with O(drain_timeout) before them.
  - The frozen copy does not refuse anything. Connections to a Service without endpoints are not answered instead of
    rejected. It does not open ports for health checks and does not accept forwarded packets on hosts that drop them by
    default, which mode V(nftables) does not do either.
  - The frozen copy of V(ipvs) chooses endpoints at random, whatever the scheduler, and begins session affinity anew.
    A copy of V(iptables) shares its clients with the rules that it copies, and a copy of V(nftables) takes them along.
    kube-proxy in its new mode begins anew in any case.
  - Connections that exist survive when the former mode is V(iptables) or V(nftables), because the kernel keeps their
    translation. Connections through IPVS end with its table, which kube-proxy flushes itself on the way to V(nftables).
    O(drain_timeout) gives them time to end before. Connections of the node itself from an address of C(kube-ipvs0) end
    when that interface goes.
seealso:
  - module: clusterops.kube_proxy.kube_proxy_node_info
  - name: clusterops.kube_proxy.node_prerequisites
    description: The role that prepares a node.
    link: https://github.com/clusterops/kube_proxy/tree/main/roles/node_prerequisites
"""

EXAMPLES = r"""
- name: Keep Services answering while kube-proxy changes from iptables to nftables
  clusterops.kube_proxy.kube_proxy_node_rules:
    state: frozen
    former_mode: iptables
    lifetime: 180
  become: true

- name: Remove what iptables left, as soon as nftables has taken over
  clusterops.kube_proxy.kube_proxy_node_rules:
    state: clean
    mode: nftables
    kubelet_version: "1.34"
    wait_timeout: 60
  become: true

- name: Show what would be removed from a node that runs iptables by now
  clusterops.kube_proxy.kube_proxy_node_rules:
    mode: iptables
  become: true
  check_mode: true
  diff: true

- name: Remove the frozen copy at once
  clusterops.kube_proxy.kube_proxy_node_rules:
    state: absent
  become: true
"""

RETURN = r"""
# BEGIN generated by tests/generate/option_texts.py: results
problems:
  description: All options that were refused, with the reason. Nothing was changed.
  returned: when options were refused
  type: list
  elements: dict
  sample:
    - option: mode
      problem: missing; state clean needs the mode that kube-proxy runs in, so that what
        the others left can be removed
# END generated
in_force:
  description:
    - By IP family, how many Services (counted by port) each mode answers for with what is in the kernel, and whether a
      frozen copy is in place. With O(state=clean) and O(state=absent), also in check mode, as it is afterwards.
    - With O(state=frozen), the modes as they were found.
  returned: success
  type: dict
  sample:
    IPv4: {iptables: 0, ipvs: 0, nftables: 12, frozen_copy: false}
    IPv6: {iptables: 0, ipvs: 0, nftables: 0, frozen_copy: false}
removed:
  description: What modes other than O(mode) left, and was removed. Empty with the other states.
  returned: success
  type: dict
  contains:
    chains:
      description: Chains by backend, IP family and table. C(per_service) is how many more there were of single Services
        and endpoints.
      returned: success
      type: list
      elements: dict
      sample:
        - {backend: nft, family: IPv4, table: filter, names: [KUBE-EXTERNAL-SERVICES, KUBE-SERVICES], per_service: 0}
        - {backend: nft, family: IPv4, table: nat, names: [KUBE-NODEPORTS], per_service: 8}
    rules:
      description: Rules of kube-proxy in chains that stay. They led to chains of the other modes.
      returned: success
      type: list
      elements: dict
      sample:
        - backend: nft
          family: IPv4
          table: filter
          rule: -A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS
    virtual_services:
      description: Virtual services of kube-proxy in the IPVS table.
      returned: success
      type: list
      elements: str
      sample: [TCP 10.96.0.1 port 443]
    interface:
      description: The interface C(kube-ipvs0). Null if there was none.
      returned: success
      type: str
      sample: kube-ipvs0
    ip_sets:
      description: IP sets of kube-proxy.
      returned: success
      type: list
      elements: str
      sample: [KUBE-CLUSTER-IP, KUBE-LOOP-BACK]
    nft_tables:
      description: Tables of the mode V(nftables).
      returned: success
      type: list
      elements: dict
      sample: [{family: ip, name: kube-proxy}]
kept:
  description: What stays because others use it.
  returned: success
  type: dict
  contains:
    virtual_services:
      description: Virtual services in the IPVS table that are not kube-proxy's.
      returned: success
      type: list
      elements: str
      sample: ["TCP 192.0.2.10 port 6443"]
    chains:
      description:
        - Chains of modes other than O(mode) that rules of other programs lead to, or that such a chain leads to.
          C(used_by) are all rules that lead there. When these rules are gone, the next run removes the chain.
        - Empty with the other states.
      returned: success
      type: list
      elements: dict
      sample:
        - backend: nft
          family: IPv4
          table: nat
          name: KUBE-MARK-MASQ
          used_by: [-A CNI-DN-0123456789abcdef01234 -s 10.244.0.0/24 -p tcp -m tcp --dport 8080 -j KUBE-MARK-MASQ]
    ip_sets:
      description: IP sets of kube-proxy that a rule which stays uses. Empty with the other states.
      returned: success
      type: list
      elements: str
      sample: []
connections:
  description: Connections that went through the IPVS table when it was removed, or with O(state=frozen) when the
    module ended. In check mode, those that do now.
  returned: success
  type: int
  sample: 0
timer:
  description: Timer of systemd that removes the frozen copy. Null if there is none, and if check mode would start one.
  returned: success
  type: str
  sample: kube-proxy-frozen-copy-1764130000000.timer
commands:
  description: What is done, for people. Rules are given to C(iptables-restore), one call for each family and backend.
  returned: success
  type: list
  elements: str
  sample: [iptables-restore --noflush (backend nft), ip link delete kube-ipvs0]
"""

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.node_rules_module import (
    KUBE_PROXY_NODE_RULES,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import run


def main() -> None:
    run(KUBE_PROXY_NODE_RULES)


if __name__ == "__main__":
    main()
