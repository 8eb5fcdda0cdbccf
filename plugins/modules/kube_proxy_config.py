#!/usr/bin/python

# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_proxy_config
short_description: Configure kube-proxy in a self-hosted cluster, or for a new one
version_added: 1.0.0
author:
  - clusterops contributors (@clusterops)
description:
  - Edits the C(KubeProxyConfiguration) in the ConfigMap that kubeadm creates. Fields that the task does not name stay
    the same.
  - Before it writes, the module fills in the defaults of kube-proxy and refuses everything that the cluster's version
    of kube-proxy would refuse or silently ignore. It also refuses invalid settings of a mode that is not active,
    because kube-proxy would not start after a change to that mode.
  - The same applies to settings that are already in the ConfigMap, with two exceptions. Keys that only other versions
    of kube-proxy know are left alone while their value is zero or null, because kubeadm of another version leaves them
    there; to remove such a key, set it to null in O(config). Feature gates that no Kubernetes has, for example those of
    a distribution, are kept with a warning.
  - The module does not touch pods. kube-proxy does not notice an edited ConfigMap. Use
    M(clusterops.kube_proxy.kube_proxy_rollout) to make the pods run the new configuration.
  - If the pods ran the former configuration, the module notes it in the ConfigMap, so that
    O(clusterops.kube_proxy.kube_proxy_rollout#module:undo) can return to it.
  - Comments in the configuration are lost when the module writes it, as they are whenever kubeadm writes it.
  - With O(state=rendered), the module needs no cluster. It returns the configuration for a new one as a document that
    C(kubeadm init --config) takes, or writes it to O(dest), after the same checks. A cluster that starts in the right
    mode needs no migration later.
  - The account needs the rights C(get) and C(update) on the ConfigMap, C(get) on the DaemonSet, C(list) on pods and,
    with O(validate=native), C(get) and C(create) on C(pods/exec). It needs the rights on C(pods/exec) as well if
    O(kube_proxy_version) is not set and the image has no tag with the version, for example only a digest.
extends_documentation_fragment:
  - clusterops.kube_proxy._attributes
  - clusterops.kube_proxy._attributes.k8s
  - clusterops.kube_proxy._kubernetes
  - clusterops.kube_proxy._proxy_target
  - clusterops.kube_proxy._proxy_sections
attributes:
  check_mode:
    support: full
    details:
      - The module sends the change to the API server as a dry run, which also checks permissions and admission
        controllers.
      - With O(state=rendered), it checks whether O(dest) could be written.
  diff_mode:
    support: full
    details:
      - The diff shows only the configuration, as YAML. With O(state=rendered), it shows the file.
  idempotent:
    support: full
options:
  validate:
    description:
      - V(rules) checks the configuration against the rules of the cluster's kube-proxy version, as this collection
        knows them.
      - V(native) also makes the kube-proxy program in a running pod check it, and returns how that program reads the
        configuration. The pod is not disturbed.
    type: str
    choices: [rules, native]
    default: rules
  state:
    description:
      - V(present) edits the configuration in the cluster.
      - V(rendered) makes a configuration from the options alone, for the version in O(kube_proxy_version), which is
        required. No server is asked, and the library kubernetes is not needed. The options of the connection and those
        that name objects of a cluster are ignored, and so is O(strategy), because there is nothing to merge with.
        O(validate=native) is refused, because there is no running kube-proxy to ask.
      - The rendered configuration contains only what you set. In a file for C(kubeadm init --config), kubeadm adds the
        network of the pods and the address to bind to where it does not set them. Everything else has the defaults of
        kube-proxy.
      - Set O(mode). Without it, the mode is V(iptables), and Kubernetes plans to change this default in 1.40.
    type: str
    choices: [present, rendered]
    default: present
  dest:
    description:
      - Path of the file for the rendered configuration, on the host that runs the task. Its directory must exist. Only
        with O(state=rendered).
      - The document replaces the whole file. A file that contains anything but a C(KubeProxyConfiguration) is refused,
        because that would be lost. To put the document into a file with others, use RV(rendered) as in the examples.
      - A file that exists keeps its owner, its group and its mode. A new file gets those that the umask of the task
        leaves. There are no options for them, because O(mode) is the mode of kube-proxy; use M(ansible.builtin.file).
      - Only a regular file is written. A symbolic link is followed if it belongs to the user of the task or to root.
    type: path
  backup:
    description:
      - Whether to keep a copy of the former file beside O(dest), with the time in its name, when the file changes.
    type: bool
    default: false
seealso:
  - module: clusterops.kube_proxy.kube_proxy_rollout
  - module: clusterops.kube_proxy.kube_proxy_info
"""

EXAMPLES = r"""
- name: Use the mode ipvs and balance by the number of connections
  clusterops.kube_proxy.kube_proxy_config:
    kubeconfig: /etc/kubernetes/admin.conf
    mode: ipvs
    ipvs:
      scheduler: lc
      sync_period: 60s
  register: kube_proxy

- name: Make the pods run this configuration
  clusterops.kube_proxy.kube_proxy_rollout:
    kubeconfig: /etc/kubernetes/admin.conf

- name: Open the metrics to the network, after a check by kube-proxy itself
  clusterops.kube_proxy.kube_proxy_config:
    kubeconfig: /etc/kubernetes/admin.conf
    validate: native
    config:
      metricsBindAddress: 0.0.0.0:10249

- name: Remove a misspelled key that kube-proxy ignores
  clusterops.kube_proxy.kube_proxy_config:
    kubeconfig: /etc/kubernetes/admin.conf
    config:
      Mode: null

- name: Render the configuration for a new cluster
  clusterops.kube_proxy.kube_proxy_config:
    state: rendered
    kube_proxy_version: "1.34.9"
    mode: nftables
    conntrack:
      tcp_be_liberal: true
  register: kube_proxy

- name: Put it into the file for kubeadm, as the last of its documents
  ansible.builtin.copy:
    dest: /etc/kubernetes/kubeadm.yaml
    mode: "0600"
    content: |
      apiVersion: kubeadm.k8s.io/v1beta4
      kind: ClusterConfiguration
      kubernetesVersion: v1.34.9
      networking:
        podSubnet: 10.244.0.0/16
      ---
      {{ kube_proxy.rendered }}

- name: Or add it to a file that is there already
  ansible.builtin.blockinfile:
    path: /etc/kubernetes/kubeadm.yaml
    marker: "# {mark} kube-proxy, managed by Ansible"
    block: |
      ---
      {{ kube_proxy.rendered }}

- name: Make the cluster, which starts in the right mode
  ansible.builtin.command:
    cmd: kubeadm init --config /etc/kubernetes/kubeadm.yaml
    creates: /etc/kubernetes/admin.conf

- name: Write the configuration to a file of its own
  clusterops.kube_proxy.kube_proxy_config:
    state: rendered
    kube_proxy_version: "1.34.9"
    mode: nftables
    dest: /etc/kubernetes/kube-proxy.yaml
"""

RETURN = r"""
# BEGIN generated by tests/generate/option_texts.py: results
effective:
  description:
    - The configuration with the defaults of kube-proxy filled in.
    - With O(validate=native), the configuration as a running kube-proxy reports it.
  returned: success
  type: dict
  sample:
    mode: ipvs
    ipvs:
      scheduler: lc
      syncPeriod: 1m0s
      minSyncPeriod: 0s
mode:
  description: Mode in RV(effective).
  returned: success
  type: str
  sample: ipvs
kube_proxy_version:
  description: Version of kube-proxy whose rules were applied.
  returned: success
  type: str
  sample: 1.33.1
config_checksum:
  description:
    - Checksum of the content of the ConfigMap. Content with the same values has the same
      checksum.
    - M(clusterops.kube_proxy.kube_proxy_rollout) marks the pods with it.
  returned: success, with O(state=present)
  type: str
  sample: sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
problems:
  description: Everything that was refused, with the option it is about. Nothing was changed.
  returned: when the configuration was refused
  type: list
  elements: dict
  sample:
    - option: iptables.min_sync_period
      problem: 1m0s exceeds sync_period 30s (kube-proxy's default), with which kube-proxy
        does not start in mode iptables
option:
  description:
    - The option that is missing or wrong, also where its value comes from an environment
      variable or a file. Null if it could be one of several.
    - No request was sent.
  returned: when the connection is not configured correctly
  type: str
  sample: kubeconfig
error:
  description: Answer of the API server to the request that failed.
  returned: when a request failed
  type: dict
  sample:
    request: Reading ConfigMap kube-system/kube-proxy
    status: 403
    reason: Forbidden
    api_message: forbidden
# END generated
config:
  description: The configuration. In check mode, the configuration after the change. With O(state=rendered), what is in
    RV(rendered).
  returned: success
  type: dict
  sample:
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    mode: ipvs
    ipvs: {scheduler: lc, syncPeriod: 1m0s}
resource_version:
  description: Resource version of the ConfigMap.
  returned: success, with O(state=present)
  type: str
  sample: "4711"
rendered:
  description: The configuration as a YAML document, without the line C(---) that separates documents.
  returned: success, with O(state=rendered)
  type: str
  sample: |
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    mode: nftables
backup_file:
  description: Path of the copy of the former file. Not in check mode.
  returned: with O(backup=true), when the file changed
  type: str
  sample: /etc/kubernetes/kube-proxy.yaml.4711.2026-11-25@22:03:43~
"""

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import run
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.self_hosted_modules import KUBE_PROXY_CONFIG


def main() -> None:
    run(KUBE_PROXY_CONFIG)


if __name__ == "__main__":
    main()
