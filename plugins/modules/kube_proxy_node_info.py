#!/usr/bin/python

# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_proxy_node_info
short_description: Tell whether a node can run a mode of kube-proxy, and what kube-proxy does there
version_added: 0.1.0
author:
  - clusterops contributors (@clusterops)
description:
  - Runs on the node and returns the state of every kernel module that a mode of kube-proxy and its scheduler need, the
    mode in effect, what each mode has in the kernel, and the sysctls that kube-proxy sets.
  - It changes nothing and loads no kernel module; tools that would load one by being asked are not asked.
  - What cannot be told is null with a reason, never empty. Chains, sets and tables are told to root only.
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
      - The mode whose needs are looked at.
      - By default the one that kube-proxy runs in, if it answers; else no module is needed.
    type: str
    choices: ["", iptables, ipvs, nftables]
    default: ""
  scheduler:
    description:
      - Scheduler for the mode V(ipvs), such as V(lc); kube-proxy takes V(rr) by default.
      - Any word is accepted here, since it is the kernel that decides. It needs the kernel module C(ip_vs_<scheduler>).
    type: str
    default: ""
  kube_proxy_version:
    description:
      - Version of kube-proxy, such as V(1.31.4). Before 1.27 it needs the schedulers V(rr), V(wrr) and V(sh) whatever
        the scheduler is, and a kernel with loadable modules.
      - By default the schedulers are counted as needed.
    type: str
    default: ""
  modules:
    description: Further kernel modules that the node shall load, such as V(br_netfilter).
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
      - Where kube-proxy tells its mode and configuration, as its C(metricsBindAddress). The port may be left out.
      - An address that stands for all of them, such as V(0.0.0.0), is asked on the loopback.
    type: str
    default: 127.0.0.1:10249
  healthz_address:
    description: Where kube-proxy tells its health, as its C(healthzBindAddress).
    type: str
    default: 127.0.0.1:10256
  modules_load_file:
    description: A file of modules to load at boot, to be returned as it is.
    type: path
    default: /etc/modules-load.d/kube-proxy.conf
  sysctl_file:
    description: A file of sysctls to set at boot, to be returned as it is.
    type: path
    default: /etc/sysctl.d/90-kube-proxy.conf
notes:
  - It needs no library but Python's own, and runs with Python 3.9 as well.
  - Become root for everything; without, it says what it could not read.
seealso:
  - name: clusterops.kube_proxy.node_prerequisites
    description: The role that makes a node ready.
    link: https://github.com/clusterops/kube_proxy/tree/main/roles/node_prerequisites
"""

EXAMPLES = r"""
- name: See whether the nodes can run ipvs with the scheduler lc
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

- name: Tell the mode that is really in effect
  ansible.builtin.debug:
    var: node.kube_proxy.mode
"""

RETURN = r"""
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
      description: Its first two numbers; null if it has none.
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
        - Distribution, from C(/etc/os-release), with C(id), C(name), C(version) and C(family).
        - The family is V(debian), V(redhat), V(suse), V(arch), V(alpine) or the id of another.
      returned: success
      type: dict
      sample: {"id": "debian", "name": "Debian GNU/Linux", "version": "12", "family": "debian"}
    modules_supported:
      description: Whether the kernel can load modules at all.
      returned: success
      type: bool
      sample: true
    modules_disabled:
      description: Whether loading was turned off until the next boot (C(kernel.modules_disabled)).
      returned: success
      type: bool
      sample: false
    reboot_pending:
      description: Whether a newer kernel was installed in place of the running one, whose modules are gone.
      returned: success
      type: bool
      sample: false
modules:
  description:
    - State of each module that the mode and the scheduler need or could use, and of those in O(modules_load_file).
    - C(state) is V(loaded), V(builtin), V(functional) (what it does is there, however it came), V(loadable), V(absent)
      or V(unknown).
    - C(evidence) is where that was seen; C(needed) is V(load) if it is to be loaded at boot, V(autoload) if the kernel
      loads it on demand, and V(no).
    - C(persistent) is the file that has it loaded at boot; C(package) is what to install for one that is absent.
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
  description: What has to be done on the node for the mode.
  returned: success
  type: dict
  contains:
    mode:
      description: The mode that was looked at; null if none was given and kube-proxy does not answer.
      returned: success
      type: str
      sample: ipvs
    load:
      description: Modules to load now and at every boot, in this order. Modules that are built in are not among them.
      returned: success
      type: list
      elements: str
      sample: [ip_vs, ip_vs_lc, nf_conntrack]
    load_now:
      description: Those of them that are not loaded.
      returned: success
      type: list
      elements: str
      sample: [ip_vs_lc]
    missing:
      description:
        - What keeps the node from running the mode; if it is empty, the node can run it.
        - C(reason) is V(no_module_support), V(modules_disabled), V(blocked), V(reboot_pending), V(file_missing),
          V(not_built), V(not_found), V(kernel_too_old) or V(no_modprobe); C(package) may be null.
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
      description: Needed modules of which the node does not show whether they are there.
      returned: success
      type: list
      elements: str
      sample: []
kube_proxy:
  description: What the kube-proxy of this node says about itself.
  returned: success
  type: dict
  contains:
    mode:
      description: The mode in effect, which may be another than the configured one; null if it does not answer.
      returned: success
      type: str
      sample: ipvs
    url:
      description: Where the mode was asked for; null if O(probe=false).
      returned: success
      type: str
      sample: http://127.0.0.1:10249/proxyMode
    config:
      description: The configuration it runs with, with the field names of its version; null if it does not tell.
      returned: success
      type: dict
      sample: {"Mode": "ipvs", "IPVS": {"Scheduler": "lc"}}
    healthy:
      description: Whether it says to be healthy; null if it does not answer.
      returned: success
      type: bool
      sample: true
    healthz:
      description: The HTTP status of its health and the answer that came with it; null if it does not answer.
      returned: success
      type: dict
      sample: {"status": 200, "answer": {"lastUpdated": "2026-11-21T06:00:00Z"}}
    error:
      description: Why something was not answered; null if all was.
      returned: success
      type: str
      sample: null
found:
  description: What each mode of kube-proxy has in the kernel, whichever is in effect.
  returned: success
  type: dict
  contains:
    ipvs:
      description:
        - The virtual C(services) in the IPVS table with their backends (those by firewall mark have C(mark) instead of
          C(address) and C(port)), the C(interface) C(kube-ipvs0), the C(ipsets) of kube-proxy and the C(timeouts) in
          seconds, which only C(ipvsadm) tells.
        - C(available) tells whether IPVS is there; what could not be read is null, and C(reason) and C(ipsets_reason)
          say why.
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
        ipsets: [KUBE-CLUSTER-IP, KUBE-LOOP-BACK]
        ipsets_reason: null
    iptables:
      description:
        - The chains C(KUBE-*) by backend (V(nft) or V(legacy)) and family (V(ip) or V(ip6)) in C(rules), those of
          single Services and endpoints only counted.
        - C(available) tells whether both backends could be read; C(reason) says why not.
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
      description: The C(tables) of mode nftables, with their number of chains; null with a C(reason) if not known.
      returned: success
      type: dict
      sample: {"available": true, "reason": null, "tables": [{"family": "ip", "name": "kube-proxy", "chains": 24}]}
leftovers:
  description: What another mode than the one in effect left behind, in words; null if kube-proxy does not answer.
  returned: success
  type: list
  elements: str
  sample: ["interface kube-ipvs0 (mode ipvs)"]
drift:
  description:
    - How the node differs from O(mode) and O(scheduler), in words, empty if it is as asked or no O(mode) was given.
    - It is told of a kube-proxy that does not answer, runs in another mode or is not healthy, and with V(ipvs) of a
      missing interface, an empty IPVS table, and virtual services with another scheduler.
  returned: success
  type: list
  elements: str
  sample: ["kube-proxy runs in mode iptables instead of ipvs"]
tools:
  description:
    - Path and version of C(conntrack), C(ip), C(ipset), C(iptables), C(ipvsadm), C(modprobe), C(nft) and C(sysctl);
      null for one that is not installed.
    - The version is null where asking for it would load a kernel module, and for C(ip) and C(sysctl).
  returned: success
  type: dict
  sample:
    ipset: {path: /usr/sbin/ipset, version: "7.17"}
    ipvsadm: null
sysctls:
  description: Values of the sysctls that kube-proxy sets or relies on, and of O(sysctls); null for what is not there.
  returned: success
  type: dict
  sample: {"net.ipv4.ip_forward": "1", "net.ipv4.vs.conntrack": null}
modules_load_file:
  description: The modules that O(modules_load_file) lists, null if there is no such file.
  returned: success
  type: dict
  sample: {"path": "/etc/modules-load.d/kube-proxy.conf", "modules": ["ip_vs", "ip_vs_lc", "nf_conntrack"]}
sysctl_file:
  description: The values that O(sysctl_file) assigns, null if there is no such file.
  returned: success
  type: dict
  sample: {"path": "/etc/sysctl.d/90-kube-proxy.conf", "sysctls": {"net.ipv4.ip_forward": "1"}}
python_apt:
  description: Whether M(ansible.builtin.apt) finds the library that it needs in check mode.
  returned: success
  type: bool
  sample: true
problems:
  description: Every option that was refused, with what is wrong with it.
  returned: when an option was refused
  type: list
  elements: dict
  sample: [{"option": "kube_proxy_version", "problem": "'latest' is not a version of kube-proxy"}]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.node_module import KUBE_PROXY_NODE_INFO
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import run


def main() -> None:
    run(AnsibleModule(**KUBE_PROXY_NODE_INFO.arguments()), KUBE_PROXY_NODE_INFO)


if __name__ == "__main__":
    main()
