#!/usr/bin/python

# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_proxy_node_probe
short_description: Measure connections through Services on a node, also while kube-proxy changes its mode
version_added: 1.0.0
author:
  - clusterops contributors (@clusterops)
description:
  - Runs on the node. Opens new connections at a steady pace through given addresses, such as a ClusterIP with its port
    or the address of a node with a NodePort. Returns how many failed and why, the longest gap, and how long
    connections took before, during and after a change.
  - The pace does not depend on the answers. While a target does not answer, the module goes on to open connections.
  - With O(state=started), the probe goes on in the background when the task is over, while other tasks change the
    node. It ends with O(state=stopped), or by itself after O(duration).
  - Times come from a clock that cannot be set.
extends_documentation_fragment:
  - clusterops.kube_proxy._attributes
attributes:
  check_mode:
    support: full
    details:
      - With O(state=measured), the module measures also in check mode, because this changes nothing.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - O(state=marked) adds a mark each time.
options:
  state:
    description:
      - With V(measured), the module measures for O(duration) and returns the figures.
      - With V(started), it starts a probe in the background. If one of the same name already runs with the same
        options, nothing is done. One that runs with other options is replaced.
      - With V(marked), it notes O(mark) in the record of the probe that runs.
      - With V(stopped), it ends the probe that runs, and returns the figures. The record stays on the node, so that
        a second run returns the same figures.
      - With V(absent), it ends the probe, and removes its record.
    type: str
    choices: [measured, started, marked, stopped, absent]
    default: measured
  name:
    description: Name of the probe. Several can run at a time, each with a name of its own.
    type: str
    default: kube-proxy
  targets:
    description: Where to open connections. Required with O(state=measured) and O(state=started).
    type: list
    elements: dict
    suboptions:
      address:
        description: IP address and port, such as V(10.96.0.1:443) or V([2001:db8::1]:30080).
        type: str
        required: true
      protocol:
        description:
          - With V(tcp), the connection has to be established. It is closed at once, and nothing is sent.
          - With V(udp), O(targets[].send) has to be answered by anything.
          - With V(dns), a question for an address has to be answered by anything, as every DNS server does.
        type: str
        choices: [tcp, udp, dns]
        default: tcp
      label:
        description: How to call the target in a picture. By default by its address.
        type: str
      send:
        description:
          - What to send with V(udp) and with O(targets[].hold). YAML reads C(\n) as the end of a line within double
            quotes only.
        type: str
        default: "probe\n"
      hold:
        description:
          - Whether to keep one more TCP connection open from the beginning to the end of the probe. O(targets[].send)
            is sent on it at each interval, and has to be answered by anything. Use it with a server that echoes, or
            with a request of HTTP that keeps the connection alive.
          - A connection that breaks is not opened again. See RV(targets[].hold).
        type: bool
        default: false
  duration:
    description:
      - Seconds to measure. By default 10 with O(state=measured), and 600 with O(state=started).
      - A probe in the background ends by itself after this time, whatever happens.
    type: float
  interval:
    description: Seconds between two new connections to a target.
    type: float
    default: 0.05
  timeout:
    description: Seconds in which a connection has to be established or answered. Then it counts as failed.
    type: float
    default: 0.4
  watch_mode:
    description:
      - Whether to ask the kube-proxy of this node for its mode, four times a second. The figures then say when the mode
        changed, and the latencies are divided by that.
    type: bool
    default: true
  metrics_address:
    description: Address where kube-proxy reports its mode, as in its C(metricsBindAddress). The port is optional.
    type: str
    default: 127.0.0.1:10249
  mark:
    description:
      - What to note in the record at this moment, such as V(pod deleted), in up to 60 characters. Required with
        O(state=marked).
      - If no change of the mode was seen, the latencies are divided by the first and the last mark.
    type: str
  directory:
    description:
      - Directory for the record of a probe in the background. It is created for the user who runs the module alone.
      - The record takes about 45 bytes for each connection, in memory if the directory is below C(/run).
    type: path
    default: /run/clusterops.kube_proxy
notes:
  - The module needs only the standard library of Python, and also runs with Python 3.9.
  - Each connection leaves an entry in the connection tracking of the node, for two minutes with TCP.
seealso:
  - module: clusterops.kube_proxy.kube_proxy_node_info
"""

EXAMPLES = r"""
- name: Measure the Service kubernetes and the DNS of the cluster for ten seconds
  clusterops.kube_proxy.kube_proxy_node_probe:
    targets:
      - address: 10.96.0.1:443
        label: kubernetes
      - address: 10.96.0.10:53
        protocol: dns
        label: kube-dns
  register: measured

- name: Measure while the node changes its mode
  block:
    - name: Start to measure
      clusterops.kube_proxy.kube_proxy_node_probe:
        state: started
        targets:
          - address: 10.96.50.10:80
            label: web
            hold: true
            send: "HEAD / HTTP/1.1\r\nHost: web\r\n\r\n"
          - address: "{{ ansible_facts.default_ipv4.address }}:30080"
            label: web by NodePort
      become: true

    - name: Delete the pod of kube-proxy
      kubernetes.core.k8s:
        state: absent
        api_version: v1
        kind: Pod
        namespace: kube-system
        label_selectors: [k8s-app=kube-proxy]
      delegate_to: localhost
      run_once: true
  always:
    - name: Get the figures
      clusterops.kube_proxy.kube_proxy_node_probe:
        state: stopped
      become: true
      register: probe
"""

RETURN = r"""
# BEGIN generated by tests/generate/option_texts.py: results
problems:
  description: All options that were refused, with the reason. Nothing was changed.
  returned: when options were refused
  type: list
  elements: dict
  sample:
    - option: targets[0].address
      problem: '''web:80'' is not an IP address; host names are not accepted here'
# END generated
name:
  description: Name of the probe.
  returned: success
  type: str
  sample: kube-proxy
running:
  description: Whether the probe runs in the background after the task.
  returned: success
  type: bool
  sample: false
record:
  description: File with the record of the probe. Null if there is none.
  returned: success
  type: str
  sample: /run/clusterops.kube_proxy/kube-proxy.stopped.jsonl
started_at:
  description: When the probe began, by the time of day of the node. Null if nothing was measured.
  returned: success
  type: str
  sample: "2026-11-26T04:20:00Z"
seconds:
  description: How long was measured, in seconds. All other times in the result count from the beginning of the probe.
  returned: success
  type: float
  sample: 55.02
complete:
  description: Whether the probe has ended as it should. It has not if it still runs, or if it was killed.
  returned: success
  type: bool
  sample: true
connections:
  description: Number of connections to all targets.
  returned: success
  type: int
  sample: 1078
failures:
  description: How many of them failed.
  returned: success
  type: int
  sample: 33
longest_gap:
  description: The longest of the gaps of all targets, in seconds.
  returned: success
  type: float
  sample: 13.8
switches:
  description:
    - The changes of the mode that kube-proxy reported, each from C(former) to C(mode).
    - C(left) is when the former mode was no longer reported, C(arrived) when the other one was, in seconds.
  returned: success
  type: list
  elements: dict
  sample: [{"former": "iptables", "mode": "nftables", "left": 6.1, "arrived": 9.4}]
marks:
  description: What was noted with O(state=marked), with the time in seconds.
  returned: success
  type: list
  elements: dict
  sample: [{"at": 5.8, "text": "pod deleted"}]
targets:
  description: Figures of each target.
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: As in O(targets[].address).
      returned: always
      type: str
      sample: 10.96.50.10:80
    protocol:
      description: As in O(targets[].protocol).
      returned: always
      type: str
      sample: tcp
    label:
      description: As in O(targets[].label).
      returned: always
      type: str
      sample: web
    connections:
      description: Number of connections.
      returned: always
      type: int
      sample: 1078
    failures:
      description: How many of them failed.
      returned: always
      type: int
      sample: 33
    errors:
      description:
        - How often each kind of error was seen. Kinds are V(timeout), V(refused), V(unreachable), V(reset), V(closed)
          and names of the system such as V(EADDRNOTAVAIL).
      returned: always
      type: dict
      sample: {"timeout": 30, "refused": 3}
    longest_gap:
      description:
        - The longest time in which no connection was established or answered, in seconds. Without a failure it is about
          as long as O(interval).
      returned: always
      type: float
      sample: 13.8
    gap_at:
      description: When the longest gap began, in seconds.
      returned: always
      type: float
      sample: 6.21
    latency:
      description:
        - How long successful connections took, in milliseconds, C(all) of them, and those C(before), C(during) and
          C(after) the change. Each has the number of C(connections), C(median), C(p95) and C(max), or is null.
        - The change lasts until the new mode is reported and the last failure is over.
      returned: always
      type: dict
      sample:
        all: {connections: 1045, median: 0.6, p95: 1.4, max: 35.1}
        before: {connections: 120, median: 0.6, p95: 1.2, max: 2.0}
        during: {connections: 14, median: 1.1, p95: 35.1, max: 35.1}
        after: {connections: 911, median: 0.5, p95: 1.3, max: 9.8}
    hold:
      description:
        - What became of the connection that was kept open. Null without O(targets[].hold).
        - C(survived) is whether its last message was answered. C(answers) is how many were, and C(longest_silence) the
          longest time between two answers. C(broke_at) is when the connection broke, null if it did not. C(error) is
          the kind of error of the last message, null if it was answered. Times are in seconds.
      returned: always
      type: dict
      sample: {"answers": 1074, "survived": true, "longest_silence": 0.21, "broke_at": null, "error": null}
    slices:
      description: Number of C(connections), and of C(failures), in each of 240 equal parts of the time.
      returned: always
      type: dict
      sample: {"connections": [5, 4, 5], "failures": [0, 4, 1]}
"""

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.node_probe_module import (
    KUBE_PROXY_NODE_PROBE,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import run


def main() -> None:
    run(KUBE_PROXY_NODE_PROBE)


if __name__ == "__main__":
    main()
