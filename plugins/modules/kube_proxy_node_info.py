#!/usr/bin/python

# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_proxy_node_info
short_description: Check whether a node can run a mode of kube-proxy, and what kube-proxy does there
version_added: 1.0.0
author:
  - clusterops contributors (@clusterops)
description:
  - Runs on the node. Returns the state of every kernel module that a mode of kube-proxy and its scheduler need, the
    mode in effect, what each mode has in the kernel, and the sysctls that kube-proxy sets.
  - The module changes nothing and loads no kernel module. It does not run tools in a way that would load one.
  - A value that cannot be determined is null with a reason, never empty. Only root can read chains, sets and tables.
extends_documentation_fragment:
  - clusterops.kube_proxy._attributes
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
options:
  mode:
    description:
      - Mode whose requirements are checked.
      - By default the mode that kube-proxy runs in. If kube-proxy does not answer, no module is required.
    type: str
    choices: [iptables, ipvs, nftables]
  scheduler:
    description:
      - Scheduler for the mode V(ipvs), such as V(lc). The default of kube-proxy is V(rr).
      - Any word is accepted, because the kernel decides which schedulers there are. The scheduler needs the kernel
        module C(ip_vs_)I(scheduler).
    type: str
  kube_proxy_version:
    description:
      - Version of kube-proxy, such as V("1.31.4"), in quotes because YAML reads 1.30 as the number 1.3.
      - Before 1.27 kube-proxy needs the schedulers V(rr), V(wrr) and V(sh) besides the configured one, and a kernel
        with loadable modules.
      - If not set, these schedulers count as required.
    type: str
  ip_families:
    description:
      - IP families of the cluster's pods, as in C(ipFamilies) of a Service.
      - With V(IPv6), the mode V(nftables) also needs the kernel modules C(nft_fib_ipv6) and C(nft_reject_ipv6), the
        other modes C(ip6t_REJECT) and, on a kernel without C(nf_tables), the tables of C(ip6_tables).
      - What IPv4 needs is required in any case, because kube-proxy writes rules for IPv4 in every cluster.
    type: list
    elements: str
    choices: [IPv4, IPv6]
    default: [IPv4]
  modules:
    description: Further kernel modules that the node has to load, such as V(br_netfilter).
    type: list
    elements: str
    default: []
  sysctls:
    description: Further sysctls to read, such as V(net.core.somaxconn).
    type: list
    elements: str
    default: []
  probe:
    description: Whether to ask the kube-proxy of this node for its mode, configuration and health.
    type: bool
    default: true
  metrics_address:
    description:
      - Address where kube-proxy reports its mode and configuration, as in its C(metricsBindAddress). The port is
        optional.
      - For an address that stands for all addresses, such as V(0.0.0.0), the module uses the loopback address.
    type: str
    default: 127.0.0.1:10249
  healthz_address:
    description: Address where kube-proxy reports its health, as in its C(healthzBindAddress).
    type: str
    default: 127.0.0.1:10256
  modules_load_file:
    description: File with modules to load at boot. Its content is returned.
    type: path
    default: /etc/modules-load.d/kube-proxy.conf
  sysctl_file:
    description: File with sysctls to set at boot. Its content is returned.
    type: path
    default: /etc/sysctl.d/90-kube-proxy.conf
  wait_timeout:
    description:
      - While the node differs from O(mode) and O(scheduler), read it again for at most this many seconds.
      - With V(0), the node is read once.
    type: float
    default: 0.0
  wait_sleep:
    description: Seconds between two reads of the node.
    type: float
    default: 3.0
notes:
  - The module needs only the standard library of Python, and also runs with Python 3.9.
  - Become root to get all results. Without root, the module reports what it could not read.
seealso:
  - name: clusterops.kube_proxy.node_prerequisites
    description: The role that prepares a node.
    link: https://github.com/clusterops/kube_proxy/tree/main/roles/node_prerequisites
"""

EXAMPLES = r"""
- name: Check whether the nodes can run ipvs with the scheduler lc
  clusterops.kube_proxy.kube_proxy_node_info:
    mode: ipvs
    scheduler: lc
    kube_proxy_version: 1.31.4
  become: true
  register: node

- name: Stop before anything is changed
  ansible.builtin.assert:
    that: node.required.missing | length == 0
    fail_msg: "{{ node.required.missing | map(attribute='message') | join('\n') }}"

- name: Show the mode that is really in effect
  ansible.builtin.debug:
    var: node.kube_proxy.mode
"""

RETURN = r"""
# BEGIN generated by tests/generate/option_texts.py: results
problems:
  description: All options that were refused, with the reason. Nothing was changed.
  returned: when options were refused
  type: list
  elements: dict
  sample:
    - option: kube_proxy_version
      problem: '''latest'' is not a version of kube-proxy'
# END generated
kernel:
  description: Kernel and distribution of the node.
  returned: success
  type: dict
  contains:
    release:
      description: Release of the running kernel.
      returned: success
      type: str
      sample: 6.1.0-28-amd64
    version:
      description: First two numbers of the release. Null if it has none.
      returned: success
      type: str
      sample: "6.1"
    machine:
      description: Architecture.
      returned: success
      type: str
      sample: x86_64
    distribution:
      description:
        - Distribution according to C(/etc/os-release), with C(id), C(name), C(version) and C(family).
        - C(family) is V(debian), V(redhat), V(suse), V(arch) or V(alpine), or the C(id) of another distribution.
      returned: success
      type: dict
      sample: {"id": "debian", "name": "Debian GNU/Linux", "version": "12", "family": "debian"}
    modules_supported:
      description: Whether the kernel supports loadable modules.
      returned: success
      type: bool
      sample: true
    modules_disabled:
      description: Whether loading of modules is disabled until the next boot (C(kernel.modules_disabled)).
      returned: success
      type: bool
      sample: false
    reboot_pending:
      description: Whether a newer kernel has replaced the running one, so that the modules of the running kernel are
        missing.
      returned: success
      type: bool
      sample: false
modules:
  description:
    - State of each module that the mode and the scheduler need or can use, and of the modules in
      O(modules_load_file).
    - C(state) is V(loaded), V(builtin), V(functional) (its function is available, from whatever source), V(loadable),
      V(absent) or V(unknown). C(evidence) is the source of this information.
    - C(needed) is V(load) if the module has to be loaded at boot, V(autoload) if the kernel loads it on demand, or
      V(no).
    - C(persistent) is the file that loads the module at boot. C(package) is the package to install for an absent
      module.
  returned: success
  type: dict
  sample:
    ip_vs: {state: loaded, evidence: /proc/modules, needed: load, persistent: null, package: null}
    ip_vs_lc:
      state: loadable
      evidence: /lib/modules/6.1.0-28-amd64/kernel/net/netfilter/ipvs/ip_vs_lc.ko
      needed: load
      persistent: null
      package: null
required:
  description: What the node needs for the mode.
  returned: success
  type: dict
  contains:
    mode:
      description: Mode that was checked. Null if O(mode) is not set and kube-proxy does not answer.
      returned: success
      type: str
      sample: ipvs
    load:
      description: Modules to load now and at every boot, in this order, without those that are built into the kernel.
      returned: success
      type: list
      elements: str
      sample: [ip_vs, ip_vs_lc, nf_conntrack]
    load_now:
      description: Modules of RV(required.load) that are not loaded.
      returned: success
      type: list
      elements: str
      sample: [ip_vs_lc]
    missing:
      description:
        - What prevents the node from running the mode. If it is empty, the node can run the mode.
        - C(reason) is V(no_module_support), V(modules_disabled), V(blocked), V(reboot_pending), V(file_missing),
          V(not_built), V(not_found), V(kernel_too_old) or V(no_modprobe). C(package) may be null.
      returned: success
      type: list
      elements: dict
      sample:
        - name: ip_vs
          reason: file_missing
          package: linux-modules-extra-5.15.0-91-generic
          message: >-
            kernel module ip_vs, needed for mode ipvs, is missing from kernel 5.15.0-91-generic of Ubuntu 22.04
            (/boot/config-5.15.0-91-generic: CONFIG_IP_VS=m): install the package linux-modules-extra-5.15.0-91-generic
    unknown:
      description: Required modules for which the node does not show whether they are available.
      returned: success
      type: list
      elements: str
      sample: []
kube_proxy:
  description: What the kube-proxy of this node reports.
  returned: success
  type: dict
  contains:
    mode:
      description: Mode in effect, which may differ from the configured mode. Null if kube-proxy does not answer.
      returned: success
      type: str
      sample: ipvs
    url:
      description: URL that was asked for the mode. Null with O(probe=false).
      returned: success
      type: str
      sample: http://127.0.0.1:10249/proxyMode
    config:
      description: Configuration that kube-proxy runs with, with the field names of its version. Null if it does not
        report it.
      returned: success
      type: dict
      sample: {"Mode": "ipvs", "IPVS": {"Scheduler": "lc"}}
    healthy:
      description: Whether kube-proxy reports that it is healthy. Null if it does not answer.
      returned: success
      type: bool
      sample: true
    healthz:
      description: HTTP status and answer of its health check. Null if kube-proxy does not answer.
      returned: success
      type: dict
      sample: {"status": 200, "answer": {"lastUpdated": "2026-11-21T06:00:00Z"}}
    error:
      description: Why kube-proxy did not answer some request. Null if it answered all of them.
      returned: success
      type: str
      sample: null
found:
  description: What each mode of kube-proxy has in the kernel, whichever mode is in effect.
  returned: success
  type: dict
  contains:
    ipvs:
      description:
        - C(services) are the virtual services in the IPVS table with their backends. Those by firewall mark have
          C(mark) instead of C(address) and C(port).
        - C(interface) is the interface C(kube-ipvs0), C(ipsets) are the sets of kube-proxy, C(node_ports) are the
          NodePorts in them, and C(timeouts) are in seconds. Only C(ipvsadm) can read the timeouts.
        - C(node_addresses) are the addresses of the node but for those of C(interface).
        - C(available) is whether the kernel has IPVS. What could not be read is null, for the reason in C(reason) or
          C(ipsets_reason).
      returned: success
      type: dict
      sample:
        available: true
        reason: null
        services:
          - address: 10.96.0.1
            port: 443
            protocol: TCP
            scheduler: lc
            persistent_seconds: null
            backends:
              - address: 192.168.10.2
                port: 6443
                forward: Masq
                weight: 1
                active_connections: 1
                inactive_connections: 0
        interface: {name: kube-ipvs0, present: true, addresses: [10.96.0.1]}
        timeouts: {tcp: 900, tcp_fin: 120, udp: 300}
        ipsets: [KUBE-CLUSTER-IP, KUBE-LOOP-BACK, KUBE-NODE-PORT-TCP]
        node_ports:
          - {protocol: TCP, port: 30080}
        node_addresses: [127.0.0.1, 192.0.2.7]
        ipsets_reason: null
    iptables:
      description:
        - C(rules) has the chains C(KUBE-*) by backend (V(nft) or V(legacy)) and family (V(ip) or V(ip6)). Chains of
          single Services and endpoints are only counted.
        - C(available) is whether both backends could be read. If not, C(reason) is why.
      returned: success
      type: dict
      sample:
        available: true
        reason: null
        rules:
          - backend: nft
            family: ip
            chains: {filter: [KUBE-FORWARD, KUBE-SERVICES], nat: [KUBE-MARK-MASQ, KUBE-SERVICES]}
            services: 3
            endpoints: 5
    nftables:
      description: The C(tables) of the mode nftables, with their number of chains. Null with a C(reason) if they are
        not known.
      returned: success
      type: dict
      sample: {"available": true, "reason": null, "tables": [{"family": "ip", "name": "kube-proxy", "chains": 24}]}
leftovers:
  description:
    - What modes other than the one in effect have left behind, as text. Null if kube-proxy does not answer.
    - Chains are known by their names here. M(clusterops.kube_proxy.kube_proxy_node_rules) keeps those that rules of
      other programs lead to, and says which rules these are.
  returned: success
  type: list
  elements: str
  sample: ["interface kube-ipvs0 (mode ipvs)"]
drift:
  description:
    - How the node differs from O(mode) and O(scheduler), as sentences. Empty if it does not, or if O(mode) is not set.
    - It is drift if kube-proxy does not answer, runs in another mode or is not healthy. With V(ipvs), so are a missing
      interface, an empty IPVS table, and virtual services with another scheduler.
  returned: success
  type: list
  elements: str
  sample: ["kube-proxy runs in mode iptables instead of ipvs"]
tools:
  description:
    - Path and version of C(conntrack), C(ip), C(ipset), C(iptables), C(ipvsadm), C(modprobe), C(nft) and C(sysctl).
      Null for a tool that is not installed.
    - The version is null if the tool would load a kernel module to show it, and for C(ip) and C(sysctl).
  returned: success
  type: dict
  sample:
    ipset: {path: /usr/sbin/ipset, version: "7.17"}
    ipvsadm: null
sysctls:
  description: Values of the sysctls that kube-proxy sets or relies on, and of O(sysctls). Null for a sysctl that does
    not exist.
  returned: success
  type: dict
  sample: {"net.ipv4.ip_forward": "1", "net.ipv4.vs.conntrack": null}
modules_load_file:
  description: Modules that O(modules_load_file) lists. Null if there is no such file.
  returned: success
  type: dict
  sample: {"path": "/etc/modules-load.d/kube-proxy.conf", "modules": ["ip_vs", "ip_vs_lc", "nf_conntrack"]}
sysctl_file:
  description: Values that O(sysctl_file) assigns. Null if there is no such file.
  returned: success
  type: dict
  sample: {"path": "/etc/sysctl.d/90-kube-proxy.conf", "sysctls": {"net.ipv4.ip_forward": "1"}}
python_apt:
  description: Whether M(ansible.builtin.apt) finds the Python library that it needs in check mode.
  returned: success
  type: bool
  sample: true
systemd:
  description: Whether the node runs C(systemd), whose timer removes a frozen copy that
    M(clusterops.kube_proxy.kube_proxy_node_rules) made.
  returned: success
  type: bool
  sample: true
"""

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.node_module import KUBE_PROXY_NODE_INFO
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import run


def main() -> None:
    run(KUBE_PROXY_NODE_INFO)


if __name__ == "__main__":
    main()
