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
    # Once for all hosts, before Ansible forks.
    assert len(outcome.imported) == 1, outcome.imported[1:]


SLIPS = """\
- hosts: kube_nodes
  gather_facts: false
  tasks:
    - name: With what no node can have
      ansible.builtin.include_role:
        name: clusterops.kube_proxy.node_prerequisites
      vars:
        kube_proxy_mode: iptables
        node_prerequisites_modules: [true, 5]
        node_prerequisites_sysctls:
          net.ipv4.ip_forward: [1]
          net.ipv4.conf.all.rp_filter: {a: 1}
          5: 5
"""


def test_slips_in_the_variables_are_told_before_the_node_is_read(playbooks: Playbooks, tmp_path: Path) -> None:
    """As Ansible hands values of a playbook to a filter: in types of its own."""
    (tmp_path / "nodes.yml").write_text(SLIPS, encoding="utf-8")
    outcome = playbooks.run(str(tmp_path / "nodes.yml"), nodes=("node1",))
    assert outcome.status != 0
    assert outcome.calls == []
    for said in (
        "node_prerequisites_modules[0]: true is not text; put it in quotes",
        "node_prerequisites_modules[1]: 5 is not text; put it in quotes",
        "node_prerequisites_sysctls.net.ipv4.ip_forward: a list is no value of a sysctl",
        "node_prerequisites_sysctls.net.ipv4.conf.all.rp_filter: a dictionary is no value of a sysctl",
        "node_prerequisites_sysctls.5: this is not the name of a sysctl",
    ):
        assert said in outcome.output
