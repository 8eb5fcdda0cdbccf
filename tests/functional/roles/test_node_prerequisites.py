# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role reads the node for, and which packages it would install."""

from __future__ import annotations

from pathlib import Path

from .conftest import Playbooks

PLAYBOOK = """\
- hosts: kube_nodes
  gather_facts: false
  tasks:
    - name: With the mode of the cluster
      ansible.builtin.include_role:
        name: clusterops.kube_proxy.node_prerequisites
    - name: With a mode of its own
      ansible.builtin.include_role:
        name: clusterops.kube_proxy.node_prerequisites
      vars: {node_prerequisites_mode: ipvs}
    - name: With a scheduler of its own
      ansible.builtin.include_role:
        name: clusterops.kube_proxy.node_prerequisites
      vars: {node_prerequisites_mode: ipvs, node_prerequisites_scheduler: sed}
"""


def test_mode_and_scheduler(playbooks: Playbooks, tmp_path: Path) -> None:
    (tmp_path / "nodes.yml").write_text(PLAYBOOK, encoding="utf-8")
    outcome = playbooks.run(
        str(tmp_path / "nodes.yml"),
        "--check",
        "-v",
        nodes=("node1",),
        variables={
            "kube_proxy_mode": "iptables",
            "kube_proxy_ipvs": {"scheduler": "lc"},
            "node_prerequisites_packages": True,
            "node_prerequisites_sysctls": {"net.ipv4.ip_forward": "", "net.ipv4.conf.all.forwarding": True},
        },
        answers={"kube_proxy_node_info": [{"tools": {"modprobe": {"path": "/sbin/modprobe"}, "iptables": None}}]},
    )
    assert outcome.status == 0, outcome.output
    modes = [(call.options["mode"], call.options["scheduler"]) for call in outcome.calls]
    assert modes == [("iptables", "lc"), ("ipvs", ""), ("ipvs", "sed")]
    assert '"dnf", "--assumeyes", "install", "iptables"]' in outcome.output
    assert '"sysctl", "-w", "net.ipv4.conf.all.forwarding=1"]' in outcome.output
